"""What surrounds the script: one list of dependencies, a true README, a script in its sections."""
import ast
import re
import tomllib

import pytest
from conftest import ROOT, SCRIPT

import mnist_digit_classifier as digits


def requirements(name):
    lines = (ROOT / name).read_text().splitlines()
    return sorted(line for line in lines if line and not line.startswith(("#", "-r")))


def test_pep_723_header_equals_requirements():
    header = re.search(r"(?m)^# /// script\n((?:#.*\n)+?)# ///$", SCRIPT.read_text())[1]
    metadata = tomllib.loads(re.sub(r"(?m)^# ?", "", header))
    assert sorted(metadata["dependencies"]) == requirements("requirements.txt")


def test_readme_names_every_command_option_and_network():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    options = {*digits.OPTIONS, "--models", "--quiet", "--debug", "--version"}
    for name in {*digits.COMMANDS, *options, *digits.NETWORKS} - {"run"}:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", readme), name


@pytest.mark.parametrize("name", ["README.md", "benchmarks/README.md"])
def test_readmes_name_only_files_that_exist(name):
    """Links count from the README's own folder, all else from the root."""
    text = (ROOT / name).read_text(encoding="utf-8")
    trained_here = {"models/dense.keras", "models/dense.onnx"}
    named = set(re.findall(
        r"(?:assets|benchmarks|tests|models)/[\w/.-]+\.(?:py|png|jpg|onnx|keras)", text))
    links = {link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    assert named and not [path for path in named - trained_here if not (ROOT / path).exists()]
    assert not [link for link in links if not ((ROOT / name).parent / link).exists()]


def test_readme_names_the_pythons_of_the_header():
    versions = range(11, 14)
    least, above = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"',
                             SCRIPT.read_text()).groups()
    assert versions == range(int(least), int(above))
    assert "Python 3.11, 3.12 or 3.13" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_sections_stand_in_the_order_of_the_data():
    banners = re.findall(r"(?m)^# ==== (.+?) =+$", SCRIPT.read_text())
    assert banners == ["MNIST", "From any image to 28x28", "The networks", "Training", "Reports",
                       "Reading images", "Command line"]


def test_functions_are_short_and_say_what_they_do():
    tree = ast.parse(SCRIPT.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lengths = sorted(node.end_lineno - node.lineno + 1 for node in functions)
    assert lengths[len(lengths) // 2] < 12 and lengths[-1] < 45
    assert all(ast.get_docstring(node) for node in tree.body if isinstance(node, ast.FunctionDef))

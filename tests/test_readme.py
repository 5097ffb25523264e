"""The README: its commands run, its code works, and it shows what they print."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import mnist_digit_classifier as digits

README = (ROOT / "README.md").read_text()
SCRIPT = "python mnist_digit_classifier.py"
TOO_LONG = "train --model pretrained"       # 8 minutes; what it makes is tested in test_networks.py
QUICKER = {"train --model cnn-3": "--epochs 1 --data small.npz"}


def blocks(language=""):
    """The README's fenced blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)


def commands():
    """Its shell lines that call the script, and the commands in the first column of its tables."""
    lines = [line.partition("  #")[0].strip() for block in blocks() for line in block.splitlines()]
    table = [f"{SCRIPT} {cell}" for cell in re.findall(r"(?m)^\| `([a-z]+[^`|]*)` \|", README)
             if cell.split()[0] in digits.COMMANDS]
    return dict.fromkeys(line for line in lines + table if line.startswith(SCRIPT))


EXPORTS = [line for line in commands() if "export --model pretrained" in line]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, small):
    """A copy of what the README speaks of, with a reader's own pictures and data beside it."""
    folder = tmp_path_factory.mktemp("readme") / "checkout"
    shutil.copytree(ROOT / "assets" / "examples", folder / "assets" / "examples")
    shutil.copytree(ROOT / "models", folder / "models", ignore=lambda _, names: {
        name for name in names if not name.startswith("pretrained")})
    shutil.copy(ROOT / "mnist_digit_classifier.py", folder)
    for name in ("scans/1.png", "more/2.png", "photo.jpg", "one.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "assets" / "examples" / "four-photo.jpg", folder / name)
    shutil.copy(small, folder / "small.npz")
    return folder


def in_shell(line, folder, **environment):
    """The finished process of a shell line, in which python is the one that runs these tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", line], cwd=folder, env={**os.environ, **environment, "PATH": path},
                          capture_output=True, text=True, timeout=300)


def without_figures(text):
    """Text with each number, whatever its length, as one #."""
    return re.sub(r"\d+(?:\.\d+)?", "#", text)


def test_the_first_run_prints_what_the_readme_shows(checkout, mnist):
    """And reaches its accuracy; benchmarks/accuracy.py tells it over seeds."""
    result = in_shell(SCRIPT, checkout)
    assert result.returncode == 0, result.stderr
    shown, = (block for block in blocks() if block.startswith("dense trained on MNIST"))
    begin = shown.removesuffix("...\n").splitlines()
    assert digits.Reader(checkout / "models" / "dense.onnx").metadata["test_accuracy"] > 0.988
    assert [without_figures(line) for line in result.stdout.splitlines()[:len(begin)]] == list(
        map(without_figures, begin))
    for picture in re.findall(r"\]\((assets/[\w.-]+\.png)\)", README):
        assert (checkout / picture).exists() or "steps" in picture or "page" in picture, picture
    for model in ("models/dense.keras", "models/dense.onnx"):
        assert model in README and (checkout / model).exists()


@pytest.mark.parametrize("line", [line for line in commands() if line not in (SCRIPT, *EXPORTS)
                                  and TOO_LONG not in line])
def test_its_commands_run(checkout, line):
    """But for those that other tests here run, and the long one."""
    for slow, options in QUICKER.items():
        line = line.replace(slow, f"{slow} {options}")
    if not os.environ.get("MNIST_DATA"):
        line = re.sub(r"(evaluate|sample \d+)$", r"\1 --data small.npz", line).replace("1543", "15")
    result = in_shell(line, checkout)
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    made = re.search(r"--show-steps (\S+)|export (?:--model \S+ )?(\S+)", line)
    assert made is None or (checkout / (made[1] or made[2])).exists()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"python (benchmarks/[^`]+)`", README))))
def test_its_benchmarks_know_their_options(line):
    script, *options = line.split()
    told = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    for option in options:
        assert not option.startswith("--") or option in told.stdout, option


@pytest.fixture(scope="module")
def exported(checkout):
    """The checkout, with all that the README exports from the network that ships."""
    for line in EXPORTS:
        result = in_shell(line, checkout)
        assert result.returncode == 0, result.stderr
    assert len(EXPORTS) == 3
    return checkout


def test_its_lines_read_a_photo(checkout, monkeypatch):
    code, = (block for block in blocks("python") if "photo.jpg" in block)
    names = {}
    monkeypatch.chdir(checkout)
    exec(code, names)
    assert [digit["digit"] for digit in names["reading"].digits] == [4]
    assert names["images"].shape == (1, 28, 28, 1) and names["images"].dtype == np.float32


@pytest.mark.parametrize("library", ["ai_edge_litert", "onnxruntime", "tensorflow"])
def test_its_lines_for_elsewhere_give_the_same_answers(exported, library, monkeypatch):
    """On MNIST's test images where they are at hand, else on drawn digits."""
    at_hand = bool(os.environ.get("MNIST_DATA"))
    data = digits.load_mnist() if at_hand else digits.draw_dataset(10, 2000, seed=5)
    framed = digits.straighten(data.x_test)
    code, = (block for block in blocks("python") if library in block)
    names = {"images": digits.as_input(framed)}
    monkeypatch.chdir(exported)
    exec(code, names)
    expected = digits.Reader(digits.PRETRAINED).confidences(framed)
    assert np.abs(names["confidences"][:, :10] - expected).max() < 1e-4
    assert (names["confidences"][:, :10].argmax(axis=1) == expected.argmax(axis=1)).all()
    assert (expected.argmax(axis=1) == data.y_test).mean() > (0.9965 if at_hand else 0.95)

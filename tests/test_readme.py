"""The READMEs: commands run, code works, they show what is printed, and their figures are so."""
import argparse
import inspect
import math
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import mnist_digit_classifier as digits

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
SCRIPT = "python mnist_digit_classifier.py"
TOO_LONG = "train --model pretrained"       # 8 minutes; what it makes is tested in test_networks.py
QUICKER = {"train --model cnn-3": "--epochs 1 --data small.npz"}


def blocks(language="", text=README):
    """A README's fenced blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def shell_lines(text, start):
    """The lines of a README's shell blocks that begin with `start`, without their comments."""
    lines = (line.partition("  #")[0].strip() for block in blocks(text=text)
             for line in block.splitlines())
    return list(dict.fromkeys(line for line in lines if line.startswith(start)))


def commands():
    """The README's shell lines that call the script, and commands of its tables' first column."""
    cells = re.findall(r"(?m)^\| `([a-z]+[^`|]*)` \|", README)
    return shell_lines(README, SCRIPT) + [f"{SCRIPT} {cell}" for cell in cells
                                          if cell.split()[0] in digits.COMMANDS]


def rows(text, header):
    """The cells of each row of the table whose first line begins with `header`."""
    table = text[text.index(header):].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")]
            for line in table.splitlines()[2:]]


def flat(text):
    """Text with every break of a line as a space."""
    return " ".join(text.split())


EXPORTS = [line for line in commands() if "export --model pretrained" in line]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, small):
    """A copy of what the README speaks of, with a small data set beside it."""
    folder = tmp_path_factory.mktemp("readme") / "checkout"
    shutil.copytree(ROOT / "assets" / "examples", folder / "assets" / "examples")
    shutil.copytree(ROOT / "models", folder / "models", ignore=lambda _, names: {
        name for name in names if not name.startswith(("pretrained", "ink"))})
    for script in ("mnist_digit_classifier.py", "drawn_pages.py"):
        shutil.copy(ROOT / script, folder)
    shutil.copy(small, folder / "small.npz")
    return folder


def in_shell(line, folder):
    """The finished process of a shell line, in which python is the one that runs these tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": path},
                          capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def call(run, checkout):
    """What runs a README's line in the checkout: in a shell only where it is more than a call."""
    mnist = {key: value for key, value in os.environ.items() if key == "MNIST_DATA"}

    def result_of(line):
        words = shlex.split(line)[2:]
        result = in_shell(line, checkout) if "<" in words else run(*words, cwd=checkout, env=mnist)
        assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
        return result
    return result_of


def without_figures(text):
    """Text with each number, whatever its length, as one #."""
    return re.sub(r"\d+(?:\.\d+)?", "#", text)


# ==== The README ==================================================================================

def test_it_is_short():
    lines = README.splitlines()
    assert len(lines) <= 200
    fenced = {line for block in blocks() for line in block.splitlines()}
    assert not [line for line in lines
                if len(line) > 120 and line not in fenced and line[:1] != "|"]


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


@pytest.mark.parametrize("line", [line for line in commands() if line not in (SCRIPT, *EXPORTS)])
def test_its_commands_run(call, checkout, line):
    """But for those that other tests here run."""
    for slow, options in QUICKER.items():
        line = line.replace(slow, f"{slow} {options}")
    if not os.environ.get("MNIST_DATA"):
        line = re.sub(r"(evaluate|sample \d+)$", r"\1 --data small.npz", line).replace("1543", "15")
    call(line)
    made = re.search(r"--show-steps (\S+)|export (?:--model \S+ )?(\S+)", line)
    assert made is None or (checkout / (made[1] or made[2])).exists()


def test_the_long_command_is_one_of_the_script():
    words = shlex.split(re.search(rf"`{SCRIPT} ({TOO_LONG})`", README)[1])
    assert digits.parse(words).model == "pretrained"


@pytest.fixture(scope="module")
def exported(call, checkout):
    """The checkout, with all that the README exports from the network that ships."""
    for line in EXPORTS:
        call(line)
    assert len(EXPORTS) == 3
    return checkout


def test_its_lines_read_a_photo(checkout, monkeypatch):
    code, = (block for block in blocks("python") if "four-photo.jpg" in block)
    names = {}
    monkeypatch.chdir(checkout)
    exec(code, names)
    assert [digit["digit"] for digit in names["reading"].digits] == [4]
    assert names["images"].shape == (1, 28, 28, 1) and names["images"].dtype == np.float32


@pytest.fixture(scope="module")
def answered():
    """2,000 of MNIST's test images where they are at hand, else drawn digits, and their answers.

    Most are right; how many of all 10,000 test_networks.py tells.
    """
    at_hand = bool(os.environ.get("MNIST_DATA"))
    data = digits.load_mnist() if at_hand else digits.draw_dataset(10, 2000, seed=5)
    framed = digits.straighten(data.x_test[:2000])
    expected = digits.Reader(digits.PRETRAINED).confidences(framed)
    assert (expected.argmax(axis=1) == data.y_test[:2000]).mean() > (0.99 if at_hand else 0.95)
    return framed, expected


@pytest.mark.parametrize("library", ["ai_edge_litert", "onnxruntime", "tensorflow"])
def test_its_lines_for_elsewhere_give_the_same_answers(exported, library, monkeypatch, answered):
    framed, expected = answered
    code, = (block for block in blocks("python") if library in block)
    names = {"images": digits.as_input(framed)}
    monkeypatch.chdir(exported)
    exec(code, names)
    answers = names["confidences"].shape[1]
    assert f"(n, {answers})" in README
    assert f"Dense {answers} softmax" in digits.NETWORKS["best"].layers
    assert np.abs(names["confidences"][:, :10] - expected).max() < 1e-4
    assert (names["confidences"][:, :10].argmax(axis=1) == expected.argmax(axis=1)).all()


# ==== Options and figures =========================================================================

class Parsed(Exception):
    """Ends a program once it has read its options; holds them, and those that it does not know."""


def parsed(line, monkeypatch):
    """The options that a program's own parser makes of a shell line, and what it leaves over."""
    _, path, *options = shlex.split(line)
    parse = argparse.ArgumentParser.parse_known_args

    def stop(*args, **kwargs):
        raise Parsed(*parse(*args, **kwargs))
    monkeypatch.syspath_prepend(str((ROOT / path).parent))
    monkeypatch.setattr(sys, "argv", [path, *options])
    main = runpy.run_path(str(ROOT / path), run_name="not main")["main"]
    with monkeypatch.context() as patched, pytest.raises(Parsed) as stopped:
        patched.setattr(argparse.ArgumentParser, "parse_known_args", stop)
        main()
    return stopped.value.args


BENCHMARKS = shell_lines(FIGURES, "python ")
BESIDE_IT = shell_lines(README, ("python app.py", "python predict_on_ray.py"))


@pytest.mark.parametrize("line", BENCHMARKS + BESIDE_IT)
def test_options_are_known_to_their_program(line, monkeypatch):
    """By its own parser; what benchmarks/accuracy.py leaves over goes to the script's train."""
    _, left = parsed(line, monkeypatch)
    assert not left if "accuracy.py" not in line else digits.parse(["train", *left]).seed == 0


def test_an_unknown_option_would_be_found(monkeypatch):
    assert parsed("python benchmarks/speed.py --no-such", monkeypatch)[1] == ["--no-such"]
    with pytest.raises(SystemExit):
        parsed("python benchmarks/pages.py --pages many", monkeypatch)
    with pytest.raises(digits.DigitError):
        digits.parse([
            "train", *parsed("python benchmarks/accuracy.py dense --no-such", monkeypatch)[1]])


def test_each_benchmark_has_a_command():
    named = {shlex.split(line)[1] for line in BENCHMARKS}
    assert named == {f"benchmarks/{path.name}" for path in ROOT.glob("benchmarks/*.py")
                     if path.name != "plain_recipe.py"}  # which takes no option, and speed.py runs


def test_table_of_networks_is_the_scripts():
    """And each row has its command, with as many seeds."""
    table = rows(FIGURES, "| network | layers |")
    plain = [row for row in table if "--" not in row[0]]
    assert {row[0].strip("`"): row[1:4] for row in plain} == {
        name: [network.layers, str(network.epochs), f"{network.parameters:,}"]
        for name, network in digits.NETWORKS.items()}
    for name, _, epochs, parameters, _, _, seeds in table:
        network, *options = name.strip("`").split()
        command = shlex.join(["python", "benchmarks/accuracy.py", network, "--seeds", seeds,
                              *options])
        assert command in BENCHMARKS
        args = digits.parse(["train", "--model", network, *options])
        assert int(epochs) == (args.epochs or digits.NETWORKS[network].epochs)
        assert parameters == f"{digits.NETWORKS[network].parameters:,}"


def clean_epochs(name, monkeypatch):
    """In how many epochs a network's images are not distorted, as epoch_chunks has it."""
    network, calls, distorted = digits.NETWORKS[name], [], digits.distorted
    monkeypatch.setattr(digits, "distorted", lambda *args: calls.append(args) or distorted(*args))
    strength = digits.ROBUST if network.robust else 1
    images, labels = np.full((2, digits.SIZE, digits.SIZE), 9, np.uint8), np.zeros(2, int)
    targets = digits.smoothed(labels, 11) if network.robust else labels
    lesson = digits.Lesson(images, targets, 2, None, network.robust)
    made = list(digits.epoch_chunks(lesson, network.epochs, np.random.default_rng(0), strength))
    assert len(made) == network.epochs
    return network.epochs - len(calls)


def test_clean_epochs_are_as_told(monkeypatch):
    clean = {name: clean_epochs(name, monkeypatch) for name in digits.NETWORKS}
    assert digits.CLEAN_EPOCHS == 0.3 and "in the last three tenths" in FIGURES
    assert {name for name, epochs in clean.items() if not epochs} == {"dense-128-128"}
    assert {(network.epochs, clean[name]) for name, network in digits.NETWORKS.items()} == {
        (10, 3), (20, 6), (3, 0), (19, 3)}
    assert ("3 of 10, 6 of 20, none of the 3 of `dense-128-128`; of `best`, which sees stronger "
            "distortion, 3 of 19.") in flat(FIGURES)


def figures_of_the_code():
    """Phrases of the READMEs whose figures are made of the code's own."""
    mnist, networks = 60_000, digits.NETWORKS
    training, test, _ = inspect.signature(digits.draw_dataset).parameters.values()
    held_out = math.ceil(mnist * digits.VALIDATION)
    data = digits.Dataset(*[None] * 4, "MNIST")
    drawn, found, altered, others, left_over = digits.count_besides("best", data, plain=False)
    arrows = re.sub(" (relu|sigmoid)", "", networks["dense"].layers).replace(", ", " → ")
    accuracy = digits.Reader(digits.PRETRAINED).metadata["test_accuracy"]
    return [
        f"trains {arrows} on it",
        f"the whole story, {networks['dense'].epochs} epochs",
        (f"`dense` for {networks['dense'].epochs} epochs "
         f"and `dense-128` for {networks['dense-128'].epochs}"),
        f"{accuracy * 100:.2f} % right on MNIST's test set",
        f"`sure` means a confidence of {digits.SURE} or more",
        f"no digit in them with a confidence of {digits.SURE} or more",
        f"More than {digits.MAX_PIXELS // 10**6} million pixels are refused",
        f"{training.default + test.default:,} digits that the script draws",
        f"learn {mnist - held_out:,} of MNIST's images, as {held_out:,} are held out",
        f"Besides them a network learns {drawn:,} drawn digits;",
        (f"`best` learns {found:,} digits found in made pictures, {altered:,} struck through or "
         f"hollow, {others:,} images of what is no digit and {left_over:,} of what was found and "
         "is none too"),
        f"{drawn:,} of them are learned besides MNIST",
        f"it learns {others:,} images of an eleventh answer",
        f"without distortion {digits.LAST_BESIDES:,} of them are learned",
        f"{digits.CHUNK} images a call",
    ]


@pytest.mark.parametrize("phrase", figures_of_the_code())
def test_figures_are_the_codes(phrase):
    assert phrase in flat(README) or phrase in flat(FIGURES)


def test_tables_of_benchmarks_have_their_rows(monkeypatch):
    """As many pictures, the same changes, the same bounds as the benchmarks themselves."""
    folder = str(ROOT / "benchmarks")
    monkeypatch.syspath_prepend(folder)
    robustness, no_digits, pages = (runpy.run_path(f"{folder}/{name}.py", run_name="not main")
                                    for name in ("robustness", "no_digits", "pages"))
    changes = [row[0] for row in rows(FIGURES, "| | `dense` | `best` |")]
    assert changes == list(robustness["CHANGES"])
    letters, fonts = len(no_digits["LETTERS"]), len(no_digits["FONTS"])
    counts = [letters * fonts, letters * len(no_digits["HERSHEY"]) * 2]
    assert [int(row[1]) for row in rows(FIGURES, "| | pictures | not sure |")][:2] == counts
    assert f"letters in {fonts} of matplotlib's fonts" in FIGURES
    assert f"somebody's hand: {', '.join(no_digits['LEFT_OUT'])}." in flat(FIGURES)
    assert f"on {len(pages['pages'].PAPERS)} kinds of paper" in flat(FIGURES)
    bounds = [f"{low:g} to {high:g}"
              for low, high in zip(pages["BOUNDS"][1:], pages["BOUNDS"][2:-1])]
    assert [row[0] for row in rows(FIGURES, "| confidence given |")] == [
        f"below {pages['BOUNDS'][1]}", *bounds, "above"]
    assert "420 pages" in FIGURES and f"{420 // 4} more of letters" in flat(FIGURES)

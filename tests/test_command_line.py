"""The command line: every command, wrong usage, exit codes, what goes where."""
import argparse
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import ROOT, SCRIPT, complaint, environment
from PIL import Image

import mnist_digit_classifier as digits

EXAMPLES = ROOT / "assets" / "examples"


def test_the_whole_story(run, small, tmp_path):
    """Without MNIST's size, but with everything else that a user sees."""
    result = run("--data", small, "--epochs", 2, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("dense trained on small, test set of small: accuracy")
    printed = result.stdout.splitlines()
    assert sum(line.count("\t") == 2 for line in printed) == len(list(EXAMPLES.iterdir()))
    pictures = {"accuracy_loss.png", "confusion_matrix.png", "raw_confusion_tensor.png",
                "drawn_zero.png", "mnist_zero_example.png", "predicted_2.png", "mistakes.png"}
    assert {path.name for path in (tmp_path / "assets").iterdir()} == pictures
    for name in pictures:
        assert np.ptp(np.asarray(Image.open(tmp_path / "assets" / name).convert("L"))) > 100
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"dense.keras", "dense.onnx"}
    trained_here = os.path.join("models", "dense.onnx")
    assert f"reading with {trained_here}" in result.stderr
    assert "the examples, read by dense trained on small" in result.stderr
    assert "pretrained.onnx" in run(EXAMPLES / "zero.png", cwd=tmp_path).stderr
    assert "\x1b" not in result.stderr and "TensorFlow" not in result.stderr
    assert "absl" not in result.stderr


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """What stands in the environment where MNIST is neither at hand nor to be downloaded."""
    nowhere = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    return {"KERAS_HOME": str(tmp_path_factory.mktemp("keras")), **nowhere}


@pytest.fixture
def few_drawn(monkeypatch, small_arrays):
    """Fewer drawn digits than the script draws: test_training.py has those."""
    monkeypatch.setattr(digits, "draw_dataset",
                        lambda: digits.Dataset(*small_arrays.values(), digits.DRAWN))


@pytest.fixture
def short(tmp_path, monkeypatch, few_drawn):
    """For stories on drawn digits: few of these, and two of the examples."""
    folder = tmp_path / "examples"
    folder.mkdir()
    for name in ("zero.png", "one-chalk.png"):
        shutil.copy(EXAMPLES / name, folder)
    monkeypatch.setattr(digits, "EXAMPLES", folder)


def test_without_mnist_the_story_is_told_on_drawn_digits_and_says_so(
        run, tmp_path, offline, short):
    result = run("-q", "--epochs", 1, cwd=tmp_path, env=offline)  # said even where only errors are
    assert result.returncode == 0, result.stderr
    assert "go online" in result.stderr and "TRAINING ON DRAWN DIGITS, NOT MNIST" in result.stderr
    assert result.stdout.startswith(
        "dense trained on drawn digits, not MNIST, test set of drawn digits, not")
    assert digits.Reader(tmp_path / "models" / "dense.onnx").metadata["data"] == digits.DRAWN


def test_every_picture_names_the_data(monkeypatch, tmp_path, short):
    titles = []

    def title_of(figure, path):
        titles.append(" ".join([figure.get_suptitle(),
                                *(axis.get_title() for axis in figure.axes)]))
    monkeypatch.setattr(digits, "save_picture", title_of)
    folders = "--models", str(tmp_path), "--assets", str(tmp_path)
    assert digits.main(["--data", "strokes", "--epochs", "1", *folders]) == 0
    model = "--model", str(tmp_path / "dense.onnx")
    assert digits.main(["predict", "--show-steps", "steps", *model, str(digits.EXAMPLES)]) == 0
    assert len(titles) >= 7 + len(list(digits.EXAMPLES.iterdir()))
    assert all("drawn digits, not MNIST" in title for title in titles)


def test_whoever_asks_for_mnist_gets_it_or_a_sentence(run, tmp_path, offline):
    for command in ([], ["train"], ["evaluate", "--model", "pretrained"]):
        message = complaint(run(*command, "--data", "mnist", cwd=tmp_path, env=offline), 2)
        assert "no MNIST here" in message and "--data strokes" in message


def test_the_network_that_ships_is_not_trained_by_accident(
        run, small, tmp_path, few_drawn):
    before = digits.PRETRAINED.read_bytes()
    message = complaint(run("--model", "pretrained", "--data", small, cwd=tmp_path), 2)
    assert "no network is called 'pretrained'" in message
    for options in (["--data", small], ["--data", "strokes"]):
        message = complaint(run("train", "--model", "pretrained", *options, "--epochs", 1,
                                cwd=tmp_path), 2)
        assert "take --model best" in message
    assert digits.PRETRAINED.read_bytes() == before and not list(tmp_path.iterdir())


def test_train_pretrained_takes_its_place(monkeypatch, tmp_path, small_arrays):
    """After a hundred images, as it need not read well."""
    few = digits.Dataset(*(array[:120] for array in small_arrays.values()), "MNIST")
    monkeypatch.setattr(digits, "PRETRAINED", tmp_path / "shipped" / "pretrained.onnx")
    monkeypatch.setattr(digits, "load_mnist", lambda source: few)
    for name, count in (("BESIDES", 60), ("FOUND", 30), ("ALTERED", 10), ("OTHERS", 20),
                        ("LEFT_OVER", 20)):
        monkeypatch.setattr(digits, name, count)
    folders = "--models", str(tmp_path / "models"), "--assets", str(tmp_path / "assets")
    assert digits.main(["train", "--model", "pretrained", "--epochs", "1", *folders]) == 0
    facts = digits.Reader(tmp_path / "shipped" / "pretrained.onnx").metadata
    assert facts["network"] == "best"
    kinds = "drawn", "found", "altered", "non"
    assert [facts[f"{kind}_digits"] for kind in kinds] == [60, 30, 10, 20]
    model = digits.import_keras().models.load_model(tmp_path / "shipped" / "pretrained.keras")
    assert model.output_shape == (None, 11)
    assert not (tmp_path / "models").exists()


def test_quiet_says_data_and_errors_only(run, small, tmp_path):
    result = run("train", "-q", "--data", small, "--epochs", 1, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_sample(run, trained, small, small_arrays):
    result = run("sample", 12, "--data", small, cwd=trained[1])
    assert result.returncode == 0, result.stderr
    expected = f"test image 12: expected {small_arrays['y_test'][12]}, predicted "
    assert result.stdout.startswith(expected)
    assert (trained[1] / "assets" / "sample_12.png").exists()


def test_sample_asks_for_the_index(run, trained, small, small_arrays):
    result = run("sample", "--data", small, cwd=trained[1], stdin="7\n")
    assert "test image (0 to 199): " in result.stderr
    assert result.stdout.startswith(f"test image 7: expected {small_arrays['y_test'][7]}")


@pytest.mark.parametrize("index", ["200", "10000", "-1", "seven", "²", 5000 * "9"])
def test_sample_out_of_range(run, trained, small, index):
    result = run("sample", "--data", small, "--", index, cwd=trained[1])
    assert "choose one from 0 to 199" in complaint(result, 2)
    result = run("sample", "--data", small, cwd=trained[1], stdin=index)
    assert result.returncode == 2 and "choose one from 0 to 199" in result.stderr


def test_sample_asked_for_by_no_text(trained, small):
    command = [sys.executable, SCRIPT, "sample", "--data", small]
    result = subprocess.run(command, cwd=trained[1], input=b"\xff\n", capture_output=True,
                            env=environment({"PYTHONIOENCODING": "utf-8:strict"}))
    assert result.returncode == 2 and b"choose one from 0 to 199" in result.stderr


def test_models_lists_networks_and_what_was_measured(run, trained):
    result = run("models", cwd=trained[1])
    assert result.returncode == 0
    flat = " ".join(result.stdout.split())
    for name, network in digits.NETWORKS.items():
        assert f"{name} {network.epochs} {network.parameters:,} {network.layers} " in flat
    accuracy = digits.Reader(trained[1] / "models" / "dense.onnx").metadata["test_accuracy"]
    assert f"dense.onnx: dense, test accuracy {accuracy:.2%} on small" in flat


def test_models_fits_a_terminal_and_names_what_ships_once(run):
    """Also where `models/` is the folder in which it lies."""
    lines = run("-q", "models").stdout.splitlines()     # options may stand before the command
    assert max(map(len, lines)) < 80
    assert sum("pretrained.onnx" in line for line in lines) == 1


def test_models_in_a_folder_with_braces_beside_what_reads_no_digits(run, tmp_path):
    folder = tmp_path / "a{b}"
    folder.mkdir()
    for path, name in ((digits.PRETRAINED, "x.onnx"), (digits.INK_FINDERS[1], "ink-3.onnx")):
        shutil.copy(path, folder / name)
    (folder / "foreign.onnx").write_bytes(b"somebody else's")
    result = run("models", "--models", folder)
    assert result.returncode == 0 and "x.onnx: best, test" in result.stdout, result.stderr
    assert "ink-3" not in result.stdout and "foreign.onnx is damaged or" in result.stderr


@pytest.mark.parametrize("target", ["out.keras", "out.onnx", "out.h5", "out.tflite", "out"])
def test_export_writes_what_the_suffix_says(run, trained, small, tmp_path, target):
    """Read back by the format's own reader, which must give the same confidences."""
    result = run("export", tmp_path / target, cwd=trained[1])
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [target]
    images = digits.straighten(digits.load_mnist(small).x_test[:50])
    expected = digits.Reader(trained[1] / "models" / "dense.onnx").confidences(images)
    readers = {"out.onnx": read_onnx, "out.tflite": read_tflite, "out": read_saved_model}
    read = readers.get(target, read_keras)
    assert np.abs(read(tmp_path / target, digits.as_input(images)) - expected).max() < 1e-4


def read_keras(path, x):
    model = digits.import_keras().models.load_model(path, compile=False)
    return digits.with_confidences(model).predict(x, verbose=0)


def read_onnx(path, x):
    assert digits.Reader(path).metadata["data"] == "small"      # the facts travel along
    network = cv2.dnn.readNetFromONNX(str(path))
    network.setInput(x)
    return network.forward()


def read_saved_model(path, x):
    import tensorflow
    model = tensorflow.saved_model.load(str(path))
    return model.serve(x).numpy()


def read_tflite(path, x):
    import tensorflow
    interpreter = tensorflow.lite.Interpreter(str(path))
    entry = interpreter.get_input_details()[0]["index"]
    output = interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(entry, x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry, x)
    interpreter.invoke()
    return interpreter.get_tensor(output)


def test_export_overwrites_no_folder_and_knows_its_formats(run, trained, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    assert "name a new file" in complaint(run("export", tmp_path, cwd=trained[1]), 2)
    assert "name a new file" in complaint(run("export", tmp_path / "a.docx", cwd=trained[1]), 2)
    assert (tmp_path / "precious.txt").read_text() == "mine"


@pytest.mark.parametrize("arguments", [
    ["train", "--epochs", "0"], ["train", "--epochs", "two"], ["train", "--seed", "-1"],
    ["train", "--nonsense"], ["evaluate", "--model"], ["predict"], ["export"], ["evalute"],
    ["--epochs", "0"], ["train", "--epo", "3"], ["evaluate", "7"], ["sample", "7", "8"],
    ["export", "a.onnx", "b.onnx"], ["train", "--jobs", "2"]])
def test_wrong_usage_is_one_sentence(run, arguments, tmp_path):
    assert complaint(run(*arguments, cwd=tmp_path), 2).startswith("error: ")


@pytest.mark.parametrize("arguments", [
    ["--json"], ["--show-steps", "zero.png"], ["--jobs", "2"],
    ["predict", "--show-steps", "zero.png"]])
def test_a_forgotten_image_starts_no_training(run, arguments, tmp_path):
    assert "name an image" in complaint(run(*arguments, cwd=tmp_path), 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [
    ["--epochs", "3", "zero.png"], ["zero.png", "--data", "mnist"],
    ["predict", "--seed", "1", "zero.png"], ["predict", "--seed=0", "zero.png"],
    ["zero.png", "--assets", "assets"]])
def test_options_of_training_are_not_ignored_where_images_are_read(run, arguments):
    message = complaint(run(*arguments, cwd=EXAMPLES), 2)
    assert "is an option of run, train" in message and "not of predict" in message


def test_a_quoted_glob_is_no_misspelt_command(run, tmp_path):
    shutil.copy(EXAMPLES / "zero.png", tmp_path / "sample-1.png")
    result = run("sample*", cwd=tmp_path)
    assert result.returncode == 0 and result.stdout.startswith("sample-1.png\t0\t"), result.stderr


def test_an_unknown_option_names_the_near_one(run):
    message = complaint(run("train", "--epoch", "3"), 2)
    assert "(did you mean --epochs?)" in message
    assert message.endswith("see --help")


@pytest.mark.parametrize(("arguments", "command", "words"), [
    ("-q evaluate", "evaluate", ""), ("--model cnn-3 train", "train", ""),
    ("-q models", "models", ""), ("--model=cnn-3 train -q", "train", ""),
    ("--data train --epochs 2", "run", ""), ("", "run", ""), ("--seed 1", "run", ""),
    ("--model models a.png", "predict", "a.png"), ("-q -", "predict", "-"),
    ("-q -- models", "predict", "models"), ("-- -a.png", "predict", "-a.png"),
    ("--model models -- models", "predict", "models"),
    ("b.png -- -a.png", "predict", "b.png -a.png"), ("sample -- 7", "sample", "7"),
    ("sample 7", "sample", "7"),
    ("--jobs 2", "predict", ""), ("a.png -q b.png", "predict", "a.png b.png")])
def test_options_may_stand_before_the_command(arguments, command, words):
    args = digits.parse(arguments.split())
    assert (args.run, args.words) == (digits.COMMANDS[command][0], words.split())


def test_options_may_stand_between_images(run):
    result = run("zero.png", "--json", "one-chalk.png", "-q", cwd=EXAMPLES)
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["0", "1"]


def test_a_command_spelt_wrong_is_not_taken_for_an_image(run):
    assert "did you mean evaluate" in complaint(run("evalute"), 2)


def test_unwritable_assets(run, trained, small, tmp_path):
    (tmp_path / "assets").write_text("a file where the folder should be")
    result = run("evaluate", "--data", small, "--assets", tmp_path / "assets" / "deep",
                 cwd=trained[1])
    assert "cannot write" in complaint(result, 2)


@pytest.mark.parametrize("folder", ["models", "assets"])
def test_where_nothing_can_be_written_nothing_is_trained(run, small, tmp_path, folder):
    (tmp_path / folder).write_text("a file where the folder should be")
    result = run("train", "--data", small, cwd=tmp_path)
    assert f"cannot write into {folder}" in complaint(result, 2) and "epoch" not in result.stderr


def test_what_ships_stands_for_its_name_until_it_is_trained(run, small, tmp_path):
    result = run("evaluate", "--data", small, "--model", "best", cwd=tmp_path)
    assert result.returncode == 0 and "pretrained.onnx" in result.stderr
    result = run("evaluate", "--data", small, "--model", "cnn-3", cwd=tmp_path)
    assert "train --model cnn-3" in complaint(result, 2)


def test_pictures_that_git_tracks_are_written_by_the_default_run_alone(
        run, trained, small, tmp_path):
    """What a training wrote, and what the other commands add to it."""
    folder = tmp_path / "trained"
    shutil.copytree(trained[1], folder, ignore=shutil.ignore_patterns("sample_*"))
    for command in (["evaluate"], ["sample", "3"]):
        assert run(*command, "--data", small, cwd=folder).returncode == 0
    made = {path.name for path in (folder / "assets").iterdir()}
    assert made == {"dense_accuracy_loss.png", "dense_confusion_matrix.png", "dense_mistakes.png",
                    "dense_raw_confusion_tensor.png", "sample_3.png"}
    ignored = subprocess.run(["git", "check-ignore", *(f"assets/{name}" for name in made)],
                             cwd=ROOT, capture_output=True, text=True)
    assert len(ignored.stdout.splitlines()) == len(made)


def test_debug_shows_the_stack(run, tmp_path):
    result = run("train", "--data", tmp_path / "nowhere", "--debug")
    assert result.returncode == 2 and "Traceback" in result.stderr


def test_version_and_help(run):
    assert run("--version").stdout.strip() == digits.__version__
    text = run("--help").stdout
    assert all(command in text for command in digits.COMMANDS)
    assert all(option in text for option in digits.OPTIONS)
    assert run("help").stdout == run("-q", "-h").stdout == run("train", "--help").stdout == text


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_reader_that_has_seen_enough_is_no_error():
    process = subprocess.run(f"'{sys.executable}' '{SCRIPT}' -q '{EXAMPLES}' | head -1", shell=True,
                             capture_output=True, text=True)
    assert len(process.stdout.splitlines()) == 1 and process.stderr == ""


def test_no_window_and_no_colour(run, trained, small):
    """A display that does not exist would be an error if anything tried to open a window."""
    env = {"DISPLAY": ":99", "MPLBACKEND": "TkAgg", "NO_COLOR": "1"}
    result = run("evaluate", "--data", small, cwd=trained[1], env=env)
    assert result.returncode == 0 and "\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed, tmp_path):
    """What is written to a closed stream is lost."""
    command = f"'{sys.executable}' '{SCRIPT}' '{EXAMPLES}/zero.png' {closed}"
    result = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True,
                            env=environment(None))
    assert result.returncode == 0 and "Traceback" not in result.stderr
    assert (result.stdout == "") == (">&-" in closed.replace("2>&-", ""))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here that is always full")
@pytest.mark.parametrize("buffered", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_full_disk_behind_standard_output_is_told(buffered):
    env = {key: value for key, value in environment(None).items() if key != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        result = subprocess.run([sys.executable, SCRIPT, "models"], stdout=full,
                                stderr=subprocess.PIPE, text=True, env=env | buffered)
    assert result.returncode == 2 and "No space left" in result.stderr


def test_what_was_printed_before_an_error_is_not_lost(monkeypatch, tmp_path):
    printed = tmp_path / "printed"
    with open(printed, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(digits, "parse", lambda argv: argparse.Namespace(quiet=True, run=fails))
        assert digits.main(["models"]) == 2
        assert printed.read_text() == "before"


def fails(args):
    print("before", end="")
    raise digits.DigitError("after")


def test_a_closed_standard_input_is_an_empty_image(tmp_path):
    result = subprocess.run(f"'{sys.executable}' '{SCRIPT}' - <&-", shell=True, cwd=tmp_path,
                            capture_output=True, text=True, env=environment(None))
    assert "cannot be read" in complaint(result, 1)


def test_streams_that_are_strings(monkeypatch):
    """As in a notebook, or where another program calls main()."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.StringIO())
    assert digits.main([str(EXAMPLES / "zero.png")]) == 0
    assert re.search(r"zero\.png\t0\t(0\.9\d\d|1\.000)\n$", sys.stdout.getvalue())
    assert "reading with" in sys.stderr.getvalue()


def on_terminal(*args, cwd, keys=b"", env=None):
    """The exit code of a call of the script, and what it shows on a terminal; `keys` are typed."""
    main, terminal = pty.openpty()
    process = subprocess.Popen([sys.executable, SCRIPT, *args], cwd=cwd, env=environment(env),
                               stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    os.write(main, keys)
    shown = b""
    while True:
        try:
            data = os.read(main, 9999)
        except OSError:         # the other side is closed
            break
        if not data:
            break
        shown += data
    os.close(main)
    return process.wait(), shown.decode().replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_on_a_terminal_standard_input_is_waited_for_and_that_is_said(tmp_path):
    code, shown = on_terminal("-", keys=b"\x04", cwd=tmp_path)     # Ctrl-D
    assert code == 1 and "waiting for an image on standard input" in shown
    assert "-: cannot be read (cannot identify image file)" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_progress_is_a_line_an_epoch_that_fits_and_has_no_colour(small, tmp_path):
    code, shown = on_terminal("train", "--data", str(small), "--epochs", "3", cwd=tmp_path,
                              env={"NO_COLOR": "1"})
    assert code == 0 and "\x1b" not in shown
    lines = [line for line in shown.split("\n") if "epoch " in line and "validation" in line]
    assert len(lines) == 3
    for number, line in enumerate(lines, 1):
        *steps, last = line.split("\r")        # each written over the one before
        assert any(step.startswith(f"epoch {number}/3: step ") for step in steps)
        assert last.startswith(f"epoch {number}/3: accuracy")
        assert max(map(len, steps)) <= len(last) < 80


def test_one_image_cannot_be_trained_on_and_two_can(run, small_arrays, tmp_path):
    for count in (1, 2, 3):
        arrays = {name: array[:count] if "train" in name else array
                  for name, array in small_arrays.items()}
        arrays["y_train"] = np.arange(count)
        arrays["y_test"] = np.zeros_like(arrays["y_test"])
        np.savez(tmp_path / f"{count}.npz", **arrays)
        result = run("train", "--data", tmp_path / f"{count}.npz", "--epochs", 1, cwd=tmp_path)
        if count == 1:
            assert "it takes two or more" in complaint(result, 2)
        else:
            assert result.returncode == 0, result.stderr


def test_examples_on_another_drive(monkeypatch):
    """As on Windows, where there is no way from C: to D:."""
    def no_way(path):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")
    monkeypatch.setattr(os.path, "relpath", no_way)
    assert digits.near_path(EXAMPLES) == str(EXAMPLES)


@pytest.mark.parametrize(("quota", "cores"), [
    ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8)])
def test_cores_are_those_of_the_container(monkeypatch, tmp_path, quota, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(8), raising=False)
    monkeypatch.setattr(digits, "CPU_QUOTA", tmp_path / "cpu.max")
    assert digits.count_cores() == 8
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert digits.count_cores() == cores

"""The command line: every command, wrong usage, exit codes, what goes where."""
import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import ROOT, SCRIPT, complaint
from PIL import Image

import mnist_digit_classifier as digits

EXAMPLES = ROOT / "assets" / "examples"


def test_the_whole_story(run, small, tmp_path):
    """Without MNIST's size, but with everything else that a user sees."""
    result = run("--data", small, "--epochs", 2, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("dense trained on small, test set of small: accuracy")
    assert sum(line.count("\t") == 2 for line in result.stdout.splitlines()) == len(list(EXAMPLES.iterdir()))
    pictures = {"accuracy_loss.png", "confusion_matrix.png", "raw_confusion_tensor.png", "drawn_zero.png",
                "mnist_zero_example.png", "predicted_2.png", "mistakes.png"}
    assert {path.name for path in (tmp_path / "assets").iterdir()} == pictures
    for name in pictures:
        assert np.ptp(np.asarray(Image.open(tmp_path / "assets" / name).convert("L"))) > 100
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"dense.keras", "dense.onnx"}
    assert "\x1b" not in result.stderr and "TensorFlow" not in result.stderr and "absl" not in result.stderr


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """What stands in the environment where MNIST is neither at hand nor to be downloaded."""
    nowhere = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    return {"KERAS_HOME": str(tmp_path_factory.mktemp("keras")), **nowhere}


def test_without_mnist_the_story_is_told_on_drawn_digits_and_says_so(run, tmp_path, offline):
    result = run("-q", "--epochs", 1, cwd=tmp_path, env=offline)      # said even where only errors are
    assert result.returncode == 0, result.stderr
    assert "go online" in result.stderr and "TRAINING ON DRAWN DIGITS, NOT MNIST" in result.stderr
    assert result.stdout.startswith("dense trained on drawn digits, not MNIST, test set of drawn digits, not")
    assert digits.Reader(tmp_path / "models" / "dense.onnx").metadata["data"] == digits.DRAWN


def test_every_picture_names_the_data(monkeypatch, tmp_path, small_arrays):
    titles = []

    def title_of(figure, path):
        titles.append(" ".join([figure.get_suptitle(), *(axis.get_title() for axis in figure.axes)]))
    monkeypatch.setattr(digits, "save_picture", title_of)
    monkeypatch.setattr(digits, "draw_dataset", lambda: digits.Dataset(*small_arrays.values(), digits.DRAWN))
    folders = "--models", str(tmp_path), "--assets", str(tmp_path)
    assert digits.main(["--data", "strokes", "--epochs", "1", "--show-steps", "steps", *folders]) == 0
    assert len(titles) >= 7 + len(list(EXAMPLES.iterdir()))
    assert all("drawn digits, not MNIST" in title for title in titles)


def test_whoever_asks_for_mnist_gets_it_or_a_sentence(run, tmp_path, offline):
    for command in ([], ["train"], ["evaluate", "--model", "pretrained"]):
        message = complaint(run(*command, "--data", "mnist", cwd=tmp_path, env=offline), 2)
        assert "no MNIST here" in message and "--data strokes" in message


def test_the_network_that_ships_is_not_trained_by_accident(run, small, tmp_path):
    before = digits.PRETRAINED.read_bytes()
    assert "name an image" in complaint(run("--model", "pretrained", cwd=tmp_path), 2)
    for options in (["--data", small], ["--data", "strokes"]):
        message = complaint(run("train", "--model", "pretrained", *options, "--epochs", 1, cwd=tmp_path), 2)
        assert "take --model best" in message
    assert digits.PRETRAINED.read_bytes() == before and not list(tmp_path.iterdir())


def test_train_pretrained_takes_its_place(monkeypatch, tmp_path, small_arrays):
    monkeypatch.setattr(digits, "PRETRAINED", tmp_path / "shipped" / "pretrained.onnx")
    monkeypatch.setattr(digits, "load_mnist", lambda source: digits.Dataset(*small_arrays.values(), "MNIST"))
    monkeypatch.setattr(digits, "BESIDES", 100)
    folders = "--models", str(tmp_path / "models"), "--assets", str(tmp_path / "assets")
    assert digits.main(["train", "--model", "pretrained", "--epochs", "1", *folders]) == 0
    facts = digits.Reader(tmp_path / "shipped" / "pretrained.onnx").metadata
    assert (facts["network"], facts["drawn_digits"], facts["non_digits"]) == ("best", 50, 50)
    assert (tmp_path / "shipped" / "pretrained.keras").exists() and not (tmp_path / "models").exists()


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


@pytest.mark.parametrize("index", ["200", "10000", "-1", "seven", "²"])
def test_sample_out_of_range(run, trained, small, index):
    result = run("sample", "--data", small, "--", index, cwd=trained[1])
    assert "choose one from 0 to 199" in complaint(result, 2)


def test_models_lists_networks_and_what_was_measured(run, trained):
    result = run("models", cwd=trained[1])
    assert result.returncode == 0
    for name, network in digits.NETWORKS.items():
        assert any(line.startswith(name) and f"{network.parameters:,}" in line and network.layers in line
                   for line in result.stdout.splitlines())
    accuracy = digits.Reader(trained[1] / "models" / "dense.onnx").metadata["test_accuracy"]
    assert f"dense.onnx: dense, test accuracy {accuracy:.2%} on small" in result.stdout


@pytest.mark.parametrize("target", ["out.keras", "out.onnx", "out.h5", "out.tflite", "out"])
def test_export_writes_what_the_suffix_says(run, trained, small, tmp_path, target):
    """Read back by the format's own reader, which must give the same confidences."""
    result = run("export", tmp_path / target, cwd=trained[1])
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [target]
    images = digits.straighten(digits.load_mnist(small).x_test[:50])
    expected = digits.Reader(trained[1] / "models" / "dense.onnx").confidences(images)
    read = {"out.onnx": read_onnx, "out.tflite": read_tflite, "out": read_saved_model}.get(target, read_keras)
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
    entry, output = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
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
    ["--epochs", "0"], ["train", "--epo", "3"]])
def test_wrong_usage_is_one_sentence(run, arguments, tmp_path):
    assert complaint(run(*arguments, cwd=tmp_path), 2).startswith("error: ")


def test_a_command_spelt_wrong_is_not_taken_for_an_image(run):
    assert "did you mean evaluate" in complaint(run("evalute"), 2)


def test_unwritable_assets(run, trained, small, tmp_path):
    (tmp_path / "assets").write_text("a file where the folder should be")
    result = run("evaluate", "--data", small, "--assets", tmp_path / "assets" / "deep", cwd=trained[1])
    assert "cannot write" in complaint(result, 2)


def test_debug_shows_the_stack(run, tmp_path):
    result = run("train", "--data", tmp_path / "nowhere", "--debug")
    assert result.returncode == 2 and "Traceback" in result.stderr


def test_version_and_help(run):
    assert run("--version").stdout.strip() == digits.__version__
    text = run("--help").stdout
    assert all(command in text for command in digits.COMMANDS)
    for command, (_, options, _) in digits.COMMANDS.items():
        text = run(command, "--help").stdout
        assert all(option in text for option in options.split() if option.startswith("--"))


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

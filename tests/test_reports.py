"""Figures and pictures: right numbers, real picture files."""
import shutil

import numpy as np
import pytest
from PIL import Image

import mnist_digit_classifier as digits

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])
CONFIDENCES = np.full((6, 3), 0.1)
CONFIDENCES[np.arange(6), PREDICTED] = 0.8


def test_scores_worked_out_by_hand():
    accuracy, loss, confusion = digits.score(CONFIDENCES, LABELS)
    assert accuracy == pytest.approx(4 / 6)
    assert loss == pytest.approx((4 * -np.log(0.8) + 2 * -np.log(0.1)) / 6)
    assert confusion.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_report_worked_out_by_hand():
    lines = digits.report(*digits.score(CONFIDENCES, LABELS)).splitlines()
    assert lines[0] == "accuracy 66.67%, loss 0.9163"
    assert lines[2].split() == ["0", "66.67%", "66.67%", "66.67%", "3"]
    assert lines[3].split() == ["1", "66.67%", "100.00%", "80.00%", "2"]
    # The last class was never predicted: no division by 0.
    assert lines[4].split() == ["2", "0.00%", "0.00%", "0.00%", "1"]


def test_confusion_matrix_is_annotated_with_rows_true_and_columns_predicted():
    confusion = digits.score(CONFIDENCES, LABELS)[2]
    axis, = digits.plot_confusion(confusion, "title").axes
    assert [text.get_text() for text in axis.texts] == [str(count) for count in confusion.flat]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted", "true")
    assert "66.67%" in axis.get_title() and "n = 6" in axis.get_title()


def test_curves_have_a_point_an_epoch():
    history = {name: [3, 2, 1] for name in ("accuracy", "loss", "val_accuracy", "val_loss")}
    for axis in digits.plot_curves(history, "title").axes:
        assert [list(line.get_xdata()) for line in axis.lines] == [[1, 2, 3]] * 2


def test_steps_show_picture_ink_and_what_the_network_saw():
    picture, image = np.full((90, 60, 3), 255, np.uint8), np.zeros((28, 28), np.uint8)
    sure = np.eye(10)[7] * 0.95 + np.eye(10)[2] * 0.03 + np.eye(10)[1] * 0.02
    row = [digits.Found(digits.Part(x, 20, np.ones((30, 15), bool)), image, confidences)
           for x, confidences in ((10, sure), (40, np.roll(0.6 * sure, 4)))]
    level = np.zeros((90, 60), np.uint8)
    for one in row:
        level[one.part.place] = 255
    level[60:63, 20:28], level[70:85, 5:15], level[70:85, 40:50] = 200, 200, 35
    reading = digits.Reading(level, [row], picture, 2)
    read, ink, first, second, *rest = digits.plot_steps(reading, "title").axes
    assert read.images[0].get_extent() == [0, 120, 180, 0] == ink.images[0].get_extent()
    assert [text.get_text() for text in read.texts] == ["7", "1?"]
    assert sorted((text.get_text(), *text.get_position()) for text in ink.texts) == [
        ("hardly ink of a digit", 80, 140), ("like no digit", 10, 140), ("too small", 40, 120)]
    assert [box.get_bbox().bounds for box in read.patches] == [(20, 40, 30, 60), (80, 40, 30, 60)]
    assert first.get_title() == "7  95.0%\n2  3.0%\n1  2.0%"
    assert second.get_title() == "1  57.0%\n6  1.8%\n5  1.2%"
    assert not any(axis.images for axis in rest)


def test_steps_of_nothing_found():
    picture = np.full((90, 60, 3), 255, np.uint8)
    reading = digits.Reading(picture[..., 0], [], picture)
    assert "no digit found" in digits.plot_steps(reading, "title").get_suptitle()


def test_sample_shows_ten_confidences():
    confidences = np.linspace(0, 0.2, 10)
    figure = digits.plot_sample(np.zeros((9, 9, 3)), np.zeros((28, 28)), confidences, "title")
    bars = figure.axes[2].patches
    assert sorted(bar.get_height() for bar in bars) == pytest.approx(confidences.tolist())


def test_mistakes_are_the_surest_first_and_none_is_no_error():
    images, confidences = np.zeros((6, 28, 28), np.uint8), CONFIDENCES.copy()
    confidences[5] = 0.95, 0.03, 0.02
    axes = digits.plot_mistakes(images, LABELS, confidences, "title").axes
    titles = [axis.get_title() for axis in axes]
    assert [title.split("\n")[0] for title in titles[:3]] == ["2 read as 0", "0 read as 1", ""]
    digits.plot_mistakes(images, PREDICTED, confidences, "title")


def test_evaluate_prints_the_report_and_saves_its_pictures(run, trained, small, tmp_path):
    """Of a data set whose name, in their titles, might be taken for a formula."""
    _, folder = trained
    data = shutil.copy(small, tmp_path / "from_$1_to_$2.npz")
    result = run("evaluate", "--data", data, "--assets", "pictures", cwd=folder)
    assert result.returncode == 0, result.stderr
    facts = digits.Reader(folder / "models" / "dense.onnx").metadata
    head, columns, *rows = result.stdout.splitlines()
    assert f"accuracy {facts['test_accuracy']:.2%}, loss {facts['test_loss']:.4f}" in head
    assert columns.split() == ["digit", "precision", "recall", "F1", "images"]
    assert [row.split()[0] for row in rows] == list("0123456789")
    names = {f"dense_{name}.png"
             for name in ("confusion_matrix", "raw_confusion_tensor", "mistakes")}
    assert {path.name for path in (folder / "pictures").iterdir()} == names
    for name in names:
        assert Image.open(folder / "pictures" / name).width > 300


def test_evaluate_wants_the_networks_own_classes(run, trained, tmp_path, small_arrays):
    np.savez(tmp_path / "nine.npz",
             **{key: a if key[0] == "x" else a % 9 for key, a in small_arrays.items()})
    result = run("evaluate", "--data", tmp_path / "nine.npz", cwd=trained[1])
    assert result.returncode == 2 and "train on it first" in result.stderr

"""Training: what it learns, what it leaves behind, what happens when it is cut off."""
import errno
import importlib.util
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from conftest import SCRIPT, complaint, hear_ctrl_c
from drawing import draw

import drawn_pages
import mnist_digit_classifier as digits


def test_train_saves_model_and_curves(trained):
    result, folder = trained
    assert sorted(path.name for path in (folder / "models").iterdir()) == [
        "dense.keras", "dense.onnx"]
    assert [path.name for path in (folder / "assets").glob("*loss.png")] == [
        "dense_accuracy_loss.png"]
    assert result.stdout == ""
    assert "training dense on small: 1,100 images, 100 held out, 12 epochs" in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 12 and "validation" in lines[0]


def test_it_learns_the_drawn_digits(trained):
    assert digits.Reader(trained[1] / "models" / "dense.onnx").metadata["test_accuracy"] > 0.8


def test_same_seed_same_network_and_another_seed_another(small):
    data = digits.load_mnist(small)
    first, again, other = (digits.train("dense", data, 2, seed)[0].get_weights()
                           for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not np.allclose(first[0], other[0])


def test_what_is_told_to_be_learned_is_what_is_learned(small_arrays):
    data = digits.Dataset(*small_arrays.values(), "MNIST")
    assert digits.learned("dense", data, False) == (
        f"1,100 images, 100 held out, {digits.BESIDES:,} drawn digits besides")
    assert digits.learned("best", data, False).endswith(
        f", {digits.FOUND:,} found in made pictures, {digits.ALTERED:,} struck through or hollow, "
        f"{digits.OTHERS:,} of what is no digit, {digits.LEFT_OVER:,} found and no digit")
    assert digits.learned("dense", data, True) == "1,100 images, 100 held out"


def test_validation_images_are_never_trained_on(small, monkeypatch):
    seen = []
    chunks, data = digits.epoch_chunks, digits.load_mnist(small)
    monkeypatch.setattr(digits, "epoch_chunks",
                        lambda x, *rest: seen.append(x.images) or chunks(x, *rest))
    _, history = digits.train("dense", data, 1, 0)
    assert len(seen[0]) == len(data.x_train) * 11 // 12
    assert set(history) == {"accuracy", "loss", "val_accuracy", "val_loss"}


def lesson(images, labels, own=None):
    """The Lesson of images of which the first `own`, or all, are a data set's."""
    return digits.Lesson(images, labels, own or len(images), None)


def test_every_epoch_shows_every_image_once_in_a_new_order():
    images = np.zeros((1200, 28, 28), np.uint8)
    labels = np.arange(1200)
    for strength in (0, 1, 1.5):
        rng = np.random.default_rng(0)
        chunks = list(digits.epoch_chunks(lesson(images, labels), 2, rng, strength))
        order = np.concatenate([y for _, y in chunks]).reshape(2, -1)
        assert (np.sort(order) == labels).all() and (order[0] != order[1]).any()
        assert (order[0] != labels).any()


def test_the_last_epochs_are_of_the_first_images_alone(monkeypatch):
    monkeypatch.setattr(digits, "LAST_BESIDES", 100)
    images, labels = np.zeros((900, 28, 28), np.uint8), np.arange(900)
    chunks = list(digits.epoch_chunks(lesson(images, labels, 500), 5, np.random.default_rng(0), 1))
    *epochs, last = np.concatenate([y for _, y in chunks]).reshape(5, -1)
    assert all(set(epoch) == set(labels) for epoch in epochs)
    assert set(last[:600]) == set(range(600)) and last.max() < 600


def test_distortion_is_light_random_and_ends_with_the_last_epochs():
    two = draw(2, (28, 28), (7, 4, 20), 2)
    images = np.repeat((255 * two).astype(np.uint8)[None], 40, axis=0)
    straight = digits.straighten(images[:1]).astype(int)
    rng = np.random.default_rng(0)
    chunks = digits.epoch_chunks(lesson(images, np.zeros(40, int)), 5, rng, 1)
    epochs = [x.astype(int) for x, _ in chunks]
    changed = np.abs(epochs[0] - straight).mean(axis=(1, 2))
    assert 2 < np.median(changed) < 25                      # grey levels
    assert np.abs(epochs[0][0] - epochs[0][1]).max() > 20
    assert np.abs(epochs[4] - straight).max() <= 2


def test_the_learning_rate_climbs_to_its_peak_and_falls_to_nought():
    rates = [digits.rate_at(share, 6e-3) for share in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(6e-4) and rates[100] == pytest.approx(0)
    top = round(100 * digits.WARM_UP)
    assert rates[top] == pytest.approx(6e-3)
    assert (np.diff(rates[:top + 1]) > 0).all() and (np.diff(rates[top:]) < 0).all()


@pytest.mark.parametrize("plain", [False, True])
def test_the_learning_rate_of_a_training(plain, small):
    model, _ = digits.train("dense", digits.load_mnist(small), 4, 0, plain)
    middle_of_last_epoch = digits.rate_at(3.5 / 4, digits.NETWORKS["dense"].peak)
    assert float(model.optimizer.learning_rate) == pytest.approx(
        1e-3 if plain else middle_of_last_epoch)


def test_plain_recipe_leaves_images_as_they_are(run, small, tmp_path):
    result = run("train", "--data", small, "--plain", "--epochs", 3, cwd=tmp_path)
    assert result.returncode == 0
    reader, data = digits.Reader(tmp_path / "models" / "dense.onnx"), digits.load_mnist(small)
    assert reader.metadata["recipe"] == "plain"
    assert reader.prepare(data.x_test) is data.x_test
    measured = digits.score(reader.confidences(data.x_test), data.y_test)
    assert measured[0] == pytest.approx(reader.metadata["test_accuracy"], abs=1e-6)


def test_eleven_classes(run, tmp_path, small_arrays):
    arrays = dict(small_arrays)
    for part in ("train", "test"):      # an eleventh class: zeros upside down, half of the zeros
        zeros = np.flatnonzero(arrays[f"y_{part}"] == 0)[::2]
        arrays[f"y_{part}"] = arrays[f"y_{part}"].copy()
        arrays[f"y_{part}"][zeros] = 10
    np.savez(tmp_path / "eleven.npz", **arrays)
    common = ("--data", tmp_path / "eleven.npz")
    assert run("train", *common, "--epochs", 1, cwd=tmp_path).returncode == 0
    result = run("evaluate", *common, cwd=tmp_path)
    assert result.returncode == 0 and len(result.stdout.splitlines()) == 2 + 11


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_leaves_the_earlier_model(trained, small, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    before = (trained[1] / "models" / "dense.onnx").read_bytes()
    (folder / "dense.onnx").write_bytes(before)
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "train", "--data", small, "--epochs", "100000"], cwd=tmp_path,
        stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c)
    while "epoch 3/" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    try:
        error = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 130 and time.monotonic() - start < 30
    assert "Traceback" not in error and "stopped" in error
    assert (folder / "dense.onnx").read_bytes() == before
    assert os.listdir(folder) == ["dense.onnx"]


EARLIER = {"dense.onnx": b"the earlier one", "dense.keras": b"the earlier one"}


def check_full_disk(train, folder):
    """A training that finds the disk full says so in one sentence and leaves what was there."""
    models = folder / "models"
    models.mkdir()
    for name, content in EARLIER.items():
        (models / name).write_bytes(content)
    result = train()
    lines = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert result.returncode == 2 and len(lines) == 1 and "cannot write" in lines[0]
    assert "Traceback" not in result.stderr
    assert {path.name: path.read_bytes() for path in models.iterdir()} == EARLIER


@pytest.fixture
def untrained(monkeypatch):
    """Trainings end before their first step: what is saved need not have learned anything."""
    digits.import_keras()
    monkeypatch.setattr(digits, "train",
                        lambda name, data, *_: (digits.build(name, data.classes), {}))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_full_disk_leaves_the_earlier_model(small, tmp_path, run, untrained):
    """A limit on the size of a file stands for the full disk: writing beyond it fails just so."""
    import resource

    def train():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))      # each has 170,000 bytes
        try:
            return run("train", "--data", small, cwd=tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    check_full_disk(train, tmp_path)


@pytest.mark.parametrize("full", [".keras", ".onnx"])
def test_a_disk_that_either_file_fills_leaves_both(
        small, tmp_path, monkeypatch, run, untrained, full):
    """The one before it is whole by then."""
    write = digits.write

    def write_until_full(model, metadata, path):
        write(model, metadata, path)
        if path.suffix == full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(digits, "write", write_until_full)
    check_full_disk(lambda: run("train", "--data", small, cwd=tmp_path), tmp_path)


def test_unknown_network_names_the_near_ones(run, small):
    assert "cnn-3" in complaint(run("train", "--data", small, "--model", "cnn3"), 2)


class EnoughSeenError(Exception):
    """Ends a training before its first step."""


def test_mnist_is_learned_with_drawn_digits_and_nothing_else_is(small_arrays, monkeypatch):
    """And `best` with digits found in pictures, and with what is no digit, the eleventh answer."""
    seen = []

    def see(lesson, *_):
        seen.append(lesson.targets.argmax(axis=1) if lesson.robust else lesson.targets)
        raise EnoughSeenError
    monkeypatch.setattr(digits, "epoch_chunks", see)
    for name, count in (("BESIDES", 200), ("FOUND", 30), ("ALTERED", 20), ("OTHERS", 40),
                        ("LEFT_OVER", 40)):
        monkeypatch.setattr(digits, name, count)
    for network, name, plain in (("dense", "MNIST", False), ("dense", "MNIST", True),
                                 ("dense", "clothes", False), ("dense", digits.DRAWN, False),
                                 ("best", "MNIST", False)):
        with pytest.raises(EnoughSeenError):
            digits.train(network, digits.Dataset(*small_arrays.values(), name), 1, 0, plain)
    assert [len(labels) for labels in seen] == [1300, 1100, 1100, 1100, 1300 + 30 + 20 + 40 + 40]
    assert (np.bincount(seen[0][1100:]) == [20] * 10).all()
    assert (np.bincount(seen[4][1100:1300]) == [20] * 10).all()
    assert seen[4][1300:1350].max() < 10 and (seen[4][1350:] == 10).all()


def test_smoothed_labels_leave_a_share_to_every_answer():
    outputs = np.float32([[0.9, 0.06, 0.04], [0.2, 0.2, 0.6]])
    share = digits.SMOOTHING / 3
    wanted = np.float32([[1 - 2 * share, share, share], [share, share, 1 - 2 * share]])
    smoothed = digits.smoothed(np.array([0, 2]), 3)
    assert smoothed == pytest.approx(wanted, abs=1e-6)
    loss = np.array(digits.import_keras().losses.categorical_crossentropy(smoothed, outputs))
    assert loss == pytest.approx(-(wanted * np.log(outputs)).sum(axis=1), abs=1e-5)


def test_a_robust_network_learns_what_the_network_that_ships_says():
    """But not that it takes for a digit what is labelled as none."""
    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([3, 10, 10])
    images[[0, 2]] = 255 * draw(3, (28, 28), (7, 4, 20), 2)
    plain = lesson(images, labels)._replace(held_out=(images[:1], labels[:1]))
    untaught, taught = (digits.as_robust(plain, 11, teacher) for teacher in
                        (None, digits.Reader(digits.PRETRAINED)))
    assert untaught.targets == pytest.approx(digits.smoothed(labels, 11), abs=1e-6)
    said = digits.Reader(digits.PRETRAINED).outputs(digits.as_input(digits.straighten(images)))
    share = digits.TAUGHT
    assert 0 < share < 1 and said.argmax(axis=1).tolist() == [3, 10, 3]
    said[2] = untaught.targets[2]
    assert taught.targets == pytest.approx((1 - share) * untaught.targets + share * said, abs=1e-6)
    for robust in (untaught, taught):       # neither says what it is to be measured with
        assert robust.held_out[1] == pytest.approx(digits.smoothed(labels[:1], 11), abs=1e-6)


def test_who_teaches_is_told_and_knows_the_data_set(small_arrays, monkeypatch, tmp_path):
    """Nobody does where it is damaged, so that it can be trained anew."""
    mnist, drawn, clothes = (digits.Dataset(*small_arrays.values(), name)
                             for name in ("MNIST", digits.DRAWN, "clothes"))
    shipped = digits.Reader(digits.PRETRAINED)
    for name, data, plain in (("best", mnist, True), ("best", drawn, False),
                              ("best", clothes, False), ("dense", mnist, False)):
        assert digits.find_teacher(name, data, plain) is None
    assert digits.find_teacher("best", mnist, False).metadata == shipped.metadata
    digits.import_keras()
    facts = digits.facts_of("best", mnist, 1, 0, False)
    assert facts["taught_by"] == shipped.metadata["sha256"] and "Dense 11" in facts["layers"]
    assert "Dense 10" in digits.facts_of("best", clothes, 1, 0, False)["layers"]
    monkeypatch.setattr(digits, "PRETRAINED", tmp_path / "pretrained.onnx")
    assert digits.find_teacher("best", mnist, False) is None
    digits.PRETRAINED.write_bytes(b"damaged")
    assert digits.facts_of("best", mnist, 1, 0, False)["taught_by"] is None


def test_a_sharpened_network_says_the_same_and_is_surer():
    keras = digits.import_keras()
    keras.utils.set_random_seed(0)
    model = digits.build("dense-128", 11)
    images = digits.as_input(digits.draw_dataset(300, 10, seed=3).x_train)
    before = model.predict(images, verbose=0)
    digits.sharpen(model)
    after = model.predict(images, verbose=0)
    power = before ** (1 / digits.TEMPERATURE)
    assert after == pytest.approx(power / power.sum(axis=1, keepdims=True), abs=1e-5)
    assert (after.max(axis=1) > before.max(axis=1)).all()


def test_other_pens_change_six_images_of_ten():
    images = np.repeat((255 * draw(2, (28, 28), (7, 4, 20), 3)).astype(np.uint8)[None], 100, axis=0)
    changed = drawn_pages.with_other_pens(images, np.random.default_rng(0))
    ink = changed.astype(int).sum(axis=(1, 2)) / images[0].sum()
    assert (changed == images).all(axis=(1, 2)).sum() == 40
    assert (ink > 1.2).sum() == 13 and (ink < 0.8).sum() == 14
    assert ((ink > 0.8) & (ink < 0.97)).sum() == 13


def test_broken_strokes_have_gaps_and_nothing_new():
    images = np.repeat((255 * draw(1, (28, 28), (7, 4, 20), 2)).astype(np.uint8)[None], 100, axis=0)
    broken = drawn_pages.broken(images.reshape(-1, 28), np.random.default_rng(0))
    broken = broken.reshape(images.shape)
    pieces = [cv2.connectedComponents(np.uint8(image > 60))[0] - 1
              for image in (images[0], *broken)]
    assert pieces[0] == 1 and np.mean(np.greater(pieces[1:], 1)) > 0.7
    assert (broken <= images).all()


def test_without_drawn_pages_mnist_is_learned_alone(monkeypatch, small_arrays):
    """Where the script was copied without it."""
    data = digits.Dataset(*small_arrays.values(), "MNIST")
    assert digits.count_besides("dense", data, False) == digits.Besides(digits.BESIDES)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert digits.count_besides("best", data, False) == digits.Besides()
    assert digits.learned("dense", data, False) == "1,100 images, 100 held out"


def test_a_robust_network_has_one_more_answer_where_it_learns_digits(
        small_arrays, monkeypatch, tmp_path):
    """On anything but digits it has an answer a class; else what is missing to 1 is 'no digit'.

    A quick one here; test_command_line.py trains `best`, which takes longer to get ready.
    """
    quick = digits.NETWORKS["dense-128"]._replace(robust=True)
    monkeypatch.setitem(digits.NETWORKS, "quick", quick)
    few = [array[:120] for array in small_arrays.values()]
    for name, count in (("BESIDES", 60), ("FOUND", 20), ("ALTERED", 10), ("OTHERS", 40),
                        ("LEFT_OVER", 40)):
        monkeypatch.setattr(digits, name, count)
    for name, answers in (("MNIST", 11), (digits.DRAWN, 11), ("clothes", 10)):
        data = digits.Dataset(*few, name)
        model, history = digits.train("quick", data, 1, 0)
        assert model.output_shape == (None, answers) and len(history["loss"]) == 1
        digits.save(model, {"network": "quick", "classes": 10}, tmp_path / "robust.onnx")
        confidences = digits.Reader(tmp_path / "robust.onnx").confidences(data.x_test[:50])
        assert confidences.shape == (50, 10)
        assert (confidences.sum(axis=1) < 0.999).any() == (answers == 11)

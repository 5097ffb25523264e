"""Data sets: every form that is accepted, every fault that is refused, as a user meets them."""
import gzip
import hashlib
import inspect
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import SCRIPT, complaint, environment

import mnist_digit_classifier as digits

IDX = {"x_train": "train-images-idx3-ubyte", "y_train": "train-labels-idx1-ubyte",
       "x_test": "t10k-images-idx3-ubyte", "y_test": "t10k-labels-idx1-ubyte"}


def write_idx(folder, arrays, names=IDX, gzipped=False):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        array = array.astype(np.uint8)
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        data = header + array.tobytes()
        path = folder / (names[name] + ".gz" * gzipped)
        path.write_bytes(gzip.compress(data) if gzipped else data)
    return folder


def same(data, arrays):
    return all(np.array_equal(getattr(data, name), array) for name, array in arrays.items())


def test_npz(small, small_arrays):
    data = digits.load_mnist(small)
    assert same(data, small_arrays) and data.classes == 10 and data.name == "small"


def test_environment_names_the_set_and_an_argument_wins(small, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_DATA", str(small))
    assert digits.load_mnist().name == "small"
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "nowhere"))
    assert digits.load_mnist(small).name == "small"


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("joint", ["-", "."])
def test_idx_folder(tmp_path, small_arrays, gzipped, joint):
    names = {key: name.replace("-idx", joint + "idx") for key, name in IDX.items()}
    data = digits.load_mnist(write_idx(tmp_path / "set", small_arrays, names, gzipped))
    assert same(data, small_arrays)


def test_hash_does_not_depend_on_the_form(tmp_path, small, small_arrays):
    folder = write_idx(tmp_path / "set", small_arrays)
    assert digits.load_mnist(folder).sha256() == digits.load_mnist(small).sha256()


def test_emnist_is_turned_upright(tmp_path, small_arrays):
    names = {key: "emnist-digits-" + name.replace("t10k", "test") for key, name in IDX.items()}
    data = digits.load_mnist(write_idx(tmp_path / "set", small_arrays, names))
    assert np.array_equal(data.x_test, small_arrays["x_test"].transpose(0, 2, 1))


def test_letters_counted_from_one(tmp_path, small_arrays):
    arrays = small_arrays | {key: small_arrays[key] + 1 for key in ("y_train", "y_test")}
    np.savez(tmp_path / "letters.npz", **arrays)
    assert digits.load_mnist(tmp_path / "letters.npz").classes == 11


def test_mnist_is_told_by_its_content(mnist, tmp_path, small_arrays):
    for name, known in (("mnist", "mnist"), ("MNIST", "another MNIST")):     # a subset, say
        np.savez(tmp_path / f"{name}.npz", **small_arrays)
        assert digits.load_mnist(tmp_path / f"{name}.npz").name == known
    arrays = digits.load_mnist(mnist)._asdict()
    arrays.pop("name")
    assert digits.load_mnist(write_idx(tmp_path / "raw", arrays)).name == "MNIST"


def test_real_mnist(mnist):
    data = digits.load_mnist(mnist)
    assert data.name == "MNIST"
    assert data.x_train.shape == (60000, 28, 28) and data.x_test.shape == (10000, 28, 28)
    assert abs(data.x_train.mean() / 255 - 0.1307) < 1e-4       # the known figure
    assert data.y_test[:5].tolist() == [7, 2, 1, 0, 4]


def test_no_data_names_both_remedies(run, tmp_path):
    offline = {"KERAS_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    message = complaint(run("train", "-q", env=offline, cwd=tmp_path), 2)
    assert "go online" in message and "--data" in message and "MNIST_DATA" in message


@pytest.mark.parametrize(("name", "change", "words"), [
    ("x_train", lambda x: x / 255, "x_train is float64"),
    ("x_test", lambda x: x[:, :27], "x_test is uint8 (200, 27, 28)"),
    ("x_test", lambda x: x[:0], "x_test is uint8 (0, 28, 28)"),
    ("y_train", lambda y: y[:-1], "y_train int64 (1199,)"),
    ("y_train", lambda y: y + 0.5, "y_train float64 (1200,)"),
    ("y_train", lambda y: np.where(y == 3, 77, y), "label 77 is out of range"),
    ("y_train", lambda y: np.where(y == 3, 10, y), "label 10 is out of range"),
    ("y_test", lambda y: np.where(y == 3, 10, y), "label 10 is out of range"),
    ("y_test", lambda y: y - 1, "label -1 is out of range"),
    ("y_train", lambda y: y - 1, "label -1 is out of range"),
    ("y_train", lambda y: y.astype(object), "not a whole .npz"),
])
def test_arrays_that_do_not_fit(run, tmp_path, small_arrays, name, change, words):
    np.savez(tmp_path / "bad.npz", **small_arrays | {name: change(small_arrays[name])})
    assert words in complaint(run("train", "--data", tmp_path / "bad.npz"), 2)


def test_npz_without_an_array(run, tmp_path, small_arrays):
    np.savez(tmp_path / "bad.npz",
             **{key: small_arrays[key] for key in ("x_train", "y_train", "x_test")})
    assert "y_test" in complaint(run("evaluate", "--data", tmp_path / "bad.npz"), 2)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "npy"])
def test_damaged_npz(run, small, tmp_path, damage):
    path, data = tmp_path / "bad.npz", small.read_bytes()
    middle = len(data) // 2
    path.write_bytes({"cut": data[:middle], "empty": b"", "text": b"not a data set\n", "npy": b"",
                      "flipped": data[:middle] + bytes(64) + data[middle + 64:]}[damage])
    if damage == "npy":
        np.save(path.open("wb"), np.zeros(3))
    message = complaint(run("train", "--data", path), 2)
    assert "fetch it again" in message and "pickle" not in message


def download_from(path, monkeypatch, home):
    """Where MNIST is kept once it is fetched, here from a file at hand."""
    monkeypatch.setenv("KERAS_HOME", str(home))
    monkeypatch.delenv("MNIST_DATA", raising=False)
    monkeypatch.setattr(digits, "MNIST_URL", path.as_uri())
    return home / "datasets" / "mnist.npz"


def test_a_download_that_is_cut_off_is_not_taken_for_mnist(mnist, monkeypatch, tmp_path):
    cut = tmp_path / "cut.npz"
    cut.write_bytes(Path(mnist).read_bytes()[:10_000])
    cached = download_from(cut, monkeypatch, tmp_path / "keras")
    with pytest.raises(digits.DigitError, match="go online"):
        digits.load_mnist()
    assert not cached.exists()


def test_a_whole_download_is_taken(mnist, monkeypatch, tmp_path):
    """Its hash is Keras' own figure; here that of the copy at hand."""
    keras_own = inspect.getsource(digits.import_keras().datasets.mnist.load_data)
    assert digits.MNIST_URL_SHA256 in keras_own
    own = hashlib.sha256(Path(mnist).read_bytes()).hexdigest()
    monkeypatch.setattr(digits, "MNIST_URL_SHA256", own)
    cached = download_from(Path(mnist), monkeypatch, tmp_path / "keras")
    assert digits.load_mnist().name == "MNIST"
    monkeypatch.setattr(digits, "MNIST_URL", "nowhere")     # the second time it is not fetched
    assert digits.find_mnist() == cached and cached.read_bytes() == Path(mnist).read_bytes()


@pytest.mark.parametrize("gzipped", [False, True])
def test_idx_cut_short(run, tmp_path, small_arrays, gzipped):
    folder = write_idx(tmp_path / "set", small_arrays, gzipped=gzipped)
    path = folder / (IDX["x_test"] + ".gz" * gzipped)
    path.write_bytes(path.read_bytes()[:-20])
    message = complaint(run("train", "--data", folder), 2)
    assert IDX["x_test"] in message and "fetch it again" in message


def test_idx_of_another_kind(run, tmp_path, small_arrays):
    folder = write_idx(tmp_path / "set", small_arrays)
    shutil.copy(folder / IDX["y_test"], folder / IDX["x_test"])
    assert "x_test is uint8 (200,)" in complaint(run("train", "--data", folder), 2)
    (folder / IDX["x_test"]).write_bytes(b"a text instead")
    assert "not a whole IDX file" in complaint(run("train", "--data", folder), 2)


def test_folder_without_the_four_files(run, tmp_path, small_arrays):
    folder = write_idx(tmp_path / "set", small_arrays)
    (folder / IDX["y_train"]).unlink()
    assert "four IDX files" in complaint(run("train", "--data", folder), 2)


def test_no_such_set(run, tmp_path):
    assert "no such data set" in complaint(run("train", "--data", tmp_path / "nowhere"), 2)


def test_the_current_folder_has_a_name(tmp_path, small_arrays, monkeypatch):
    monkeypatch.chdir(write_idx(tmp_path / "clothes", small_arrays))
    assert digits.load_mnist(".").name == "clothes"


def test_nothing_is_drawn_where_the_script_was_copied_alone(tmp_path):
    shutil.copy(SCRIPT, tmp_path)
    result = subprocess.run([sys.executable, tmp_path / SCRIPT.name, "--data", "strokes"],
                            capture_output=True, text=True, cwd=tmp_path, env=environment(None))
    assert "put it beside the script" in complaint(result, 2)

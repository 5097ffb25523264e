#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "numpy>=2.2,<3",
#     "opencv-python>=5.0,<6",
#     "pillow>=11.3,<14",
#     "tensorflow>=2.21,<2.22",
#     "keras>=3.15,<3.16",
#     "matplotlib>=3.10,<4",
#     "seaborn>=0.13.2,<0.14",
#     "onnx>=1.19,<2",
#     "tf2onnx>=1.17,<2",
# ]
# ///
"""Train a small network on MNIST, then read your own handwritten digits with it.

    python mnist_digit_classifier.py                       the whole story: train, evaluate, plot, read
    python mnist_digit_classifier.py photo.jpg scans/      read the digits in images (short for: predict)
    python mnist_digit_classifier.py train --model cnn-3   train one of the networks and save it
    python mnist_digit_classifier.py evaluate              accuracy, report, confusion matrix, mistakes
    python mnist_digit_classifier.py sample 1543           one test image: expected, predicted, picture
    python mnist_digit_classifier.py models                the networks and what they reached
    python mnist_digit_classifier.py export digits.tflite  a trained model for elsewhere

The sections follow the data: MNIST, from any image to 28x28, the networks, training, reports, reading
images, command line.
"""
import argparse
import contextlib
import ctypes
import difflib
import functools
import glob
import gzip
import hashlib
import io
import itertools
import json
import logging
import math
import os
import re
import shutil
import sys
import time
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")      # more would fight TensorFlow's threads for the cores

import cv2
import numpy as np
from PIL import Image, ImageOps

__version__ = "0.1.0"

HERE = Path(__file__).resolve().parent
PRETRAINED = HERE / "models" / "pretrained.onnx"
EXAMPLES = HERE / "assets" / "examples"

# Framing. SIZE and BOX are MNIST's own: http://yann.lecun.com/exdb/mnist
SIZE = 28                   # pixels, side of the image that a network sees
BOX = 20                    # pixels, longer side of the digit in it before it is straightened
STROKE = 2.5                # pixels, median width of MNIST's strokes in that box
SPREAD_X, SPREAD_Y = 3.5, 5.6   # pixels, MNIST's median standard deviation of the straightened ink
EVENED_X = 0.6              # power of a width's ratio to SPREAD_X that is evened out; all of a height's is
ZOOM_RANGE = 0.6, 1.45      # limits of that
MAX_PIXELS = 64_000_000     # declared pixels of an image; a larger one is refused before it is decoded
WORK_SIDE = 1600            # pixels, longer side of the image that ink is looked for in
MIN_CONTRAST = 24           # grey levels between ink and paper; less is blank paper
MIN_SIDE = 5                # pixels; smaller ink is a speck
MAX_LENGTH = 10             # times its longer side is more stroke than a digit has
EVEN_PAPER = 6              # grey levels, mean deviation along the border above which paper is shaded
SURE = 0.9                  # confidence from which an answer is called sure

# Training. Chosen on the validation split, never on the test set: benchmarks/settings.py
VALIDATION = 1 / 12         # share of the training images held out: 5,000 of MNIST's 60,000
WARM_UP = 0.2               # share of the steps in which the learning rate climbs to its peak
WEIGHT_DECAY = 0.02         # Adam's, decoupled
CLEAN_EPOCHS = 0.2          # share of the epochs, the last ones, without distortion
ROTATION = 4.0              # degrees, standard deviation, as in the four lines below
ZOOM = 0.06                 # natural logarithm of the scale, each axis its own
SHEAR = 0.05                # pixels sideways per pixel of height
SHIFT = 0.4                 # pixels
ELASTIC = 0.4               # pixels, at the knots of a KNOTS x KNOTS lattice
KNOTS = 4
CHUNK = 500                 # images warped by one call; OpenCV's remap takes fewer than 2**15 rows

METADATA = "mnist_digit_classifier.json"    # name of the facts that each model file carries
log = logging.getLogger("digits")


class DigitError(Exception):
    """Anything the user can put right; the message is one sentence that says how."""


@contextlib.contextmanager
def explained(sentence):
    """Turn whatever a library raises inside into a DigitError: `sentence`, the reason for its {}."""
    try:
        yield
    except (DigitError, ModuleNotFoundError):
        raise
    except Exception as error:
        lines = str(getattr(error, "strerror", None) or error).strip().splitlines()
        reason = lines[0].split(" <")[0] if lines else type(error).__name__     # " <" begins an object's id
        raise DigitError(sentence.replace("{}", reason)) from error


@contextlib.contextmanager
def replacing(path):
    """A path beside `path` to write to, which takes its place only if the block ends well."""
    aside = path.with_name(f".{os.getpid()}-{path.name}")
    with explained(f"cannot write {path} ({{}}); make room there or choose another place"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield aside
            aside.replace(path)
        finally:
            shutil.rmtree(aside) if aside.is_dir() else aside.unlink(missing_ok=True)


# ==== MNIST =============================================================================================

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class Dataset(NamedTuple):
    """Labelled images in MNIST's format: (n, 28, 28) uint8, ink bright; labels (n,) int64 from 0."""
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    name: str

    @property
    def classes(self):
        return int(self.y_train.max()) + 1

    def sha256(self):
        """Hash of the four arrays' bytes, labels as uint8: the same whatever file they came in."""
        return hashlib.sha256(b"".join(array.astype(np.uint8).tobytes() for array in self[:4])).hexdigest()


def load_mnist(source=None):
    """The Dataset in `source` or $MNIST_DATA, an .npz or a folder of IDX files, else Keras' copy."""
    cached = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", "mnist.npz")
    path = Path(source or os.environ.get("MNIST_DATA") or cached)
    if path == cached and not path.exists():
        log.info("downloading MNIST")
        with explained("no MNIST here and none to download; go online once, or name a copy with --data "
                       "(or MNIST_DATA)"), contextlib.redirect_stdout(io.StringIO()):
            import_keras().datasets.mnist.load_data()       # leaves it in `cached`
    if not path.exists():
        raise DigitError(f"{path}: no such data set; name an .npz file or a folder of IDX files")
    return read_dataset(path)


@functools.cache            # the whole story asks for it three times
def read_dataset(path):
    """The Dataset in an .npz file or a folder of IDX files; DigitError where it is damaged."""
    if path.is_dir():
        arrays = read_idx_folder(path)
    else:
        with explained(f"{path}: not a whole .npz with {', '.join(ARRAYS)} ({{}}); fetch it again"), \
                np.load(path, allow_pickle=False) as file:
            arrays = [file[name] for name in ARRAYS]
    check_arrays(arrays, path)
    x_train, y_train, x_test, y_test = arrays
    name = "MNIST" if path.stem.lower() == "mnist" else path.stem
    return Dataset(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64), name)


def read_idx_folder(folder):
    """The four arrays of a folder of IDX files under their usual names, gzipped or not."""
    arrays = []
    for array_name in ARRAYS:
        part = "train" if "train" in array_name else "t10k|test"
        kind = "images-idx3" if array_name[0] == "x" else "labels-idx1"
        name = re.compile(rf".*({part})-{kind.replace('-', '[-.]')}-ubyte(\.gz)?")
        paths = sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
        if len({path.name.removesuffix(".gz") for path in paths}) != 1:
            raise DigitError(f"{folder} must hold the four IDX files of one data set, train-images-idx3-ubyte"
                             " to t10k-labels-idx1-ubyte, gzipped or not; put them there, and no others")
        array = read_idx(paths[0], int(kind[-1]))
        by_column = array.ndim == 3 and "emnist" in paths[0].name       # the way EMNIST stores its images
        arrays.append(array.transpose(0, 2, 1) if by_column else array)
    return arrays


def read_idx(path, dimensions):
    """The array in one IDX file: magic number, big-endian shape, then bytes."""
    with explained(f"{path}: not a whole IDX file ({{}}); fetch it again"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read()
        if data[:4] != bytes([0, 0, 8, dimensions]):
            raise ValueError(f"not bytes in {dimensions} dimensions")
        shape = np.frombuffer(data, ">u4", dimensions, offset=4)
        return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def check_arrays(arrays, path):
    """DigitError unless images and labels have MNIST's shapes and types and fit together."""
    for name, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        if images.dtype != np.uint8 or images.shape[1:] != (SIZE, SIZE) or not len(images) or \
                labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
            raise DigitError(f"{path}: x_{name} is {images.dtype} {images.shape} and y_{name} {labels.dtype} "
                             f"{labels.shape}; make them uint8 (n, {SIZE}, {SIZE}) and whole numbers (n,)")
    known = np.unique(arrays[1])        # they count up without gaps, from 0 or, as in EMNIST, from 1
    for label in np.union1d(known, arrays[3]).tolist():
        if not 0 <= label <= min(known[-1], len(known)):
            raise DigitError(f"{path}: label {label} is out of range; number the classes from 0 without gaps")


# ==== From any image to 28x28 ===========================================================================

def load_image(source):
    """RGB (height, width, 3) uint8 of a path or binary file, upright, WORK_SIDE at most; and its shrinking.

    The second is the factor from its pixels to the upright original's. DigitError where it is unreadable.
    """
    with explained("cannot be read ({}); check its name, or save it anew as PNG or JPEG, "
                   f"{MAX_PIXELS // 10**6} million pixels at most"), Image.open(source) as image:
        if math.prod(image.size) > MAX_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels")
        long_side = max(image.size)
        image.draft(None, (WORK_SIDE, WORK_SIDE))       # JPEG decodes to 1/2, 1/4 or 1/8 for less
        rgb = shrunk(over_paper(to_rgba(ImageOps.exif_transpose(image))), WORK_SIDE)
    return rgb, long_side / max(rgb.shape[:2])


def shrunk(image, long_side):
    """An image (height, width, ...) made to be no longer than `long_side` pixels."""
    scale = min(1, long_side / max(image.shape[:2]))
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else image


def to_rgba(image):
    """RGBA (height, width, 4) uint8 of a Pillow image of any mode, those above 8 bits a pixel included."""
    if image.mode[0] in "IF":           # convert() would clip these at 255
        values = np.nan_to_num(np.asarray(image, np.float32))
        top = next((top for top in (1, 255, 65535) if values.max() <= top), values.max())
        image = Image.fromarray(np.clip(values * (255 / top), 0, 255).astype(np.uint8))
    return np.asarray(image.convert("RGBA"))


def over_paper(rgba):
    """RGB of an RGBA image, its transparent parts filled with the paper they stand for."""
    rgb, alpha = rgba[..., :3], rgba[..., 3:]
    opaque = rgb[alpha[..., 0] > 127]
    if alpha.min() == 255:
        return np.ascontiguousarray(rgb)
    if len(opaque) > alpha.size / 2:
        paper = np.median(opaque, axis=0)
    else:                               # lone strokes on nothing: what contrasts with them
        paper = 255 if not len(opaque) or opaque.mean() < 128 else 0
    return (paper + (rgb - np.float32(paper)) * (alpha / np.float32(255))).astype(np.uint8)


def find_ink(rgb):
    """Ink (height, width) uint8 of an RGB image: how far each pixel is from the paper around it."""
    height, width = rgb.shape[:2]
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.float32)
    median = np.median(border, axis=0)
    if np.abs(border - median).mean() <= EVEN_PAPER:
        paper = np.full_like(rgb, median)
    else:                               # shaded: the median of a wide neighbourhood, half the picture
        paper = cv2.resize(cv2.medianBlur(shrunk(rgb, 64), 31), (width, height))
    grain = max(0.1, max(height, width) / 800)      # pixels, blur that quiets a photograph's noise
    return cv2.GaussianBlur(cv2.absdiff(rgb, paper), (0, 0), grain).max(axis=2)


def find_digit(ink):
    """Box (x, y, width, height) of the digit in `ink`, and its ink alone, stretched to 255; or None.

    It is the largest connected stroke with the strokes close to it; one along the image's edge counts less.
    """
    threshold = max(MIN_CONTRAST, cv2.threshold(ink, 0, 255, cv2.THRESH_OTSU)[0])
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink > threshold).astype(np.uint8))
    areas, low, high = stats[1:, 4], stats[1:, :2], stats[1:, :2] + stats[1:, 2:4]
    if not len(areas):
        return None
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    at_edge = np.bincount(border, minlength=len(stats))[1:] > (high - low).max(axis=1) / 2
    main = np.argmax(areas * np.where(at_edge, 0.1, 1))
    long_side = (high - low)[main].max()
    gaps = np.maximum(low[main] - high, low - high[main]).max(axis=1)
    own = (gaps <= long_side / 4) & (areas >= areas[main] / 25) & (at_edge[main] | ~at_edge)
    if long_side < MIN_SIDE or areas[own].sum() < areas.sum() / 4:
        return None
    (x, y), (right, bottom) = low[own].min(axis=0), high[own].max(axis=0)
    ink, mask = ink[y:bottom, x:right], np.isin(labels[y:bottom, x:right], 1 + np.flatnonzero(own))
    if mask.sum() / stroke_width(mask) > MAX_LENGTH * long_side:     # noise, a scribble, a texture
        return None
    full = np.percentile(ink[mask], 75)
    soft_edge = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3)))
    digit = np.clip(ink * soft_edge * (255 / full), 0, 255).astype(np.uint8)
    return tuple(int(side) for side in (x, y, right - x, bottom - y)), digit


def stroke_width(mask):
    """Mean width in pixels of the strokes in a mask (height, width)."""
    depth = cv2.distanceTransform(np.pad(np.uint8(mask), 1), cv2.DIST_L2, 3)[1:-1, 1:-1][mask]
    return 4 * depth.mean() - 2 if len(depth) else 1        # a stroke's mean depth is width / 4 + 1 / 2


def thicken(ink):
    """`ink` with strokes that would be thinner than MNIST's at MNIST's size widened to STROKE."""
    missing = (STROKE * max(ink.shape) / BOX - stroke_width(ink > 127)) / 2
    if missing < 0.5:
        return ink
    ink = np.pad(ink, math.ceil(missing))
    outside = cv2.distanceTransform(np.uint8(ink <= 127), cv2.DIST_L2, 5)
    return np.maximum(ink, np.clip(255 * (missing + 0.5 - outside), 0, 255).astype(np.uint8))


def fit(ink):
    """`ink` of one digit, any size, fitted into the middle of (28, 28), its longer side BOX."""
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    image = np.zeros((SIZE, SIZE), np.uint8)
    image[top:top + height, left:left + width] = cv2.resize(
        ink, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return image


# What the maps below are sums of: x, y and 1 over the image, from its middle, then one smooth bump for each
# knot of the elastic lattice. (3 + KNOTS**2, 784)
BASIS = np.float32([
    *(np.mgrid[:SIZE, :SIZE][::-1] - (SIZE - 1) / 2), np.ones((SIZE, SIZE)),
    *(cv2.resize(knot.reshape(KNOTS, KNOTS), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
      for knot in np.eye(KNOTS**2))]).reshape(-1, SIZE**2)


def straightening(images):
    """Maps (n, 2, 3) that make images (n, 28, 28) upright, centred by mass and of like size, by moments."""
    x, y, one = BASIS[:3]
    ink = images.reshape(len(images), -1).astype(np.float32)
    mass, *sums = (ink @ np.stack([one, x, y, x * x, x * y, y * y], axis=1)).T
    mean_x, mean_y, xx, xy, yy = sums / np.maximum(mass, 1)
    xx, xy, yy = xx - mean_x**2, xy - mean_x * mean_y, np.maximum(yy - mean_y**2, 1e-3)
    slant = np.clip(xy / yy, -1, 1)
    upright_xx = np.maximum(xx - 2 * slant * xy + slant**2 * yy, 1e-3)
    zoom_x = np.clip((upright_xx / SPREAD_X**2) ** (EVENED_X / 2), *ZOOM_RANGE)
    zoom_y = np.clip(np.sqrt(yy) / SPREAD_Y, *ZOOM_RANGE)
    nought = np.zeros_like(mean_x)
    return np.stack([zoom_x, zoom_y * slant, mean_x, nought, zoom_y, mean_y], axis=1).reshape(-1, 2, 3)


def distorted(maps, rng):
    """`maps` (n, 2, 3) with a light random distortion before each: (n, 2, 3 + KNOTS**2)."""
    n = len(maps)
    angle, zoom_x, zoom_y, shear, x, y = rng.standard_normal((6, n), np.float32)
    angle *= math.radians(ROTATION)
    nought = np.zeros_like(x)
    affine = np.stack([np.exp(ZOOM * zoom_x), SHEAR * shear - angle, SHIFT * x,
                       angle, np.exp(ZOOM * zoom_y), SHIFT * y,
                       nought, nought, nought + 1], axis=1).reshape(n, 3, 3)
    bumps = ELASTIC * rng.standard_normal((n, 2, KNOTS**2), np.float32)
    return np.concatenate([maps @ affine, bumps], axis=2)


def warp(images, maps):
    """Images (n, 28, 28) uint8 redrawn: pixel p comes from where maps (n, 2, k) @ BASIS[:k, p] points to.

    CHUNK images at a time lie in one tall strip, so that one call of remap serves them all.
    """
    results, side = np.empty_like(images), SIZE + 2
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        strip = np.pad(images[part], ((0, 0), (1, 1), (1, 1))).reshape(-1, side)
        x, y = (np.clip(maps[part, axis] @ BASIS[:maps.shape[2]] + (SIZE + 1) / 2, 0, side - 1)
                for axis in (0, 1))
        y += side * np.arange(len(y), dtype=np.float32)[:, None]
        results[part] = cv2.remap(strip, x.reshape(-1, SIZE), y.reshape(-1, SIZE),
                                  cv2.INTER_LINEAR).reshape(-1, SIZE, SIZE)
    return results


def straighten(images):
    """The last step of every image, MNIST's too: (n, 28, 28) uint8 made upright, centred, of one size."""
    return warp(images, straightening(images))


# ==== The networks ======================================================================================

class Network(NamedTuple):
    """A row of the README's table, and how the network is trained."""
    layers: str             # the last one has as many units as the data set has classes
    epochs: int
    parameters: int         # with ten classes
    batch: int = 64         # images a step
    peak: float = 6e-3      # highest learning rate


NETWORKS = {
    "dense": Network("Flatten, Dense 50 relu, Dense 50 relu, Dense 10 sigmoid", 10, 42_310),
    "dense-128-128": Network("Flatten, Dense 128 relu, Dense 128 relu, Dense 10 softmax", 3, 118_282),
    "dense-128": Network("Flatten, Dense 128 relu, Dense 10 softmax", 20, 101_770),
    "cnn-2": Network("Conv 32 3x3 relu, Conv 64 3x3 relu, MaxPool, Flatten, Dense 128 relu, "
                     "Dense 10 softmax", 10, 1_199_882, peak=2e-3),
    "cnn-3": Network("Conv 64 3x3 relu, MaxPool, Conv 64 3x3 relu, MaxPool, Conv 64 3x3 relu, MaxPool, "
                     "Flatten, Dense 64 relu, Dense 32 relu, Dense 10 softmax", 10, 81_066, peak=3e-3),
}


def near(name, names):
    """' (did you mean ...?)' with the names most like `name`, or nothing."""
    close = difflib.get_close_matches(name, names)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def build(name, classes=10):
    """The Keras model of a network: (n, 28, 28, 1) float32, ink 0 to 1, to (n, classes)."""
    from keras import Sequential, layers
    makers = {
        "Flatten": layers.Flatten,
        "MaxPool": layers.MaxPooling2D,
        "Conv": lambda filters, kernel, activation: layers.Conv2D(
            int(filters), int(kernel[0]), activation=activation),
        "Dense": lambda units, activation: layers.Dense(int(units), activation=activation),
    }
    rows = [text.split() for text in NETWORKS[name].layers.split(", ")]
    rows[-1][1] = classes
    return Sequential([layers.Input((SIZE, SIZE, 1)), *(makers[kind](*options) for kind, *options in rows)])


def as_input(images):
    """Images (n, 28, 28) uint8 as a network takes them: (n, 28, 28, 1) float32, ink 0 to 1."""
    return images[..., None].astype(np.float32) / 255


def with_confidences(model):
    """`model` itself, or where its outputs are sigmoids its twin with a softmax layer of the same weights.

    Under categorical cross-entropy Keras trains a sigmoid layer on the softmax of what goes into the sigmoid;
    so that softmax is the network's confidence, while the sigmoids, divided by their sum, are far from it.
    """
    *layers, last = model.layers
    if last.activation.__name__ == "softmax":
        return model
    from keras import Input, Sequential
    from keras.layers import Dense
    softmax = Dense(last.units, activation="softmax", name="confidences")
    twin = Sequential([Input(model.input_shape[1:]), *layers, softmax])
    softmax.set_weights(last.get_weights())
    return twin


# ==== Training ==========================================================================================

def import_keras():
    """Keras on TensorFlow, imported on first use, without the log of its C++ parts."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(-2, 2**26)        # glibc keeps 64 MiB it would return: a third of an epoch
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import keras
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
    return keras


def train(name, data, epochs, seed, plain=False):
    """Train a network on a Dataset; its Keras model and curves, {"accuracy": [an epoch each], ...}.

    `plain` is every tutorial's recipe: batches of 32, a constant learning rate, the images as they are.
    """
    keras, network = import_keras(), NETWORKS[name]
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    held_out, kept = np.split(rng.permutation(len(data.x_train)), [math.ceil(len(data.x_train) * VALIDATION)])
    x_validation = data.x_train[held_out] if plain else straighten(data.x_train[held_out])
    batch = min(32 if plain else network.batch, len(kept))
    executions = math.ceil(len(kept) // batch / 100)        # Ctrl-C is heard between them
    steps = len(kept) // batch // executions * executions   # Keras runs whole executions only
    warm_up = int(steps * epochs * WARM_UP)
    one_cycle = keras.optimizers.schedules.CosineDecay(     # up to the peak, then down to 0 along a cosine
        network.peak / 10, steps * epochs - warm_up, warmup_target=network.peak, warmup_steps=warm_up)
    model = build(name, data.classes)
    adam = keras.optimizers.Adam() if plain else keras.optimizers.Adam(one_cycle, weight_decay=WEIGHT_DECAY)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"],
                  steps_per_execution=steps // executions)
    line = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: log.info(
        f"epoch {epoch + 1}/{epochs}: accuracy {logs['accuracy']:.4f}, loss {logs['loss']:.4f}; "
        f"validation {logs['val_accuracy']:.4f}, {logs['val_loss']:.4f}"))
    bar = sys.stderr.isatty() and log.isEnabledFor(logging.INFO) and "NO_COLOR" not in os.environ
    chunks = epoch_chunks(data.x_train[kept], data.y_train[kept], epochs, rng, plain)
    with contextlib.redirect_stdout(sys.stderr):
        history = model.fit(as_batches(chunks, batch), epochs=epochs, steps_per_epoch=steps, shuffle=False,
                            validation_data=(as_input(x_validation), data.y_train[held_out]),
                            validation_batch_size=1000, verbose=int(bar), callbacks=[] if bar else [line])
    return model, history.history


def epoch_chunks(images, labels, epochs, rng, plain):
    """Yield (images, labels) by the CHUNK, each epoch in a new order, straightened and distorted."""
    maps = None if plain else straightening(images)
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        for start in range(0, len(order), CHUNK):
            chunk = order[start:start + CHUNK]
            x = images[chunk]
            if not plain:
                clean = epoch >= epochs * (1 - CLEAN_EPOCHS)
                x = warp(x, maps[chunk] if clean else distorted(maps[chunk], rng))
            yield x, labels[chunk]


def as_batches(chunks, batch):
    """A tf.data.Dataset of input batches, made on another thread while the last ones are learned."""
    import tensorflow as tf
    signature = tf.TensorSpec((None, SIZE, SIZE), tf.uint8), tf.TensorSpec((None,), tf.int64)
    dataset = tf.data.Dataset.from_generator(lambda: chunks, output_signature=signature).rebatch(batch)
    options = tf.data.Options()
    options.autotune.enabled = False        # now and then it holds up the end of training by 5 s
    dataset = dataset.with_options(options)
    return dataset.map(lambda x, y: (tf.cast(x, tf.float32)[..., None] / 255, y)).prefetch(100)


# Keras' name of each format that it exports to, by suffix; the others it saves to.
EXPORTS = {".onnx": "onnx", ".tflite": "litert", "": "tf_saved_model"}


def save(model, metadata, *paths):
    """Write a Keras model to each path, in the format of its suffix: all of them or none."""
    with contextlib.ExitStack() as stack:
        for path in paths:
            write(model, metadata, stack.enter_context(replacing(path)))


def write(model, metadata, path):
    """Write a Keras model in the format of the suffix; .keras and .onnx carry `metadata`."""
    if path.suffix not in EXPORTS:
        model.save(path)
    else:
        confident = with_confidences(model)
        confident(np.zeros((1, *model.input_shape[1:]), np.float32))    # Keras exports a called model only
        confident.export(path, format=EXPORTS[path.suffix], verbose=False)
    if path.suffix == ".keras":         # which is a zip
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(METADATA, json.dumps(metadata))
    elif path.suffix == ".onnx":
        seal(path, metadata)


def seal(path, metadata):
    """Put `metadata`, and among them the network's size and hash, into an ONNX file's metadata_props."""
    import onnx
    model = onnx.load(path)
    network = model.SerializeToString()
    facts = {**metadata, "bytes": len(network), "sha256": hashlib.sha256(network).hexdigest()}
    model.metadata_props.add(key=METADATA, value=json.dumps(facts))
    path.write_bytes(model.SerializeToString())         # the network's bytes, then the metadata


# ==== Reports ===========================================================================================

def score(confidences, labels):
    """Accuracy, mean cross-entropy and counts [true, predicted] of confidences (n, classes), labels (n,)."""
    classes, predicted = confidences.shape[1], confidences.argmax(axis=1)
    of_the_true = np.maximum(confidences[np.arange(len(labels)), labels], 1e-7)     # Keras' epsilon
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2)
    return ((predicted == labels).mean(), -np.log(of_the_true).mean(), confusion.reshape(classes, classes))


def report(accuracy, loss, confusion):
    """Accuracy and loss, then precision, recall and F1 of each class, as lines of text."""
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    lines = [f"accuracy {accuracy:.2%}, loss {loss:.4f}", "digit  precision   recall       F1  images"]
    for digit, right in enumerate(confusion.diagonal()):
        shares = right / np.maximum([predicted[digit], true[digit], (true + predicted)[digit] / 2], 1)
        lines.append("{:5}  {:9.2%}  {:7.2%}  {:7.2%}  {:6}".format(digit, *shares, true[digit]))
    return "\n".join(lines)


def new_figure(width, height, rows=1, columns=1):
    """A matplotlib figure in inches that belongs to no window, and its axes (rows, columns)."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def plot_curves(history, title):
    """Accuracy and loss, training and validation, an epoch a point."""
    figure, axes = new_figure(10, 4, columns=2)
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name in zip(axes[0], ("accuracy", "loss")):
        axis.plot(epochs, history[name], "o-", label="training, while it learns")
        axis.plot(epochs, history[f"val_{name}"], "s-", label="validation, after the epoch")
        axis.set(xlabel="epoch", ylabel=name, xticks=epochs[::-(-len(epochs) // 20)])
        axis.grid(alpha=0.3)
        axis.legend()
    figure.suptitle(title)
    return figure


def plot_confusion(confusion, title):
    """Annotated confusion matrix, rows true, columns predicted, the colours logarithmic."""
    import seaborn
    from matplotlib.colors import SymLogNorm
    side = max(7, 0.6 * len(confusion))
    figure, ((axis,),) = new_figure(side, side)
    seaborn.heatmap(confusion, annot=True, fmt="d", cmap="Blues", cbar=False, square=True, linewidths=0.5,
                    norm=SymLogNorm(1, vmin=0, vmax=confusion.max()), ax=axis)
    right, n = confusion.trace(), confusion.sum()
    axis.set(xlabel="predicted", ylabel="true", title=f"{title}\naccuracy {right / n:.2%}, n = {n:,}")
    return figure


def plot_counts(confusion):
    """The bare counts of the confusion matrix, as NumPy prints them."""
    side = 0.45 * len(confusion)
    figure, ((axis,),) = new_figure(1.2 * side, 0.7 * side)
    axis.axis("off")
    axis.text(0.5, 0.5, np.array2string(confusion, threshold=sys.maxsize, max_line_width=999),
              family="monospace", size=13, ha="center", va="center", multialignment="left")
    return figure


def show_image(axis, image, title):
    """Draw a grey or RGB image without ticks."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255)
    axis.set(title=title, xticks=[], yticks=[])


def plot_reading(reading, title):
    """Of a Reading's first digit: input, the 28x28 that the network saw, its confidences as bars."""
    import seaborn
    figure, ((left, middle, right),) = new_figure(11, 3.8, columns=3)
    show_image(left, reading.picture, "input")
    show_image(middle, reading.images[0], "what the network saw")
    confidences = reading.confidences[0]
    classes, likeliest = np.arange(len(confidences)), confidences.argmax()
    seaborn.barplot(x=classes, y=confidences, hue=classes == likeliest, legend=False, ax=right,
                    palette=["#9db7d5", "#1f5fa8"])
    right.set(ylim=(0, 1), xlabel="digit", ylabel="confidence",
              title=f"read as {likeliest} ({confidences[likeliest]:.1%})")
    figure.suptitle(title)
    return figure


def plot_mistakes(images, labels, confidences, title):
    """The 25 misread images in which the network was surest, true and predicted class above each."""
    predicted, highest = confidences.argmax(axis=1), confidences.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-highest[wrong], kind="stable")][:25]
    rows = max(1, math.ceil(len(worst) / 5))
    figure, axes = new_figure(8.5, 2 * rows + 0.6, rows, 5)
    for axis in axes.flat:
        axis.axis("off")
    for axis, i in zip(axes.flat, worst):
        show_image(axis, images[i], f"{labels[i]} read as {predicted[i]}\n{highest[i]:.1%}, image {i}")
        axis.title.set_size(9)
    figure.suptitle(f"{title}: the {len(worst)} surest of {len(wrong)} mistakes")
    return figure


def save_picture(figure, path):
    """Write a figure as PNG and say so."""
    with replacing(path) as aside:
        figure.savefig(aside, dpi=100, format="png", bbox_inches="tight")
    log.info(f"wrote {path}")


# ==== Reading images ====================================================================================

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm",
            ".pgm", ".pbm")


class Reader:
    """A trained network out of an ONNX file that this script wrote, run by OpenCV alone."""

    def __init__(self, path):
        """DigitError where it is damaged or somebody else's; by its hash, since OpenCV crashes on some."""
        with explained(f"{path} is damaged or was not written by this script; train again or choose another"):
            data = Path(path).read_bytes()
            facts = data[data.rindex(b'{"network"'):].decode("utf-8", "replace")     # the last thing in it
            self.metadata, _ = json.JSONDecoder().raw_decode(facts)
            network = data[:self.metadata["bytes"]]
            if hashlib.sha256(network).hexdigest() != self.metadata["sha256"]:
                raise ValueError("wrong hash")
            self.net = cv2.dnn.readNetFromONNX(np.frombuffer(network, np.uint8))

    def confidences(self, images):
        """Confidence (n, classes) in each class for images (n, 28, 28) uint8 after their last step."""
        outputs = []
        for start in range(0, len(images), 200):        # bounds the memory of the convolutions
            self.net.setInput(as_input(images[start:start + 200]))
            outputs.append(self.net.forward())
        return np.concatenate(outputs)

    def prepare(self, images):
        """Images of a data set as this network learned them: straightened, unless by the plain recipe."""
        return images if self.metadata["recipe"] == "plain" else straighten(images)


class Reading(NamedTuple):
    """What was read in one picture: `digits` as in the JSON, and what led to them."""
    picture: np.ndarray         # (height, width, 3) uint8, upright, perhaps shrunk
    digits: list
    images: np.ndarray          # (n, 28, 28) uint8, what the network saw
    confidences: np.ndarray     # (n, classes)


def read_image(source, reader):
    """Find and read the digit in a path or binary file; DigitError where that is not readable."""
    picture, scale = load_image(source)
    found = find_digit(find_ink(picture))
    if not found:
        return Reading(picture, [], np.empty((0, SIZE, SIZE), np.uint8), np.empty((0, 0)))
    box, ink = found
    images = straighten(fit(thicken(ink))[None])
    confidences = reader.confidences(images)
    highest = float(confidences[0].max())
    digit = {"digit": int(confidences[0].argmax()), "confidence": round(highest, 4), "sure": highest >= SURE,
             "box": [round(side * scale) for side in box], "row": 0}
    return Reading(picture, [digit], images, confidences)


def expand(source):
    """The files that an argument stands for: itself, a folder's images or a glob's matches, maybe none."""
    if os.path.isdir(source):
        return sorted(str(path) for path in Path(source).rglob("*") if path.suffix.lower() in SUFFIXES)
    return [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))


def read_all(sources, reader):
    """Yield (what `predict --json` prints, Reading or None) in order for each image of `sources`."""
    for source in sources:
        for file in expand(source) or [source]:
            reading, error = None, None
            try:
                if os.path.isdir(file):
                    raise DigitError("a folder without images; name another")
                reading = read_image(io.BytesIO(sys.stdin.buffer.read()) if file == "-" else file, reader)
            except DigitError as problem:
                log.debug(problem, exc_info=True)
                error = str(problem)
            digits = reading.digits if reading else []
            rows = itertools.groupby(digits, key=lambda digit: digit["row"])
            text = "\n".join("".join(str(digit["digit"]) for digit in row) for _, row in rows)
            yield {"file": file, "text": text, "digits": digits, "error": error}, reading


# ==== Command line ======================================================================================

def find_model(model, models):
    """Path of the ONNX file that --model means: a name, a path, or by default the one trained last."""
    saved = [path for path in models.glob("*.onnx") if path.resolve() != PRETRAINED]
    if not model:
        path = max(saved, key=lambda path: path.stat().st_mtime, default=PRETRAINED)
    elif model == "pretrained":
        path = PRETRAINED
    else:
        path = Path(model).with_suffix(".onnx") if Path(model).suffix else models / f"{model}.onnx"
    if not path.is_file():
        known = {*NETWORKS, *(path.stem for path in saved), "pretrained"} - {model}
        network = model if model in NETWORKS else "dense"
        raise DigitError(f"no trained model at {path}{near(str(model), known)}; make one with: "
                         f"python {Path(__file__).name} train --model {network}")
    return path


def open_reader(args, data=None):
    """The Reader that the options ask for; DigitError if it does not tell the data's classes apart."""
    path = find_model(args.model, args.models)
    reader = Reader(path)
    log.info("reading with {} ({network}, {test_accuracy:.2%} on {data})".format(path, **reader.metadata))
    if data and data.classes != reader.metadata["classes"]:
        raise DigitError(f"{path} tells {reader.metadata['classes']} classes apart and {data.name} has "
                         f"{data.classes}; train on it first or choose another with --model")
    return reader


def run_predict(args):
    """Read the digits in images, an answer a line on stdout; 1 if any could not be read."""
    if not args.images:
        raise DigitError("name an image or a folder to read, or - for standard input")
    reader, failed = open_reader(args), False
    for number, (answer, reading) in enumerate(read_all(args.images, reader)):
        lowest = min((f"{digit['confidence']:.3f}" for digit in answer["digits"]), default="")
        line = "\t".join([answer["file"], answer["text"].replace("\n", " "), lowest])
        print(json.dumps(answer) if args.json else line, flush=True)
        if answer["error"]:
            failed = True
            log.error(f"{answer['file']}: {answer['error']}")
        elif args.show_steps and answer["digits"]:
            name = f"{number:04}-{Path(answer['file']).stem}.png"
            save_picture(plot_reading(reading, answer["file"]), args.show_steps / name)
    return int(failed)


def run_train(args):
    """Train a network as the options say, touch the test set once, save."""
    name = args.model or "dense"
    if name not in NETWORKS:
        raise DigitError(f"no network is called {name!r}{near(name, NETWORKS)}; take {', '.join(NETWORKS)}")
    data, layers, epochs = load_mnist(args.data), NETWORKS[name].layers, args.epochs or NETWORKS[name].epochs
    log.info(f"training {name} on {data.name}: {len(data.x_train):,} images, {epochs} epochs")
    model, history = train(name, data, epochs, args.seed, args.plain)
    x_test = as_input(data.x_test if args.plain else straighten(data.x_test))
    confidences = with_confidences(model).predict(x_test, batch_size=1000, verbose=0)
    accuracy, loss, _ = score(confidences, data.y_test)
    modules = {module: sys.modules[module].__version__ for module in ("tensorflow", "keras", "numpy", "cv2")}
    metadata = {"network": name, "layers": layers, "classes": data.classes,     # "network" stands first
                "input": "float32 (n, 28, 28, 1), ink 0 to 1, framed as by fit and straighten",
                "recipe": "plain" if args.plain else "distorted", "epochs": epochs, "seed": args.seed,
                "data": data.name, "data_sha256": data.sha256(), "test_images": len(data.y_test),
                "test_accuracy": float(accuracy), "test_loss": float(loss),
                "trained": time.strftime("%Y-%m-%d"),
                "versions": {"script": __version__, "python": sys.version.split()[0], **modules}}
    save(model, metadata, args.models / f"{name}.keras", args.models / f"{name}.onnx")
    log.info(f"saved {args.models / name}.keras and .onnx, test accuracy {accuracy:.2%}")
    save_picture(plot_curves(history, f"{name} on {data.name}"), args.assets / "accuracy_loss.png")


def run_evaluate(args):
    """Measure a saved network on the test set: report on stdout, pictures in assets."""
    data = load_mnist(args.data)
    reader = open_reader(args, data)
    title, images = f"{reader.metadata['network']} on {data.name}'s test set", reader.prepare(data.x_test)
    confidences = reader.confidences(images)
    accuracy, loss, confusion = score(confidences, data.y_test)
    print(f"{title}: {report(accuracy, loss, confusion)}", flush=True)
    save_picture(plot_confusion(confusion, title), args.assets / "confusion_matrix.png")
    save_picture(plot_counts(confusion), args.assets / "raw_confusion_tensor.png")
    save_picture(plot_mistakes(images, data.y_test, confidences, title), args.assets / "mistakes.png")


def run_sample(args):
    """Read one test image: expected and predicted on stdout, the picture in assets."""
    data = load_mnist(args.data)
    reader = open_reader(args, data)
    last, index = len(data.x_test) - 1, args.index
    if index is None:
        print(f"test image (0 to {last}): ", end="", file=sys.stderr, flush=True)
        index = sys.stdin.readline().strip()
    if not index.isdecimal() or int(index) > last:
        raise DigitError(f"there is no test image {index!r}; choose one from 0 to {last}")
    path = args.assets / f"sample_{int(index)}.png"
    confidences = read_sample(reader, data, int(index), path)
    print(f"test image {int(index)}: expected {data.y_test[int(index)]}, predicted {confidences.argmax()} "
          f"({confidences.max():.1%}), picture {path}")


def read_sample(reader, data, index, path):
    """Read test image `index` and save the picture of it; its confidences (classes,)."""
    image = reader.prepare(data.x_test[[index]])
    confidences = reader.confidences(image)
    title = f"{data.name} test image {index}, a {data.y_test[index]}"
    save_picture(plot_reading(Reading(data.x_test[index], [], image, confidences), title), path)
    return confidences[0]


def run_models(args):
    """The networks, and what the saved ones reached."""
    print(f"{'network':14} {'epochs':>6} {'parameters':>10}  layers")
    for name, network in NETWORKS.items():
        print(f"{name:14} {network.epochs:6} {network.parameters:10,}  {network.layers}")
    for path in sorted({*args.models.glob("*.onnx"), *HERE.glob("models/pretrained.onnx")}):
        print("{}: {network}, test accuracy {test_accuracy:.2%} on {data} ({recipe} recipe, {epochs} epochs, "
              "seed {seed}, {trained})".format(path, **Reader(path).metadata))


def run_export(args):
    """Write a trained model for elsewhere, in the format that the target's suffix names."""
    if args.target.suffix not in (*EXPORTS, ".keras", ".h5") or args.target.is_dir():
        raise DigitError(f"cannot export to {args.target}; name a new file that ends in .keras, .onnx, "
                         ".tflite or .h5, or a new folder for a SavedModel")
    path = find_model(args.model, args.models)
    metadata, path, keras = Reader(path).metadata, path.with_suffix(".keras"), import_keras()
    with explained(f"{path} is missing or damaged; train it again"):
        model = keras.models.load_model(path, compile=False)
    save(model, metadata, args.target)
    log.info(f"wrote {args.target}")


def run_story(args):
    """Train, evaluate, save the pictures, read the examples; with images, predict."""
    if args.images:
        return run_predict(args)
    args.model = args.model or "dense"      # what is read with below is what was trained, whatever is newer
    run_train(args)
    run_evaluate(args)
    reader, data = Reader(find_model(args.model, args.models)), load_mnist(args.data)
    for digit, picture in ((0, "mnist_zero_example.png"), (2, "predicted_2.png")):
        for index in np.flatnonzero(data.y_test == digit)[:1]:
            read_sample(reader, data, index, args.assets / picture)
    if EXAMPLES.is_dir():       # it is not where the script was copied alone
        zero = read_image(EXAMPLES / "zero.png", reader)
        save_picture(plot_reading(zero, "a drawn zero"), args.assets / "drawn_zero.png")
        args.images = [os.path.relpath(EXAMPLES)]
        return run_predict(args)


def whole(least):
    """An argparse type: a whole number from `least` to the largest seed."""
    def parse(text):
        if not (text.isascii() and text.isdigit() and least <= int(text) < 2**32):
            raise argparse.ArgumentTypeError(f"must be a whole number from {least}, not {text!r}")
        return int(text)
    return parse


OPTIONS = {
    "images": dict(nargs="*", metavar="IMAGE", help="file, folder, glob, or - for standard input"),
    "index": dict(nargs="?", help="number of the test image, asked for if left out"),
    "target": dict(type=Path, help="name.keras, .onnx, .tflite or .h5, or a folder for a SavedModel"),
    "--data": dict(metavar="PATH", help=".npz or folder of IDX files (else $MNIST_DATA, else Keras' MNIST)"),
    "--model": dict(metavar="NAME|PATH", help="a network (see models), a saved one, or 'pretrained'"),
    "--epochs": dict(type=whole(1), metavar="N", help="passes over the training images"),
    "--seed": dict(type=whole(0), metavar="N", default=0, help="of all that is random (0)"),
    "--plain": dict(action="store_true", help="every tutorial's recipe, for comparison"),
    "--assets": dict(type=Path, metavar="DIR", default=Path("assets"), help="for the pictures (assets)"),
    "--models": dict(type=Path, metavar="DIR", default=Path("models"), help="of trained models (models)"),
    "--json": dict(action="store_true", help="one JSON object a line"),
    "--show-steps": dict(type=Path, metavar="DIR", help="save what the network saw of each image there"),
    "--quiet": dict(action="store_true", help="only data and errors"),
    "--debug": dict(action="store_true", help="show the stack of an error"),
}
TRAINING = "--data --model --epochs --seed --plain --assets"
COMMANDS = {
    "run": (run_story, f"images --json --show-steps {TRAINING}", "the whole story, or predict; the default"),
    "predict": (run_predict, "images --json --show-steps --model", "read the digits in images"),
    "train": (run_train, TRAINING, "train a network and save it"),
    "evaluate": (run_evaluate, "--data --model --assets", "measure a saved network on the test set"),
    "sample": (run_sample, "index --data --model --assets", "read one test image"),
    "models": (run_models, "", "list the networks and the saved ones"),
    "export": (run_export, "target --model", "write a trained model for elsewhere"),
}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are the script's own."""

    def error(self, message):
        raise DigitError(f"{message}; see {self.prog} --help")


def parse(argv):
    """The options of one call; without a command, those of `run`."""
    summary, examples = __doc__.split("\n\n")[:2]
    parser = Parser(prog=Path(__file__).name, description=summary, epilog=f"examples:\n{examples}",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (run, options, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        command.set_defaults(run=run)
        for option in f"{options} --models --quiet --debug".split():
            command.add_argument(*["-q"] * (option == "--quiet"), option, **OPTIONS[option])
    if argv[:1] and argv[0] in (*COMMANDS, "-h", "--help", "--version"):
        return parser.parse_args(argv)
    args = parser.parse_args(["run", *argv])
    if args.images and not os.path.exists(args.images[0]) and (hint := near(args.images[0], COMMANDS)):
        raise DigitError(f"no command and no image is called {args.images[0]!r}{hint}")
    return args


def main(argv=None):
    """Run one command line; its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    debug = "--debug" in argv
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    warnings.filterwarnings("default" if debug else "ignore", module="PIL|keras|tf2onnx|onnx")
    sys.stdout.reconfigure(errors="backslashreplace")       # not every terminal can show every name
    try:
        args = parse(argv)
        log.setLevel(logging.ERROR if args.quiet else log.level)
        return args.run(args) or 0
    except BrokenPipeError:         # whoever reads our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (DigitError, ModuleNotFoundError, OSError) as error:
        missing = isinstance(error, ModuleNotFoundError)
        log.error(f"error: {error}{'; run: pip install -r requirements.txt' * missing}", exc_info=debug)
        return 2
    except KeyboardInterrupt:
        log.error("stopped; models saved before are as they were")
        return 130


if __name__ == "__main__":
    sys.exit(main())

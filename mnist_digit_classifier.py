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

    python mnist_digit_classifier.py                       the whole story: train, test, plot, read
    python mnist_digit_classifier.py photo.jpg scans/      read digits in images (short for predict)
    python mnist_digit_classifier.py train --model cnn-3   train one of the networks and save it
    python mnist_digit_classifier.py --data strokes        the whole story on drawn digits, no MNIST
    python mnist_digit_classifier.py evaluate              report, confusion matrix, mistakes
    python mnist_digit_classifier.py sample 1543           a test image: expected, predicted, plot
    python mnist_digit_classifier.py models                the networks and what they reached
    python mnist_digit_classifier.py export digits.tflite  a trained model for elsewhere

The sections follow the data: MNIST, from any image to 28x28, the networks, training, reports,
reading images, command line.
"""
import argparse
import contextlib
import ctypes
import difflib
import functools
import glob
import gzip
import hashlib
import importlib.util
import io
import itertools
import json
import logging
import math
import os
import re
import sys
import tempfile
import textwrap
import time
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")      # more would fight TensorFlow's threads

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

__version__ = "0.1.0"

HERE = Path(__file__).resolve().parent
PRETRAINED = HERE / "models" / "pretrained.onnx"
INK_FINDERS = HERE / "models" / "ink.onnx", HERE / "models" / "ink-2.onnx"
EXAMPLES = HERE / "assets" / "examples"

# Framing. SIZE and BOX are MNIST's own: http://yann.lecun.com/exdb/mnist
SIZE = 28                   # pixels, side of the image that a network sees
BOX = 20                    # pixels, longer side of the digit in it before it is straightened
SPREAD_X, SPREAD_Y = 3.5, 5.6   # pixels, MNIST's median standard deviation of the straightened ink
EVENED_X = 0.6              # power of a width's ratio to SPREAD_X evened out; all of a height's is
ZOOM_RANGE = 0.6, 1.45      # limits of that
MAX_PIXELS = 50_000_000     # declared pixels of an image; a larger one is refused, not decoded
FORMATS = "PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP", "TIFF", "AVIF"    # read, in Pillow's names
HEIC = b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1"  # how such files begin

# Finding digits. Compared on made pages of MNIST's training set: benchmarks/pages.py --part train
WORK_SIDES = 112, 1400      # pixels, limits of the longer side of the picture that is searched
OBLONG_FROM, OBLONG_TO = 4 / 3, 21      # longer side by shorter, between which it may be longer
DECODED = 720               # pixels, shorter side that a JPEG is decoded to at least
LOW, FINER = 24, 2          # pixels, height of digits that need a larger picture; times as large
HIGH = 120                  # pixels, height from which they are read in a smaller one
LOOKS = 208, 416, 832, 1664     # pixels, root of the area that the whole is looked at with, more
LOOK_HEIGHT = 22            # pixels, if its digits are lower than this, or there are none
LOOK_OBLONG = 2.5           # times that a look's longer side may have
CLOSER = 60                 # pixels, height that digits have in the closer looks
CLOSEST, LONGEST_CLOSE = 384, 1024      # pixels, root of their area and longest side, at most
WORTH_CLOSER = 1.25         # times closer that a picture must be to be looked at anew
FARTHER = 0.85              # of that zoom, what the second network looks with
BLUR = 1.5                  # pixels, standard deviation; what leaves a doubt is read blurred too
STEP = 32                   # pixels, what the sides of a picture looked at are multiples of
SQUARE = 4                  # pixels, side of the squares that INK_FINDERS take and tell of
INK, TRACE = 40, 12         # of 255, ink that is a stroke's, and that leaves a doubt
FAINT = 0.6                 # power of a digit's ink, so that what is faint of it counts for more
FIRM = 0.2, 0.55            # mean ink of a digit at which its confidence is nought, and is whole
FIRM_AMONG = 0.5, 0.7       # likewise, as a share of the mean of all ink that was found
AS_HIGH = 0.85, 1.1         # of the median height, limits of a digit that is as high as the others
LIFTED = 1.7                # times its own that the ink of such a one counts for, if it is clear
LARGE_HEIGHT = 0.4          # share of the usual height that large strokes have at least
SMALL_HEIGHT = 0.25         # likewise digits that are much smaller than the others
MAX_PARTS = 2000            # strokes, the largest ones of a picture
MAX_PIECES = 8              # pieces tried together as one digit
APART = 0.5                 # of the taller's height, up or down, from which neighbours are no row
UNEVEN = 0.7                # likewise where no digit is above another: all may be one row
NEXT_TO, NEAR = (-0.1, 0.5), 2 / 3      # gap, of it too, with which only so much of that counts
SLOPES = sorted((step / 10 for step in range(-7, 8)), key=abs)  # of rows, pixels down by aside
SLOPING = 0.6               # cost of a slope, in such heights of all Parts
TELLING = 100               # Parts, so many of them tell the slope

# Reading. Costs are in nats, compared on the same pages.
JOIN = 0.7                  # cost of taking two separate strokes for one digit
CUT = 0.4                   # cost of parting strokes that touch
NO_DIGIT = math.log(0.4)    # least that a piece can count for, for each height of its width
DOUBTED = 0.88              # factor of the confidence in what was cut off, or is doubted otherwise
OVERLOOKED = 0.8            # confidence above which a stroke that is hardly ink may be a digit
SO_HIGH = 0.75, 1.2         # times the median height, limits of such a stroke that is read
HIGHEST = 1.6               # likewise the most of one that is looked at
COMMA = 0.7, 0.2            # of the median height, a comma's own, and its middle from the row's
DOTTED = 1, 2, 7            # what ! and ? are read as
DOT = 0.07, 0.35            # of their height, side of the dot below
DOT_BELOW, DOT_ASIDE = 0.5, 0.1     # likewise, how far down it is at most, and to the side
SLASH = 1.1                 # times the median height that a slash has at least
LEANS = 0.3                 # pixels aside by down, from which what looks like a 1 is left for one
ALIKE = 0.1                 # pixels aside by down, by which two of them lean differently at most
LONG_ONE = 1.25             # times as long as all else, from which a 1 may be a pen or a rule
SHORT_INK = 0.25            # of the longest digit, length up to which ink left out does not count
PARTLY = 0.5                # share of ink in strokes, and confidence in a digit, to take them whole
UNREAD = 0.3                # confidence in there being no digit, where another look finds some
THINNER = 1.5               # pixels that strokes lose where a lone digit is looked at anew
AGREEING = 3                # readings that must be sure of a digit where the first does not win
SAME = 0.5                  # share of the smaller of two boxes above which both are of one digit
MOST, MOST_TURNED = 0.5, 0.7    # share of likely digits that another, a turned, reading has too
DASHES = 8, 300             # strokes, so many of which may be dashes of fewer ones
CLOSED = 1.5, 2.2           # times the width of the pen, gaps between them that are closed
WHOLE = 0.8                 # what speaks for all ink being one digit, where readings differ
FILLED = 0.3                # of a pen's contrast with the paper, that inside a 0 that is doubted
TALL = 2.5                  # times as high or long as other digits, from which it is hardly one
COMMON = 0.02               # share of a picture that a colour has at least to stand for its paper
AROUND = 0.25               # share of its longer side, margin around a picture that leaves a doubt
UPRIGHT = 0.85              # mean confidence up to which a picture is read on its sides too
EVEN = 0.6                  # confidence that speaks neither for a digit nor against it
TURN = 1.3                  # cost of a picture's being turned; a digit alone speaks for 0.5 at most
SURE = 0.95                 # confidence from which an answer is called sure
TOLD = 0.1                  # confidence above which a digit is told
RING = 0.8                  # times as high as a per cent sign's slash, the most of what else it has
# What such a sign is read as, with the most confidence in the digit that its slash is then.
PERCENTS = {"010": 1, "910": SURE, "016": SURE, "90": EVEN, "06": EVEN}

# Training. Chosen on the validation split, never on the test set: benchmarks/settings.py
VALIDATION = 1 / 12         # share of the training images held out: 5,000 of MNIST's 60,000
WARM_UP = 0.2               # share of the steps in which the learning rate climbs to its peak
WEIGHT_DECAY = 0.02         # Adam's, decoupled
CLEAN_EPOCHS = 0.3          # share of the epochs, the last ones, without distortion
ROTATION = 4.0              # degrees, standard deviation, as in the four lines below
ZOOM = 0.06                 # natural logarithm of the scale, each axis its own
SHEAR = 0.05                # pixels sideways per pixel of height
SHIFT = 0.4                 # pixels
ELASTIC = 0.4               # pixels, at the knots of a KNOTS x KNOTS lattice
KNOTS = 4
ROBUST = 1.8                # times that for a robust network, and so many times fewer clean epochs
BESIDES = 20_000            # drawn digits learned besides MNIST
LAST_BESIDES = 2_500        # of them, learned in clean epochs too; a robust network learns all
FOUND, OTHERS = 20_000, 14_000      # what a robust one learns besides: found digits, no digits
ALTERED = 10_000            # and digits that are struck through or hollow
LEFT_OVER = 10_000          # and what finding takes for digits' ink and is none
SMOOTHING = 0.05            # share of a robust network's labels spread evenly over all answers
TAUGHT = 0.4                # share of what it learns that is the answers of the network that ships
TEMPERATURE = 0.82          # its logits are divided by it once it is trained, so that it is surer
CHUNK = 500                 # images warped by one call; OpenCV's remap takes fewer than 2**15 rows

DRAWN = "drawn digits, not MNIST"   # name of the data set that drawn_pages.py draws
METADATA = "mnist_digit_classifier.json"    # name of the facts that each model file carries
SHIPPED = "best"            # the network in PRETRAINED
log = logging.getLogger("digits")


class DigitError(Exception):
    """Anything the user can put right; the message is one sentence that says how."""


@contextlib.contextmanager
def explained(sentence):
    """Turn whatever a library raises into a DigitError: `sentence`, the reason for its {}."""
    try:
        yield
    except (DigitError, ModuleNotFoundError):
        raise
    except Exception as error:
        told = str(getattr(error, "strerror", None) or error).strip() or type(error).__name__
        reason = re.split("\n| <| '", told)[0]          # one line, without ids and names
        raise DigitError(sentence.replace("{}", reason)) from error


def log_to_stderr(level):
    """Let the log go to what stderr is now, the bare messages from `level`."""
    log.handlers, log.propagate = [logging.StreamHandler()], False
    log.setLevel(level)


def printable(name):
    """A file's name with control characters as escapes, so that it stays one field of a line."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: repr(found[0])[1:-1], name)


def keep_memory():
    """Let glibc keep memory that it would fetch anew for each image: half of a training's time."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        for option, size in ((-1, 2**26), (-2, 2**26), (-3, 2**23)):  # trim from, grow by, map from
            ctypes.CDLL(None).mallopt(option, size)


@contextlib.contextmanager
def replacing(path):
    """A path beside `path` to write to, which takes its place only if the block ends well."""
    with explained(f"cannot write {path} ({{}}); make room there or choose another place"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
            yield Path(folder, path.name)
            Path(folder, path.name).replace(path)


# ==== MNIST =======================================================================================
# A data set is four arrays, images at most uint8 (n, 28, 28): MNIST as Keras has it, any .npz with
# the same names, a folder of IDX files, or digits that drawn_pages.py draws. Each is checked.

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_FILES = ("*train-images?idx3-ubyte", "*train-labels?idx1-ubyte",
             "*[kt]-images?idx3-ubyte", "*[kt]-labels?idx1-ubyte")      # of t10k, or of test
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"      # the arrays'
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"    # Keras' copy
MNIST_URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"  # that file's


class Dataset(NamedTuple):
    """Images in MNIST's format: (n, 28, 28) uint8, ink bright; labels (n,) int64 from 0."""
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
        content = b"".join(array.astype(np.uint8).tobytes() for array in self[:4])
        return hashlib.sha256(content).hexdigest()


def find_mnist():
    """Path of MNIST at $MNIST_DATA, else of Keras' copy, downloaded if it is not there."""
    if os.environ.get("MNIST_DATA"):
        return Path(os.environ["MNIST_DATA"])
    cached = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", "mnist.npz")
    if not cached.is_file():
        from urllib.request import urlopen
        log.info("downloading MNIST")
        with (explained("no MNIST here and none to download ({}); go online once, name a copy with "
                        "--data (or MNIST_DATA), or take --data strokes"),
              urlopen(MNIST_URL, timeout=20) as answer):
            data = answer.read()
            if hashlib.sha256(data).hexdigest() != MNIST_URL_SHA256:
                raise ValueError("it came with a wrong hash")
        with replacing(cached) as aside:
            aside.write_bytes(data)
    return cached


def load_mnist(source=None):
    """The Dataset that --data means: a path, 'strokes', or 'mnist' as find_mnist finds it."""
    if source == "strokes":
        return draw_dataset()
    path = find_mnist() if source in (None, "mnist") else Path(source)
    if not path.exists():
        raise DigitError(f"{path}: no such data set; name an .npz file or a folder of IDX files, "
                         "with --data or MNIST_DATA")
    return read_dataset(path)


@functools.cache            # the whole story asks for it twice
def read_dataset(path):
    """The Dataset in an .npz file or a folder of IDX files; DigitError where it is damaged."""
    arrays = read_idx_folder(path) if path.is_dir() else read_npz(path)
    check_arrays(arrays, path)
    x_train, y_train, x_test, y_test = arrays
    stem = path.absolute().stem         # of . too
    name = "another MNIST" if stem == "MNIST" else stem
    data = Dataset(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64), name)
    return data._replace(name="MNIST") if data.sha256() == MNIST_SHA256 else data


def read_npz(path):
    """The four arrays of an .npz file."""
    with (explained(f"{path}: not a whole .npz with {', '.join(ARRAYS)} ({{}}); fetch it again"),
          zipfile.ZipFile(path),        # NumPy would advise to load anything else unsafely
          np.load(path) as file):
        return [file[name] for name in ARRAYS]


def read_idx_folder(folder):
    """The four arrays of a folder of IDX files under their usual names, gzipped or not."""
    arrays = []
    for pattern in IDX_FILES:
        paths = [*folder.glob(pattern), *folder.glob(f"{pattern}.gz")]
        if len({path.name.removesuffix(".gz") for path in paths}) != 1:
            raise DigitError(f"{folder} must hold the four IDX files of one data set, "
                             "train-images-idx3-ubyte to t10k-labels-idx1-ubyte, gzipped or not; "
                             "put them there, and no others")
        array = read_idx(paths[0])
        by_column = array.ndim == 3 and "emnist" in paths[0].name       # as EMNIST stores images
        arrays.append(array.transpose(0, 2, 1) if by_column else array)
    return arrays


def read_idx(path):
    """The array in one IDX file: 0, 0, 8, number of dimensions, big-endian shape, then bytes."""
    with explained(f"{path}: not a whole IDX file ({{}}); fetch it again"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read()
        if data[:3] != bytes([0, 0, 8]):
            raise ValueError("it has no bytes")
        shape = np.frombuffer(data, ">u4", data[3], offset=4)
        return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def check_arrays(arrays, path):
    """DigitError unless images and labels have MNIST's shapes and types and fit together."""
    for name, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        if images.dtype != np.uint8 or images.shape[1:] != (SIZE, SIZE) or not len(images) or \
                labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
            raise DigitError(f"{path}: x_{name} is {images.dtype} {images.shape} and y_{name} "
                             f"{labels.dtype} {labels.shape}; make them uint8 (n, {SIZE}, {SIZE}) "
                             "and whole numbers (n,)")
    known = np.unique(arrays[1])    # they count up without gaps, from 0 or, as in EMNIST, from 1
    first = int(known[0] > 0)
    for label in np.union1d(known, arrays[3]).tolist():
        if not first <= label < first + len(known):
            raise DigitError(f"{path}: label {label} is out of range; number the classes from 0 "
                             "without gaps")


@functools.cache
def draw_dataset(training=60_000, test=10_000, seed=0):
    """A Dataset of drawn digits, each as often."""
    if not importlib.util.find_spec("drawn_pages"):
        raise DigitError("digits are drawn by drawn_pages.py; put it beside the script")
    from drawn_pages import drawn
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(training + test) % 10)
    images = drawn(labels, rng)
    return Dataset(images[:training], labels[:training], images[training:], labels[training:],
                   DRAWN)


# ==== From any image to 28x28 =====================================================================
# load_image decodes any file to RGB of a size to work on; find_ink, by two networks, tells for each
# pixel how much of it is a digit's ink; find_parts takes what is connected for a digit, find_rows
# puts them in reading order, split cuts what touches. cut_out and fit make 28x28 of a Part, as
# MNIST was made, and straighten, the last step, is taken by MNIST's own images too.

UNREADABLE = "cannot be read ({}); check its name, or save or fetch it anew"
TOO_LARGE = f"has more than the {MAX_PIXELS // 10**6} million pixels that are read; make it smaller"


def load_image(source, page=0, finer=1):
    """RGB (height, width, 3) uint8 of an image, upright; the factor to the original's pixels.

    It is made small enough to work on; `finer` times that is kept of one with small digits.
    """
    with explained(UNREADABLE), open_image(source) as image:
        image.seek(page)
        if math.prod(image.size) > MAX_PIXELS:
            raise DigitError(TOO_LARGE)
        size, least = image.size, finer * DECODED
        image.draft(None, (least, least))       # JPEG decodes to 1/2, 1/4 or 1/8 for less
        ImageOps.exif_transpose(image, in_place=True)
        rgb = to_rgb(image, finer)
    rgb = shrunk(rgb, finer * longest_side(rgb.shape[:2]))
    enlarge = math.ceil(WORK_SIDES[0] / max(rgb.shape[:2]))
    rgb = cv2.resize(rgb, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC)
    return rgb, smaller_factor(size, rgb)


def smaller_factor(size, picture):
    """What a picture was made smaller by, given its sides before; by either axis, the smaller."""
    return min(np.divide(sorted(size), sorted(picture.shape[:2])))


def open_image(source):
    """The Pillow image in a path, binary file or bytes, not yet decoded; HEIC by pillow-heif."""
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError:
        raise DigitError(TOO_LARGE) from None
    except UnidentifiedImageError:
        seekable = hasattr(source, "seek")
        with contextlib.nullcontext(source) if seekable else open(source, "rb") as file:
            file.seek(0)
            head = file.read(12)
        if head.startswith(b"%PDF"):
            raise DigitError("is a PDF; export its pages as images") from None
        if head[4:] not in HEIC:
            raise
    try:
        import pillow_heif
    except ModuleNotFoundError:
        raise DigitError("is a HEIC photo; to read those, run: pip install pillow-heif") from None
    pillow_heif.register_heif_opener()
    return Image.open(source, formats=["HEIF"])


def longest_side(sides):
    """Pixels that the longer of two sides is searched with at most: an oblong's area is alike."""
    oblong = np.clip(max(sides) / min(sides), OBLONG_FROM, OBLONG_TO)
    return WORK_SIDES[1] * math.sqrt(oblong / OBLONG_FROM)


def shrunk(image, long_side):
    """An image (height, width, ...) no longer than `long_side`: the means of squares of pixels."""
    square = math.ceil(max(image.shape[:2]) / long_side)
    height, width = (max(1, side // square) for side in image.shape[:2])
    image = image[:height * square, :width * square]        # a whole factor: ten times as fast
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def to_rgb(image, finer):
    """RGB (height, width, 3) uint8 of a Pillow image of any mode, also above 8 bits a pixel."""
    step = math.ceil(max(image.size) / (finer * longest_side(image.size)))
    if image.mode[0] in "IF":           # convert() would clip these at 255
        image = image.convert("I") if image.mode[1:] else image         # out of 16 bits
        values = np.nan_to_num(np.asarray(image.reduce(step), np.float32), posinf=0)
        most = values.max()             # of 8 bits at least, or of a camera's 12, or from 0 to 1
        top = 1 if most <= 1 else max(255, 2 ** int(most).bit_length() - 1)
        image = Image.fromarray(np.clip(values * (255 / top), 0, 255).astype(np.uint8))
    elif step > 2:                      # a band at a time, to save memory
        if image.mode not in ("L", "RGB", "RGBA", "CMYK") or "transparency" in image.info:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        bands = [image.getchannel(band).reduce(step) for band in image.getbands()]
        image = Image.merge(image.mode, bands)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            return over_paper(np.asarray(image))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def over_paper(rgba):
    """RGB of an RGBA image, its transparent parts filled with the paper they stand for."""
    rgb, alpha = rgba[..., :3], rgba[..., 3:]
    opaque = rgb[alpha[..., 0] > 127]
    if len(opaque) > alpha.size / 2:
        paper = np.median(opaque, axis=0)
    else:                               # lone strokes on nothing: what contrasts with them
        paper = 255 if not len(opaque) or opaque.mean() < 128 else 0
    return (paper + (rgb - np.float32(paper)) * (alpha / np.float32(255))).astype(np.uint8)


def components(mask):
    """What is connected in a mask: labels (height, width) from 1, boxes with areas (n, 5)."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        np.uint8(mask), 8, cv2.CV_32S, cv2.CCL_GRANA)   # the fastest
    return labels, boxes[1:]


def find_ink(picture, at_all=None):
    """Ink (height, width) uint8 of the digits in an RGB picture, found by two networks.

    After a look at the whole, if it is not given, two networks look closer at the part that has
    digits. Their mean is the ink: where they differ, it is faint.
    """
    whole, zoom, usual = at_all or look_at_all(picture)
    if not usual:
        return whole
    x, y, width, height = cv2.boundingRect(np.uint8(whole > INK))
    margin = int(usual / 2) + 4
    part = np.s_[max(0, y - margin):y + height + margin, max(0, x - margin):x + width + margin]
    seen, shape = picture[part], whole[part].shape
    closer = min(CLOSER / usual, CLOSEST / math.sqrt(math.prod(shape)), LONGEST_CLOSE / max(shape))
    closer = closer if closer > WORTH_CLOSER * zoom else zoom
    first = whole[part] if closer == zoom else look_for_ink(seen, closer)
    second = look_for_ink(seen, FARTHER * closer, 1)
    ink = np.zeros_like(whole)
    ink[part] = (np.uint16(first) + second + 1) // 2
    return ink


def look_at_all(picture):
    """What the first of INK_FINDERS tells of a whole picture, at which zoom, the usual height."""
    for side in LOOKS:
        zoom = min(1, side / math.sqrt(math.prod(picture.shape[:2])),
                   LOOK_OBLONG * side / max(picture.shape))
        ink = look_for_ink(picture, zoom)
        usual = usual_height(components(ink > INK)[1])
        if zoom == 1 or usual * zoom >= LOOK_HEIGHT:
            break
    return ink, zoom, usual


def usual_height(boxes):
    """The height that half of the strokes in boxes (n, 5), by their area, are lower than, or 0.

    A stripe counts for no more than its width squared: a sheet's edge has more ink than its digits.
    """
    if not len(boxes):
        return 0
    *_, widths, heights, areas = boxes.T
    return np.quantile(heights, 0.5, weights=np.minimum(areas, widths**2), method="inverted_cdf")


def look_for_ink(picture, zoom, which=0):
    """What one of INK_FINDERS tells in an RGB picture scaled by `zoom`: (height, width) uint8."""
    size = tuple(max(STEP, STEP * round(side * zoom / STEP)) for side in picture.shape[1::-1])
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    squares = in_squares(cv2.resize(picture, size, interpolation=how))
    ink = np.uint8(255 * out_of_squares(ink_network(which)(squares)) + 0.5)
    return cv2.resize(ink, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def in_squares(picture):
    """An RGB picture as INK_FINDERS take it, from -1 to 1: (1, 48, rows, columns) float32.

    Each place has the pixels of a square of SQUARE x SQUARE, after half a square of grey around
    the picture. OpenCV would take a third longer over the pixels themselves.
    """
    edge = (SQUARE // 2, SQUARE // 2)
    pixels = np.pad(picture, (edge, edge, (0, 0)), constant_values=128)
    rows, columns = (side // SQUARE for side in pixels.shape[:2])
    squares = pixels.reshape(rows, SQUARE, columns, SQUARE, 3).transpose(1, 3, 4, 0, 2)
    return squares.reshape(1, -1, rows, columns) * np.float32(1 / 127.5) - 1


def out_of_squares(shares):
    """What INK_FINDERS tell, (1, 16, rows, columns), for each pixel: (height, width)."""
    rows, columns = shares.shape[2:]
    squares = shares.reshape(SQUARE, SQUARE, rows, columns).transpose(2, 0, 3, 1)
    return squares.reshape(SQUARE * rows, SQUARE * columns)


@functools.cache
def ink_network(which):
    """One of INK_FINDERS, as load_network gives it."""
    return load_network(INK_FINDERS[which])[0]


def load_network(path):
    """The network in an ONNX file that this script sealed, a function of its input, and its facts.

    DigitError where it is damaged or somebody else's; by its hash, since OpenCV crashes on some.
    """
    if not Path(path).is_file():
        raise DigitError(f"{path} is missing; fetch it from where the script came from")
    with explained(f"{path} is damaged or was not written by this script; "
                   "train again or choose another"):
        data = Path(path).read_bytes()
        facts = data[data.rindex(b'{"network"'):].decode("utf-8", "replace")  # the last thing in it
        metadata, _ = json.JSONDecoder().raw_decode(facts)
        network = data[:metadata["bytes"]]
        if hashlib.sha256(network).hexdigest() != metadata["sha256"]:
            raise ValueError("wrong hash")
        make = functools.partial(cv2.dnn.readNetFromONNX, np.frombuffer(network, np.uint8))
        idle = [make()]                     # each serves one thread at a time

    def outputs(inputs):
        try:
            net = idle.pop()                # no two threads can get the same
        except IndexError:
            net = make()
        net.setInput(inputs)
        result = net.forward()
        idle.append(net)
        return result
    return outputs, metadata


class Part:
    """Strokes that belong together: a digit, a piece of one, or several digits that touch."""

    def __init__(self, x, y, mask):
        self.x, self.y, self.mask = x, y, mask      # left and upper edge; (height, width) bool
        self.height, self.width = mask.shape
        self.right, self.bottom = x + self.width, y + self.height
        self.middle = (y + self.bottom) / 2         # pixels from the picture's upper edge
        self.box = x, y, self.width, self.height
        self.place = np.s_[y:self.bottom, x:self.right]     # what picture[place] is of it

    def pixels(self, image):
        """What an image (height, width) of the picture has in it: (n,)."""
        return image[self.place][self.mask]


def trimmed(x, y, mask):
    """The Part of the ink in `mask`, whose upper left pixel is at x, y."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return Part(x + left, y + top, mask[top:top + height, left:left + width].copy())


def joined(parts):
    """One Part of several."""
    x, y = min(part.x for part in parts), min(part.y for part in parts)
    right, bottom = max(part.right for part in parts), max(part.bottom for part in parts)
    mask = np.zeros((bottom - y, right - x), bool)
    for part in parts:
        mask[part.y - y:part.bottom - y, part.x - x:part.right - x] |= part.mask
    return Part(x, y, mask)


def median_height(parts):
    """Median height of Parts, in pixels."""
    return np.median([part.height for part in parts])


def painted(ink, parts, value):
    """A copy of ink (height, width), or of any such mask, with a value where Parts are."""
    ink = ink.copy()
    for part in parts:
        ink[part.place][part.mask] = value
    return ink


def parts_between(least, most, strokes):
    """Parts of strokes, as components gives them, that are from `least` to below `most` high."""
    labels, boxes = strokes
    return [Part(x, y, labels[y:y + height, x:x + width] == number)
            for number, (x, y, width, height, _) in enumerate(boxes.tolist(), 1)
            if least <= height < most]


def find_parts(ink, strokes=None):
    """Parts of a picture's ink that may be digits: large strokes with the small ones near them.

    A small one belongs to the next large one where it is near it and no speck. `strokes` are what
    components gives of the ink, if that is at hand.
    """
    labels, boxes = strokes or components(ink > INK)
    kept = np.argsort(-boxes[:, 4], kind="stable")[:MAX_PARTS]
    if not len(kept):
        return []
    low, area, usual = boxes[kept, :2], boxes[kept, 4], usual_height(boxes[kept])
    high = low + boxes[kept, 2:4]           # corners, x and y
    large = np.flatnonzero(boxes[kept, 3] >= LARGE_HEIGHT * usual)
    gaps = np.maximum(low[large] - high[:, None], low[:, None] - high[large]).max(axis=2)
    owner = large[gaps.argmin(axis=1)]      # number of the large stroke next to each stroke
    belongs = (gaps.min(axis=1) <= usual / 4) & (area >= area[owner] / 40)
    owner[large], belongs[large] = large, True
    parts = []
    for own in (belongs & (owner == one) for one in large):
        (left, top), (right, bottom) = low[own].min(axis=0).tolist(), high[own].max(axis=0).tolist()
        parts.append(Part(left, top, np.isin(labels[top:bottom, left:right], kept[own] + 1)))
    return parts


def find_rows(parts):
    """Numbers of Parts in reading order: a list per row, from the left, the rows from the top.

    Where no Part is above another one, all may be one row, though it is uneven.
    """
    slope = slope_of_rows(parts)
    uneven, _ = rows_along(parts, slope, UNEVEN)
    if len(uneven) == 1 and all(parts[one].right <= parts[following].x
                                for one, following in itertools.pairwise(uneven[0])):
        return uneven
    return rows_along(parts, slope)[0]


def slope_of_rows(parts):
    """The one of SLOPES, down by aside, along which Parts are least apart; 0 of fewer than 3."""
    some = parts[:TELLING]
    if rows_along(some, 0)[1] < APART + SLOPING:        # nothing could be better
        return 0
    return min(SLOPES, key=lambda slope: rows_along(some, slope)[1] + SLOPING * (slope != 0))


def rows_along(parts, slope, apart=APART):
    """Rows of Parts that have a slope, as find_rows gives them, and how far these are apart in all.

    Each belongs to the row whose last Part is least up or down from it, in heights of the taller,
    if that is less than `apart`.
    """
    level = [(part.y + part.bottom - slope * (part.x + part.right)) / 2 for part in parts]

    def away(last, new):                # what is less than half a digit aside counts for less
        taller = max(parts[last].height, parts[new].height)
        near = NEXT_TO[0] < (parts[new].x - parts[last].right) / taller < NEXT_TO[1]
        return abs(level[new] - level[last]) / taller * (NEAR if near else 1)
    rows, total = [], 0
    for new in sorted(range(len(parts)), key=lambda number: parts[number].x + parts[number].right):
        distances = [away(row[-1], new) for row in rows]
        least = min([apart, *distances])
        total += least
        if least < apart:
            rows[distances.index(least)].append(new)
        else:
            rows.append([new])
    return sorted(rows, key=lambda row: np.mean([level[number] for number in row])), total


def split(part):
    """The pieces of a Part, left to right, parted where columns have least ink.

    Far more than digits could stand in it; whoever reads them joins what belongs together.
    """
    height, width = part.mask.shape
    inked = part.mask.sum(axis=0)
    edge, apart, most = max(1, round(0.12 * height)), 0.1 * height, 2 + 4 * width // height
    chosen = []
    for x in sorted(range(edge, width - edge), key=lambda x: inked[x]):
        lowest = inked[x] <= inked[max(0, x - 2):x + 3].min()
        if lowest and len(chosen) < most and all(abs(x - cut) >= apart for cut in chosen):
            chosen.append(x)
    ends = [0, *sorted(chosen), width]
    return [trimmed(part.x + start, part.y, part.mask[:, start:end])
            for start, end in itertools.pairwise(ends) if part.mask[:, start:end].any()]


def cut_out(ink, part):
    """The ink (height, width) uint8 of a Part alone, what is faint of it lifted."""
    mask = cv2.dilate(np.uint8(part.mask), np.ones((3, 3)))
    alone = ink[part.place] * mask
    return np.uint8(255 * (alone / np.float32(255))**FAINT)


def fit(ink):
    """`ink` of one digit, any size, fitted into the middle of (28, 28), its longer side BOX."""
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(ink, (width, height), interpolation=how)
    return np.pad(image, ((top, SIZE - height - top), (left, SIZE - width - left)))


# What the maps below are sums of: x, y and 1 over the image, from its middle, then a smooth bump
# for each knot of the elastic lattice. (3 + KNOTS**2, 784) By the map [[1, 0.2, 3], [0, 1, 0]], for
# example, the pixel at (x, y) comes from (x + 0.2 y + 3, y): a slant of 0.2 is taken out, and what
# lay 3 pixels right of the middle lies in it.
BASIS = np.float32([
    *(np.mgrid[:SIZE, :SIZE][::-1] - (SIZE - 1) / 2), np.ones((SIZE, SIZE)),
    *(cv2.resize(knot.reshape(KNOTS, KNOTS), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
      for knot in np.eye(KNOTS**2))]).reshape(-1, SIZE**2)


def straightening(images):
    """Maps (n, 2, 3) that by moments make images (n, 28, 28) upright, centred and alike in size."""
    x, y, one = BASIS[:3]
    powers = np.stack([one, x, y, x * x, x * y, y * y], axis=1)
    mass, *sums = np.concatenate([ink.reshape(len(ink), -1).astype(np.float32) @ powers for ink in
                                  np.split(images, range(CHUNK, len(images), CHUNK))]).T
    mean_x, mean_y, xx, xy, yy = sums / np.maximum(mass, 1)
    xx, xy, yy = xx - mean_x**2, xy - mean_x * mean_y, np.maximum(yy - mean_y**2, 1e-3)
    slant = np.clip(xy / yy, -1, 1)
    upright_xx = np.maximum(xx - 2 * slant * xy + slant**2 * yy, 1e-3)
    zoom_x = np.clip((upright_xx / SPREAD_X**2) ** (EVENED_X / 2), *ZOOM_RANGE)
    zoom_y = np.clip(np.sqrt(yy) / SPREAD_Y, *ZOOM_RANGE)
    nought = np.zeros_like(mean_x)
    entries = [zoom_x, zoom_y * slant, mean_x, nought, zoom_y, mean_y]
    return np.stack(entries, axis=1).reshape(-1, 2, 3)


def distorted(maps, rng, strength=1):
    """`maps` (n, 2, 3) with a light random distortion before each: (n, 2, 3 + KNOTS**2)."""
    n = len(maps)
    angle, zoom_x, zoom_y, shear, x, y = strength * rng.standard_normal((6, n), np.float32)
    angle *= math.radians(ROTATION)
    nought = np.zeros_like(x)
    affine = np.stack([np.exp(ZOOM * zoom_x), SHEAR * shear - angle, SHIFT * x,
                       angle, np.exp(ZOOM * zoom_y), SHIFT * y,
                       nought, nought, nought + 1], axis=1).reshape(n, 3, 3)
    bumps = strength * ELASTIC * rng.standard_normal((n, 2, KNOTS**2), np.float32)
    return np.concatenate([maps @ affine, bumps], axis=2)


def warp(images, maps):
    """Images (n, 28, 28) uint8 redrawn: pixel p is from where maps (n, 2, k) @ BASIS[:k, p] points.

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
    """The last step of any image, MNIST's too: (n, 28, 28) uint8 upright, centred, of one size."""
    return warp(images, straightening(images))


def frame(ink, parts):
    """Parts of a picture's `ink` as images like MNIST's: (n, 28, 28) uint8."""
    return np.stack([fit(cut_out(ink, part)) for part in parts])


# ==== The networks ================================================================================
# A network is a row of a table, its layers in words; build makes the Keras model of them.

class Network(NamedTuple):
    """A row of the table of networks, and how the network is trained."""
    layers: str             # the last one gets as many units as there are answers to tell apart
    epochs: int
    parameters: int         # on MNIST
    batch: int = 64         # images a step
    peak: float = 6e-3      # highest learning rate
    robust: bool = False    # learns other pens and, as one more answer, what is no digit


NETWORKS = {
    "dense": Network("Flatten, Dense 50 relu, Dense 50 relu, Dense 10 sigmoid", 10, 42_310),
    "dense-128-128": Network("Flatten, Dense 128 relu, Dense 128 relu, Dense 10 softmax",
                             3, 118_282),
    "dense-128": Network("Flatten, Dense 128 relu, Dense 10 softmax", 20, 101_770),
    "cnn-2": Network("Conv 32 3x3 relu, Conv 64 3x3 relu, MaxPool, Flatten, Dense 128 relu, "
                     "Dense 10 softmax", 10, 1_199_882, peak=2e-3),
    "cnn-3": Network("Conv 64 3x3 relu, MaxPool, Conv 64 3x3 relu, MaxPool, Conv 64 3x3 relu, "
                     "MaxPool, Flatten, Dense 64 relu, Dense 32 relu, Dense 10 softmax",
                     10, 81_066, peak=3e-3),
    "best": Network("ConvNorm 24 3x3 relu, ConvNorm 32 3x3 relu, MaxPool, ConvNorm 64 3x3 relu, "
                    "ConvNorm 96 3x3 relu, ConvNorm 128 3x3 relu, MaxPool, ConvNorm 160 3x3 relu, "
                    "GlobalMaxPool, Dense 11 softmax", 19, 379_555, batch=128, robust=True),
}


def near(name, names):
    """' (did you mean ...?)' with the names most like `name`, or nothing."""
    close = difflib.get_close_matches(name, names)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def layers_of(name, answers):
    """A network's layers in words, the last one as wide as there are answers to tell apart."""
    return re.sub(r"\d+(?= \w+$)", str(answers), NETWORKS[name].layers)


def build(name, answers):
    """The Keras model of a network: (n, 28, 28, 1) float32, ink 0 to 1, to (n, answers)."""
    from keras import Sequential, layers

    makers = {
        "Flatten": lambda: [layers.Flatten()],
        "MaxPool": lambda: [layers.MaxPooling2D()],
        "GlobalMaxPool": lambda: [layers.GlobalMaxPooling2D()],
        "Conv": lambda filters, kernel, activation: [
            layers.Conv2D(int(filters), int(kernel[0]), activation=activation)],
        "ConvNorm": lambda filters, kernel, activation: [
            layers.Conv2D(int(filters), int(kernel[0]), use_bias=False),
            layers.BatchNormalization(momentum=0.97), layers.Activation(activation)],
        "Dense": lambda units, activation: [layers.Dense(int(units), activation=activation)],
    }
    rows = [text.split() for text in layers_of(name, answers).split(", ")]
    made = (makers[kind](*options) for kind, *options in rows)
    return Sequential([layers.Input((SIZE, SIZE, 1)), *itertools.chain.from_iterable(made)])


def as_input(images):
    """Images (n, 28, 28) uint8 as a network takes them: (n, 28, 28, 1) float32, ink 0 to 1."""
    return images[..., None].astype(np.float32) / 255


def with_confidences(model):
    """A twin of a Keras model that ends in a softmax of the same weights.

    Under categorical cross-entropy Keras trains a sigmoid layer on the softmax of what enters it;
    so that softmax is the network's confidence, and sigmoids, divided by their sum, are far off.
    """
    return copied(model, activation="softmax")


def copied(model, **last):
    """A Keras model's copy, its weights but no optimiser; `last` is set in its last layer."""
    config = model.get_config()
    config["layers"][-1]["config"].update(last)
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


# ==== Training ====================================================================================
# make_lesson gathers the images, train lets a network learn chunks of them, each epoch distorted
# anew; save writes it for Keras and, with facts and hash, for OpenCV.

def import_keras():
    """Keras on TensorFlow, imported on first use, without its C++ parts' log."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import keras
        return keras
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


class Besides(NamedTuple):
    """How many images a network learns besides those of a Dataset."""
    drawn_digits: int = 0       # stroke by stroke
    found_digits: int = 0       # half of them drawn, as finding leaves them of made pictures
    altered_digits: int = 0     # struck through or hollow
    non_digits: int = 0         # drawn
    left_over: int = 0          # no digits, as finding leaves them of made pictures


def count_besides(name, data, plain):
    """The Besides of a network; none where the script was copied alone, without what draws them."""
    if plain or data.name not in ("MNIST", DRAWN) or not importlib.util.find_spec("drawn_pages"):
        return Besides()
    others = (FOUND, ALTERED, OTHERS, LEFT_OVER) if NETWORKS[name].robust else ()
    return Besides(BESIDES * (data.name == "MNIST"), *others)


def count_held_out(data):
    """Number of a Dataset's training images that are held out to validate."""
    return math.ceil(len(data.x_train) * VALIDATION)


def learned(name, data, plain):
    """What a network learns from a Dataset, in words."""
    held_out, besides = count_held_out(data), count_besides(name, data, plain)
    kinds = ("images", "held out", "drawn digits besides", "found in made pictures",
             "struck through or hollow", "of what is no digit", "found and no digit")
    counts = zip((len(data.x_train) - held_out, held_out, *besides), kinds)
    return ", ".join(f"{count:,} {kind}" for count, kind in counts if count)


class Lesson(NamedTuple):
    """What a network learns from: images (n, 28, 28) uint8, their targets, and those held out."""
    images: np.ndarray          # of the data set, then what is counted in Besides
    targets: np.ndarray         # labels (n,), or of a robust one (n, answers) how likely each is
    own: int                    # how many of them are the data set's
    held_out: tuple             # inputs and targets to validate with
    robust: bool = False        # there is an answer more, for what is no digit


def make_lesson(name, data, plain, rng):
    """The Lesson of a network from a Dataset: most training images, and what is drawn besides."""
    if len(data.x_train) < 2:
        raise DigitError(f"{data.name} has one training image and none to hold out; "
                         "it takes two or more")
    held_out, kept = np.split(rng.permutation(len(data.x_train)), [count_held_out(data)])
    images, labels = data.x_train[kept], data.y_train[kept]
    besides = count_besides(name, data, plain)
    if besides.drawn_digits:
        from drawn_pages import drawn
        drawn_labels = np.arange(besides.drawn_digits) % 10
        images = np.concatenate([images, drawn(drawn_labels, rng)])
        labels = np.append(labels, drawn_labels)
    if besides.non_digits:
        import drawn_pages as pages
        found, found_labels = pages.found_again(images, labels, besides.found_digits, rng,
                                                find_digits)
        chosen = rng.integers(len(images), size=besides.altered_digits)
        altered = pages.struck_or_hollow(images[chosen], rng, fit)
        others = [pages.non_digits(images, labels, besides.non_digits, rng, fit),
                  pages.left_over(images, besides.left_over, rng, find_digits)]
        labels = np.concatenate([labels, found_labels, labels[chosen],
                                 np.full(sum(map(len, others)), data.classes)])
        images = np.concatenate([images, found, altered, *others])
    unseen = as_input(data.x_train[held_out] if plain else straighten(data.x_train[held_out]))
    lesson = Lesson(images, labels, len(kept), (unseen, data.y_train[held_out]))
    if besides.non_digits:
        lesson = as_robust(lesson, data.classes + 1, find_teacher(name, data, plain))
    return lesson


def find_teacher(name, data, plain):
    """The Reader whose answers a robust network learns too: what ships, unless it is damaged."""
    knows = count_besides(name, data, plain).non_digits and data.name == "MNIST"
    return attempt(Reader, PRETRAINED)[0] if knows else None


def as_robust(lesson, answers, teacher):
    """A Lesson of labels for a robust network: smoothed, mixed with what a Reader says, if any.

    Of what may be two digits, or like one and is none, that tells more than its label does, and
    it makes up for a label that is wrong: https://arxiv.org/abs/1805.04770. Where the Reader takes
    for a digit what was drawn as none, it is not heard.
    """
    inputs, labels = lesson.held_out
    shares = smoothed(lesson.targets, answers)
    if teacher:
        told, none = teacher.answers(teacher.prepare(lesson.images)), answers - 1
        heard = (lesson.targets != none) | (told.argmax(axis=1) == none)
        shares[heard] += TAUGHT * (told - shares)[heard]
    held_out = inputs, smoothed(labels, answers)
    return lesson._replace(targets=shares, held_out=held_out, robust=True)


def smoothed(labels, answers):
    """Labels (n,) as shares (n, answers) float32, SMOOTHING spread evenly over all answers.

    So what may be two digits is not called sure.
    """
    rest = np.float32(SMOOTHING / answers)
    return (1 - SMOOTHING) * np.eye(answers, dtype=np.float32)[labels] + rest


def find_digits(picture):
    """What is found in an RGB picture: a list of Parts, each with its (28, 28) uint8."""
    ink = find_ink(picture)
    return [(part, fit(cut_out(ink, part))) for part in find_parts(ink)]


def rate_at(share, peak):
    """The learning rate after a share of the steps: up to its peak, then to 0 along a cosine."""
    up, down = share / WARM_UP, (share - WARM_UP) / (1 - WARM_UP)
    return peak * (0.1 + 0.9 * up if up < 1 else (1 + math.cos(math.pi * down)) / 2)


def sharpen(model):
    """Divide a Keras model's logits by TEMPERATURE, for good: its labels had been smoothed."""
    last = model.layers[-1]
    last.set_weights([weights / TEMPERATURE for weights in last.get_weights()])


def train(name, data, epochs, seed, plain=False):
    """Train a network on a Dataset; its Keras model and curves, {"accuracy": [an epoch each], ...}.

    `plain` is every tutorial's recipe: batches of 32, a constant learning rate, images as they are.
    """
    keras, rng = import_keras(), np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    lesson = make_lesson(name, data, plain, rng)
    batch = min(32 if plain else NETWORKS[name].batch, len(lesson.images))
    times = math.ceil(len(lesson.images) // batch / 100)        # in an epoch, that Ctrl-C is heard
    steps_at_once = len(lesson.images) // batch // times
    steps = steps_at_once * times
    model = build(name, data.classes + lesson.robust)
    adam = keras.optimizers.Adam(weight_decay=None if plain else WEIGHT_DECAY)
    loss = "categorical_crossentropy" if lesson.robust else "sparse_categorical_crossentropy"
    model.compile(adam, loss, metrics=["accuracy"], steps_per_execution=steps_at_once)

    def set_rate(step, logs):       # one of Keras' schedules would take an eighth of the time
        done = (int(adam.iterations) + steps_at_once / 2) / (steps * epochs)
        adam.learning_rate = rate_at(done, NETWORKS[name].peak)
    schedule = keras.callbacks.LambdaCallback(on_train_batch_begin=None if plain else set_rate)
    chunks = epoch_chunks(lesson, epochs, rng, 0 if plain else ROBUST if lesson.robust else 1)
    history = model.fit(as_batches(chunks, batch, lesson.targets), epochs=epochs,
                        steps_per_epoch=steps, validation_data=lesson.held_out,
                        validation_batch_size=1000, shuffle=False, verbose=0,
                        callbacks=[progress(), schedule])
    if lesson.robust:
        sharpen(model)
    return model, history.history


def progress():
    """A Keras callback that tells a line an epoch; on a terminal, its steps until it ends."""
    from keras.callbacks import Callback
    on_terminal = sys.stderr.isatty() and log.isEnabledFor(logging.INFO)

    class Progress(Callback):
        def on_epoch_begin(self, epoch, logs):
            self.head = "\r" * on_terminal + f"epoch {epoch + 1}/{self.params['epochs']}:"

        def on_train_batch_end(self, batch, logs):
            if on_terminal:
                print(f"{self.head} step {batch + 1} of {self.params['steps']}", end="",
                      file=sys.stderr, flush=True)

        def on_epoch_end(self, epoch, logs):
            log.info("{} accuracy {accuracy:.4f}, loss {loss:.4f}; validation {val_accuracy:.4f}, "
                     "{val_loss:.4f}".format(self.head, **logs))
    return Progress()


def epoch_chunks(lesson, epochs, rng, strength):
    """Yield (images, targets) by the CHUNK, each epoch in a new order, straightened and distorted.

    With a `strength` above 1 the pens vary too; with 0 the images stay as they are. The last epochs
    are clean, and with few of the images that were drawn besides, unless the network is robust.
    """
    images, n = lesson.images, len(lesson.images)
    maps = straightening(images) if strength else None
    last = n if lesson.robust else lesson.own + LAST_BESIDES
    clean_from = epochs * (1 - CLEAN_EPOCHS / max(1, strength))
    for epoch in range(epochs):
        order, clean = rng.permutation(n), epoch >= clean_from
        order = np.resize(order[order < last], n) if clean else order
        for chunk in np.split(order, range(CHUNK, n, CHUNK)):
            x = images[chunk]
            if strength:
                x = warp(x, maps[chunk] if clean else distorted(maps[chunk], rng, strength))
            if strength > 1 and not clean:
                from drawn_pages import with_other_pens
                x = with_other_pens(x, rng)
            yield x, lesson.targets[chunk]


def as_batches(chunks, batch, targets):
    """A tf.data.Dataset of batches, made on another thread while the last are learned.

    Their targets have the type and width of `targets`.
    """
    import tensorflow as tf
    inputs = ((as_input(images), wanted) for images, wanted in chunks)
    signature = (tf.TensorSpec((None, SIZE, SIZE, 1), tf.float32),
                 tf.TensorSpec((None, *targets.shape[1:]), targets.dtype))
    dataset = tf.data.Dataset.from_generator(lambda: inputs, output_signature=signature)
    options = tf.data.Options()
    options.autotune.enabled = False        # now and then it holds up the end of training by 5 s
    return dataset.rebatch(batch).prefetch(100).with_options(options)


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
        copied(model).save(path)        # the optimiser would take twice the weights' space
    else:
        confident = with_confidences(model)
        confident(np.zeros((1, *model.input_shape[1:]), np.float32))    # exported only once called
        confident.export(path, format=EXPORTS[path.suffix], verbose=False)
    if path.suffix == ".keras":         # which is a zip
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(METADATA, json.dumps(metadata))
    elif path.suffix == ".onnx":
        seal(path, metadata)


def seal(path, metadata):
    """Append facts, the network's size and hash to an ONNX file: protobuf reads them as its own."""
    import onnx
    network = path.read_bytes()
    facts = {**metadata, "bytes": len(network), "sha256": hashlib.sha256(network).hexdigest()}
    entry = onnx.StringStringEntryProto(key=METADATA, value=json.dumps(facts))
    path.write_bytes(network + onnx.ModelProto(metadata_props=[entry]).SerializeToString())


# ==== Reports =====================================================================================
# Figures about a network as text and as pictures: plot_ functions make one, save_picture writes it.

BARE = dict(frame_on=False, xticks=[], yticks=[])       # axes that show nothing of themselves


def score(confidences, labels):
    """Accuracy, log loss, counts [true, predicted] of confidences (n, classes) and labels (n,)."""
    classes, predicted = confidences.shape[1], confidences.argmax(axis=1)
    p_true = np.maximum(confidences[np.arange(len(labels)), labels], 1e-7)     # Keras' epsilon
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2)
    return (predicted == labels).mean(), -np.log(p_true).mean(), confusion.reshape(classes, classes)


def report(accuracy, loss, confusion):
    """Accuracy and loss, then precision, recall and F1 of each class, as lines of text."""
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    lines = [f"accuracy {accuracy:.2%}, loss {loss:.4f}",
             "digit  precision   recall       F1  images"]
    shares = confusion.diagonal() / np.maximum([predicted, true, (true + predicted) / 2], 1)
    lines += [f"{digit:5}  {precision:9.2%}  {recall:7.2%}  {f1:7.2%}  {images:6}"
              for digit, (precision, recall, f1, images) in enumerate(zip(*shares, true))]
    return "\n".join(lines)


def new_figure(width, height):
    """A matplotlib figure in inches that belongs to no window."""
    from matplotlib.figure import Figure
    return Figure(figsize=(width, height), layout="constrained")


def plot_curves(history, title):
    """Accuracy and loss, training and validation, an epoch a point."""
    figure = new_figure(10, 4)
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name in zip(figure.subplots(1, 2), ("accuracy", "loss")):
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
    figure = new_figure(side, side)
    axis = figure.subplots()
    seaborn.heatmap(confusion, annot=True, fmt="d", cmap="Blues", cbar=False, square=True,
                    linewidths=0.5, norm=SymLogNorm(1, vmin=0, vmax=confusion.max()), ax=axis)
    right, n = confusion.trace(), confusion.sum()
    axis.set(xlabel="predicted", ylabel="true",
             title=f"{title}\naccuracy {right / n:.2%}, n = {n:,}")
    return figure


def plot_counts(confusion, title):
    """The bare counts of the confusion matrix, as NumPy prints them."""
    figure = new_figure(0.54 * len(confusion), 0.315 * len(confusion))
    axis = figure.subplots(subplot_kw=BARE)
    axis.text(0.5, 0.5, np.array2string(confusion, threshold=sys.maxsize, max_line_width=999),
              family="monospace", size=13, ha="center", va="center", multialignment="left")
    figure.suptitle(title)
    return figure


def show_image(axis, image, title, **options):
    """Draw a grey or RGB image without ticks."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255, **options)
    axis.set_title(title, size=9)
    axis.set(xticks=[], yticks=[])


def plot_sample(picture, image, confidences, title):
    """One digit: input, the 28x28 that the network saw, its confidences (classes,) as bars."""
    figure = new_figure(11, 3.8)
    left, middle, right = figure.subplots(1, 3)
    show_image(left, picture, "input")
    show_image(middle, image, "what the network saw")
    classes, likeliest = np.arange(len(confidences)), confidences.argmax()
    right.bar(classes, confidences, color=np.where(classes == likeliest, "#1f5fa8", "#9db7d5"))
    right.set(ylim=(0, 1), xlabel="digit", ylabel="confidence", xticks=classes,
              title=f"read as {likeliest} ({confidences[likeliest]:.1%})")
    figure.suptitle(title)
    return figure


def plot_steps(reading, title):
    """Of a Reading: the answers in the picture, the ink with what was left out, each digit seen."""
    from matplotlib.patches import Rectangle
    found = reading.found
    rows = math.ceil(len(found) / 8)
    figure = new_figure(11, 4.6 + 1.7 * rows)
    above, below = figure.subfigures(2, 1, height_ratios=[4.6, 1.7 * rows or 0.1])
    height, width = (side * reading.scale for side in reading.ink.shape)
    read, ink = above.subplots(1, 2)
    show_image(read, reading.picture, "read", extent=(0, width, height, 0))
    show_image(ink, reading.ink * (255 / max(1, reading.ink.max())), "ink",
               extent=(0, width, height, 0))
    point = max(height, width) / 330            # pixels of the original, about
    for digit in reading.digits:
        colour, mark = ("#1f5fa8", "") if digit["sure"] else ("#d0661b", "?")
        *corner, width, height = digit["box"]
        read.add_patch(Rectangle(corner, width, height, color=colour, fill=False))
        read.text(*corner, f"{digit['digit']}{mark}", color=colour, va="bottom",
                  size=np.clip(0.7 * height / point, 4, 13))
    for box, why in left_out(reading):
        x, y, width, height = np.multiply(box, reading.scale)
        ink.add_patch(Rectangle((x, y), width, height, color="#d0661b", fill=False, ls=":"))
        ink.text(x, y, why, color="#d0661b", size=7, va="bottom")
    axes = below.subplots(rows, 8, squeeze=False, subplot_kw=BARE).ravel() if rows else []
    for axis, one in zip(axes, found):
        likeliest = np.argsort(-one.confidences)[:3]
        show_image(axis, one.image, "\n".join(f"{i}  {one.confidences[i]:.1%}" for i in likeliest))
    title = title.encode(errors="backslashreplace").decode()        # a file's name need not be text
    figure.suptitle(title if rows else f"{title}: no digit found")
    return figure


def plot_mistakes(images, labels, confidences, title):
    """The 25 misread images that the network was surest of, true and predicted class above each."""
    predicted, top = confidences.argmax(axis=1), confidences.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-top[wrong], kind="stable")][:25]
    rows = max(1, math.ceil(len(worst) / 5))
    figure = new_figure(8.5, 2 * rows + 0.6)
    axes = figure.subplots(rows, 5, squeeze=False, subplot_kw=BARE)
    for axis, i in zip(axes.flat, worst):
        show_image(axis, images[i], f"{labels[i]} read as {predicted[i]}\n{top[i]:.1%}, image {i}")
    figure.suptitle(f"{title}: the {len(worst)} surest of {len(wrong)} mistakes")
    return figure


def save_picture(figure, path):
    """Write a figure as PNG and say so; a $ in a name begins no formula."""
    from matplotlib.text import Text
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    with replacing(path) as aside:
        figure.savefig(aside, dpi=100, format="png", bbox_inches="tight")
    log.info(f"wrote {path}")


# ==== Reading images ==============================================================================
# A Reader runs a network by OpenCV alone. read_picture finds Parts and looks at them; those that it
# doubts are parted and joined (read_row, join_halves), and the likeliest reading stays, of the
# picture as it is, blurred, in a margin, in the pen's colours, levelled, as one digit, turned; what
# was overlooked is read or leaves a doubt, and slashes read as 1s go, as do per cent signs and
# light rings and bars beside dark digits. try_to_read makes the answer of a file, read_all prints
# those of many, in_parallel spreads them over threads.

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp",
            ".ppm", ".pgm", ".pbm", ".heic", ".heif", ".avif", ".mpo")


class Reader:
    """A trained network out of an ONNX file that this script wrote, run by OpenCV alone."""

    def __init__(self, path):
        self.path = path
        self.outputs, self.metadata = load_network(path)
        if "classes" not in self.metadata:
            raise DigitError(f"{path} finds ink and reads no digits; choose another")

    def __str__(self):
        return "{network} trained on {data}".format(**self.metadata)

    def confidences(self, images):
        """Confidence (n, classes) in each class for images (n, 28, 28) uint8 after their last step.

        What is missing to 1 is the confidence that it is none of them, if the network can say so.
        """
        return self.answers(images)[:, :self.metadata["classes"]]

    def answers(self, images):
        """Likewise all that the network says (n, answers), of there being no digit too."""
        batches = np.split(images, range(200, len(images), 200))    # bounds the memory it takes
        return np.concatenate([self.outputs(as_input(batch)) for batch in batches])

    def prepare(self, images):
        """Images (n, 28, 28) uint8 as it learned them: straightened, unless by the plain recipe."""
        return images if self.metadata["recipe"] == "plain" else straighten(images)


class Found:
    """A Part of a picture, the image (28, 28) that a network saw of it, what it made of that."""

    def __init__(self, part, image, confidences):
        self.part, self.image, self.confidences = part, image, confidences
        self.digit, self.confidence = int(confidences.argmax()), confidences.max()
        self.log_confidence = math.log(max(self.confidence, 1e-9))

    def doubted(self, doubtful=True):
        """The same, not sure if it is doubtful."""
        return Found(self.part, self.image, DOUBTED * self.confidences) if doubtful else self


def look(ink, parts, reader):
    """Parts of a picture's ink, read as they are: a list of Founds.

    Where the ink is faint, by itself or beside that of others, its networks doubt that there is a
    digit, and so does the confidence. A 1 that they took for a slash is faint too, but as high as
    the others: fainter ink will do for what is clearly a digit so high, though it is not sure.
    """
    if not parts:
        return []
    images, mean_ink = reader.prepare(frame(ink, parts)), cv2.mean(ink, np.uint8(ink > INK))[0]
    inks = np.array([part.pixels(ink).mean() for part in parts])
    confidences, firm = reader.confidences(images), firmness(inks, mean_ink)
    if len(parts) > 2:
        heights = np.array([part.height for part in parts]) / median_height(parts)
        clear = confidences.max(axis=1) >= SURE
        fits = clear & (heights > AS_HIGH[0]) & (heights < AS_HIGH[1])
        firm = np.maximum(firm, SURE * fits * firmness(LIFTED * inks, mean_ink))
    return list(map(Found, parts, images, confidences * firm[:, None]))


def firmness(inks, mean_ink):
    """Factors of the confidence in Parts, given their mean inks (n,) and the mean of all ink."""
    return np.minimum(np.interp(inks / 255, FIRM, (0, 1)),
                      np.interp(inks / mean_ink, FIRM_AMONG, (0, 1)))


def find_and_look(ink, reader):
    """What may be digits in a picture's ink, read as it is: a list of Founds.

    Strokes that are small beside the others are digits of their own where that is likelier. 0s and
    1s alone may be marks.
    """
    strokes = components(ink > INK)
    first, usual = look(ink, find_parts(ink, strokes), reader), usual_height(strokes[1])
    small = parts_between(SMALL_HEIGHT * usual, LARGE_HEIGHT * usual, strokes)
    small = [one for one in look(ink, small, reader) if one.confidence > EVEN]
    if all(one.digit < 2 for one in small):
        return first
    rest = painted(ink, [one.part for one in small], 0)
    return max(first, [*look(rest, find_parts(rest), reader), *small], key=evidence)


def evidence(found):
    """Sum of what the confidence in each Found speaks for it, in nats."""
    return sum(one.log_confidence - math.log(EVEN) for one in found)


class Span(NamedTuple):
    """Consecutive pieces of a row, taken for one digit."""
    first: int                  # number of its first piece
    end: int                    # number of the piece after its last
    part: Part
    whole: int | None           # number of the row's Part that it is, or None
    cut: bool                   # it begins or ends inside a Part
    cost: float                 # nats against it before a network is asked


def find_spans(row, doubtful):
    """Yield Spans of a row that may be digits: a Part, pieces of a doubtful one, neighbours."""
    median = median_height(row)
    pieces, owners = [], []             # and of which Part of the row each is a piece
    for number, (part, unsure) in enumerate(zip(row, doubtful)):
        pieces += split(part) if unsure else [part]
        owners += [number] * (len(pieces) - len(owners))
    for first in range(len(pieces)):
        for end in range(first + 1, min(first + MAX_PIECES, len(pieces)) + 1):
            own, taken = sorted(set(owners[first:end])), pieces[first:end]
            if len(own) > 1 and not (doubtful[own].any() and are_near(taken, median)):
                continue
            begins_inside = own[0] in owners[:first]
            cut = begins_inside or own[-1] in owners[end:]
            whole = own[0] if len(own) == 1 and not cut else None
            cost = CUT * begins_inside + JOIN * (len(own) - 1)
            yield Span(first, end, joined(taken), whole, cut, cost)


def are_near(pieces, median):
    """Whether neighbours may be one digit: narrow together, and with no wide gap between them."""
    ends = itertools.accumulate((piece.right for piece in pieces), max)
    gaps = [piece.x - end for piece, end in zip(pieces[1:], ends)]
    width = max(piece.right for piece in pieces) - min(piece.x for piece in pieces)
    return width <= 1.5 * median and max(gaps) <= 0.2 * median


def best_path(spans, read):
    """The Spans that part a row best, each with its Found of `read`, which has one for each."""
    paths = {0: (0, [])}                    # by the piece that they have come to: reward, Spans
    for span, one in zip(spans, read):      # they come sorted by their first piece
        height, width = span.part.mask.shape
        reward = max(one.log_confidence, NO_DIGIT * max(1, width / height)) - span.cost
        total, path = paths[span.first]
        if span.end not in paths or total + reward > paths[span.end][0]:
            paths[span.end] = total + reward, [*path, (span, one)]
    return paths[max(paths)][1]


def read_row(ink, row, reader):
    """A row of Founds read as a whole: its digits, as Founds, doubtful ones parted and joined."""
    doubtful = np.array([whole.confidence < SURE for whole in row])
    if not doubtful.any():
        return row
    spans = list(find_spans([whole.part for whole in row], doubtful))
    fresh = iter(look(ink, [span.part for span in spans if span.whole is None], reader))
    read = [next(fresh) if span.whole is None else row[span.whole] for span in spans]
    return [one.doubted(span.cut) for span, one in best_path(spans, read)]


class Reading:
    """What was read in a picture: rows of Founds, and the ink that led to them."""

    def __init__(self, ink, rows, picture=None, scale=1):
        self.ink, self.picture = ink, picture           # (height, width), (height, width, 3) uint8
        self.scale = scale                              # from its pixels to the original's
        self.rows = [row for row in rows if row]
        self.found = [one for row in self.rows for one in row]      # in reading order
        self.parts = [one.part for one in self.found]
        self.text = "".join(str(one.digit) for one in self.found)
        self.is_sure = min((one.confidence for one in self.found), default=0) >= SURE
        self.likelihood = np.mean([one.log_confidence for one in self.found] or math.log(UNREAD))

    def with_rows(self, change):
        """The same with each row changed by a function, and no row that is empty then."""
        return Reading(self.ink, map(change, self.rows), self.picture, self.scale)

    def only(self, wanted):
        """The same with those Founds alone for which a function is true."""
        return self.with_rows(lambda row: [one for one in row if wanted(one)])

    def doubted(self, doubtful=lambda one: True):
        """The same, not sure of those Founds for which a function is true."""
        return self.with_rows(lambda row: [one.doubted(doubtful(one)) for one in row])

    @property
    def strokes(self):
        """Mask of all Parts, of the ink's shape."""
        return painted(0 * self.ink, self.parts, 1) > 0

    @property
    def images(self):
        """What the network saw of each, (n, 28, 28) uint8."""
        return np.reshape([one.image for one in self.found], (-1, SIZE, SIZE)).astype(np.uint8)

    @property
    def digits(self):
        """As they stand in the JSON."""
        return [as_json(one, number, self.scale)
                for number, row in enumerate(self.rows) for one in row]


def join_halves(ink, found, reader):
    """The Founds; an upper and a lower half of a digit, one of them in doubt, joined if likely."""
    parts, logs = [one.part for one in found], np.array([one.log_confidence for one in found])
    doubtful = logs < math.log(SURE)
    if not doubtful.any():
        return found
    pairs = np.argwhere(are_above(parts) & np.logical_or.outer(doubtful, doubtful)).tolist()
    wholes = look(ink, [joined([parts[upper], parts[lower]]) for upper, lower in pairs], reader)
    gone = set()
    for pair, whole in zip(pairs, wholes):
        if whole.log_confidence - JOIN > logs[pair].sum() and not gone & set(pair):
            found, gone = [*found, whole], gone | set(pair)
    return [one for number, one in enumerate(found) if number not in gone]


def sides_of(parts):
    """Left, upper, right and lower sides of Parts' boxes: (4, n)."""
    sides = [(part.x, part.y, part.right, part.bottom) for part in parts]
    return np.reshape(np.int32(sides), (-1, 4)).T


def are_above(parts):
    """(n, n) bool: which Part is so close above which that the two may be halves of a digit."""
    x, y, right, bottom = sides_of(parts)[..., None]        # columns; .T makes rows
    overlap = np.minimum(right, right.T) - np.maximum(x, x.T)
    narrower = np.minimum(right - x, (right - x).T)
    gap, height = y.T - bottom, bottom.T - y
    return (y < y.T) & (bottom < bottom.T) & (gap < 0.15 * height) & (overlap >= 0.6 * narrower)


def read_picture(picture, reader, at_all=None):
    """The Reading of an RGB picture.

    What is hardly read, or the smaller part of it, is read on its sides and upside down too. What
    is much likelier there, or likelier and sure, stays, but it is not sure any more.
    """
    upright = with_overlooked(read_upright(picture, reader, at_all), picture, reader)
    upright = without_slashes(upright, picture).with_rows(without_percents)
    upright = dots_doubted(upright, picture)
    upright = of_one_shade(filled_doubted(upright, picture), picture)
    well_read = upright.likelihood > math.log(UPRIGHT) and is_mostly_read(upright)
    if well_read or upright.ink.max() <= INK:
        return upright
    turned = max((read_turned(picture, degrees, reader) for degrees in (90, 180, 270)),
                 key=lambda reading: evidence(reading.found))
    speaks, least = evidence(turned.found), max(0, evidence(upright.found))
    likelier = speaks >= max(TURN, least + TURN * (not turned.is_sure))
    if likelier and has_most(turned, upright, MOST_TURNED):
        return turned.doubted()
    return upright


def is_mostly_read(reading):
    """Whether a Reading has more digits than it left out ink that is as large as one."""
    large = LARGE_HEIGHT * median_height(reading.parts)
    return len(reading.parts) > sum(max(width, height) > large
                                    for (_, _, width, height), _ in left_out(reading))


def read_turned(picture, degrees, reader):
    """What is read in an RGB picture that is turned anticlockwise, where it is in the picture."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    cos, sin = np.abs(matrix[0, :2])
    size = np.rint((width * cos + height * sin, width * sin + height * cos)).astype(int)
    matrix[:, 2] += (size - (width, height)) / 2
    turned = cv2.warpAffine(picture, matrix, size.tolist())
    return moved(read_ink(find_ink(turned), reader), cv2.invertAffineTransform(matrix), picture)


def moved(reading, matrix, picture):
    """A Reading of another picture moved by a matrix (2, 3) into this one; what is off it goes."""
    height, width = picture.shape[:2]
    rows = [[Found(part, one.image, one.confidences) for one in row
             if (part := moved_part(one.part, matrix, height, width))] for row in reading.rows]
    ink = cv2.warpAffine(reading.ink, matrix, (width, height))
    return Reading(ink, rows)


def moved_part(part, matrix, height, width):
    """A Part moved by a matrix (2, 3) into a picture of that size, or None where it is off it."""
    edges = [(x, y, 1) for x in (part.x, part.right - 1) for y in (part.y, part.bottom - 1)]
    corners = matrix @ np.transpose(edges)
    low, high = np.floor(corners.min(axis=1)), np.ceil(corners.max(axis=1)) + 1
    own = np.array(matrix, float)
    own[:, 2] += matrix[:, :2] @ (part.x, part.y) - low
    left, top, across, down = np.int32([*low, *(high - low)]).tolist()
    mask = cv2.warpAffine(np.uint8(part.mask), own, (across, down)) > 0
    mask = mask[max(0, -top):max(0, height - top), max(0, -left):max(0, width - left)]
    return trimmed(max(0, left), max(0, top), mask) if mask.any() else None


def read_upright(picture, reader, at_all=None):
    """The Reading of an RGB picture that stands upright.

    What leaves a doubt is read otherwise too, also as one digit; the likeliest reading stays, if
    it is another one sure only of what is agreed; a lone digit is what all of them tell. One that
    would be sure is in doubt where the whole is surely another.
    """
    first = read_ink(find_ink(picture, at_all), reader)
    if first.is_sure and len(first.found) > 1:
        return first
    whole = read_whole(picture, first.ink, reader)
    if first.is_sure:
        if not whole.is_sure or whole.text == first.text:
            return first
        first = first.doubted()
    others = other_readings(picture, first, reader)
    readings = [first, *(other for other in others if other.rows and has_most(other, first))]
    likeliest = max(readings, key=lambda reading: reading.likelihood)
    differ = any(reading.text != likeliest.text for reading in readings)
    if whole.rows:
        usual = median_height(likeliest.parts) if likeliest.rows else math.inf
        speaks = WHOLE * (differ and median_height(whole.parts) <= TALL * usual)
        if whole.likelihood + speaks > likeliest.likelihood:
            likeliest = whole
    if len(likeliest.found) == 1 and not likeliest.is_sure:
        likeliest = of_lone_digit(likeliest, [*readings, whole, whole], reader)
    return likeliest if likeliest is first else agreed(likeliest, readings, whole)


def has_most(reading, first, least=MOST):
    """Whether a Reading has most of the likely digits of a first one; a lone one may be none.

    Else it would be likelier with but one digit, such as the edge of a table.
    """
    likely = [one.part for one in first.found if one.confidence > EVEN]
    shared = shared_boxes(likely, reading.parts) > SAME
    return len(likely) < 2 or shared.any(axis=1).mean() >= least


def of_lone_digit(likeliest, readings, reader):
    """The likeliest of Readings of the digit that those of one digit tell on the mean.

    What comes twice among them, as the whole does, counts twice. The network is asked of what it
    saw in each, and of the same in thinner strokes.
    """
    lone = [reading for reading in readings if len(reading.found) == 1]
    seen = np.concatenate([reading.images for reading in lone])
    thin = [with_pen(image, cv2.erode, THINNER) for image in seen]
    told = reader.confidences(np.concatenate([seen, thin])).sum(axis=0).argmax()
    return max((reading for reading in lone if reading.found[0].digit == told),
               key=lambda reading: reading.likelihood, default=likeliest)


def with_pen(image, change, pixels):
    """An image (28, 28) with thicker or thinner strokes: dilated or eroded at 4 times its size."""
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [1 + 2 * round(2 * pixels)] * 2)
    return cv2.resize(change(large, kernel), image.shape, interpolation=cv2.INTER_AREA)


def agreed(likeliest, readings, whole):
    """The likeliest of Readings, sure only of digits that the first and others are sure of too.

    For a lone digit the whole, read as one, is as good as the first. No row is sure beside a digit
    of another reading that it has not got, no lone digit if there is one anywhere.
    """
    alone, agreeing, missing = len(likeliest.found) == 1, [], []
    own = np.array([[one.digit] for one in likeliest.found])
    for reading in [*readings, whole] if alone else readings:
        same = shared_boxes(likeliest.parts, reading.parts) > SAME      # (own digits, the other's)
        sure = np.array([one.digit if one.confidence >= SURE else -1 for one in reading.found])
        agreeing.append((same & (own == sure)).any(axis=1))
        missing += [part.box for part, known in zip(reading.parts, same.any(axis=0)) if not known]
    sure = (agreeing[0] | agreeing[-1] & alone) & (np.sum(agreeing, axis=0) >= AGREEING)
    unsure = iter(~sure | (alone and len(missing) > 0))     # asked for each in reading order
    return doubted_beside(likeliest.doubted(lambda one: next(unsure)), missing)


def shared_boxes(parts, others):
    """What share of the smaller of two boxes is in both, of each Part and each other: (n, m)."""
    x, y, right, bottom = (side[:, None] for side in sides_of(parts))
    left, top, end, foot = sides_of(others)
    across = np.minimum(right, end) - np.maximum(x, left)
    down = np.minimum(bottom, foot) - np.maximum(y, top)
    smaller = np.minimum((right - x) * (bottom - y), (end - left) * (foot - top))
    return np.maximum(across, 0) * np.maximum(down, 0) / smaller


def read_whole(picture, ink, reader):
    """The Reading of all that is in the pen's colours in an RGB picture, taken for one digit.

    Of a digit that has gaps, is crossed out, hollow or blurred, parts are missing in its ink. A
    network that knows digits alone would take whole numbers for one.
    """
    if not reader.metadata.get("non_digits"):
        return Reading(ink, [])
    inside = ink > INK
    *_, height = cv2.boundingRect(np.uint8(inside))
    colours = in_pen(picture, inside, height)
    part = trimmed(0, 0, colours > 127)
    return Reading(colours, [look(colours, [part], reader)] if part.mask.size else [])


def with_overlooked(reading, picture, reader):
    """A Reading of an RGB picture, and of what it overlooked: beside that, no row is sure.

    The networks for ink take neat digits, whole stretches of a long number too, for print, and 0s
    and 1s for letters and slashes. So strokes in the pen's colour that are like digits and as high
    are read where all that stand together in a row are so: of a word some are not. Likewise those
    with a trace of ink, but for 0s and 1s, which marks look like. 1s that lean may be slashes.
    """
    if not reading.rows:
        return reading
    colours, strokes = beside_in_pen(reading, picture)
    found, median = look(colours, strokes, reader), median_height(reading.parts)

    def which(test):
        return np.array([test(one) for one in found], bool)
    like = which(lambda one: one.confidence > OVERLOOKED)
    as_high = which(lambda one: SO_HIGH[0] < one.part.height / median < SO_HIGH[1])
    traced = which(lambda one: one.part.pixels(reading.ink).max() > TRACE)
    upright = which(lambda one: one.digit != 1 or abs(slant_of(one.part)) < LEANS)
    boxes = [part.box for part, doubtful in zip(strokes, like & (as_high | traced)) if doubtful]
    digits = whole_stretches(reading.parts, found, like & as_high & upright)
    digits += [one.part for one, seen in zip(found, like & traced) if seen and one.digit > 1]
    if digits:
        reading = read_ink(painted(reading.ink, digits, 255), reader)
    return doubted_beside(reading, boxes)


def whole_stretches(parts, found, wanted):
    """Parts of Founds that stand together in a row with other Parts where all of them are wanted.

    1s alone at its end are left: a bracket looks like one.
    """
    taken = []
    for row in find_rows([*parts, *(one.part for one in found)]):
        groups = [(beyond, [number - len(parts) for number in group]) for beyond, group
                  in itertools.groupby(row, lambda number: number >= len(parts))]
        for place, (beyond, stretch) in enumerate(groups):
            if not beyond or len(groups) == 1:
                continue
            at_end = place in (0, len(groups) - 1)
            only_1s = all(found[number].digit == 1 for number in stretch)
            if wanted[stretch].all() and not (at_end and only_1s):
                taken += [found[number].part for number in stretch]
    return taken


def beside_in_pen(reading, picture):
    """What in_pen tells of an RGB picture, and Parts in that colour that a Reading hardly has.

    What it has of them are ends of a 1 whose middle is no ink; they went to its neighbours. Of a
    stroke that most of a digit lies in, what is away from digits may be another one.
    """
    inside, median = reading.strokes, median_height(reading.parts)
    colours = in_pen(picture, inside, median)
    labels, _ = components(colours > 127)
    read = [np.bincount(part.pixels(labels)).argmax() for part in reading.parts]
    taken = np.isin(labels, read) & with_surroundings(inside, median)
    strokes = components((colours > 127) & ~taken)
    others = parts_between(LARGE_HEIGHT * median, HIGHEST * median, strokes)
    return colours, [one for one in others if one.pixels(inside).mean() < PARTLY]


def without_slashes(reading, picture):
    """A Reading of an RGB picture without slashes and brackets that were read as 1s.

    They are taller than digits and come in twos that lean alike. So a 1 in doubt goes whose whole
    stroke, in the pen's colour, is so, beside another one that is no digit, or another such 1.
    """
    def in_doubt(one):
        return one.digit == 1 and one.confidence < SURE
    rest = reading.only(lambda one: not in_doubt(one))
    if not 0 < len(rest.found) < len(reading.found):
        return reading
    _, strokes = beside_in_pen(rest, picture)
    least = SLASH * median_height(rest.parts)
    slashes = [one for one in strokes if one.height > least
               and any(lean_alike(one, other) for other in strokes if other is not one)]
    struck = painted(0 * reading.ink, slashes, 1)
    return reading.only(lambda one: not in_doubt(one) or one.part.pixels(struck).mean() <= 0.5)


def without_percents(row):
    """A row of Founds without the written per cent signs among them."""
    gone = set()
    for first, count in itertools.product(range(len(row)), (2, 3)):
        if is_percent(row[first:first + count]):
            gone.update(range(first, first + count))
    return [one for number, one in enumerate(row) if number not in gone]


def is_percent(founds):
    """Whether Founds are a per cent sign that was read as one of PERCENTS.

    Its slash is the 1, which leans, or the most of a 9 or a 6 in doubt, a ring with it. The rest is
    not so high, the first 0 above the slash's middle, the last one below it.
    """
    text = "".join(str(one.digit) for one in founds)
    slash = max(founds, key=lambda one: one.digit)
    rest = [one for one in founds if one is not slash]
    are_low = all(one.part.height < RING * slash.part.height for one in rest)
    in_place = all((one.part.middle < slash.part.middle) == (one is founds[0])
                   for one in rest if one.digit == 0)
    leans = slash.digit != 1 or slant_of(slash.part) < -LEANS
    return (text in PERCENTS and slash.confidence <= PERCENTS[text]
            and are_low and in_place and leans)


def lean_alike(one, other):
    """Whether two Parts are beside each other and lean aside as much."""
    are_beside = one.y < other.bottom and other.y < one.bottom
    return are_beside and abs(slant_of(one) - slant_of(other)) < ALIKE


def slant_of(part):
    """Pixels that a Part leans aside for each down, by its moments."""
    moments = cv2.moments(np.uint8(part.mask))
    return moments["mu11"] / max(moments["mu02"], 1e-3)


def with_surroundings(mask, height):
    """A mask of strokes that are so many pixels high, and of what is near them."""
    return cv2.dilate(np.uint8(mask), np.ones((2 * round(height / 16) + 3,) * 2)) > 0


def in_pen(picture, inside, height):
    """How near an RGB picture's colours are to a pen's, (height, width) uint8; 0 is the paper's.

    They are the medians inside strokes, a mask, that are so many pixels high, and a little away
    from them; without either, all is paper.
    """
    near = with_surroundings(inside, height)
    around = with_surroundings(near, height) & ~near
    if not (inside.any() and around.any()):
        return np.zeros(inside.shape, np.uint8)
    pen, paper = (np.median(picture[mask], axis=0) for mask in (inside, around))
    towards = pen - paper
    weights = np.append(towards, -towards @ paper) * (255 / max(1, towards @ towards))
    return cv2.transform(picture, weights[None])


def dots_doubted(reading, picture):
    """A Reading of an RGB picture, those of DOTTED not sure that have a dot below: a ! or a ?."""
    if not any(one.digit in DOTTED and one.confidence >= SURE for one in reading.found):
        return reading
    colours = in_pen(picture, reading.strokes, median_height(reading.parts))
    strokes = components(colours > 127)[1]
    return reading.doubted(lambda one: one.digit in DOTTED and has_dot(one.part, strokes))


def has_dot(part, strokes):
    """Whether one of strokes, boxes (n, 5), is a dot right below the largest stroke of a Part."""
    own = components(part.mask)[1]
    x, y, width, height, _ = own[own[:, 4].argmax()] + (part.x, part.y, 0, 0, 0)
    sides, below = strokes[:, 2:4].max(axis=1) / height, (strokes[:, 1] - y - height) / height
    aside = abs(strokes[:, 0] + strokes[:, 2] / 2 - x - width / 2) - width / 2
    return np.any((sides > DOT[0]) & (sides < DOT[1]) & (below >= 0) & (below < DOT_BELOW)
                  & (aside <= DOT_ASIDE * height))


def filled_doubted(reading, picture):
    """A Reading of an RGB picture, 0s not sure that are filled: mugs, coins, balls, flowers.

    They stay, as a shadow's edge or a highlighter's stripe may fill a 0 too.
    """
    return reading.doubted(lambda one: one.digit == 0 and how_filled(one.part, picture) > FILLED)


def how_filled(part, picture):
    """How far the colour inside a Part is from that around it, in shares of the Part's own."""
    near = np.pad(with_surroundings(part.mask, part.height), 1)
    labels, _ = components(~near)
    around, labels = labels[0, 0], labels[1:-1, 1:-1]
    masks = part.mask, labels == around, (labels > 0) & (labels != around)
    if not all(mask.any() for mask in masks):
        return 0
    colours = picture[part.place]
    pen, paper, inside = (np.median(colours[mask], axis=0) for mask in masks)
    return np.linalg.norm(inside - paper) / max(1, np.linalg.norm(pen - paper))


def of_one_shade(reading, picture):
    """A Reading of an RGB picture without 0s and 1s that are light where most digits are dark.

    Mugs and pens beside a sheet are; so are dark ones beside light digits. If other digits are too,
    as on a screen with two papers, all stay.
    """
    if len(reading.found) < 2 or all(one.digit > 1 for one in reading.found):
        return reading
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    around = cv2.blur(grey, [math.ceil(median_height(reading.parts))] * 2)

    def is_light(one):
        return one.part.pixels(grey).mean() > one.part.pixels(around).mean()
    light, dark = reading.only(is_light), reading.only(lambda one: not is_light(one))
    away, most = sorted((light, dark), key=lambda shade: len(shade.found))
    return reading if any(one.digit > 1 for one in away.found) else most


def other_readings(picture, first, reader):
    """Yield Readings of an RGB picture, other ones than its first.

    It is read blurred, in a margin, since the networks for ink take a digit that was cut out
    tightly for a ring or a bar, with what else is in the pen's colours, with dashes joined, and
    level if it slopes.
    """
    yield read_ink(find_ink(cv2.GaussianBlur(picture, (0, 0), BLUR)), reader)
    for wider, back in surrounded(picture):
        yield moved(read_ink(find_ink(wider), reader), back, picture)
    inside = first.ink > INK
    colours = in_pen(picture, inside, usual_height(components(inside)[1]))
    yield read_in_pen(colours, first, reader)
    yield from read_dashed(colours, reader)
    slope = slope_of_rows(first.parts)
    if slope:
        yield read_turned(picture, math.degrees(math.atan(slope)), reader)


def read_in_pen(colours, first, reader):
    """The Reading of a first one's ink and all in the pen's colours that is partly of a digit.

    What in_pen tells of the picture is in `colours`. Of digits that touch, which may look like a
    word, whole parts are missing in the ink.
    """
    inside = first.ink > INK
    likely = first.only(lambda one: one.confidence > PARTLY)
    told = likely.strokes if likely.found else inside
    labels, boxes = components(colours > 127)
    areas, inked, read = (np.bincount(labels[mask], minlength=len(boxes) + 1)
                          for mask in (labels > 0, inside, told))
    belongs = (inked > PARTLY * areas) & (read > 0) & (areas > 0)
    if not belongs.any():
        return Reading(first.ink, [])
    added = cv2.dilate(np.uint8(belongs[labels]), np.ones((3, 3)))
    return read_ink(np.maximum(first.ink, colours * added), reader)


def read_dashed(colours, reader):
    """Yield Readings of all in the pen's colours, as in_pen tells them, the gaps in it closed.

    Only if half of its strokes or more become one with others: they are dashes or dots of them.
    """
    strokes = np.uint8(colours > 127)
    count = len(components(strokes)[1])
    if not DASHES[0] <= count <= DASHES[1]:
        return
    pen = 4 * cv2.distanceTransform(strokes, cv2.DIST_L2, 3)[strokes > 0].mean()
    for times in CLOSED:
        closed = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones([math.ceil(times * pen)] * 2))
        if len(components(closed > 127)[1]) <= count / 2:
            yield read_ink(closed, reader)


def surrounded(picture):
    """Yield a picture in a margin of the lightest, and of the darkest, of its common colours.

    With each comes the matrix (2, 3) that moves what is found there back into the picture.
    """
    small = shrunk(picture, 128).reshape(-1, 3)
    colour = small // 16 @ np.array([256, 16, 1])           # 16 levels a channel
    common = np.flatnonzero(np.bincount(colour) >= COMMON * len(colour))
    papers = sorted((small[colour == one].mean(axis=0) for one in common), key=sum)
    margin = round(AROUND * min(max(picture.shape), LOOK_OBLONG * min(picture.shape[:2])))
    back = np.float32([[1, 0, -margin], [0, 1, -margin]])
    for paper in [*papers[-1:], *papers[:-1][:1]]:
        yield cv2.copyMakeBorder(picture, *[margin] * 4, cv2.BORDER_CONSTANT,
                                 value=paper.tolist()), back


def read_ink(ink, reader):
    """The Reading of a picture's ink, as it is."""
    found = join_halves(ink, find_and_look(ink, reader), reader)
    rows = find_rows([one.part for one in found])
    rows = [read_row(ink, [found[number] for number in row], reader) for row in rows]
    reading = Reading(ink, rows).only(lambda one: one.confidence > TOLD)
    others = [box for box, _ in left_out(reading)]
    reading = doubted_beside(reading, others).with_rows(marks_doubted)
    return long_ones_doubted(reading, others)


def marks_doubted(row):
    """A row of Founds, its 0s, 1s and 9s not sure that are small and low: a comma, a full stop.

    Nor are 0s that are small and high: a degree, or half of a per cent sign.
    """
    places = [(one.part.height, one.part.middle) for one in row]
    median, middle = np.median(places, axis=0)
    lower, aside = COMMA

    def may_be_mark(one):
        down = one.part.middle - middle
        if one.part.height >= lower * median or abs(down) <= aside * median:
            return False
        return one.digit in ((0, 1, 9) if down > 0 else (0,))
    return [one.doubted(may_be_mark(one)) for one in row]


def long_ones_doubted(reading, others):
    """A Reading, a 1 not sure that is much longer than all else: it may be a pen or a rule.

    All else are the other digits, and what was left out, boxes, that is not SHORT_INK beside them.
    One in doubt that is TALL times as long as the other digits goes: an edge of a sheet.
    """
    own = [max(part.mask.shape) for part in reading.parts]
    beside = [max(width, height) for _, _, width, height in others]
    beside = [length for length in beside if length > SHORT_INK * max(own, default=0)]

    def second(lengths):                # the second longest
        return sorted(lengths)[-2] if len(lengths) > 1 else math.inf

    def is_1_over(one, length):
        return one.digit == 1 and max(one.part.mask.shape) > length
    long, stripe = LONG_ONE * second(own + beside), TALL * second(own)
    reading = reading.doubted(lambda one: is_1_over(one, long))
    return reading.only(lambda one: one.confidence >= SURE or not is_1_over(one, stripe))


def doubted_beside(reading, others):
    """A Reading, no row sure that one of other boxes which is as high as a digit is beside."""
    def doubted(row):
        top, bottom = min(one.part.y for one in row), max(one.part.bottom for one in row)
        tall = LARGE_HEIGHT * median_height([one.part for one in row])
        beside = any(y < bottom and top < y + high and high > tall for _, y, _, high in others)
        return [one.doubted(beside) for one in row]
    return reading.with_rows(doubted)


def left_out(reading):
    """Boxes (x, y, width, height) of what of a Reading's ink is in no Part, each with why."""
    parts, found = reading.parts, []
    taken = cv2.dilate(np.uint8(reading.strokes), np.ones((5, 5)))
    others = np.where(taken, 0, reading.ink)
    median = median_height(parts) if parts else len(others)
    for x, y, width, height, _ in components(others > TRACE)[1]:
        peak = others[y:y + height, x:x + width].max()
        why = ("hardly ink of a digit" if peak <= INK else
               "like no digit" if height >= LARGE_HEIGHT * median else "too small")
        if max(width, height) >= median / 6:
            found.append(((x, y, width, height), why))
    return found


def read_image(source, reader, page=0):
    """The Reading of a page of a path, binary file or bytes; DigitError where it is unreadable."""
    picture, scale = load_image(source, page)
    ink, zoom, usual = at_all = look_at_all(picture)
    if scale > 1 and usual < LOW:
        picture, scale = load_image(source, page, FINER)
        at_all = None
    elif usual > HIGH:                  # what follows takes as long as there are pixels
        long_side = max(picture.shape) * HIGH / usual
        smaller = shrunk(picture, long_side)
        times = smaller_factor(picture.shape[:2], smaller)
        picture, scale = smaller, scale * times
        at_all = shrunk(ink, long_side), min(1, zoom * times), usual / times
    reading = read_picture(picture, reader, at_all)
    return Reading(reading.ink, reading.rows, picture, scale)


def as_json(found, row, scale):
    """A Found as it stands in the JSON, its box in pixels of the original."""
    part = found.part
    x, y, right, bottom = (round(at * scale) for at in (part.x, part.y, part.right, part.bottom))
    return {"digit": found.digit, "confidence": round(float(found.confidence), 4),
            "sure": bool(found.confidence >= SURE),
            "box": [x, y, max(1, right - x), max(1, bottom - y)], "row": row}


def try_to_read(file, source, reader, pages=None, show=None):
    """Read a path, stream or bytes: the first page's Reading or None, and `predict`'s answer.

    At most `pages` pages of a TIFF are read, or all; show(reading, page from 1) is called for each.
    """
    opened, error = attempt(find_pages, file, source)
    source, count = opened or (None, 0)
    first, found, errors = None, [], [error] if error else []
    for page in range(1, min(count, pages or count) + 1):
        reading, error = attempt(read_image, source, reader, page - 1)
        place = {"page": page} if count > 1 else {}
        if error:
            errors.append(f"page {page} {error}" if place else error)
            continue
        first, above = first or reading, found[-1]["row"] + 1 if found else 0
        found += [digit | {"row": above + digit["row"]} | place for digit in reading.digits]
        if show:
            show(reading, page)
    rows = itertools.groupby(found, key=lambda digit: digit["row"])
    text = "\n".join("".join(str(digit["digit"]) for digit in row) for _, row in rows)
    return first, {"file": file, "text": text, "digits": found, "error": "; ".join(errors) or None}


def attempt(function, *args):
    """What a function gives and None, or None and the sentence of its DigitError."""
    try:
        with explained("could not be read ({}); save it anew as PNG, and please report this"):
            return function(*args), None
    except DigitError as problem:
        log.debug(problem, exc_info=True)
        return None, str(problem)


def find_pages(file, source):
    """What can be opened again, a path or bytes, for a path, stream or bytes; how many pages."""
    if source == file and os.path.isdir(file):
        raise DigitError("a folder without images; name another")
    if hasattr(source, "read"):
        source = source.read()
    elif source == file and Path(file).is_fifo():       # a pipe
        source = Path(file).read_bytes()
    with explained(UNREADABLE), open_image(source) as image:
        if image.format == "TIFF":
            return source, count_frames(image)
        if image.format != "MPO" and getattr(image, "is_animated", False):
            log.warning(f"{printable(file)}: its first frame is read, the others are not")
        return source, 1


def count_frames(image):
    """How many pages a TIFF has, counting the one at which it is cut off."""
    for page in itertools.count(1):
        try:
            image.seek(page)
        except EOFError:
            return page
        except Exception:               # Pillow raises what it likes
            return page + 1


def is_image(path):
    """Whether a Path is named like an image, and is not hidden, as what macOS leaves beside one."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def expand(source):
    """The files an argument means: itself, a folder's images or a glob's matches, maybe none."""
    if os.path.isdir(source):
        found = filter(is_image, Path(source).rglob("*"))
        return sorted(str(path) for path in found if path.is_file())
    matches = filter(os.path.isfile, glob.glob(source, recursive=True))
    return [source] if os.path.exists(source) else sorted(matches)


def read_file(numbered, reader, steps=None):
    """The answer, as in `predict --json`, for (number, path); a picture in `steps` shows how."""
    number, file = numbered

    def save_steps(reading, page):
        name = f"{number:04}-{Path(file).stem[:60]}" + f"-page-{page}" * (page > 1)
        title = file + f", page {page}" * (page > 1) + f", read by {reader}"
        save_picture(plot_steps(reading, title), steps / f"{name}.png")
    source = sys.stdin.buffer if file == "-" else file
    return try_to_read(file, source, reader, show=save_steps if steps else None)[1]


def in_parallel(function, tasks, jobs):
    """Yield function(task) for each task, in order, by `jobs` threads."""
    if jobs == 1:
        yield from map(function, tasks)
        return
    opencvs = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)            # of its own: ours are as many as there are cores
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(function, tasks)
    finally:
        cv2.setNumThreads(opencvs)


# ==== Command line ================================================================================
# Each run_ function is a command. OPTIONS and COMMANDS say what can be asked for, parse checks it,
# main turns whatever goes wrong into a sentence and an exit code.

def saved_networks(models):
    """Paths of the networks in a folder that read digits, as ONNX."""
    return [path for path in sorted(models.glob("[!.]*.onnx")) if not path.name.startswith("ink")]


def find_model(model, models):
    """Path of the ONNX file that `model` means: a saved network's name, a path, `pretrained`.

    By default it is the network trained last. The one that ships stands for its name too.
    """
    saved = [path for path in saved_networks(models) if path.resolve() != PRETRAINED]
    if not model:
        return max(saved, key=lambda path: path.stat().st_mtime, default=PRETRAINED)
    if Path(model).suffix in (".h5", ".tflite"):
        raise DigitError(f"{model} is for elsewhere; name the .onnx that was saved in training")
    name = re.sub(r"\.(onnx|keras)$", "", model)
    is_path = name != model or os.path.dirname(model)
    path = Path(f"{name}.onnx") if is_path else models / f"{name}.onnx"
    if model == "pretrained" or (model == SHIPPED and not path.exists()):
        path = PRETRAINED
    if path != PRETRAINED and not path.is_file():
        known = {*NETWORKS, *(path.stem for path in saved), "pretrained"}
        network, hint = (model, "") if model in NETWORKS else ("dense", near(model, known))
        raise DigitError(f"no trained model at {path}{hint}; make one with: "
                         f"python {Path(__file__).name} train --model {network}")
    return path


def open_reader(model, models, data=None):
    """The Reader that find_model finds; DigitError if it does not tell the data's classes apart."""
    path = find_model(model, models)
    reader = Reader(path)
    log.info("reading with {} ({network}, {test_accuracy:.2%} on {data})".format(
        near_path(path), **reader.metadata))
    if data and data.classes != reader.metadata["classes"]:
        raise DigitError(f"{path} tells {reader.metadata['classes']} classes apart and {data.name} "
                         f"has {data.classes}; train on it first or choose another with --model")
    return reader


def run_predict(args):
    """Read the digits in images; 1 if any could not be read."""
    if not args.words:
        raise DigitError("name an image or a folder to read, or - for standard input")
    reader = open_reader(args.model or "pretrained", args.models)
    for which in range(len(INK_FINDERS)):       # one that is missing stops all of it
        ink_network(which)
    if "-" in args.words and sys.stdin.isatty():
        log.info("waiting for an image on standard input")
    return read_all(args.words, reader, args.json, args.show_steps, args.jobs)


def read_all(sources, reader, as_json=False, steps=None, jobs=None):
    """Print an answer a line for files, folders and globs; 1 if any could not be read."""
    files = [file for source in sources for file in expand(source) or [source]]
    alone = steps or "-" in files           # matplotlib and Ctrl-C want the main thread
    jobs = 1 if alone else min(jobs or count_cores(), len(files))
    read, failed = functools.partial(read_file, reader=reader, steps=steps), False
    for answer in in_parallel(read, enumerate(files), jobs):
        print(json.dumps(answer) if as_json else as_line(answer), flush=True)
        if answer["error"]:
            failed = True
            log.error(f"{printable(answer['file'])}: {answer['error']}")
    return int(failed)


def as_line(answer):
    """An answer as path, text and lowest confidence, parted by tabs."""
    lowest = min((f"{digit['confidence']:.3f}" for digit in answer["digits"]), default="")
    return "\t".join([printable(answer["file"]), answer["text"].replace("\n", " "), lowest])


CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")      # of a container on Linux: microseconds per period


def count_cores():
    """Processor cores that this process may use, by its affinity and its container's quota."""
    cores = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
             else os.cpu_count() or 1)
    with contextlib.suppress(OSError, ValueError):      # there is no such file, or it says "max"
        quota, period = map(int, CPU_QUOTA.read_text().split())
        cores = min(cores, math.ceil(quota / period))
    return cores


def try_to_write(folder):
    """DigitError where nothing can be written into a folder, before much is done for it."""
    with explained(f"cannot write into {folder} ({{}}); make room there or choose another place"):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def run_train(args, prefix=None):
    """Train a network, touch the test set once, save it and, under its name, its curves."""
    to_ship, name = args.model == "pretrained" and prefix is None, args.model or "dense"
    path, name = (PRETRAINED.with_suffix(""), SHIPPED) if to_ship else (args.models / name, name)
    if name not in NETWORKS:
        raise DigitError(f"no network is called {name!r}{near(name, NETWORKS)}; "
                         f"take {', '.join(NETWORKS)}")
    data, epochs = load_mnist(args.data), args.epochs or NETWORKS[name].epochs
    if to_ship and not count_besides(name, data, args.plain).drawn_digits:
        raise DigitError("the network that ships is trained on MNIST without --plain; "
                         "else take --model best")
    try_to_write(path.parent)
    try_to_write(args.assets)
    log.info(f"training {name} on {data.name}: {learned(name, data, args.plain)}, {epochs} epochs")
    model, history = train(name, data, epochs, args.seed, args.plain)
    x_test = as_input(data.x_test if args.plain else straighten(data.x_test))
    outputs = with_confidences(model).predict(x_test, batch_size=1000, verbose=0)
    accuracy, loss, _ = score(outputs[:, :data.classes], data.y_test)
    facts = facts_of(name, data, epochs, args.seed, args.plain) | {
        "test_images": len(data.y_test), "test_accuracy": float(accuracy), "test_loss": float(loss)}
    save(model, facts, Path(f"{path}.keras"), Path(f"{path}.onnx"))
    log.info(f"saved {path}.keras and .onnx, test accuracy {accuracy:.2%}")
    curves = plot_curves(history, f"{name} on {data.name}")
    prefix = f"{args.model or 'dense'}_" if prefix is None else prefix
    save_picture(curves, args.assets / f"{prefix}accuracy_loss.png")


def facts_of(name, data, epochs, seed, plain):
    """What a model file tells of how a network was trained, "network" first."""
    modules = {module: sys.modules[module].__version__
               for module in ("tensorflow", "keras", "numpy", "cv2")}
    teacher = find_teacher(name, data, plain)
    besides = count_besides(name, data, plain)
    layers = layers_of(name, data.classes + (besides.non_digits > 0))
    return {"network": name, "layers": layers, "classes": data.classes,
            "input": "float32 (n, 28, 28, 1), ink 0 to 1, framed as by "
                     + ("fit" if plain else "fit and straighten"),
            "recipe": "plain" if plain else "distorted", "epochs": epochs, "seed": seed,
            "data": data.name, "data_sha256": data.sha256(),
            **besides._asdict(),
            "taught_by": teacher and teacher.metadata["sha256"],
            "trained": time.strftime("%Y-%m-%d"),
            "versions": {"script": __version__, "python": sys.version.split()[0], **modules}}


def run_evaluate(args):
    """Measure a saved network on the test set: report on stdout, pictures under its name."""
    data = load_mnist(args.data)
    reader = open_reader(args.model, args.models, data)
    measure(reader, data, args.assets, f"{reader.path.stem}_")


def measure(reader, data, assets, prefix):
    """Print a Reader's report on a data set's test images; save pictures named with `prefix`."""
    title, images = f"{reader}, test set of {data.name}", reader.prepare(data.x_test)
    confidences = reader.confidences(images)
    accuracy, loss, confusion = score(confidences, data.y_test)
    print(f"{title}: {report(accuracy, loss, confusion)}", flush=True)
    save_picture(plot_confusion(confusion, title), assets / f"{prefix}confusion_matrix.png")
    save_picture(plot_counts(confusion, title), assets / f"{prefix}raw_confusion_tensor.png")
    mistakes = plot_mistakes(images, data.y_test, confidences, title)
    save_picture(mistakes, assets / f"{prefix}mistakes.png")


def run_sample(args):
    """Read one test image: expected and predicted on stdout, the picture in assets."""
    data = load_mnist(args.data)
    reader = open_reader(args.model, args.models, data)
    last = len(data.x_test) - 1
    if not args.words:
        print(f"test image (0 to {last}): ", end="", file=sys.stderr, flush=True)
    text = args.words[0] if args.words else sys.stdin.readline().strip()
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) > last:
        raise DigitError(f"there is no test image {text!r}; choose one from 0 to {last}")
    index = int(text)
    path = args.assets / f"sample_{index}.png"
    confidences = read_sample(reader, data, index, path)
    print(f"test image {index}: expected {data.y_test[index]}, predicted {confidences.argmax()} "
          f"({confidences.max():.1%}), picture {path}")


def read_sample(reader, data, index, path):
    """Read test image `index` and save the picture of it; its confidences (classes,)."""
    image = reader.prepare(data.x_test[[index]])
    confidences = reader.confidences(image)[0]
    title = f"{reader}: test image {index} of {data.name}, a {data.y_test[index]}"
    save_picture(plot_sample(data.x_test[index], image[0], confidences, title), path)
    return confidences


def run_models(args):
    """The networks, and what the saved ones reached, in lines of a terminal's 80 columns."""
    print(f"{'network':14} {'epochs':>6} {'parameters':>10}  layers")
    for name, network in NETWORKS.items():
        head = f"{name:14} {network.epochs:6} {network.parameters:10,}  "
        print(textwrap.fill(network.layers, 79, initial_indent=head, subsequent_indent=35 * " "))
    paths = {path.resolve() for path in [PRETRAINED, *saved_networks(args.models)]}
    for path in sorted(filter(Path.exists, paths)):
        reader, error = attempt(Reader, path)
        if error:
            log.warning(error)
        else:
            print("{}: {network}, test accuracy {test_accuracy:.2%} on {data}\n"
                  "    ({recipe} recipe, {epochs} epochs, seed {seed}, {trained})".format(
                      near_path(path), **reader.metadata))


def near_path(path):
    """A path from the current folder, where there is one: on Windows it may be on another drive."""
    with contextlib.suppress(ValueError):
        return os.path.relpath(path)
    return str(path)


def run_export(args):
    """Write a trained model for elsewhere, in the format that the target's suffix names."""
    target = Path(*args.words)
    if target.suffix not in (*EXPORTS, ".keras", ".h5") or target.is_dir():
        raise DigitError(f"cannot export to {target}; name a new file that ends in .keras, "
                         ".onnx, .tflite or .h5, or a new folder for a SavedModel")
    path = find_model(args.model, args.models)
    metadata, path, keras = Reader(path).metadata, path.with_suffix(".keras"), import_keras()
    with explained(f"{path} is missing or damaged; train it again"):
        model = keras.models.load_model(path, compile=False)
    save(model, metadata, target)
    log.info(f"wrote {target}")


def run_story(args):
    """Train, evaluate, save the pictures, and read the examples with what was trained."""
    try:
        args.data = args.data or find_mnist()
    except DigitError as problem:
        log.error(f"{problem}\nTRAINING ON {DRAWN.upper()}: "
                  "the figures below say nothing about MNIST")
        args.data = "strokes"
    run_train(args, "")
    data = load_mnist(args.data)
    reader = open_reader(args.model or "dense", args.models, data)
    measure(reader, data, args.assets, "")
    for digit, picture in ((0, "mnist_zero_example.png"), (2, "predicted_2.png")):
        for index in np.flatnonzero(data.y_test == digit)[:1]:
            read_sample(reader, data, index, args.assets / picture)
    if EXAMPLES.is_dir():       # it is not where the script was copied alone
        zero = read_image(EXAMPLES / "zero.png", reader)
        for one in zero.found[:1]:
            drawn_zero = plot_sample(zero.picture, one.image, one.confidences,
                                     f"{reader}: a drawn zero")
            save_picture(drawn_zero, args.assets / "drawn_zero.png")
        log.info(f"the examples, read by {reader}; predict reads with the network that ships "
                 f"unless told --model {reader.path.stem}")
        return read_all([near_path(EXAMPLES)], reader)


def whole(least):
    """An argparse type: a whole number from `least` to the largest seed."""
    def parse(text):
        if not (text.isascii() and text.isdigit() and least <= int(text) < 2**32):
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {least} to {2**32 - 1}, not {text}")
        return int(text)
    return parse


FOLDER = dict(type=Path, metavar="DIR")
OPTIONS = {
    "--data": dict(metavar="SET",
                   help="an .npz, a folder of IDX files, 'mnist' ($MNIST_DATA, else Keras' copy; "
                        "the default) or 'strokes': digits that the script draws"),
    "--model": dict(metavar="NAME|PATH",
                    help="a network (see models), a saved one, or 'pretrained'"),
    "--epochs": dict(type=whole(1), metavar="N", help="passes over the training images"),
    "--seed": dict(type=whole(0), metavar="N", default=0, help="of all that is random (0)"),
    "--plain": dict(action="store_true", help="every tutorial's recipe, for comparison"),
    "--assets": dict(FOLDER, default=Path("assets"), help="for the pictures (assets)"),
    "--json": dict(action="store_true", help="one JSON object a line"),
    "--show-steps": dict(FOLDER, help="save a picture of how each image was read there"),
    "--jobs": dict(type=whole(1), metavar="N", help="threads that read images (one per core)"),
}
TRAINING = "--data --model --epochs --seed --plain --assets"
COMMANDS = {                # with the options of each, and how many words may follow it
    "run": (run_story, TRAINING, 0),
    "predict": (run_predict, "--json --show-steps --jobs --model", math.inf),
    "train": (run_train, TRAINING, 0),
    "evaluate": (run_evaluate, "--data --model --assets", 0),
    "sample": (run_sample, "--data --model --assets", 1),
    "models": (run_models, "", 0),
    "export": (run_export, "--model", 1),
}


def takers(option):
    """Names of the commands that take an option."""
    return [name for name, (_, options, _) in COMMANDS.items() if option in options.split()]


def make_parser():
    """The parser of all commands; which options and words belong to which, parse checks."""
    summary, examples = __doc__.split("\n\n")[:2]
    parser = argparse.ArgumentParser(
        prog=Path(__file__).name, usage="%(prog)s [COMMAND] [IMAGE ...] [OPTION ...]",
        description=summary, epilog=f"examples:\n{examples}", allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, exit_on_error=False)
    parser.add_argument("words", nargs="*", metavar="COMMAND, IMAGE",
                        help="see the examples; images are files, folders, globs, or - for "
                             "standard input; the command is predict where there are any, else run")
    for option, settings in OPTIONS.items():
        told = f"{settings['help']} [{', '.join(takers(option))}]"
        parser.add_argument(option, **settings | {"help": told})
    parser.add_argument("--models", **FOLDER, default=Path("models"),
                        help="of trained models (models)")
    parser.add_argument("-q", "--quiet", action="store_true", help="only data and errors")
    parser.add_argument("--debug", action="store_true", help="show the stack of an error")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def parse(argv):
    """The options of one call; DigitError where they are wrong, SystemExit after a help."""
    parser = make_parser()
    argv = ["--help"] if argv[:1] == ["help"] else argv
    end = [*argv, "--"].index("--")     # what follows is no option, though it begins with a dash
    with explained("{}; see --help"):
        args, unknown = parser.parse_known_intermixed_args(argv[:end])
    named = args.words.pop(0) if args.words and args.words[0] in COMMANDS else None
    args.words += argv[end + 1:]
    if unknown:
        raise DigitError(f"there is no option {unknown[0]}{near(unknown[0], OPTIONS)}; see --help")
    given = {word.partition("=")[0] for word in argv[:end]} & OPTIONS.keys()
    name = named or guess_command(args.words, given)
    args.run, options, most = COMMANDS[name]
    for option in sorted(given - {*options.split()}):
        raise DigitError(f"{option} is an option of {', '.join(takers(option))}, not of {name}")
    if len(args.words) > most:
        raise DigitError(f"{name} does not take {args.words[most]!r}; see --help")
    return args


def guess_command(words, given):
    """The command that is meant where none is named."""
    hint = near(words[0], COMMANDS) if words else ""
    if hint and not os.path.exists(words[0]) and not glob.glob(words[0], recursive=True):
        raise DigitError(f"no command and no image is called {words[0]!r}{hint}")
    return "predict" if words or given - {*TRAINING.split()} else "run"


def run_command(argv):
    """Run one command line; its exit code, or whatever error stops it."""
    try:
        args = parse(argv)
        log.setLevel(logging.ERROR if args.quiet else log.level)
        return args.run(args) or 0
    finally:
        sys.stdout.flush()      # a full disk is heard of here, where it can be told


def main(argv=None):
    """Run one command line; its exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    debug = "--debug" in argv
    sys.stdin = sys.stdin or open(os.devnull)           # where it was closed
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):      # not in a notebook
            stream.reconfigure(errors="backslashreplace")   # not all names are text, nor all input
    log_to_stderr(logging.DEBUG if debug else logging.INFO)
    keep_memory()
    warnings.filterwarnings("default" if debug else "ignore",
                            module="PIL|keras|tf2onnx|onnx|matplotlib|__main__")
    try:
        return run_command(argv)
    except BrokenPipeError:         # whoever reads our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (DigitError, ModuleNotFoundError, OSError) as error:
        hint = "; run: pip install -r requirements.txt" * isinstance(error, ModuleNotFoundError)
        log.error(f"error: {error}{hint}", exc_info=debug)
        return 2
    except KeyboardInterrupt:
        log.error("stopped; models saved before are as they were")
        return 130


if __name__ == "__main__":
    code = main()
    if code or "tensorflow" in sys.modules:     # which takes a second to take itself apart, or
        os._exit(code)                          # fails at it; as does writing to a full disk again
    sys.exit(code)

"""Made pages of MNIST's test digits, read by this script and what else is installed; calibration.

    MNIST_DATA=mnist.npz python benchmarks/pages.py [--pages 700] [--seed 0] [--model PATH]

Pages are those of tests/pages.py: one digit, a row, rows, a column, two that touch, on 14 kinds of
paper. Beside the script: the plain recipe (grey, shrunk to 28x28, `dense` on MNIST as everybody
trains it), Tesseract (Debian's tesseract-ocr, digits only) and RapidOCR (pip install
rapidocr-onnxruntime), where they are installed. For the calibration a quarter as many pages of
letters come on top, in OpenCV's fonts; a digit read there is wrong. Settings were chosen with
--part train, other pages of the training digits.
"""
import argparse
import collections
import importlib.util
import io
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import pages  # noqa: E402
from kinds import reads_by  # noqa: E402

import mnist_digit_classifier as digits  # noqa: E402

BOUNDS = 0, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 1.01  # of the confidences that are counted together


def plain_recipe():
    """Reads one digit: grey, 28x28, dark ink inverted, the network that everybody trains."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(ROOT / "mnist_digit_classifier.py"), "train", "-q",
                        "--plain", "--models", folder, "--assets", folder], check=True)
        reader = digits.Reader(Path(folder) / "dense.onnx")

    def read(data):
        grey = cv2.resize(np.asarray(Image.open(io.BytesIO(data)).convert("L")), (28, 28))
        grey = 255 - grey if grey.mean() > 127 else grey
        return str(reader.confidences(grey[None])[0].argmax())
    return read


def tesseract(data):
    """The digits that Tesseract reads in one block of text."""
    command = ["tesseract", "stdin", "stdout", "--psm", "6",
               "-c", "tessedit_char_whitelist=0123456789"]
    return subprocess.run(command, input=data, capture_output=True).stdout.decode()


def rapid_ocr():
    """The digits that RapidOCR reads, from the top, with a margin and enlarged as it likes it."""
    from rapidocr_onnxruntime import RapidOCR
    engine = RapidOCR()

    def read(data):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        scale = max(1, 320 / max(image.shape[:2]))
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        image = cv2.copyMakeBorder(image, *[max(image.shape) // 4] * 4, cv2.BORDER_REPLICATE)
        found, _ = engine(image)
        return "\n".join(text for _, text, _ in found or [])
    return read


def readers(model):
    """Name and reading function of each that is installed."""
    read = reads_by(model)
    yield "this script", lambda data: "".join(str(digit["digit"]) for digit in read(data))
    yield "plain recipe", plain_recipe()
    if shutil.which("tesseract"):
        yield "Tesseract", tesseract
    if importlib.util.find_spec("rapidocr_onnxruntime"):
        yield "RapidOCR", rapid_ocr()


def calibration(made, read):
    """Print by confidence how many digits are right; pages with as many as there are count."""
    counted = collections.defaultdict(list)
    for _, _, text, file in made:
        found, text = read(file), "".join(text.split())
        comparable = not text or len(found) == len(text)
        for digit, wanted in zip(found, text or "-" * len(found)) if comparable else ():
            band = np.searchsorted(BOUNDS, digit["confidence"], side="right") - 1
            counted[band].append((digit["confidence"], str(digit["digit"]) == wanted))
    for band, given in sorted(counted.items()):
        confidence, right = np.mean(given, axis=0)
        print(f"confidence {BOUNDS[band]:5} to {min(1, BOUNDS[band + 1]):5}: "
              f"{len(given):5} digits, mean confidence {confidence:.1%}, right {right:.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=700, help="so many (700)")
    parser.add_argument("--seed", type=int, default=0, help="of the pages (0)")
    parser.add_argument("--part", choices=["test", "train"], default="test",
                        help="of MNIST, to make pages of (test)")
    parser.add_argument("--model", type=Path, default=digits.PRETRAINED,
                        help="a network's .onnx (the one that ships)")
    parser.add_argument("--papers", action="store_true", help="print the share for each paper")
    parser.add_argument("--alone", action="store_true", help="only this script")
    args = parser.parse_args()
    data = digits.load_mnist()
    take = pages.mnist_digits(*((data.x_test, data.y_test) if args.part == "test" else data[:2]))
    made = list(pages.make(take, args.pages, args.seed))
    columns = *pages.LAYOUTS, "digits", "images/s"
    print(f"{'':14}" + "".join(f"{column:>10}" for column in columns), flush=True)
    for name, read in itertools.islice(readers(args.model), 1 if args.alone else None):
        exact, wrong, total, start = collections.defaultdict(list), 0, 0, time.perf_counter()
        for layout, paper, text, file in made:
            text = "".join(text.split())
            answer = "".join(character for character in read(file) if character in "0123456789")
            for kind in (layout, paper):
                exact[kind].append(answer == text)
            wrong += min(len(text), pages.wrong_digits(text, answer))
            total += len(text)
        rate = len(made) / (time.perf_counter() - start)
        print(f"{name:14}" + "".join(f"{np.mean(exact[layout]):10.1%}" for layout in pages.LAYOUTS)
              + f"{1 - wrong / total:10.1%}{rate:10.1f}", flush=True)
        if args.papers:
            print("    " + ", ".join(f"{paper.__name__} {np.mean(exact[paper.__name__]):.0%}"
                                     for paper in pages.PAPERS))
    letters = pages.make(pages.letters, args.pages // 4, args.seed)
    calibration(made + list(letters), reads_by(args.model))


if __name__ == "__main__":
    main()

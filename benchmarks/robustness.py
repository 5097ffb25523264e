"""MNIST's test images changed in one way at a time, read by `dense`, `best` and the plain recipe.

    MNIST_DATA=mnist.npz python benchmarks/robustness.py [--images 2000]

The script's networks read each changed image as they read any file, with all the finding of ink and
rows in the way, and must give just the one digit. The plain recipe gets the 28x28 pixels as
everybody's script does it. `dense` and the plain recipe are trained first, by the script's own
commands; `best` is what ships.
"""
import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
import mnist_digit_classifier as digits  # noqa: E402

MIDDLE = (digits.SIZE - 1) / 2


def moved(image, degrees=0.0, scale=1.0, x=0, y=0):
    """An image (28, 28) turned, scaled and shifted by pixels."""
    matrix = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees, scale)
    matrix[:, 2] += x, y
    return cv2.warpAffine(image, matrix, image.shape)


def with_pen(image, change, pixels):
    """An image (28, 28) with thicker or thinner strokes: dilated or eroded at 4 times its size."""
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [1 + 2 * round(2 * pixels)] * 2)
    return cv2.resize(change(large, kernel), image.shape, interpolation=cv2.INTER_AREA)


def noisy(image, deviation):
    """An image (28, 28) with Gaussian noise of its own, the same in each run."""
    noise = np.random.default_rng(int(image.sum())).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def gapped(image, pixels):
    """An image (28, 28) with three square gaps of `pixels` in its strokes, the same in each run."""
    rng, image = np.random.default_rng(int(image.sum())), image.copy()
    for y, x in rng.choice(np.argwhere(image > 127), 3):
        image[max(0, y - pixels // 2):, max(0, x - pixels // 2):][:pixels, :pixels] = 0
    return image


CHANGES = {
    "as they are": lambda image: image,
    "turned by 10 degrees": lambda image: moved(image, 10),
    "turned by -10 degrees": lambda image: moved(image, -10),
    "turned by 20 degrees": lambda image: moved(image, 20),
    "shifted by 2 pixels": lambda image: moved(image, x=2, y=-2),
    "shifted by 4 pixels": lambda image: moved(image, x=-4, y=4),
    "scaled by 0.7": lambda image: moved(image, scale=0.7),
    "scaled by 1.2": lambda image: moved(image, scale=1.2),
    "blurred, sigma 1 pixel": lambda image: cv2.GaussianBlur(image, (0, 0), 1),
    "noise, sigma 30": lambda image: noisy(image, 30),
    "strokes 0.5 pixels thinner": lambda image: with_pen(image, cv2.erode, 0.5),
    "strokes 1.5 pixels thicker": lambda image: with_pen(image, cv2.dilate, 1.5),
    "three gaps of 3 pixels in the strokes": lambda image: gapped(image, 3),
    "inverted": lambda image: 255 - image,
    "a quarter of the contrast": lambda image: 96 + image // 4,
}


def reads(image, reader):
    """What the script reads in an image (28, 28), as text."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    found = digits.read_image(file, reader).digits
    return "".join(str(digit["digit"]) for digit in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000, help="the first so many (2000)")
    args = parser.parse_args()
    data = digits.load_mnist()
    x_test, y_test = data.x_test[:args.images], data.y_test[:args.images]
    readers = {"best": digits.Reader(digits.PRETRAINED)}
    for name, options in (("dense", []), ("plain", ["--plain"])):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, str(ROOT / "mnist_digit_classifier.py"), "train", "-q",
                            "--models", folder, "--assets", folder, *options], check=True)
            readers[name] = digits.Reader(Path(folder) / "dense.onnx")
    print(f"{len(x_test)} images{'':30} dense     best    plain", flush=True)
    for name in CHANGES:
        changed = np.array([CHANGES[name](image) for image in x_test])
        right = [np.mean([reads(image, readers[network]) == str(label)
                          for image, label in zip(changed, y_test)])
                 for network in ("dense", "best")]
        right.append((readers["plain"].confidences(changed).argmax(axis=1) == y_test).mean())
        print(f"{name:38}" + "".join(f"{share:9.2%}" for share in right), flush=True)


if __name__ == "__main__":
    main()

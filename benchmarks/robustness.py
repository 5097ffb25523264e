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


def random_of(image):
    """A generator of random numbers that depends on the image alone."""
    return np.random.default_rng(int(image.sum()))


def noisy(image, deviation):
    """An image (28, 28) with Gaussian noise of its own, the same in each run."""
    noise = random_of(image).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def gapped(image, pixels):
    """An image (28, 28) with three square gaps of `pixels` in its strokes, the same in each run."""
    rng, image = random_of(image), image.copy()
    for y, x in rng.choice(np.argwhere(image > 127), 3):
        image[max(0, y - pixels // 2):, max(0, x - pixels // 2):][:pixels, :pixels] = 0
    return image


def peppered(image, share):
    """An image (28, 28) in which a share of the pixels is black or white."""
    rng, image = random_of(image), image.copy()
    field = rng.random(image.shape)
    image[field < share / 2], image[field > 1 - share / 2] = 0, 255
    return image


def struck(image, dotted):
    """An image (28, 28) with a zigzag as wide as a thin pen, or a row of dots, through it."""
    rng, fine = random_of(image), 8
    canvas, points = np.zeros([fine * digits.SIZE] * 2, np.uint8), int(rng.integers(5, 9))
    x = np.linspace(1, 27, points)
    y = np.linspace(*rng.uniform(6, 22, 2), points)
    if dotted:
        steps = np.linspace(0, points - 1, 12)
        for place in zip(*(np.interp(steps, np.arange(points), axis) for axis in (x, y))):
            cv2.circle(canvas, [round(fine * side) for side in place], round(0.6 * fine), 255, -1)
    else:
        y += np.resize([1, -1], points) * rng.uniform(2, 4)
        cv2.polylines(canvas, [np.int32(fine * np.stack([x, y], axis=1))], False, 255,
                      round(1.4 * fine))
    return np.maximum(image, cv2.resize(canvas, image.shape, interpolation=cv2.INTER_AREA))


def banded(image):
    """An image (28, 28) whose left and right quarters are its negative."""
    image = image.copy()
    image[:, :7], image[:, 21:] = 255 - image[:, :7], 255 - image[:, 21:]
    return image


def hollow(image):
    """An image (28, 28) of which only the outline remains, a pixel wide."""
    return cv2.Canny(cv2.GaussianBlur(image, (0, 0), 0.8), 60, 150)


def moved_on(image, pixels):
    """An image (28, 28) blurred by a motion in a random direction."""
    angle, path = random_of(image).uniform(0, np.pi), np.zeros([pixels] * 2, np.float32)
    away = np.array([np.cos(angle), np.sin(angle)]) * (pixels - 1) / 2
    ends = (np.rint((pixels - 1) / 2 + sign * away).astype(int).tolist() for sign in (-1, 1))
    cv2.line(path, *ends, 1)
    return cv2.filter2D(image, -1, path / path.sum())


def through_glass(image):
    """An image (28, 28) whose pixels change places with their neighbours."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.7)
    y, x = np.indices(image.shape) + random_of(image).integers(-1, 2, (2, *image.shape))
    return cv2.GaussianBlur(soft[y.clip(0, 27), x.clip(0, 27)], (0, 0), 0.7)


def spattered(image):
    """An image (28, 28) with grey drops on a tenth of it."""
    rng = random_of(image)
    field = cv2.GaussianBlur(rng.normal(0, 1, image.shape), (0, 0), 1)
    drops = np.clip(3 * (field / field.std() - 1.4), 0, 1)
    return np.maximum(image, 255 * rng.uniform(0.5, 0.9) * drops).astype(np.uint8)


def foggy(image):
    """An image (28, 28) behind fog as bright as half of it."""
    fog = cv2.resize(random_of(image).random((5, 5)), image.shape, interpolation=cv2.INTER_CUBIC)
    return np.clip((image + 255 * 1.2 * fog) / 2.2, 0, 255).astype(np.uint8)


def slanted(image, slant):
    """An image (28, 28) with so many pixels sideways per pixel of height."""
    return cv2.warpAffine(image, np.float32([[1, slant, -slant * MIDDLE], [0, 1, 0]]), image.shape)


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
    "strokes 0.5 pixels thinner": lambda image: digits.with_pen(image, cv2.erode, 0.5),
    "strokes 1.5 pixels thicker": lambda image: digits.with_pen(image, cv2.dilate, 1.5),
    "three gaps of 3 pixels in the strokes": lambda image: gapped(image, 3),
    "inverted": lambda image: 255 - image,
    "a quarter of the contrast": lambda image: 96 + image // 4,
    "a sixth of the pixels black or white": lambda image: peppered(image, 1 / 6),
    "a zigzag through the digit": lambda image: struck(image, dotted=False),
    "a dotted line through it": lambda image: struck(image, dotted=True),
    "left and right quarter inverted": banded,
    "hollow, only the outline": hollow,
    "blurred by a motion of 7 pixels": lambda image: moved_on(image, 7),
    "through rough glass": through_glass,
    "spattered": spattered,
    "in fog": foggy,
    "brighter by 110 grey levels": lambda image: cv2.add(image, 110),
    "slanted by 0.35": lambda image: slanted(image, 0.35),
}


def as_png(pixels):
    """Grey or RGB pixels as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def reads(image, reader):
    """What the script reads in an image (28, 28), as text."""
    return digits.read_image(as_png(image), reader).text


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

"""What is no digit: how much of it the script is sure of.

    python benchmarks/no_digits.py [--model NAME|PATH] [--digits FOLDER ...] [--each]

Printed letters in matplotlib's fonts and OpenCV's, scribbles, blank and textured paper, and crops
of the photographs that scikit-learn ships, each a picture that goes through the same reading as any
file. The network learned letters in some of these fonts, and pen strokes of the script's own;
scribbles, paper and photographs are unlike what it learned. Letters that are a digit in somebody's
hand are left out: see LEFT_OUT. --digits names folders of real digits, one to a picture; the second
share of a line is then for the confidence that 98 % of those reach.
"""
import argparse
import collections
import io
import string
import sys
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parents[1]))
import mnist_digit_classifier as digits

LEFT_OUT = "BDIOQSZbgiloqsz"
LETTERS = [letter for letter in string.ascii_letters if letter not in LEFT_OUT]
FONTS = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif",
         "DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10",
         "cmss10", "cmtt10", "cmmi10", "cmb10", "cmti10"]
HERSHEY = [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX,
           cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX_SMALL,
           cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX]


def font_letters(rng):
    """Each letter in each font of matplotlib's, its size and place random."""
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    for name in FONTS:
        for letter in LETTERS:
            font = ImageFont.truetype(folder / f"{name}.ttf", int(rng.integers(60, 160)))
            picture = Image.new("L", (240, 240), 255)
            place = tuple(rng.integers(105, 136, 2).tolist())
            ImageDraw.Draw(picture).text(place, letter, fill=int(rng.integers(0, 90)), font=font,
                                         anchor="mm")
            yield letter, np.asarray(picture)


def hershey_letters(rng):
    """Each letter in each of OpenCV's fonts, upright and slanted."""
    for font in HERSHEY:
        for letter in LETTERS:
            for slanted in (0, cv2.FONT_ITALIC):
                picture, scale = np.full((240, 240), 255, np.uint8), rng.uniform(2, 4.5)
                thickness = int(rng.integers(2, 10))
                (width, height), _ = cv2.getTextSize(letter, font | slanted, scale, thickness)
                cv2.putText(picture, letter, (120 - width // 2, 120 + height // 2), font | slanted,
                            scale, int(rng.integers(0, 90)), thickness, cv2.LINE_AA)
                yield letter, picture


def scribbles(rng):
    """Wild lines of a mouse: walks with momentum, zigzags and spirals."""
    for number in range(300):
        times = np.linspace(0, 1, 200)[:, None]
        if number % 3 == 0:
            path = np.cumsum(cv2.GaussianBlur(rng.normal(0, 1, (200, 2)), (1, 31), 4), axis=0)
        elif number % 3 == 1:
            turns = rng.integers(4, 12)
            zigzag = np.abs((times * turns) % 2 - 1)
            path = np.hstack([times, 0.4 * zigzag + 0.1 * rng.normal() * times])
        else:
            angle = 2 * np.pi * rng.uniform(2.5, 6) * times
            path = np.hstack([np.cos(angle), np.sin(angle)]) * (0.2 + times)
        path = (path - path.min(axis=0)) / np.ptp(path, axis=0).max()
        picture = np.full((240, 240), 255, np.uint8)
        cv2.polylines(picture, [np.int32(30 + rng.uniform(80, 180) * path)], False, 0,
                      int(rng.integers(2, 10)), cv2.LINE_AA)
        yield "scribble", picture


def papers(rng):
    """Nothing but paper: even, shaded, rough, fibrous, squared, speckled, woven."""
    y, x = np.mgrid[:240, :320].astype(np.float32)
    for number in range(210):
        noise = rng.normal(0, 1, (240, 320)).astype(np.float32)
        grain = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 8))
        fibres = cv2.GaussianBlur(noise, (1, 41), 9) + cv2.GaussianBlur(noise, (41, 1), 9)
        pitch = rng.uniform(12, 40)
        kind, texture = list({
            "blank": 0 * x, "shaded": 60 * (x * rng.normal() + y * rng.normal()) / 320,
            "rough": grain / grain.std() * rng.uniform(3, 25),
            "fibrous": fibres * rng.uniform(10, 60),
            "squared": -60.0 * ((x % pitch < 2) | (y % pitch < 2)),
            "speckled": -120.0 * (cv2.GaussianBlur(noise, (0, 0), 1.5) > rng.uniform(0.8, 1.1)),
            "woven": 20 * (np.sin(x * 6.28 / pitch) + np.sin(y * 6.28 / pitch)),
        }.items())[number % 7]
        yield kind, np.clip(rng.uniform(120, 230) + texture, 0, 255).astype(np.uint8)


def photographs(rng):
    """Crops of scikit-learn's two photographs, the sides from 60 to 400 pixels."""
    from sklearn.datasets import load_sample_images
    for name, photo in zip(("china", "flower"), load_sample_images().images):
        for _ in range(200):
            side = int(rng.integers(60, 401))
            y, x = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
            yield name, photo[y:y + side, x:x + side]


GROUPS = font_letters, hershey_letters, scribbles, papers, photographs


def surest(picture, reader):
    """The highest confidence in any digit of a picture: an array, or a file's path."""
    if isinstance(picture, np.ndarray):
        pixels, picture = picture, io.BytesIO()
        Image.fromarray(pixels).save(picture, "PNG")
    found = digits.read_image(picture, reader).digits
    return max((digit["confidence"] for digit in found), default=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="pretrained",
                        help="a saved network, or its path (pretrained)")
    parser.add_argument("--digits", nargs="*", default=[], metavar="FOLDER",
                        help="real digits, one to a picture, for a second confidence")
    parser.add_argument("--each", action="store_true",
                        help="print the share for each letter or kind")
    args = parser.parse_args()
    reader = digits.Reader(digits.find_model(args.model, Path("models")))
    thresholds = {"sure": digits.SURE}
    if args.digits:
        real = sorted(surest(file, reader) for folder in args.digits
                      for file in digits.expand(folder))
        thresholds["98 % of the real digits sure"] = real[int(0.02 * len(real))]
    print(", ".join(f"{name}: from {threshold:.4f}" for name, threshold in thresholds.items()))
    for make in GROUPS:
        kinds, pictures = zip(*make(np.random.default_rng(0)))
        confidences = np.array([surest(picture, reader) for picture in pictures])
        shares = (f"{(confidences < threshold).mean():.1%}" for threshold in thresholds.values())
        print(f"{make.__name__:16} {len(pictures):5} pictures, not sure of {', '.join(shares)}",
              flush=True)
        if args.each:
            wrong = collections.Counter(np.array(kinds)[confidences >= digits.SURE].tolist())
            print("    sure of",
                  ", ".join(f"{kind} {n}" for kind, n in wrong.most_common()) or "none")


if __name__ == "__main__":
    main()

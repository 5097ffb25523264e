"""What is no digit: how much of it the script is sure of.

    python benchmarks/no_digits.py [--model NAME|PATH] [--digits FOLDER ...] [--each]

Printed letters in matplotlib's fonts and OpenCV's, scribbles, drawings such as hearts and houses,
blank and textured paper, and crops of the photographs that scikit-learn ships, each a picture that
goes through the same reading as any file. The network learned letters in some of these fonts, and
pen strokes of the script's own, drawings of the KNOWN kinds among them; the OTHERS, scribbles,
paper and photographs are unlike what it learned. What is a 0 in somebody's hand, a ring, a box or
a drop, is no drawing here, and letters that are a digit in somebody's hand are left out: see
LEFT_OUT. --digits names folders of real digits, one to a picture; the second share of a line is
then for the confidence that 98 % of those reach.
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


def arc(x, y, wide, tall, start=0, end=360):
    """Points of an ellipse's arc around x, y, half axes in shares of the drawing, from degrees."""
    angles = np.radians(np.linspace(start, end, 40))
    return np.stack([x + wide * np.cos(angles), y + tall * np.sin(angles)], axis=1)


def heart():
    turn = np.linspace(0, 2 * np.pi, 60)
    y = sum(size * np.cos(times * turn) for times, size in ((1, 13), (2, -5), (3, -2), (4, -1)))
    return np.stack([16 * np.sin(turn)**3, -y], axis=1) / 34 + 0.5


def star():
    angles, radii = np.arange(11) * np.pi / 5, np.resize([0.5, 0.2], 11)
    return np.stack([radii * np.sin(angles), -radii * np.cos(angles)], axis=1) + 0.5


RING = arc(0.5, 0.5, 0.5, 0.5)
# Strokes of points x, y in shares of the drawing.
KNOWN = {                       # of kinds that the network learned, in other shapes
    "heart": [heart()],
    "star": [star()],
    "face": [RING, arc(0.5, 0.55, 0.28, 0.22, 20, 160), [(0.33, 0.3), (0.34, 0.36)],
             [(0.66, 0.3), (0.67, 0.36)]],
    "sun": [arc(0.5, 0.5, 0.25, 0.25), *(0.5 + np.outer([0.33, 0.5], [np.cos(a), np.sin(a)])
                                         for a in np.arange(8) * np.pi / 4)],
    "house": [[(0, 1), (0, 0.45), (0.5, 0), (1, 0.45), (1, 1), (0, 1)],
              [(0.4, 1), (0.4, 0.7), (0.6, 0.7), (0.6, 1)]],
    "triangle": [[(0.5, 0), (1, 1), (0, 1), (0.5, 0)]],
    "arrow": [[(0, 0.5), (1, 0.5)], [(0.7, 0.25), (1, 0.5), (0.7, 0.75)]],
    "question mark": [[*arc(0.5, 0.25, 0.28, 0.25, 180, 420), (0.5, 0.6), (0.5, 0.7)],
                      [(0.5, 0.95), (0.51, 0.97)]],
    "moon": [[*arc(0.5, 0.5, 0.45, 0.5, 60, 300), *arc(0.75, 0.5, 0.4, 0.42, 250, 110)]],
    "tree": [[(0.5, 0), (0.85, 0.7), (0.15, 0.7), (0.5, 0)], [(0.5, 0.7), (0.5, 1)]],
    "person": [arc(0.5, 0.15, 0.13, 0.15), [(0.5, 0.3), (0.5, 0.65)], [(0.2, 0.45), (0.8, 0.45)],
               [(0.25, 1), (0.5, 0.65), (0.75, 1)]],
    "cup": [[(0.1, 0.1), (0.18, 0.9), (0.62, 0.9), (0.7, 0.1), (0.1, 0.1)],
            arc(0.72, 0.42, 0.2, 0.2, -80, 90)],
}
OTHERS = {                      # of kinds that it did not
    "lightning": [[(0.6, 0), (0.25, 0.55), (0.55, 0.5), (0.35, 1)]],
    "note": [arc(0.3, 0.85, 0.18, 0.13), [(0.48, 0.85), (0.48, 0.05), (0.75, 0.25)]],
    "kite": [[(0.5, 0), (0.8, 0.35), (0.5, 1), (0.2, 0.35), (0.5, 0)], [(0.2, 0.35), (0.8, 0.35)],
             [(0.5, 0), (0.5, 1)]],
    "peace": [RING, [(0.5, 0), (0.5, 1)], [(0.15, 0.85), (0.5, 0.5), (0.85, 0.85)]],
    "umbrella": [[*arc(0.5, 0.5, 0.5, 0.4, 180, 360), (0, 0.5)],
                 [(0.5, 0.5), (0.5, 0.85), *arc(0.4, 0.85, 0.1, 0.1, 0, 180)]],
    "key": [arc(0.2, 0.5, 0.2, 0.2), [(0.4, 0.5), (1, 0.5), (1, 0.7)], [(0.8, 0.5), (0.8, 0.65)]],
    "ladder": [[(0.3, 0), (0.3, 1)], [(0.7, 0), (0.7, 1)], *([(0.3, y), (0.7, y)]
                                                              for y in (0.2, 0.4, 0.6, 0.8))],
    "car": [[(0, 0.7), (0, 0.5), (0.25, 0.45), (0.35, 0.25), (0.7, 0.25), (0.8, 0.45), (1, 0.5),
             (1, 0.7), (0, 0.7)], arc(0.25, 0.75, 0.1, 0.1), arc(0.75, 0.75, 0.1, 0.1)],
    "crown": [[(0, 0.9), (0, 0.2), (0.25, 0.55), (0.5, 0.1), (0.75, 0.55), (1, 0.2), (1, 0.9),
               (0, 0.9)]],
    "mushroom": [[*arc(0.5, 0.5, 0.5, 0.4, 180, 360), (0, 0.5)],
                 [(0.38, 0.5), (0.35, 1), (0.65, 1), (0.62, 0.5)]],
    "ice cream": [arc(0.5, 0.25, 0.3, 0.25), [(0.2, 0.3), (0.5, 1), (0.8, 0.3)]],
    "leaf": [[*arc(0.5, 0.75, 0.6, 0.5, 210, 330), *arc(0.5, 0.25, 0.6, 0.5, 30, 150)],
             [(0, 0.55), (1, 0.45)]],
}


def drawings(kinds, rng):
    """Drawings of some kinds by a mouse: 20 of each, shaken, leaning, of any size and width."""
    for kind, strokes in [*kinds.items()] * 20:
        size, lean = rng.uniform(80, 180), np.eye(2) + rng.normal(0, 0.07, (2, 2))
        shake, place = rng.uniform(0, 0.06), np.array([156, 120]) + rng.normal(0, 8, 2)
        picture = np.full((240, 312), 255, np.uint8)
        shade, thickness = int(rng.integers(0, 80)), max(2, int(size * rng.uniform(0.03, 0.12)))
        for points in map(np.array, strokes):
            if len(points) < 12:
                at = np.linspace(0, len(points) - 1, 12 * len(points))
                points = np.stack([np.interp(at, np.arange(len(points)), axis)
                                   for axis in points.T], axis=1)
            points = points + shake * cv2.GaussianBlur(rng.normal(0, 1, points.shape), (1, 15), 3)
            points = np.int32(16 * ((points - 0.5) @ lean * size + place))
            cv2.polylines(picture, [points], False, shade, thickness, cv2.LINE_AA, 4)
        yield kind, picture


def known_drawings(rng):
    return drawings(KNOWN, rng)


def other_drawings(rng):
    return drawings(OTHERS, rng)


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


GROUPS = (font_letters, hershey_letters, scribbles, known_drawings, other_drawings, papers,
          photographs)


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

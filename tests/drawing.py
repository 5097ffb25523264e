"""Draw digits by a pen of any width on any paper; `python tests/drawing.py` makes assets/examples.

One way of writing each digit, as strokes of a few points in a box of height 1 (x to the right, y
down), smoothed, shaken and drawn by OpenCV. The tests use it wherever they need a picture of a
digit.
"""
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

STROKES = {
    0: [[(.5, .0), (.21, .14), (.09, .5), (.2, .87), (.48, 1), (.77, .86), (.9, .5), (.76, .12),
         (.46, .01)]],
    1: [[(.3, .24), (.42, .14), (.54, .0)], [(.54, .0), (.53, .5), (.5, 1)]],
    2: [[(.13, .24), (.28, .04), (.6, .01), (.77, .22), (.62, .52), (.32, .8), (.1, .98)],
        [(.1, .98), (.45, .95), (.88, .98)]],
    3: [[(.15, .1), (.42, .0), (.72, .1), (.7, .35), (.38, .47)],
        [(.38, .47), (.72, .53), (.84, .77), (.6, .98), (.3, 1), (.1, .87)]],
    4: [[(.34, .0), (.22, .32), (.08, .63), (.48, .62), (.92, .6)],
        [(.68, .28), (.66, .62), (.64, 1)]],
    5: [[(.8, .01), (.5, .03), (.24, .04)],
        [(.24, .04), (.19, .43), (.48, .37), (.78, .53), (.78, .84), (.5, 1), (.12, .92)]],
    6: [[(.7, .0), (.36, .2), (.13, .62), (.24, .94), (.58, 1), (.8, .78), (.6, .55), (.3, .62),
         (.15, .8)]],
    7: [[(.1, .06), (.5, .04), (.88, .02)], [(.88, .02), (.62, .45), (.42, 1)],
        [(.34, .5), (.76, .48)]],
    8: [[(.76, .16), (.5, .0), (.23, .15), (.35, .39), (.64, .58), (.8, .8), (.5, 1), (.2, .81),
         (.36, .57), (.66, .37), (.77, .17)]],
    9: [[(.76, .2), (.5, .01), (.2, .18), (.24, .44), (.52, .5), (.75, .24)],
        [(.76, .2), (.75, .6), (.62, 1)]],
}


def smooth(points, per_part=24):
    """A Catmull-Rom curve (n, 2) through a stroke's points."""
    p = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, 1, per_part)[:, None]
    return np.concatenate([
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
               + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)])


def draw(digit, size, box, pen, seed=0, wobble=0.015, slant=0.0):
    """Coverage (h, w) from 0 to 1 of a digit drawn into box (x, y, h) by a pen, all in pixels."""
    rng, fine = np.random.default_rng(seed), 4
    x, y, tall = box
    canvas = np.zeros((size[0] * fine, size[1] * fine), np.uint8)
    for stroke in STROKES[digit]:
        curve = smooth([point + rng.normal(0, wobble, 2) for point in np.array(stroke)])
        curve[:, 0] = curve[:, 0] * 0.75 + slant * (0.5 - curve[:, 1])
        pixels = np.round((curve * tall + (x, y)) * fine * 16).astype(np.int32)
        cv2.polylines(canvas, [pixels], False, 255, max(1, round(pen * fine)), cv2.LINE_AA, 4)
    return cv2.resize(canvas, size[::-1], interpolation=cv2.INTER_AREA) / 255


def colour(coverage, ink, paper):
    """RGB uint8 picture of a coverage in ink (r, g, b) on paper, a colour or (h, w, 3) array."""
    paper = np.broadcast_to(np.float64(paper), (*coverage.shape, 3))
    return np.clip(paper + coverage[..., None] * (np.float64(ink) - paper), 0, 255).astype(np.uint8)


def photographed_paper(size, light, seed=0, noise=5, shadow=0.35):
    """Paper under a lamp: a colour fading to one side and a camera's grain, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, size[1])[None, :, None]
    y = np.linspace(0, 1, size[0])[:, None, None]
    grain = cv2.GaussianBlur(rng.normal(0, noise, (*size, 3)), (0, 0), 0.8)
    return np.float64(light) * (1 - shadow * (0.6 * x + 0.4 * y) ** 1.5) + grain


def draw_row(digits, size, start, tall, pen, seed=0, step=0.95, climb=0.0):
    """Coverage (h, w) of digits side by side from start (x, y), `step` times `tall` apart."""
    page = np.zeros(size)
    for i, digit in enumerate(digits):
        box = start[0] + i * step * tall, start[1] - i * climb * tall + 0.05 * tall * (i % 3), tall
        page = np.maximum(page, draw(digit, size, box, pen, seed + i))
    return page


def write_examples(folder):
    """The pictures in assets/examples; each name starts with the digit or rows that it shows."""
    def save(name, picture, **options):
        Image.fromarray(picture).save(folder / name, **options)

    folder.mkdir(parents=True, exist_ok=True)
    black, white = (20, 20, 20), (255, 255, 255)
    save("zero.png", colour(draw(0, (300, 300), (80, 40, 215), 14, seed=1), black, white))
    chalk, board = (235, 235, 225), (35, 60, 48)
    save("one-chalk.png", colour(draw(1, (320, 260), (60, 50, 220), 12, seed=2), chalk, board))
    save("two-thin.png", colour(draw(2, (500, 600), (190, 60, 360), 3, seed=3), black, white))
    save("three-marker.png", colour(draw(3, (280, 280), (70, 35, 205), 34, seed=4),
                                    (10, 10, 10), white))
    save("four-photo.jpg", colour(draw(4, (600, 800), (290, 120, 330), 9, seed=5), (45, 60, 120),
                                  photographed_paper((600, 800), (196, 190, 178))), quality=80)
    alpha = np.round(255 * draw(5, (256, 256), (70, 40, 180), 13, seed=6)).astype(np.uint8)
    save("five-transparent.png", np.dstack([np.zeros((256, 256, 3), np.uint8), alpha]))
    save("six-corner.png", colour(draw(6, (480, 640), (500, 350, 100), 6, seed=7),
                                  (170, 20, 30), white))
    paper = photographed_paper((700, 525), (222, 222, 226), seed=1)
    save("seven-ballpoint.jpg", colour(draw(7, (700, 525), (170, 240, 190), 5, seed=8, slant=0.3),
                                       (50, 62, 150), paper), quality=75)
    paper = photographed_paper((480, 480), (96, 88, 84), seed=2, noise=9)
    save("eight-dark-room.jpg", colour(draw(8, (480, 480), (150, 90, 300), 12, seed=9),
                                       (34, 30, 30), paper), quality=70)
    save("nine-tiny.png", 255 - colour(draw(9, (28, 28), (8, 4, 19), 2, seed=10), black, white))
    save("two-pencil.png", colour(draw(2, (400, 400), (130, 80, 240), 4, seed=11), (168, 168, 168),
                                  (226, 224, 220)))
    save("three-blue-on-yellow.png",
         colour(draw(3, (360, 300), (80, 60, 240), 18, seed=12, slant=0.25),
                (40, 70, 160), (250, 225, 120)))
    paper = photographed_paper((500, 900), (205, 200, 190), seed=3)
    row = draw_row((2, 0, 2, 6), (500, 900), (150, 200), 150, 7, 12, 1.05, 0.12)
    save("2026-row-photo.jpg", colour(row, (40, 42, 90), paper), quality=75)
    ruled = np.full((420, 640, 3), 246.0)
    ruled[40::60] = ruled[41::60] = (150, 175, 210)
    page = np.maximum(draw_row((3, 1, 4), (420, 640), (90, 60), 110, 6, 20),
                      draw_row((1, 5, 9, 2, 6), (420, 640), (70, 240), 105, 6, 23))
    save("314-15926-ruled.png", colour(page, (30, 34, 80), ruled))
    touching = draw_row((5, 2), (220, 260), (50, 50), 130, 12, 30, 0.53)
    save("52-touching.png", colour(touching, (15, 15, 15), white))


if __name__ == "__main__":
    write_examples(Path(__file__).parents[1] / "assets" / "examples")

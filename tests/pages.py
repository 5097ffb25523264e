"""Labelled pages: digits of any source laid out one, in rows or a column, on every kind of paper.

`lay_out` puts digits, (h, w) coverages from 0 to 1, onto an empty page; `PAPERS` turns such a page
into a picture. What is random comes from the generator that is handed in.
"""
import io

import cv2
import numpy as np
from drawing import draw
from PIL import Image

LAYOUTS = ("single", "row", "rows", "column", "touching")


def trimmed(digit):
    """The part of a coverage that holds ink."""
    y, x = np.nonzero(digit > 0.2)
    return digit[y.min():y.max() + 1, x.min():x.max() + 1]


def scaled(digit, height):
    """A coverage so enlarged or shrunk that a digit as tall as most is `height` pixels high."""
    scale = height / max(digit.shape[0], 0.7 * digit.shape[1])
    size = [max(2, round(side * scale)) for side in digit.shape[::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(digit, size, interpolation=how), 0, 1)


def line_of(digits, height, rng, gap):
    """Digits side by side, (h, w); gaps random between two shares of `height`, bases uneven."""
    digits = [scaled(trimmed(digit), height * rng.uniform(0.88, 1.12)) for digit in digits]
    steps = [round(height * rng.uniform(*gap)) for _ in digits[1:]] + [0]
    width = sum(digit.shape[1] for digit in digits) + sum(max(0, step) for step in steps)
    page = np.zeros((round(1.5 * height), width), np.float32)
    x = 0
    for digit, step in zip(digits, steps):
        y = round(np.clip((page.shape[0] - digit.shape[0]) / 2 + height * rng.normal(0, 0.05),
                          0, page.shape[0] - digit.shape[0]))
        part = page[y:y + digit.shape[0], x:x + digit.shape[1]]
        np.maximum(part, digit[:, :part.shape[1]], out=part)
        x += digit.shape[1] + step
    return page[:, :x]


def lay_out(take, layout, rng):
    """A page's coverage (h, w) and text; `take(n)` gives n digits and their labels."""
    shape = {"single": [1], "row": [rng.integers(3, 9)],
             "rows": rng.integers(2, 7, rng.integers(2, 5)), "column": [1] * rng.integers(2, 5),
             "touching": [2]}[layout]
    height = round(rng.uniform(40, 160) if layout == "single" else rng.uniform(36, 90))
    gap, lines, text = (-0.08, 0) if layout == "touching" else (0.15, 0.7), [], []
    for count in shape:
        digits, labels = take(int(count))
        lines.append(line_of(digits, height, rng, gap))
        text.append("".join(map(str, labels)))
    leading = round(height * rng.uniform(0, 0.5))
    size = sum(len(line) + leading for line in lines), max(line.shape[1] for line in lines)
    body = np.zeros(size, np.float32)
    y = 0
    for line in lines:
        body[y:y + line.shape[0], :line.shape[1]] = line
        y += line.shape[0] + leading
    margins = height * rng.uniform(0.2, 1.6 if len(shape) > 1 else 3, 4)
    above, below, left, right = np.round(margins).astype(int)
    return np.pad(body, ((above, below), (left, right))), "\n".join(text)


def inked(page, ink, paper):
    """RGB float picture of a coverage in an ink on paper, a colour or a picture each."""
    paper = np.broadcast_to(np.float32(paper), (*page.shape, 3))
    return paper + page[..., None] * (np.float32(ink) - paper)


def dark_ink(rng):
    return rng.choice([(20, 20, 20), (30, 40, 120), (150, 25, 30), (20, 80, 50)])


def slope(shape, rng):
    """A random even slope from 0 to 1 over a picture, (h, w, 1)."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:shape[0], :shape[1]]
    plane = x / shape[1] * np.cos(angle) + y / shape[0] * np.sin(angle)
    return ((plane - plane.min()) / np.ptp(plane))[..., None]


def lamp(shape, rng, fade=0.45):
    light = np.float32(rng.uniform(170, 235) - rng.uniform(0, 20, 3))
    return light * (1 - fade * slope(shape, rng) ** 1.5)


def grain(picture, rng, strength):
    noise = rng.normal(0, strength, picture.shape).astype(np.float32)
    return picture + cv2.GaussianBlur(noise, (0, 0), 0.8)


def white(page, rng):
    return inked(page, dark_ink(rng), 255)


def chalk(page, rng):
    return inked(page, (235, 235, 225), (35, 60, 48))


def coloured(page, rng):
    ink, paper = rng.permutation([(250, 225, 120), (30, 40, 130), (240, 90, 60), (20, 90, 60)])[:2]
    far = np.abs(ink - paper).max() > 90
    return inked(page, ink if far else (255, 255, 255) if paper.mean() < 128 else (0, 0, 0), paper)


def shaded(page, rng):
    return grain(inked(page, dark_ink(rng), lamp(page.shape, rng)), rng, 4)


def shadow(page, rng):
    """The edge of a phone's shadow across the paper."""
    edge = 1 / (1 + np.exp((slope(page.shape, rng) - rng.uniform(0.3, 0.7)) * max(page.shape) / 6))
    return grain(inked(page, (30, 30, 40), 215) * (1 - 0.4 * edge), rng, 4)


def pencil(page, rng):
    paper = rng.uniform(190, 225)
    return grain(inked(page, paper - 58, paper * (1 - 0.15 * slope(page.shape, rng))), rng, 2)


def noisy(page, rng):
    return grain(inked(page, (50, 45, 45), lamp(page.shape, rng, 0.3) * 0.7), rng, 22)


def ruled(page, rng, both=False):
    """Paper with lines across, or both ways, a little out of true."""
    step = round(max(14, page.shape[0] / 9) if both else page.shape[0] / rng.uniform(2.5, 7))
    picture = inked(np.zeros_like(page), 0, 245)
    tilt = rng.uniform(-0.02, 0.02)
    (height, width), lines = page.shape, []
    for y in range(step // 2, height, step):
        lines.append(((0, y), (width, y + tilt * width)))
    for x in range(step // 2, width, step) if both else ():
        lines.append(((x, 0), (x - tilt * height, height)))
    for ends in lines:
        a, b = (tuple(int(16 * side) for side in end) for end in ends)
        cv2.line(picture, a, b, (150, 175, 210), 1 + (min(page.shape) > 250), cv2.LINE_AA, 4)
    return inked(page, (25, 30, 60), picture)


def grid(page, rng):
    return ruled(page, rng, both=True)


def checkerboard(page, rng):
    """What an image editor shows for transparency, baked in."""
    side = max(6, min(page.shape) // 20)
    y, x = np.mgrid[:page.shape[0], :page.shape[1]] // side
    return inked(page, (10, 10, 10), np.where((x + y) % 2, 255, 204)[..., None])


def on_a_table(page, rng):
    """The sheet lies on a table, which shows all around."""
    wide = max(page.shape) // 5
    picture = np.pad(shaded(page, rng), ((wide, wide), (wide, wide), (0, 0)),
                     constant_values=np.nan)
    return grain(np.where(np.isnan(picture), np.float32((92, 62, 40)), picture), rng, 3)


def crop_on_white(page, rng):
    wide = max(page.shape) // 6
    return np.pad(shaded(page, rng), ((wide, wide), (wide, wide), (0, 0)), constant_values=255)


def scribbled(page, rng):
    """Faint thin scribbles and a gradient behind the digits."""
    picture = np.repeat(180 + 70 * slope(page.shape, rng), 3, axis=2).astype(np.float32)
    for _ in range(6):
        points = rng.uniform(0, 1, (5, 2)) * page.shape[::-1]
        cv2.polylines(picture, [np.int32(points)], False, (165, 165, 175), 1, cv2.LINE_AA)
    return inked(page, (15, 15, 30), picture)


def low_quality(page, rng):
    return inked(page, (40, 40, 90), 235)       # saved with quality 20


PAPERS = (white, chalk, coloured, shaded, shadow, pencil, noisy, ruled, grid, checkerboard,
          on_a_table, crop_on_white, scribbled, low_quality)


def encoded(picture, paper):
    """A picture of `paper` as the bytes of a file: JPEG if it is like a photograph, else PNG."""
    file, image = io.BytesIO(), Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    photo = paper in (shaded, shadow, pencil, noisy, on_a_table, low_quality)
    if photo:
        image.save(file, "JPEG", quality=20 if paper is low_quality else 85)
    else:
        image.save(file, "PNG", compress_level=1)       # twice as fast, and the pixels are the same
    return file.getvalue()


def make(take, count, seed=0):
    """Yield `count` pages, each layout on each paper in turn: layout, paper's name, text, bytes."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        layout, paper = LAYOUTS[number % len(LAYOUTS)], PAPERS[number // len(LAYOUTS) % len(PAPERS)]
        page, text = lay_out(lambda n: take(n, rng), layout, rng)
        yield layout, paper.__name__, text, encoded(paper(page, rng), paper)


def mnist_digits(x, y):
    """A `take` for `make` that gives digits of MNIST, images (n, 28, 28) uint8 and labels (n,)."""
    def take(count, rng):
        chosen = rng.integers(len(x), size=count)
        return [x[i].astype(np.float32) / 255 for i in chosen], y[chosen]
    return take


def drawn_digits(pens):
    """A `take` for `make`: drawn digits, pens of a width between two shares of their height."""
    def take(count, rng):
        labels, pen = rng.integers(10, size=count), 120 * rng.uniform(*pens)
        return [draw(label, (180, 180), (40, 30, 120), pen, rng.integers(2**32), 0.012,
                     rng.normal(0, 0.1)).astype(np.float32) for label in labels], labels
    return take


def letters(count, rng):
    """A `take` for `make`: letters in OpenCV's Hershey fonts, none that may be a digit; text ''."""
    made = []
    for letter in rng.choice(list("ACEFGHJKLMNPQRTUVWXYacdefhjkmnprtuvwxy"), size=count):
        canvas, font = np.zeros((240, 300), np.uint8), int(rng.choice([0, 1, 2, 3, 4, 6, 7]))
        cv2.putText(canvas, str(letter), (60, 170), font, 5, 255, int(rng.integers(4, 24)),
                    cv2.LINE_AA)
        made.append(canvas / np.float32(255))
    return made, [""] * count


def wrong_digits(text, answer):
    """Fewest digits to put in, take out or change so that `answer` becomes `text` (Levenshtein)."""
    row = list(range(len(answer) + 1))
    for i, wanted in enumerate(text, 1):
        before, row[0] = row[0], i
        for j, given in enumerate(answer, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (wanted != given))
    return row[-1]

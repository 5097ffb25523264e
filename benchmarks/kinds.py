"""Pictures of MNIST's test digits as people bring them: by kind, read exactly, and sure but wrong.

    MNIST_DATA=mnist.npz python benchmarks/kinds.py [--pictures 40] [--seed 0] [--part test]

Sheets turned and tilted on a table, the same under the edge of a shadow, form boxes, rings, dates,
lines under numbers, decimal commas, words beside numbers, rows cropped without a margin, single
digits cut out tightly, numbers that are small in a large photograph. Then a second table of others:
sums, a printed sign beside a number, lists with letters, tables with headings, a highlighter's
stripe, large pale letters behind a number, straight 1s by all pens (these numbers are drawn), low
numbers on a large page, pages that lie on a side or upside down or slant, rows that climb,
exponents, a number beside a larger one, uneven rows, numbers whose digits touch. Nothing here is
made by drawn_pages.py, which the network that finds ink learned from. Only digits count as text: a
slash, a comma or a letter is none. Sure and wrong: the text is wrong and every digit given is
called sure.
"""
import argparse
import io
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import pages  # noqa: E402

import mnist_digit_classifier as digits  # noqa: E402

PENS = (25, 25, 28), (28, 42, 125), (120, 30, 38), (60, 62, 66)     # what the digits are written in
LIGHT = (255, 255, 255), (250, 247, 238), (228, 232, 236), (240, 240, 200)
FORMS = (0, 0, 0), (90, 90, 90), (150, 185, 225), (225, 140, 140)   # what forms are printed in
TABLES = (92, 62, 40), (150, 150, 155), (45, 48, 52), (170, 130, 85), (60, 85, 70), (205, 200, 190)
WORDS = "Room", "Page", "No.", "Total", "Gate", "Platform", "Bus", "Team", "kg", "Level"
TYPES = "DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSans-Oblique.ttf"
HEADINGS = "Name", "Date", "Sum", "Score", "Qty", "Points", "Weight", "Size"
STAMPS = "COPY", "SAMPLE", "DRAFT", "PAID"
BRIGHT = (255, 240, 60), (140, 255, 120), (255, 150, 200)           # a highlighter's


def some(rng, sequence):
    return sequence[rng.integers(len(sequence))]


def row_of(take, count, rng, gap=(0.12, 0.5), height=None):
    """Coverage of `count` digits side by side (height, width), their text, height and edges."""
    height = height or int(rng.integers(44, 110))
    inks, labels = take(count, rng)
    inks = [pages.scaled(pages.trimmed(ink), height * rng.uniform(0.92, 1.06)) for ink in inks]
    gaps = [int(height * rng.uniform(*gap)) for _ in inks]
    row = np.zeros((int(1.3 * height), sum(ink.shape[1] for ink in inks) + sum(map(abs, gaps))),
                   np.float32)
    x, edges = 0, []
    for ink, after in zip(inks, gaps):
        y = max(0, (len(row) - len(ink)) // 2 + int(rng.normal(0, 0.03) * height))
        ink = ink[:len(row) - y]
        place = row[y:y + len(ink), x:x + ink.shape[1]]
        np.maximum(place, ink, out=place)
        edges.append((x, x + ink.shape[1]))
        x += ink.shape[1] + after
    return row[:, :edges[-1][1]], "".join(map(str, labels)), height, edges


def on_paper(ink, rng, pen=None, paper=None, printed=None, form=None):
    """RGB float picture of the ink on paper, a form's colour where something is `printed` on it."""
    picture = np.broadcast_to(np.float32(paper or some(rng, LIGHT)), (*ink.shape, 3))
    if printed is not None:
        picture = picture + printed[..., None] * (np.float32(form) - picture)
    picture = picture + ink[..., None] * (np.float32(pen or some(rng, PENS)) - picture)
    if rng.random() < 0.5:          # half of them by a camera
        light = 1 - rng.uniform(0.05, 0.3) * pages.slope(ink.shape, rng)
        picture = pages.grain(picture * light, rng, rng.uniform(1, 5))
    return picture


def margined(ink, height, rng, least=0.4, most=1.5):
    above, below, left, right = (int(height * rng.uniform(least, most)) for _ in range(4))
    return np.pad(ink, ((above, below), (left, right)))


def extent(ink):
    """Left, top, right and bottom of the ink of a coverage."""
    y, x = np.nonzero(ink > 0.3)
    return x.min(), y.min(), x.max(), y.max()


def blank(ink):
    return np.zeros(ink.shape, np.uint8)


def share(layer):
    return layer.astype(np.float32) / 255


def sheet_on_a_table(take, rng, shadow=False):
    """A sheet with a number or some rows, turned by up to 15 degrees, tilted; a table around it."""
    layout = some(rng, ("single", "row", "rows"))
    page, text = pages.lay_out(lambda count: take(count, rng), layout, rng)
    sheet = pages.inked(page, some(rng, PENS), some(rng, LIGHT))
    height, width = page.shape
    turn, side = np.radians(rng.uniform(-15, 15)), max(page.shape)
    size = 2 * int(0.62 * side * (1 + abs(np.sin(turn))))
    corners = (np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width, height) / 2
               + rng.uniform(-0.05, 0.05, (4, 2)) * side)
    corners = corners @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]] + size / 2
    flat = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    view = cv2.getPerspectiveTransform(flat, np.float32(corners))
    ground = pages.inked(np.zeros((size, size), np.float32), 0, some(rng, TABLES))
    ground = ground * (1 + 0.06 * np.sin(np.arange(size) / rng.uniform(3, 30))[:, None, None])
    covered = cv2.warpPerspective(np.ones(page.shape, np.float32), view, (size, size))[..., None]
    picture = ground + covered * (cv2.warpPerspective(sheet, view, (size, size)) - ground)
    picture *= 1 - rng.uniform(0.05, 0.35) * pages.slope((size, size), rng)
    if shadow:
        edge = 1 / (1 + np.exp((pages.slope((size, size), rng) - rng.uniform(0.35, 0.65))
                               * rng.uniform(20, 150)))
        picture *= 1 - rng.uniform(0.3, 0.55) * edge
    return pages.grain(picture, rng, rng.uniform(1, 5)), text


def shadow_on_a_table(take, rng):
    return sheet_on_a_table(take, rng, shadow=True)


def form_boxes(take, rng):
    """Each digit in a printed box of its own, the boxes side by side or a little apart."""
    count, height = int(rng.integers(3, 8)), int(rng.integers(50, 100))
    inks, labels = take(count, rng)
    wide, tall, apart = int(height * 1.35), int(height * 1.5), some(rng, (0, 0, height // 5))
    ink = np.zeros((tall + height, count * (wide + apart) + height), np.float32)
    boxes, thick = blank(ink), int(rng.integers(1, 5))
    for number, digit in enumerate(inks):
        x, y = height // 2 + number * (wide + apart), height // 2
        cv2.rectangle(boxes, (x, y), (x + wide, y + tall), 255, thick)
        digit = pages.scaled(pages.trimmed(digit), height * rng.uniform(0.8, 1))
        x += (wide - digit.shape[1]) // 2 + int(rng.normal(0, 0.06) * height)
        y += (tall - len(digit)) // 2 + int(rng.normal(0, 0.06) * height)
        x, y = max(0, x), max(0, y)
        ink[y:y + len(digit), x:x + digit.shape[1]] = digit
    picture = on_paper(ink, rng, printed=share(boxes), form=some(rng, FORMS))
    return picture, "".join(map(str, labels))


def circled(take, rng):
    """One to three digits with a ring around them by the same pen."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 4)), rng)
    ink = margined(ink, height, rng, 0.8, 1.4)
    left, top, right, bottom = extent(ink)
    middle = int((left + right) / 2), int((top + bottom) / 2)
    axes = (int(((right - left) / 2 + height * 0.2) * 1.25),
            int(((bottom - top) / 2 + height * 0.12) * 1.3))
    axes = (max(axes),) * 2 if len(text) == 1 else axes
    ring = blank(ink)
    cv2.ellipse(ring, middle, axes, rng.uniform(-10, 10), 0, rng.uniform(345, 360), 255,
                max(2, int(height * rng.uniform(0.03, 0.1))), cv2.LINE_AA)
    return on_paper(np.maximum(ink, share(ring)), rng), text


def joined_by(take, rng, groups, draw_sign, gap):
    """Groups of digits, a sign between them by `draw_sign(canvas, x, height, thickness)`."""
    height, ink, text = int(rng.integers(44, 100)), np.zeros((0, 0), np.float32), ""
    thickness = max(2, int(height * rng.uniform(0.05, 0.11)))
    for number, count in enumerate(groups):
        row, label, _, _ = row_of(take, count, rng, height=height)
        if number:
            step = int(height * gap)
            wide = np.zeros((len(row), ink.shape[1] + step + row.shape[1]), np.float32)
            wide[:, :ink.shape[1]], wide[:, ink.shape[1] + step:] = ink, row
            sign = blank(wide)
            draw_sign(sign, ink.shape[1] + step // 2, height, thickness)
            row = np.maximum(wide, share(sign))
        ink, text = row, text + label
    return on_paper(margined(ink, height, rng), rng), text


def date(take, rng):
    """Day, month and year with slashes."""
    lean = rng.uniform(0.1, 0.25)

    def slash(canvas, x, height, thickness):
        top, foot = (x + lean * height, 0.08 * height), (x - lean * height, 1.22 * height)
        cv2.line(canvas, tuple(map(int, top)), tuple(map(int, foot)), 255, thickness, cv2.LINE_AA)
    groups = some(rng, ((2, 2, 4), (1, 1, 2), (2, 2, 2), (2, 1, 2)))
    return joined_by(take, rng, groups, slash, 0.75)


def decimal_comma(take, rng):
    def comma(canvas, x, height, thickness):
        points = np.array([(0.02, 1.02), (0.05, 1.12), (-0.05, 1.28)]) * height + (x, 0)
        cv2.polylines(canvas, [points.astype(np.int32)], False, 255, thickness, cv2.LINE_AA)
    return joined_by(take, rng, (int(rng.integers(1, 4)), int(rng.integers(1, 3))), comma, 0.4)


def underlined(take, rng):
    """A number with one or two lines under it, close to it."""
    ink, text, height, _ = row_of(take, int(rng.integers(2, 6)), rng)
    ink = margined(ink, height, rng, 0.5, 1.2)
    left, _, right, bottom = extent(ink)
    lines, thick = blank(ink), max(2, int(height * rng.uniform(0.03, 0.09)))
    under = bottom + int(height * rng.uniform(-0.02, 0.2))
    for number in range(1 + (rng.random() < 0.2)):
        at = under + number * 3 * thick
        start = left - int(height * rng.uniform(0, 0.3)), at
        end = right + int(height * rng.uniform(0, 0.3)), at + int(height * rng.normal(0, 0.05))
        cv2.line(lines, start, end, 255, thick, cv2.LINE_AA)
    return on_paper(np.maximum(ink, share(lines)), rng), text


def word_beside(take, rng):
    """A word in a printed font before or after a number."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 4)), rng)
    name, size = some(rng, TYPES), height * rng.uniform(0.8, 1.3)
    word = some(rng, WORDS)
    print_ = printed(word, size, len(ink), name)
    gap = np.zeros((len(ink), int(height * rng.uniform(0.3, 0.7))), np.float32)
    parts = [print_, gap, ink]
    ink = np.concatenate(parts[::-1] if word == "kg" else parts, axis=1)
    return on_paper(margined(ink, height, rng), rng), text


def printed(text, size, tall, name):
    """Coverage, `tall` pixels high, of a text in a font, near its foot."""
    import matplotlib
    face = ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), int(size))
    left, _, right, bottom = face.getbbox(text)
    drawn = Image.new("L", (right - left, tall))
    ImageDraw.Draw(drawn).text((-left, tall * 0.88 - bottom), text, 255, face)
    return share(np.asarray(drawn))


def cropped_row(take, rng):
    """A row cut at the ink of its first, last and tallest digits."""
    ink, text, _, _ = row_of(take, int(rng.integers(3, 8)), rng)
    left, top, right, bottom = extent(ink)
    ink = ink[top:bottom + 1, left:right + 1]
    if rng.random() < 0.3:
        return on_paper(ink, rng, (235, 235, 225), (35, 60, 48)), text
    return on_paper(ink, rng), text


def tight_digit(take, rng):
    """One digit as MNIST has it, cut to its ink; bright on black, or enlarged and dark on light."""
    inks, labels = take(1, rng)
    ink = pages.trimmed(inks[0])
    if rng.random() < 0.5:
        return np.repeat(255 * ink[..., None], 3, axis=2), str(labels[0])
    ink = np.clip(cv2.resize(ink, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC), 0, 1)
    return on_paper(ink, rng), str(labels[0])


def small_in_a_photograph(take, rng):
    """A number 130 pixels high somewhere in a photograph of 4000 x 3000 pixels."""
    ink, text, height, _ = row_of(take, int(rng.integers(2, 6)), rng, height=65)
    page = np.zeros((1500, 2000), np.float32)
    y, x = (int(rng.integers(height, most - side - height))
            for most, side in zip(page.shape, ink.shape))
    page[y:y + len(ink), x:x + ink.shape[1]] = ink
    return cv2.resize(np.float32(on_paper(page, rng)), None, fx=2, fy=2), text


def sums(take, rng):
    """Two numbers, a plus between them, an equals sign and what should be their sum."""
    signs = iter([[((-0.2, 0.65), (0.2, 0.65)), ((0, 0.45), (0, 0.87))],
                  [((-0.2, 0.55), (0.2, 0.55)), ((-0.2, 0.77), (0.2, 0.77))]])

    def sign(canvas, x, height, thickness):
        for ends in next(signs):
            points = [(int(x + dx * height), int(y * height)) for dx, y in ends]
            cv2.line(canvas, *points, 255, thickness, cv2.LINE_AA)
    return joined_by(take, rng, some(rng, ((1, 1, 2), (2, 1, 2), (2, 2, 3))), sign, 1.0)


def printed_sign(take, rng):
    """A number with a printed sign of a currency before it, or of a unit after it."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 4)), rng)
    before = rng.random() < 0.5
    sign = some(rng, ("$", "€", "£") if before else ("€", "%", "kg", "°C", "cm"))
    gap = np.zeros((len(ink), int(height * rng.uniform(0.1, 0.4))), np.float32)
    parts = [printed(sign, height * rng.uniform(0.8, 1.1), len(ink), some(rng, TYPES)), gap, ink]
    return on_paper(margined(np.concatenate(parts if before else parts[::-1], axis=1), height, rng),
                    rng), text


def lettered_list(take, rng):
    """Some lines of a number each, printed a) b) c) before them."""
    height, lines, text = int(rng.integers(40, 70)), [], ""
    for letter in "abcd"[:rng.integers(2, 5)]:
        ink, label, _, _ = row_of(take, int(rng.integers(1, 4)), rng, height=height)
        print_ = printed(f"{letter})", 0.7 * height, len(ink), TYPES[0])
        gap = np.zeros((len(ink), int(1.5 * height) - print_.shape[1]), np.float32)
        lines.append(np.concatenate([print_, gap, ink], axis=1))
        text += label
    wide = max(line.shape[1] for line in lines)
    page = np.concatenate([np.pad(line, ((0, int(0.4 * height)), (0, wide - line.shape[1])))
                           for line in lines])
    return on_paper(margined(page, height, rng), rng), text


def headed_table(take, rng):
    """Numbers in the cells of a ruled table with a printed heading above each column."""
    height, rows, columns = int(rng.integers(40, 70)), *map(int, rng.integers(2, 4, 2))
    wide, tall, text = int(2.8 * height), int(1.5 * height), ""
    ink = np.zeros(((rows + 1) * tall + 40, columns * wide + 40), np.float32)
    lines, print_ = blank(ink), ink.copy()
    for x in range(20, columns * wide + 21, wide):
        cv2.line(lines, (x, 20), (x, 20 + (rows + 1) * tall), 255, 2)
    for y in range(20, (rows + 1) * tall + 21, tall):
        cv2.line(lines, (20, y), (20 + columns * wide, y), 255, 2)
    for x in range(20, columns * wide, wide):
        word = printed(some(rng, HEADINGS), 0.6 * height, tall - 10, TYPES[0])
        print_[22:12 + tall, x + 10:x + 10 + word.shape[1]] = word[:, :ink.shape[1] - x - 10]
    for y in range(20 + tall, 20 + (rows + 1) * tall, tall):
        for x in range(20, 20 + columns * wide, wide):
            row, label, _, _ = row_of(take, int(rng.integers(1, 3)), rng, height=int(0.75 * height))
            top, left = y + (tall - len(row)) // 2, x + int(rng.uniform(0.1, 0.5) * height)
            ink[top:top + len(row), left:left + row.shape[1]] = row
            text += label
    picture = on_paper(ink, rng, printed=np.maximum(share(lines), print_), form=some(rng, FORMS))
    return picture, text


def highlighted(take, rng):
    """A number with a highlighter's stripe over it, a little off."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 5)), rng)
    ink = margined(ink, height, rng, 0.5, 1.5)
    (y, x), stripe = np.nonzero(ink > 0.3), blank(ink)
    left, right = (int(height * most) for most in rng.uniform(0, 0.3, 2))
    level, drop = int(y.mean()), int(height * rng.normal(0, 0.1))
    cv2.line(stripe, (x.min() - left, level), (x.max() + right, level + drop), 255,
             int(height * rng.uniform(0.6, 1.2)))
    return on_paper(ink, rng, printed=0.8 * share(stripe), form=some(rng, BRIGHT)), text


def pale_letters_behind(take, rng):
    """A number over a large pale word, as on a copy or a form."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 4)), rng)
    ink = margined(ink, height, rng, 0.8, 1.5)
    word = printed(some(rng, STAMPS), 0.5 * len(ink), int(0.7 * len(ink)), TYPES[0])
    behind = np.zeros_like(ink)
    place = behind[int(0.1 * len(ink)):, 5:][:len(word), :word.shape[1]]
    place[:] = word[:, :place.shape[1]]
    return on_paper(ink, rng, printed=behind, form=(225, 210, 210)), text


def straight_ones(_, rng):
    """A number by a pen of any width on plain paper, its 1s bars; about half of its digits are."""
    pen, slant = np.exp(rng.uniform(np.log(0.03), np.log(0.13))), rng.normal(0, 0.12)

    def take(count, rng):
        inks, labels = pages.drawn_digits((pen, pen))(count, rng)
        for number in np.flatnonzero((labels == 1) | (rng.random(count) < 0.4)):
            bar, lean = np.zeros((240, 200), np.uint8), 100 * (slant + rng.normal(0, 0.03))
            ends = (int(100 - lean), 220), (int(100 + lean), 20)
            cv2.line(bar, *ends, 255, int(200 * pen), cv2.LINE_AA)
            inks[number], labels[number] = share(bar), 1
        return inks, labels
    ink, text, height, _ = row_of(take, int(rng.integers(3, 8)), rng, (0.15, 0.8))
    return on_paper(margined(ink, height, rng), rng), text


def low_on_a_page(take, rng):
    """Three numbers 50 to 70 pixels high, one under another, on a page of 4000 x 3000 pixels."""
    page, texts, x = np.zeros((4000, 3000), np.float32), [], int(rng.integers(150, 1500))
    for y in np.cumsum(rng.integers(200, 1000, 3)):
        row, text, _, _ = row_of(take, int(rng.integers(2, 6)), rng, height=rng.integers(50, 71))
        page[y:y + len(row), x:x + row.shape[1]] = row
        texts.append(text)
    return on_paper(page, rng), "".join(texts)


def turned_page(take, rng):
    """A number or some rows of them, photographed from a side or upside down."""
    page, text = pages.lay_out(lambda count: take(count, rng), some(rng, ("row", "rows")), rng)
    return np.rot90(on_paper(page, rng), rng.integers(1, 4)), text


def slanting_page(take, rng):
    """A number, two with a wide gap between them, or some rows, turned by 15 to 35 degrees."""
    layout = some(rng, ("row", "gap", "rows"))
    if layout == "gap":
        rows = [row_of(take, int(rng.integers(1, 4)), rng, height=70)[:2] for _ in range(2)]
        (one, first), (other, second) = rows
        page = np.concatenate([one, np.zeros((len(one), int(rng.integers(60, 200)))), other], 1)
        text = first + second
    else:
        page, text = pages.lay_out(lambda count: take(count, rng), layout, rng)
    height, width = page.shape
    room = int(0.5 * max(page.shape))
    turn = cv2.getRotationMatrix2D((width / 2 + room, height / 2 + room),
                                   float(some(rng, (-1, 1)) * rng.uniform(15, 35)), 1)
    page = np.pad(page.astype(np.float32), room)
    return on_paper(cv2.warpAffine(page, turn, page.shape[::-1]), rng), text


def climbing_row(take, rng):
    """A number whose digits stand upright in a row that climbs or falls by 10 to 25 degrees."""
    row, text, height, edges = row_of(take, int(rng.integers(3, 7)), rng)
    climb = some(rng, (-1, 1)) * np.tan(np.radians(rng.uniform(10, 25)))
    ink = np.pad(row, ((int(abs(climb) * row.shape[1]),) * 2, (0, 0)))
    downs = [int(climb * (left + right - row.shape[1]) / 2) for left, right in edges]
    return on_paper(margined(moved_down(ink, edges, downs), height, rng), rng), text


def moved_down(ink, edges, downs):
    """A row's coverage, what is between each two edges moved down by so many pixels."""
    ink = ink.copy()
    for (left, right), down in zip(edges, downs):
        ink[:, left:right] = np.roll(ink[:, left:right], down, axis=0)
    return ink


def exponent(take, rng):
    """One or two digits with a smaller one raised beside them, as in 2 to the power of 5."""
    base, text, height, _ = row_of(take, int(rng.integers(1, 3)), rng)
    raised, power, *_ = row_of(take, 1, rng, height=int(height * rng.uniform(0.4, 0.65)))
    ink = np.pad(base, ((int(0.3 * height), 0), (0, raised.shape[1] + int(0.15 * height))))
    ink[:len(raised), -raised.shape[1]:] = raised
    return on_paper(margined(ink, height, rng), rng), text + power


def smaller_number(take, rng):
    """A number, and one 0.3 to 0.55 times as high above it, below it or after it."""
    tall = int(rng.integers(100, 180))
    large, text, _, _ = row_of(take, int(rng.integers(1, 4)), rng, height=tall)
    small, other, height, _ = row_of(take, int(rng.integers(1, 5)), rng,
                                     height=int(tall * rng.uniform(0.3, 0.55)))
    side = some(rng, ("above", "below", "after"))
    if side == "after":
        small = np.pad(small, ((len(large) - len(small), 0), (int(0.5 * height), 0)))
        ink = np.concatenate([large, small], axis=1)
    else:
        small = np.pad(small, ((0, 0), (int(rng.uniform(0, 0.5) * tall), 0)))
        width = max(large.shape[1], small.shape[1])
        large, small = (np.pad(ink, ((0, height // 4), (0, width - ink.shape[1])))
                        for ink in (large, small))
        ink = np.concatenate([small, large] if side == "above" else [large, small])
    text = other + text if side == "above" else text + other
    return on_paper(margined(ink, tall, rng), rng), text


def uneven_row(take, rng):
    """A number whose digits stand up and down by 0.1 to 0.35 of their height, as children's do."""
    row, text, height, edges = row_of(take, int(rng.integers(2, 6)), rng)
    ink, deviation = np.pad(row, ((2 * height,) * 2, (0, 0))), height * rng.uniform(0.1, 0.35)
    downs = [int(rng.normal(0, deviation)) for _ in edges]
    ink = pages.trimmed(moved_down(ink, edges, downs))
    return on_paper(margined(ink, height, rng), rng), text


def touching_digits(take, rng):
    """A number of 3 to 6 digits, each of which touches the next, overlaps it or nearly does."""
    row, text, height, _ = row_of(take, int(rng.integers(3, 7)), rng, gap=(-0.12, 0.02))
    return on_paper(margined(row, height, rng), rng), text


KINDS = (sheet_on_a_table, shadow_on_a_table, form_boxes, circled, date, underlined, decimal_comma,
         word_beside, cropped_row, tight_digit, small_in_a_photograph)
OTHERS = (sums, printed_sign, lettered_list, headed_table, highlighted, pale_letters_behind,
          straight_ones, low_on_a_page, turned_page, slanting_page, climbing_row, exponent,
          smaller_number, uneven_row, touching_digits)


def encoded(picture, rng):
    file = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(
        file, "JPEG" if rng.random() < 0.5 else "PNG", compress_level=1)
    return file.getvalue()


def make(kind, take, count, seed, of=KINDS + OTHERS):
    """Yield `count` pictures of a kind `of` several as the bytes of a file, each with its text."""
    rng = np.random.default_rng([seed, of.index(kind)])
    for _ in range(count):
        picture, text = kind(take, rng)
        yield encoded(picture, rng), "".join(text.split())


def judged(found, text):
    """Whether an answer is right, whether all of it is sure; without a text none may be sure."""
    sure = [digit["sure"] for digit in found]
    if text is None:
        return not any(sure), any(sure)
    return "".join(str(digit["digit"]) for digit in found) == text, bool(sure) and all(sure)


def tally(kind, read, take, count, seed, of=KINDS + OTHERS):
    """How many pictures of a kind `read(data)` gives exactly, and how many wrong but sure."""
    exact = wrong = 0
    for data, text in make(kind, take, count, seed, of):
        right, sure = judged(read(data), text)
        exact, wrong = exact + right, wrong + (sure and not right)
    return exact, wrong


def measure(kinds, read, take, count, seed, of=KINDS + OTHERS):
    """Print the table of what `read(data)` gives: a list of digits as in the JSON."""
    print(f"{'kind':20}{'exact':>8}{'sure and wrong':>16}", flush=True)
    all_exact, all_wrong = 0, 0
    for kind in kinds:
        exact, wrong = tally(kind, read, take, count, seed, of)
        all_exact, all_wrong = all_exact + exact, all_wrong + wrong
        print(f"{kind.__name__.replace('_', ' '):20}{exact:8}{wrong:16}", flush=True)
    print(f"{f'all of {count * len(kinds)}':20}{all_exact:8}{all_wrong:16}", flush=True)


def options(description):
    """A parser of what every benchmark of kinds asks for."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=40, help="of each kind (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the pictures (0)")
    parser.add_argument("--model", type=Path, default=digits.PRETRAINED)
    return parser


def reads_by(model):
    """What reads a file's digits by a model file."""
    reader = digits.Reader(model)
    return lambda file: digits.read_image(file, reader).digits


def asked(description):
    """What a command line asks for: how many pictures of a kind, seed, what reads, what takes."""
    parser = options(description)
    parser.add_argument("--part", choices=["test", "train"], default="test", help="of MNIST (test)")
    args = parser.parse_args()
    data = digits.load_mnist()
    take = pages.mnist_digits(*((data.x_test, data.y_test) if args.part == "test" else
                                (data.x_train[-5000:], data.y_train[-5000:])))
    return args.pictures, args.seed, reads_by(args.model), take


def main():
    pictures, seed, read, take = asked(__doc__)
    start = time.perf_counter()
    for kinds in (KINDS, OTHERS):
        measure(kinds, read, take, pictures, seed)
    seconds = (time.perf_counter() - start) / pictures / len(KINDS + OTHERS)
    print(f"{seconds:.3f} s a picture with making it")


if __name__ == "__main__":
    main()

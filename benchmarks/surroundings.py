"""Numbers of MNIST's test digits among what else people draw and write, on what they write on.

    MNIST_DATA=mnist.npz python benchmarks/surroundings.py [--pictures 40] [--seed 0] [--part test]

A drawing beside the number (of kinds that the network learned as no digit, and of others: see
no_digits.py), a tick, square brackets, x = before it; fractions, telephone numbers in groups; skin,
cardboard, wood, concrete and cloth, a wiped blackboard, a lamp on a whiteboard, a cup's stain,
punched holes. None of these surroundings was learned with digits in them. Only digits count as
text. Sure and wrong: the text is wrong and every digit given is called sure.
"""
import cv2
import kinds
import no_digits
import numpy as np
from kinds import LIGHT, PENS, TABLES, extent, margined, on_paper, pages, row_of, share, some

WIDTHS = 0.05, 0.11         # of the digits' height, of the strokes beside them
MARKERS = (200, 30, 40), (20, 110, 60), (30, 50, 170), (30, 30, 30)
BOARDS = (40, 70, 55), (45, 48, 52)
GROUPS = (3, 3, 4), (2, 4, 4), (3, 2, 2, 2), (4, 3, 3)      # of a telephone number's digits


def number(take, rng, left=0.0, right=0.0):
    """Coverage of a number with a margin, so many heights more at its sides; text and height."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 6)), rng)
    ink = margined(ink, height, rng, 0.5, 1.4)
    return np.pad(ink, ((0, 0), (int(left * height), int(right * height)))), text, height


def with_strokes(ink, height, strokes, rng):
    """A coverage with strokes besides, of points x, y in pixels, by the pen of digits so high."""
    canvas, width = np.zeros(ink.shape, np.uint8), max(2, int(height * rng.uniform(*WIDTHS)))
    cv2.polylines(canvas, [np.int32(16 * np.array(points)) for points in strokes], False, 255,
                  width, cv2.LINE_AA, 4)
    return np.maximum(ink, share(canvas))


def beside(take, rng, strokes):
    """A number and, at one side of it, strokes of points from 0 to 1."""
    before = rng.random() < 0.5
    ink, text, height = number(take, rng, left=1.9 * before, right=1.9 * (not before))
    left, top, right, bottom = extent(ink)
    size, away = height * rng.uniform(0.8, 1.2), height * rng.uniform(0.85, 1.25)
    corner = np.array([left - away if before else right + away, (top + bottom) / 2]) - size / 2
    moved = [size * np.array(points) + corner for points in strokes]
    return on_paper(with_strokes(ink, height, moved, rng), rng), text


def drawing_beside(take, rng):
    return beside(take, rng, some(rng, [*no_digits.KNOWN.values()]))


def other_drawing_beside(take, rng):
    return beside(take, rng, some(rng, [*no_digits.OTHERS.values()]))


def tick_beside(take, rng):
    return beside(take, rng, [[(0.2, 0.6), (0.4, 0.95), (0.95, 0)]])


def in_brackets(take, rng):
    """A number in square brackets."""
    ink, text, height = number(take, rng, 0.5, 0.5)
    left, top, right, bottom = extent(ink)
    top, bottom = top - 0.1 * height, bottom + 0.1 * height
    strokes = [[(x + hook, top), (x, top), (x, bottom), (x + hook, bottom)]
               for x, hook in ((left - 0.25 * height, 0.15 * height),
                               (right + 0.25 * height, -0.15 * height))]
    return on_paper(with_strokes(ink, height, strokes, rng), rng), text


def equation(take, rng):
    """x = and a number."""
    ink, text, height = number(take, rng, left=2.2)
    left, top, _, bottom = extent(ink)
    signs = [[(0, 0.3), (0.5, 0.9)], [(0.5, 0.3), (0, 0.9)], [(0.85, 0.38), (1.3, 0.38)],
             [(0.85, 0.62), (1.3, 0.62)]]
    strokes = [height * np.array(points) + (left - 1.6 * height, (top + bottom - height) / 2)
               for points in signs]
    return on_paper(with_strokes(ink, height, strokes, rng), rng), text


def fraction(take, rng):
    """A number over another, a bar between them."""
    height = int(rng.integers(44, 90))
    (upper, above, *_), (lower, below, *_) = (
        row_of(take, int(rng.integers(1, 3)), rng, height=height) for _ in range(2))
    gap, width = height // 2, max(upper.shape[1], lower.shape[1]) + height // 2
    ink = np.zeros((len(upper) + gap + len(lower), width), np.float32)
    for y, one in ((0, upper), (len(upper) + gap, lower)):
        x = (width - one.shape[1]) // 2
        ink[y:y + len(one), x:x + one.shape[1]] = one
    y = len(upper) + gap / 2
    ink = with_strokes(ink, height, [[(0, y), (width, y + rng.normal(0, 0.05) * height)]], rng)
    return on_paper(margined(ink, height, rng), rng), above + below


def telephone(take, rng):
    """A telephone number in groups, on a slope."""
    height, text, parts = int(rng.integers(44, 90)), "", []
    for count in some(rng, GROUPS):
        row, label, *_ = row_of(take, count, rng, gap=(0.1, 0.3), height=height)
        parts.append(np.pad(row, ((0, 0), (0, int(height * rng.uniform(0.6, 0.9))))))
        text += label
    ink = np.pad(np.concatenate(parts, axis=1), int(1.5 * height))
    tall, wide = ink.shape
    turn = cv2.getRotationMatrix2D((wide / 2, tall / 2), rng.uniform(-6, 6), 1)
    return on_paper(cv2.warpAffine(ink, turn, (wide, tall)), rng), text


def blotches(shape, rng, size):
    """Smooth noise (height, width) of standard deviation 1 or less, its grain so many pixels."""
    coarse = rng.normal(0, 1, [max(2, side // size) for side in shape]).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def rough_ground(take, rng):
    """A number on skin, cardboard, wood, concrete or cloth."""
    ink, text, _ = number(take, rng)
    shape, (rows, columns) = ink.shape, np.indices(ink.shape, np.float32)
    grain = cv2.resize(rng.normal(0, 0.1, (shape[0] // 3 + 2, 2)), shape[::-1],
                       interpolation=cv2.INTER_CUBIC)
    colour, texture = some(rng, (
        ((205, 160, 130), 0.04 * blotches(shape, rng, 12) + 0.03 * blotches(shape, rng, 3)),
        ((176, 138, 96), 0.07 * np.sin(columns / rng.uniform(2, 5)) +
         0.04 * blotches(shape, rng, 4)),
        ((196, 160, 112), grain + 0.03 * blotches(shape, rng, 3)),
        ((150, 148, 144), 0.08 * blotches(shape, rng, 6) + 0.08 * blotches(shape, rng, 2)),
        ((200, 205, 215), 0.08 * np.sin(1.6 * columns) * np.sin(1.6 * rows) +
         0.08 * blotches(shape, rng, 40))))
    ground = np.float32(colour) * (1 + texture[..., None])
    picture = pages.inked(ink, some(rng, PENS[:2]), ground)
    picture = picture * (1 - rng.uniform(0.05, 0.3) * pages.slope(shape, rng))
    return pages.grain(picture, rng, rng.uniform(1, 4)), text


def wiped_board(take, rng):
    """A number in dusty chalk on a board with the clouds that a sponge left."""
    ink, text, height = number(take, rng)
    clouds = np.zeros(ink.shape, np.float32)
    for _ in range(int(rng.integers(2, 6))):
        start, wipe = rng.uniform(0, 1, 2) * ink.shape[::-1], np.zeros(ink.shape, np.uint8)
        end = start + rng.normal(0, 2 * height, 2)
        cv2.line(wipe, start.astype(int).tolist(), end.astype(int).tolist(), 255,
                 int(height * rng.uniform(0.3, 0.8)))
        clouds += cv2.GaussianBlur(share(wipe), (0, 0), 0.1 * height) * rng.uniform(0.05, 0.16)
    clouds = np.clip(clouds * (1 + 0.5 * blotches(ink.shape, rng, 3)), 0, 1)
    board = pages.inked(clouds, (255, 255, 255), some(rng, BOARDS))
    dusty = ink * np.clip(0.75 + 0.35 * blotches(ink.shape, rng, 2), 0, 1)
    return pages.grain(pages.inked(dusty, (235, 235, 225), board), rng, 3), text


def lamp_on_a_whiteboard(take, rng):
    """A number in a coloured marker on a board that mirrors a lamp."""
    ink, text, height = number(take, rng)
    rows, columns = np.indices(ink.shape, np.float32)
    y, x = rng.uniform(0, 1, 2) * ink.shape
    radius = height * rng.uniform(0.5, 1.2)
    lamp = 0.75 * np.exp(-((columns - x)**2 + (rows - y)**2) / (2 * radius**2))
    picture = pages.inked(ink, some(rng, MARKERS), (228, 228, 228))
    return pages.grain(pages.inked(lamp, (255, 255, 255), picture), rng, 2), text


def stained(take, rng):
    """A number on paper with a brown ring that a cup left."""
    ink, text, height = number(take, rng)
    ring = np.zeros(ink.shape, np.uint8)
    middle = (rng.uniform(0, 1, 2) * ink.shape[::-1]).astype(int).tolist()
    cv2.circle(ring, middle, int(height * rng.uniform(0.8, 1.6)), 255, max(2, int(0.12 * height)),
               cv2.LINE_AA)
    stain = cv2.GaussianBlur(share(ring), (0, 0), 2)
    stain *= np.clip(0.5 + 0.3 * blotches(ink.shape, rng, 15), 0, 0.9)
    return pages.inked(stain, (150, 105, 60), on_paper(ink, rng)), text


def punched_holes(take, rng):
    """A number on a sheet with a red margin and holes through which the table shows."""
    ink, text, height = number(take, rng, left=1.5)
    ink = np.pad(ink, ((int(0.6 * height), int(0.6 * height)), (0, 0)))
    picture, table = on_paper(ink, rng, paper=some(rng, LIGHT)), some(rng, TABLES)
    step = height * rng.uniform(1.6, 3.2)
    for y in np.arange(rng.uniform(0, 1) * height, len(ink), step):
        cv2.circle(picture, (int(0.5 * height), int(y)), int(0.28 * height), table, -1, cv2.LINE_AA)
    line = int(1.1 * height)
    cv2.line(picture, (line, 0), (line, len(ink)), (220, 120, 130), 2, cv2.LINE_AA)
    return picture, text


SURROUNDINGS = (drawing_beside, other_drawing_beside, tick_beside, in_brackets, equation, fraction,
                telephone, rough_ground, wiped_board, lamp_on_a_whiteboard, stained, punched_holes)


def main():
    pictures, seed, read, take = kinds.asked(__doc__)
    kinds.measure(SURROUNDINGS, read, take, pictures, seed, SURROUNDINGS)


if __name__ == "__main__":
    main()

"""Numbers of MNIST's test digits among what else people draw and write, on what they write on.

    MNIST_DATA=mnist.npz python benchmarks/surroundings.py [--pictures 40] [--seed 0] [--part test]

A drawing beside the number (of kinds that the network learned as no digit, and of others: see
no_digits.py), a scribble, a tick, square brackets, x = before it, a per cent sign after it;
fractions, telephone numbers in groups; a number in the outline of a shirt, a heart, a cloud; a pen,
a coin, a paper clip, a rubber or a cable on the paper; skin, cardboard, wood, concrete and cloth, a
wiped blackboard, a lamp on a whiteboard, a cup's stain, punched holes. None of these surroundings
but the signs was learned with digits in them. Only digits count as text. Sure and wrong: the text
is wrong and every digit given is called sure.
"""
import cv2
import kinds
import no_digits
import numpy as np
from kinds import LIGHT, PENS, TABLES, extent, margined, on_paper, pages, row_of, share, some

WIDTHS = 0.05, 0.11         # of the digits' height, of the strokes beside them
MARKERS = (200, 30, 40), (20, 110, 60), (30, 50, 170), (30, 30, 30)
THINGS = (110, 40, 150), (245, 200, 60), (200, 30, 40), (250, 250, 250), (30, 30, 30)
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


def per_cent(take, rng):
    """A number and a per cent sign, its slash more or less steep, its rings of any size."""
    ink, text, height = number(take, rng, right=1.5)
    _, top, right, bottom = extent(ink)
    lean = rng.uniform(0.15, 0.4)
    rings = [no_digits.arc(0, 0, *rng.uniform(0.1, 0.22, 2)) + rng.normal(middle, 0.04)
             for middle in ((0.15, 0.2), (0.85, 0.8))]
    size = height * rng.uniform(0.8, 1.1)
    corner = right + rng.uniform(0.15, 0.5) * height, (top + bottom - size) / 2
    strokes = [size * np.array(points) + corner
               for points in ([(0.5 + lean, 0), (0.5 - lean, 1)], *rings)]
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


def scribble_beside(take, rng):
    """A number and a wild zigzag such as crosses a mistake out."""
    turns = int(rng.integers(8, 20))
    zigzag = np.stack([np.linspace(0, 1, turns), np.arange(turns) % 2], axis=1)
    return beside(take, rng, [zigzag + rng.normal(0, 0.1, zigzag.shape)])


ARC = no_digits.arc
FRAMES = {                      # strokes, and how often the number's width and height they measure
    "heart": ([no_digits.heart()], 2.1),
    "star": ([no_digits.star()], 3.6),
    "cloud": ([[*ARC(0.25, 0.6, 0.25, 0.25, 90, 270), *ARC(0.45, 0.35, 0.25, 0.25, 180, 310),
                *ARC(0.75, 0.5, 0.25, 0.3, 250, 440), (0.25, 0.85)]], 2),
    "shirt": ([[(0.3, 0), (0, 0.2), (0.1, 0.4), (0.22, 0.32), (0.22, 1), (0.78, 1), (0.78, 0.32),
                (0.9, 0.4), (1, 0.2), (0.7, 0), (0.5, 0.12), (0.3, 0)]], 2.2),
    "speech": ([[*ARC(0.5, 0.42, 0.5, 0.42, 130, 410), (0.2, 1), (0.18, 0.75)]], 1.8),
    "arrow": ([[(0, 0.2), (0.6, 0.2), (0.6, 0), (1, 0.5), (0.6, 1), (0.6, 0.8), (0, 0.8),
                (0, 0.2)]], 2.6),
    "diamond": ([[(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.5, 0)]], 2.6),
    "shield": ([[(0, 0), (1, 0), (1, 0.6), (0.5, 1), (0, 0.6), (0, 0)]], 1.9),
}


def in_a_drawing(take, rng):
    """One or two digits in the outline of something."""
    ink, text, height, _ = row_of(take, int(rng.integers(1, 3)), rng)
    ink, (strokes, times) = np.pad(ink, 3 * height), some(rng, [*FRAMES.values()])
    left, top, right, bottom = extent(ink)
    size = times * np.maximum((right - left, bottom - top), 0.75 * max(right - left, bottom - top))
    corner = (np.array([left + right, top + bottom]) - size) / 2
    ink = with_strokes(ink, height, [size * np.array(points) + corner for points in strokes], rng)
    left, top, right, bottom = extent(ink)
    away = height // 2
    return on_paper(ink[max(0, top - away):bottom + away, max(0, left - away):right + away],
                    rng), text


def with_room_for_a_thing(take, rng):
    """Float picture of a number with room, whose middle, whether that is above; text, height."""
    ink, text, height = number(take, rng)
    room, above = int(1.9 * height), rng.random() < 0.5
    ink = np.pad(ink, ((room, 0), (0, 0)) if above else ((0, 0), (0, room)))
    middle = (ink.shape[1] / 2, 0.5 * room) if above else (ink.shape[1] - 0.5 * room,
                                                           ink.shape[0] / 2)
    return np.array(on_paper(ink, rng)), np.array(middle), above, text, height


def fill(picture, points, colour):
    """Paint a face of a thing into a picture."""
    cv2.fillPoly(picture, [np.int32(16 * np.array(points))], [float(level) for level in colour],
                 cv2.LINE_AA, 4)


def pen_on_the_paper(take, rng):
    """A pen or a pencil of 2 to 7 heights, with its shadow, above or beside a number."""
    picture, middle, above, text, height = with_room_for_a_thing(take, rng)
    length = height * np.exp(rng.uniform(*np.log([2, 7])))
    width, colour = length / rng.uniform(11, 17), np.array(some(rng, THINGS))
    angle = rng.normal(0 if above else np.pi / 2, 0.15)
    along = np.array([np.cos(angle), np.sin(angle)]) * rng.choice([-1, 1])
    aside, tip = width * np.array([-along[1], along[0]]), middle + length * rng.random() * along
    back, neck = tip - length * along, tip - 1.8 * width * along
    body = np.array([back + aside / 2, neck + aside / 2, tip, neck - aside / 2, back - aside / 2])
    shadow = np.zeros(picture.shape[:2], np.uint8)
    fill(shadow, body + 0.4 * width, [255])
    shadow = cv2.GaussianBlur(share(shadow), (0, 0), 0.25 * width)
    picture *= 1 - 0.45 * shadow[..., None]
    fill(picture, body, colour)
    fill(picture, [tip - 0.6 * width * along + 0.17 * aside, tip,
                   tip - 0.6 * width * along - 0.17 * aside], (30, 30, 30))
    fill(picture, [back + 0.1 * aside, neck + 0.1 * aside, neck + 0.3 * aside, back + 0.3 * aside],
         np.minimum(255, colour + 60))
    return pages.grain(picture, rng, 2), text


FACES = {                       # of things: corners in a box of side 1 around 0, and colour
    "coin": [(ARC(0, 0, 0.5, 0.5), (110, 80, 40)), (ARC(0, 0, 0.47, 0.47), (185, 150, 90)),
             (ARC(0, 0, 0.4, 0.4), (150, 115, 60)), (ARC(0, 0, 0.2, 0.3), (120, 95, 50))],
    "rubber": [([(-0.5, -0.3), (0.5, -0.3), (0.5, 0.3), (-0.5, 0.3)], (235, 235, 240)),
               ([(0, -0.3), (0.5, -0.3), (0.5, 0.3), (0, 0.3)], (40, 70, 160))],
}
WIRES = {                       # likewise of things that are a wire
    "clip": [(-0.15, 0.25), (-0.15, -0.3), *ARC(0, -0.3, 0.15, 0.15, 180, 360), (0.15, 0.35),
             *ARC(-0.05, 0.35, 0.2, 0.15, 0, 180), (-0.25, -0.35),
             *ARC(-0.03, -0.35, 0.22, 0.15, 180, 300)],
    "cable": [(-0.8, 0), *ARC(-0.4, 0, 0.2, 0.3, 180, 360), *ARC(0.1, 0, 0.3, 0.2, 180, 0),
              (0.7, -0.3)],
}


def thing_on_the_paper(take, rng):
    """A coin, a rubber, a paper clip or a cable above or beside a number."""
    picture, middle, _, text, height = with_room_for_a_thing(take, rng)
    size, turn, kind = height * rng.uniform(0.8, 1.4), rng.uniform(0, 2 * np.pi), \
        some(rng, [*FACES, *WIRES])
    view = size * np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    for corners, colour in FACES.get(kind, ()):
        fill(picture, np.array(corners) @ view + middle, colour)
    if kind in WIRES:
        points = np.int32(16 * (np.array(WIRES[kind]) @ view + middle))
        colour = [float(level) for level in some(rng, THINGS)]
        cv2.polylines(picture, [points], False, colour, max(2, int(0.08 * height)), cv2.LINE_AA, 4)
    return pages.grain(picture, rng, 2), text


SURROUNDINGS = (drawing_beside, other_drawing_beside, tick_beside, in_brackets, equation, fraction,
                telephone, rough_ground, wiped_board, lamp_on_a_whiteboard, stained, punched_holes,
                scribble_beside, in_a_drawing, pen_on_the_paper, thing_on_the_paper, per_cent)


def main():
    pictures, seed, read, take = kinds.asked(__doc__)
    kinds.measure(SURROUNDINGS, read, take, pictures, seed, SURROUNDINGS)


if __name__ == "__main__":
    main()

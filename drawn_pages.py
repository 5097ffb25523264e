"""Digits and what is no digit, as people write and photograph them, made to learn from and test on.

    python drawn_pages.py sheet.png [--seed 0]      draws a sheet of examples, each beside its mask

`drawn` writes digits and letters stroke by stroke, each in one of the WAYS in which people write
it, as images like MNIST's; `non_digits` makes what is none: scribbles, drawings, blots, digits
halved, turned, side by side. `make_picture` writes digits of MNIST's training images, or drawn
ones, onto an empty page, with all that stands beside digits in life (words, slashes, boxes,
circles, underlines); paints the page in a pen on a paper; and takes a picture of it: on a table,
under a shadow, cut tightly, blurred, noisy; `found_again` and `left_over` are what finding then
takes for digits, rightly and wrongly. A page is three coverages, (LAYERS, height, width) uint8: the
digits, what the same pen wrote besides, and what was printed. What is random comes from the
generator that is handed in.
"""
import argparse
import functools
import itertools
import math
import string
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

# ==== Digits and letters, stroke by stroke ========================================================

SIZE, BOX = 28, 20          # pixels, side of MNIST's images, and longer side of the digit in one

# In shares of the box where no unit is given. Compared on MNIST's training images:
# benchmarks/drawn.py --part train
CURVE, LIFT = 24, 3         # points that a stroke passes; fewer than so many are left out at an end
WOBBLE, SLOPPY = 0.08, 0.4  # standard deviation of a point, and of its logarithm from hand to hand
HANDS = 0.2, 0.15, 0.15, 0.15, 0.25, 0.25, 0.3  # and of turn, slant, bend, taper, two warps, aspect
PEN, PRESSURE = (1.25, 3.75), 0.2  # pixels of width; likewise of a stroke's third, as a share of it

# Ways that people write each digit, weight:strokes of points x, y on a grid from 0 to 9; then
# letters, some of them Greek or Cyrillic, and signs, but for B, D, I, O, Q, S, Z, b, g, i, l, o,
# q, s, z, which are a digit in somebody's hand.
WAYS = (
    "10:503012151739597885836040 8:70401316395987847250 4:306083866939161330 "
    "4:6040121639698683603032 4:4013163969868371 1:503012151739597885836040,8019 "
    "2:2816134070838679",
    "12:5059 2:23505059 1:325059 2:23505059,2989 1:5059,2989 1:505979 1:05505059 1:14606069 "
    "1:14505059 1:04505059 3:05606059 3:06606059 3:04325059 3:06606059,2989 3:0532606059,1999 "
    "1:0250505059,2979 2:0232606059",
    "8:122050727446191989 10:132060737548291827385889 4:1220507274461919385988 "
    "4:231220607447191989 2:108080191989 6:1320607375393906175789 8:124070744829080616467899 "
    "6:113070675729090705356899 4:122050727446191959 4:213070725619090735578879 "
    "4:132050726458493828486989 4:22305162553819193979 3:31506255483928386978 "
    "3:13314161735419298979",
    "8:113071725444547578593918 4:108080444475785918 4:114071734535445677592917 "
    "6:1140717344447678592817 4:21507163444486894907 4:12307073545476793917 "
    "4:114070734454447678592817 4:105072445578590907 4:21306153444464775928 2:1040716366573908 "
    "5:13106072444476791906 4:123071634454857849080617",
    "8:30151585,7079 4:60060696,6069 2:20142555707069 6:10151595,6269 4:20143555707079 "
    "4:2014355575,8079 2:50050585,5459 4:201214356472707069 4:1015255575,6069 2:30050585,6069 "
    "3:40251555,5059 4:40140676,5449 4:40140666,4439 4:50150686,5349 "
    "3:4015157575,7469 3:40055575,6459 3:5004147586,8069 4:501425657464,6479 4:400515457364,6469 "
    "3:4014158585,7049 4:5016757559 4:40051574745469",
    "8:201515547577592918,2080 6:80202014144476785918 4:804022245576693918 "
    "4:201515547577592918,3181 4:80303024245465674929 2:2025256476685928,2090 "
    "4:20153565775928,2070 4:7030144476684928 4:70302455674918 3:9030224465674908",
    "8:60311317396987754516 6:301517396977653517 4:602416285978664627 4:5014173969776545 "
    "4:401216297986642416 4:7030131639697775553617 4:401216295977643417 4:301417396978664517 "
    "4:502427496977664627 6:503215284968654527",
    "10:10808049 4:131010808049 3:10808049,2575 6:1080805449 4:114081815439 4:12305180804449 "
    "2:12305180804449,2575 4:12808059 4:0320808059 2:0420707049,2575 4:030070808049 3:151210808059 "
    "4:204081836459 3:020110808059,2575 4:1210808049,1575 3:0300808059,2585 "
    "2:1020808039,0575,1949",
    "8:7150212354776939172654737150 4:5020133555737050,4516184979865545 4:8040123466785929174580 "
    "4:8250212355775929174582 4:2013357769491754636020 4:714012245677692917356372 "
    "4:60302234557769391735637150 4:31507163351739697755332140 2:70201355784918366480 "
    "4:80503255775928467390 3:203557684927457270",
    "8:70401214354664717079 6:71401215467371785929 4:3012154674707069 4:60301335647260707539 "
    "4:7040121536637069 4:7140121445637174693918 6:603013154572707069 6:602003255572707059 "
    "4:6040223353717069 4:7030133464717069 4:502003153562707068 4:60402244617059 "
    "3:603013355270736659 4:70301224557270706889 3:6030133565716859190917 6:5020123463717587693908 "
    "6:6030123362707688692809 6:502122345462618587794909 "
    "4:71401223446371718689491907 4:714012234463717587592908 3:63322350707243140919 "
    "3:532240708153240918 4:70201224547172775818094989 4:703012245471727889090828 "
    "6:61301234637185884809 6:724011235372866909 3:6130123463718588480919 "
    "6:614011234361648678490918",
    "094099,2474 90000999,0474 900009,0474 0009,9099,0494 0009,900499 000999 0900449099 09009990 "
    "090070927404 090070927404,4499 0090,4049 000729799790 004990 0029447990 0099,9009 004490,4449 "
    "9097792907 9270200207297997 04949270200207297997 0009,04227499 0902,04224449,44729499 "
    "2027497977,0272 0009,7224,2479 0044,9009 9074290704224299 0022449009,4429 70772907042272,7079 "
    "0209,042272 704022290272 4049,0494 0292,0797 0220709244,4749 2029,7079,0292,0797 0042,4409 "
    "2009,2099,0474 19224061634475775837 0120445749385480 71402244263978 10315589,4519 "
    "1921,2125466571,717686 021181,3129,617989 1114467481,5049 "
    "8056371532536687 0099,9009,5059 00099990,5059 999040224494,5419")


def read_way(text):
    """Weight and strokes, each points (k, 2) in a box of side 1 around 0, of one of WAYS."""
    weight, _, strokes = text.rpartition(":")
    points = (np.reshape([int(x_or_y) for x_or_y in stroke], (-1, 2))
              for stroke in strokes.split(","))
    return float(weight or 1), [stroke / 9 - 0.5 for stroke in points]


@functools.cache
def curve_weights(count):
    """Weights (2, CURVE, count) that make `count` points a polyline and a smooth curve near it."""
    times, shifts = np.linspace(-1, count, CURVE), np.linspace(-0.8, 0.8, 9)
    polylines = [[np.interp(times + shift, np.arange(count), unit) for unit in np.eye(count)]
                 for shift in shifts]
    return np.swapaxes([polylines[4], np.mean(polylines, axis=0)], 1, 2)


@functools.cache
def ways(label):
    """Shares and strokes of the ways to write a digit, or, for 10, letters that are none."""
    weights, strokes = zip(*map(read_way, WAYS[label].split()))
    return np.divide(weights, sum(weights)), strokes


def draw(strokes, n, rng):
    """Images (n, 28, 28) uint8 of strokes, each points (k, 2) in a box of side 1, by n hands."""
    def normal(deviation, *shape):
        return rng.normal(0, deviation, (n, *shape))
    wobble, smooth = WOBBLE * np.exp(normal(SLOPPY, 1, 1)), rng.uniform(0.7, 1, (n, 1, 1))
    curves = []
    for points in strokes:
        same = np.cumsum(np.diff(points, axis=0, prepend=9).any(axis=1)) - 1    # a corner stays one
        points = points + (wobble * normal(1, len(points), 2))[:, same] + normal(WOBBLE / 2, 1, 2)
        angular, round_ = curve_weights(len(same))
        curves.append(angular @ points + smooth * ((round_ - angular) @ points))
    x, y = np.moveaxis(np.concatenate(curves, axis=1), 2, 0)
    turn, slant, bend, taper, wider, lower, aspect = normal(HANDS, 7).T[:, :, None]
    y = y + lower * (y * y - 0.25)
    x = (x * (1 + 2 * taper * y) + bend * (y * y - 0.25) + wider * (x * x - 0.25)) * np.exp(aspect)
    curve = np.stack([x - (turn + slant) * y, y + turn * x], axis=2)
    low, high, pen = curve.min(axis=1), curve.max(axis=1), rng.uniform(*PEN, n)
    scale = 4 * (BOX - pen) / np.maximum((high - low).max(axis=1), 1e-3)    # at 4 times the size
    curve = scale[:, None, None] * (curve - (low + high)[:, None] / 2) + 2 * SIZE
    curve = np.rint(16 * curve).astype(np.int32).reshape(n, len(strokes), CURVE, 2)  # in sixteenths
    widths = np.maximum(2, 4 * pen[:, None] * (1 + normal(PRESSURE, 3))).astype(int)
    canvas = np.zeros((n, 4 * SIZE, 4 * SIZE), np.uint8)
    starts, ends = rng.integers(0, LIFT, (2, n, len(strokes)))
    for image, lines, width, *ways in zip(canvas, curve, widths.tolist(), starts, CURVE - ends):
        for line, start, end in zip(lines, *ways):
            for third in range(3):
                part = line[max(start, third * CURVE // 3):min(end, (third + 1) * CURVE // 3 + 1)]
                cv2.polylines(image, [part], False, 255, width[third], cv2.LINE_8, 4)
    # It is this that smooths the edges: lines that are smooth themselves take twice as long.
    return cv2.resize(canvas.reshape(-1, 4 * SIZE), (SIZE, n * SIZE),
                      interpolation=cv2.INTER_AREA).reshape(n, SIZE, SIZE)


def drawn(labels, rng):
    """Images (n, 28, 28) of labels, digits or 10 for a letter or sign, each in one of its ways."""
    images = np.zeros((len(labels), SIZE, SIZE), np.uint8)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        shares, strokes = ways(label)
        chosen = rng.choice(len(shares), len(own), p=shares)
        for number in np.unique(chosen):
            images[own[chosen == number]] = draw(strokes[number], (chosen == number).sum(), rng)
    return images


# Shares of what is no digit; halves of digits (left, right, top, bottom) and turns that are none.
NON_DIGITS = {"letter": 0.17, "sign": 0.07, "print": 0.13, "scribble": 0.2, "cloud": 0.04,
              "blot": 0.04, "turn": 0.07, "half": 0.06, "pair": 0.1, "drawing": 0.12}
HALVES = {2: "lrtb", 3: "lr", 4: "lb", 5: "lrtb", 6: "r", 8: "lr"}
TURNS = {np.fliplr: (3, 4, 6, 7, 9), np.rot90: (1, 2, 3, 4, 5, 6, 9), np.flipud: (4, 7)}
# Hearts, stars, a triangle, a house, faces, a sun, arrows, a question mark, a flower, a moon, a
# cloud, an envelope, a fish, &, @, a person, a tree, a cup, crossed rings and boxes, *, EUR, YEN,
# a ship, a gem, a flag: strokes as in WAYS. What is but a ring, a box or a drop is a 0 somewhere.
DRAWINGS = (
    "53534120030527595987959380615353 490603113143618193964949 505089890303939329295050 "
    "5050639393657878461818350303335050 5050979707075050,0202929259590202 5050989808085050 "
    "0909040450509494999909,39366669 50110306297996937150,26485876,3334,6364 "
    "50110306297996937150,28465678,3334,6364 "
    "422425475775745242,4041,4849,0414,8494,1122,8172,1827,8878 0494,61949467 0494,31040437 "
    "02107092844546,4849 4430306044909044989869442929084404000444 602003062969694643606060 "
    "19061525253151646483968919 010191919898080801,015591 9752220528579397 9932306063163839698995 "
    "64433436576564679693703003063979 4031425140,4246,144374,194679 5050070797975050,4749 "
    "0202181868687202,73949665 50110306297996937150,1188,8118 000090909999090900,1188,8118 "
    "4049,0297,0792 713003063978,0363,0565 0045,9045,4549,2575,2777 "
    "06069696787818180606,4640407546 2020707093934949030320,0393 "
    "19101082821414")
DRAWING_PENS = 0.04, 0.11   # width, of a drawing's height; a wider one would fill it


def non_digits(images, labels, count, rng, fit):
    """Images (count, 28, 28) of what is no digit, made from nothing or from labelled digits.

    `fit` makes an image of ink of any size.
    """
    kinds, made = rng.choice(list(NON_DIGITS), count, p=list(NON_DIGITS.values())).tolist(), []
    made += list(drawn(np.full(kinds.count("letter"), 10), rng))
    for _ in range(kinds.count("scribble") // 4):
        made += list(draw([wild_path(8, rng) - 0.5], 4, rng))
    kinds = [kind for kind in kinds if kind not in ("letter", "scribble")]
    while len(made) < count:
        ink = non_digit(kinds[len(made) % len(kinds)], images, labels, rng)
        if ink is not None and (ink := inked(ink)).size > 20:
            made.append(fit(np.ascontiguousarray(ink)))
    return np.array(made)


def wild_path(least, rng):
    """Points (k, 2) from 0 to 1 of a wild stroke: a zigzag, a spiral, a walk, or anywhere.

    Where they are anywhere they are `least` or more; with few of them it may look like a digit.
    """
    kind, turn = rng.integers(5), rng.uniform(0, 2 * math.pi)
    count = int(rng.integers(8, 20))
    if kind == 0:
        points = np.stack([np.arange(count) / count, rng.uniform(0.2, 1) * (np.arange(count) % 2)],
                          axis=1) + rng.normal(0, 0.04, (count, 2))
    elif kind == 1:
        angles = np.linspace(0, 2 * math.pi * rng.uniform(2, 3.5), CURVE)
        circle = np.stack([np.cos(angles), rng.uniform(0.5, 1) * np.sin(angles)], axis=1)
        points = (rng.uniform(0, 0.3) + angles / angles[-1])[:, None] * circle
    elif kind == 2:
        points = np.cumsum(rng.normal(0, 1, (count, 2)), axis=0)
    else:
        points = rng.random((int(rng.integers(least, 3 * least + 5)), 2))
    cosine, sine = math.cos(turn), math.sin(turn)
    points = points @ np.array([(cosine, sine), (-sine, cosine)])
    return (points - points.min(axis=0)) / np.ptp(points, axis=0).max()


def inked(ink):
    """The part of an image (height, width) that holds ink."""
    left, top, width, height = cv2.boundingRect(np.uint8(ink > 60))
    return ink[top:top + height, left:left + width]


def non_digit(kind, images, labels, rng):
    """Ink of a kind of NON_DIGITS, from nothing or from labelled digits; None if it may be one."""
    i, j = rng.integers(len(images), size=2)
    if kind == "cloud":                     # such as a threshold leaves of a photograph
        noise = rng.normal(0, 1, (64, 64)).astype(np.float32)
        field = cv2.GaussianBlur(noise, (0, 0), rng.uniform(1.5, 6))
        return np.clip((field / field.std() - rng.uniform(0.3, 1.2)) * 300, 0, 255).astype(np.uint8)
    if kind == "blot":
        angles, radii = np.linspace(0, 2 * math.pi, 16), rng.uniform(rng.uniform(14, 28), 28, 16)
        corners = 32 + np.stack([np.cos(angles), rng.uniform(0.6, 1) * np.sin(angles)]) * radii
        ink = cv2.fillPoly(np.zeros((64, 64), np.uint8), [corners.T.astype(np.int32)], 255,
                           cv2.LINE_AA)
        return cv2.circle(ink, rng.integers(20, 44, 2).tolist(), int(rng.integers(0, 5)), 0, -1)
    if kind == "sign":
        return write_sign(rng.choice(list("+++=x#%$$v")), new_hand(None, 56, rng), rng)[0]
    if kind == "drawing":
        hand = new_hand(None, 56, rng)._replace(pen=between(rng, DRAWING_PENS, logarithmic=True))
        return ink_of(curved(read_way(rng.choice(DRAWINGS.split()))[1], hand, rng), hand)[0]
    if kind == "print":
        letter = str(rng.choice(list(NEVER_DIGITS)))
        text = PRINTS["S"](rng) if chance(rng, 0.3) else \
            letter + pick(rng, {"": 15, ".": 1, ":": 1, ")": 1, some_word(rng)[:2]: 3})
        return None if text == "°" else printed(text, 56, rng)      # which looks like a 0
    if kind == "turn":
        turn = list(TURNS)[rng.integers(len(TURNS))]
        return turn(images[i]) if labels[i] in TURNS[turn] else None
    if kind == "half":
        return half(images[i], labels[i], rng)
    other = half(images[j], labels[j], rng) if rng.random() < 0.3 else inked(images[j])
    return None if other is None else side_by_side(inked(images[i]), other, rng)


def half(image, label, rng):
    """About half of a digit's ink; None where that may be a digit."""
    if label not in HALVES:
        return None
    ink, share = inked(image), rng.uniform(0.4, 0.6)
    y, x = (int(share * side) for side in ink.shape)
    chosen = rng.choice(list(HALVES[label]))
    return {"l": ink[:, :x], "r": ink[:, -x:], "t": ink[:y], "b": ink[-y:]}[chosen]


def side_by_side(one, other, rng):
    """Two inks in random order, so close that they touch or nearly do."""
    canvas, x = np.zeros((36, one.shape[1] + other.shape[1] + 8), np.uint8), 4
    for ink in (one, other) if rng.random() < 0.5 else (other, one):
        y = max(0, (36 - len(ink)) // 2 + rng.integers(-2, 3))
        place = canvas[y:y + len(ink), x:x + ink.shape[1]]
        np.maximum(place, ink[:, :place.shape[1]], out=place)
        x = max(0, x + ink.shape[1] + rng.integers(-4, 3))
    return canvas


# ==== Other pens ==================================================================================

GAP = 0.5, 2                # pixels, radius of the gaps in broken strokes
UNCHANGED = 0.4             # share of the images whose strokes stay as they are


def with_other_pens(images, rng):
    """Images (n, 28, 28) uint8, a part of which got broken, thicker, thinner or blurred strokes."""
    pen, blur = np.ones((2, 2)), rng.uniform(0.4, 1)
    changes = [(0.13, lambda strip: broken(strip, rng)),
               (0.13, lambda strip: cv2.dilate(strip, pen)),
               (0.14, lambda strip: cv2.erode(strip, pen)),
               (0.2, lambda strip: cv2.GaussianBlur(strip, (0, 0), blur))]
    images, end = images.copy(), UNCHANGED
    for share, change in changes:
        start, end = end, end + share
        part = slice(*(round(edge * len(images)) for edge in (start, end)))
        padded = np.pad(images[part], ((0, 0), (1, 1), (1, 1)))  # so that none blurs into the next
        if len(padded):
            strip = change(padded.reshape(-1, padded.shape[2]))
            images[part] = strip.reshape(padded.shape)[:, 1:-1, 1:-1]
    return images


def broken(strip, rng):
    """A strip of square images (n * side, side) with two gaps in each, where the pen skipped."""
    side = strip.shape[1]
    pixels = strip.reshape(-1, side**2).astype(np.float32)
    places = np.indices((side, side)).reshape(2, -1)
    for _ in range(2):
        middle = np.argmax(pixels * rng.random(pixels.shape, np.float32), axis=1)
        distance = np.hypot(*(places[:, None] - places[:, middle, None]))
        pixels *= np.clip(distance - rng.uniform(*GAP, (len(pixels), 1)), 0, 1)
    return pixels.astype(np.uint8).reshape(strip.shape)


# ==== Pictures of pages ===========================================================================

LAYERS = DIGITS, MARKS, PRINT = 0, 1, 2
SHAPES = (256, 256), (160, 416), (320, 192), (128, 512), (416, 128)     # pixels, height and width
SHAPE_SHARES = 0.5, 0.2, 0.14, 0.1, 0.06

# Writing. Heights are a digit's, in pixels; other lengths are in shares of that height.
HEIGHTS = 14, 230           # from the smallest to the largest digit
PENS = 0.011, 0.28          # width, from a hair to a marker
MNIST_PENS = 0.05, 0.14     # the same of MNIST's digits, for what else is written with them
THINNEST = 0.6              # pixels
ITALIC = 0.3                # share of the printed words that are slanted
SLANT = 0.16                # sideways per height, standard deviation; a hand's own
TALL_SIGNS = 0.88, 1.3      # factor of slashes' and brackets' length; shorter ones look like a 1
OTHER_SIGNS = 0.6, 1.4      # of the size of plus, minus and the like
UNEVEN = 0.06               # standard deviation of sizes and of bases within a line
SKIPPED = 0.06              # share of the digits that have gaps where the pen skipped
GAPS = 0.06, 0.9            # between digits that do not touch
TOUCHING = -0.14, 0.02      # between those that do
MORE_ONES = 0.25            # share of drawn digits that are 1s besides: so much else looks like one
BARS = 0.6                  # share of the hands whose 1s are bars
FROM_MNIST = 0.45           # share of the hands that write MNIST's digits; the others are drawn

# Taking the picture.
ON_TABLE = 0.3              # share of the pictures of whole sheets that show the table around
TURN, TILT = 7, 0.035       # degrees and share of a side, standard deviations; of sheets on tables
MOST_TURN = 17              # degrees
SHADOWED = 0.25             # share of the pictures with the edge of a shadow across them
SHADE = 0.25, 0.65          # share of the light that a shadow takes
LEAST_CONTRAST = 30         # grey levels between pen and paper
LEAST_SEEN = 0.5            # times the noise around it that a stroke must differ from there
GRAIN = 5                   # grey levels, noise that there is at least
NEARBY = 31, 31             # pixels, sides of the squares in which that is compared
SMUDGED = 0.08              # share of the papers with soft dark spots
INVERTED = 0.12             # share of the pictures turned to their negative
LEAST_HEIGHT = 10           # pixels, of the digits in a picture of few pixels
FINE = 3                    # times MNIST's size at which its images are drawn into or measured
STRUCK = 0.6                # share of these that are struck through
CROSSED, CROSSED_ALONE = 0.02, 0.17     # share with a line through the digits; through single ones
HOLLOW, HOLLOW_ALONE = 0.02, 0.18       # share of the pages that show but the digits' outlines
DAMAGED, DAMAGED_COARSE = 0.06, 0.6     # share of the pictures with a damage; of coarse ones
WITHOUT_DIGITS = 0.16       # share of the pictures with no digit in them
BACKED = 0.15               # share of the papers with a stripe or large pale letters on them
HEADED = 0.8                # share of the tables whose columns have a heading
LABELLED = 0.5              # share of the tables whose rows begin with print
FOUND_SIDE = 128            # pixels, side of the pictures in which digits are found again
ALONE = 0.5                 # share of MNIST's among them that stand alone
WIDER, BY = 1.35, 0.15      # times as wide, or high, that one of a row may be found; heights more
OWN = 0.7                   # least share of a digit's ink that must have been found
ALIEN = 0.05                # most that what is no digit has of digits' ink
BAR = 0.5                   # most of its length that a bar's width is
ROUND, HOLE = 0.93, 0.06    # least shares of its hull that a ring fills, of that its hole has

NEVER_DIGITS = "ACEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy"     # letters that are no digit in any hand
PRINTED = "ABCDEFGHJKLMNPRTUVWXYZabcdefghijkmnopqrstuvwxyz"
PRINTED_SIGNS = "%", "$", "€", "£", "+", "=", "&", "@", "#", "?", "°", "°C", "§"
FOREIGN = ("ΑΓΔΕΗΚΛΜΝΞΠΡΣΤΥΧΨΩαβγεηκλμνξπρτυχψω"
           "БГДЖИЙЛПФЦШЩЪЫЬЭЮЯвгджийклмнптфцшщъыьэюя")     # Greek and Cyrillic letters
WORDS = (
    "Room", "Page", "No", "Nr", "Name", "Date", "Total", "Sum", "Age", "Year", "Score",
    "Class", "Test", "Level", "Bus", "Box", "Tel", "Price", "Size", "Street", "Flat",
    "Gate", "Seat", "Table", "Order", "Code", "Zip", "Item", "Qty", "Grade", "Team", "Row",
    "Day", "Week", "cm", "kg", "Euro", "USD", "pts", "Draw", "a", "digit", "Clear",
    "Predict", "Result", "Prediction", "Canvas", "Save", "Reset", "Submit", "Student", "Subject",
    "Signature", "Section", "Office", "Opening", "Balance", "Input", "Output", "Zone", "Question")


def chance(rng, share):
    """True in so many of all cases."""
    return rng.random() < share


def between(rng, limits, logarithmic=False):
    """A random number between two limits; on a logarithmic scale small ones come as often."""
    if logarithmic:
        return math.exp(rng.uniform(*np.log(limits)))
    return rng.uniform(*limits)


def pick(rng, shares):
    """A random key of a dictionary of shares."""
    limits = np.cumsum(list(shares.values()))
    return list(shares)[np.searchsorted(limits, rng.random() * limits[-1])]


# ---- Writing ------------------------------------------------------------------------------------

class Hand(NamedTuple):
    """Who writes, with what."""
    images: np.ndarray | None   # MNIST's, (n, 28, 28) uint8, or None: it draws
    height: float               # pixels, of its digits
    pen: float                  # share of that
    slant: float                # sideways per height
    wobble: float               # share of the height, standard deviation of its strokes' points
    angular: float              # 0: round curves, 1: straight strokes
    bars: bool                  # its 1s are bars, should it draw
    label: int | None           # of all the digits that it draws, or None: any


def new_hand(images, height, rng):
    """A random Hand that writes `height` pixels high, any pen; where `images` is one, always that.

    Where it is a label, the Hand draws digits of that label.
    """
    label = images if isinstance(images, int) else None
    draws = images is None or label is not None or (len(images) > 1 and
                                                    not chance(rng, FROM_MNIST))
    pen = max(between(rng, PENS if draws else MNIST_PENS, logarithmic=True), THINNEST / height)
    return Hand(None if draws else images, height, pen, rng.normal(0, SLANT),
                between(rng, (0.01, 0.06)), rng.random()**3, chance(rng, BARS), label)


def ink_of(curves, hand):
    """Coverage of curves, points (k, 2) in heights, drawn by a hand; and its upper left corner."""
    pen = hand.pen * hand.height
    low = np.min([curve.min(axis=0) for curve in curves], axis=0)
    high = np.max([curve.max(axis=0) for curve in curves], axis=0)
    margin = pen / 2 + 1
    size = np.ceil((high - low) * hand.height + 2 * margin).astype(int)
    fine = 2 if hand.height < 110 or pen < 2 else 1
    canvas = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    lines = [np.rint(((curve - low) * hand.height + margin) * (fine * 16)).astype(np.int32)
             for curve in curves]
    cv2.polylines(canvas, lines, False, 255, max(1, round(pen * fine)), cv2.LINE_AA, 4)
    if fine > 1:
        canvas = cv2.resize(canvas, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    return canvas, low * hand.height - margin


def curved(strokes, hand, rng):
    """Strokes of a few points as smooth curves, shaken and slanted; heights from 0 to 1."""
    curves = []
    for points in strokes:
        points = np.float64(points) + rng.normal(0, hand.wobble, np.shape(points))
        angular, round_ = curve_weights(len(points))
        curves.append(angular @ points + (1 - hand.angular) * ((round_ - angular) @ points))
    together = np.concatenate(curves)
    together[:, 0] = together[:, 0] * math.exp(rng.normal(0, 0.15)) - hand.slant * together[:, 1]
    return np.split(together, np.cumsum([len(curve) for curve in curves])[:-1])


def standing(curves, size):
    """Curves moved and scaled to stand on height 1 and reach up to 1 - size."""
    together = np.concatenate(curves)
    low, high = together.min(axis=0), together.max(axis=0)
    scale = size / max(high[1] - low[1], 0.6 * (high[0] - low[0]), 1e-3)
    return [(curve - (low[0], high[1])) * scale + (0, 1) for curve in curves]


def drawn_glyph(label, hand, rng):
    """Coverage and corner of a digit, or of a letter (10), written stroke by stroke."""
    shares, strokes = ways(label)
    way = 0 if label == 1 and hand.bars else pick(rng, dict(enumerate(shares)))     # 0 is a bar
    return ink_of(standing(curved(strokes[way], hand, rng), math.exp(rng.normal(0, UNEVEN))), hand)


def mnist_glyph(hand, rng):
    """Coverage and corner of a digit of MNIST, its strokes crisp or soft, thinner or thicker."""
    image = inked(hand.images[rng.integers(len(hand.images))])
    height = hand.height * math.exp(rng.normal(0, UNEVEN))
    scale = height / max(image.shape[0], 0.7 * image.shape[1])
    size = [max(2, round(side * scale)) for side in image.shape[::-1]]
    ink = cv2.resize(cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT),
                     (size[0] + 2, size[1] + 2), interpolation=cv2.INTER_CUBIC)
    level = between(rng, (70, 170))
    steep = max(128 / level, 128 / (255 - level), min(8, scale) * rng.uniform(0.15, 1))
    ink = cv2.max(ink, level - 128 / steep)
    ink = cv2.convertScaleAbs(ink, alpha=steep, beta=128 - steep * level)
    return ink, np.float64([0, hand.height - ink.shape[0]])


def write_digit(hand, rng):
    """Coverage and corner, from the line's upper left, of one random digit."""
    if hand.images is not None:
        ink, corner = mnist_glyph(hand, rng)
    else:
        label = 1 if chance(rng, MORE_ONES) else int(rng.integers(10))
        ink, corner = drawn_glyph(label if hand.label is None else hand.label, hand, rng)
    return skipped(ink, hand, rng) if chance(rng, SKIPPED) else ink, corner


def skipped(ink, hand, rng):
    """A coverage with gaps where the pen skipped."""
    y, x = np.nonzero(ink > 127)
    for _ in range(int(rng.integers(1, 4)) if len(x) else 0):
        at = int(rng.integers(len(x)))
        radius = max(1, hand.height * (hand.pen * rng.uniform(0.3, 0.8) + rng.uniform(0, 0.03)))
        cv2.circle(ink, (int(x[at]), int(y[at])), round(radius), 0, -1)
    return ink


# What stands between digits but is none: strokes of points x, y in heights, from the line's top.
SIGNS = {
    "/": [[(0.45, -0.12), (0, 1.12)]],
    "|": [[(0, -0.1), (0, 1.1)]],
    ",": [[(0.07, 0.9), (0.08, 1.0), (0, 1.2)]],
    ".": [[(0, 0.95), (0.02, 0.97)]],
    "-": [[(0, 0.5), (0.3, 0.5)]],
    ":": [[(0, 0.3), (0.02, 0.32)], [(0, 0.85), (0.02, 0.87)]],
    "+": [[(0, 0.55), (0.5, 0.55)], [(0.25, 0.3), (0.25, 0.8)]],
    "=": [[(0, 0.4), (0.45, 0.4)], [(0, 0.65), (0.45, 0.65)]],
    "x": [[(0, 0.35), (0.4, 0.75)], [(0.4, 0.35), (0, 0.75)]],
    "(": [[(0.2, -0.1), (0, 0.3), (0, 0.7), (0.2, 1.1)]],
    ")": [[(0, -0.1), (0.2, 0.3), (0.2, 0.7), (0, 1.1)]],
    "'": [[(0.04, 0), (0, 0.2)]],
    "#": [[(0.2, 0), (0.1, 1)], [(0.5, 0), (0.4, 1)], [(0, 0.35), (0.6, 0.35)],
          [(0, 0.7), (0.6, 0.7)]],
    "%": [[(0.5, 0), (0.1, 1)], [(0.1, 0), (0, 0.15), (0.15, 0.25), (0.2, 0.1), (0.1, 0)],
          [(0.5, 0.75), (0.4, 0.9), (0.55, 1), (0.6, 0.85), (0.5, 0.75)]],
    "v": [[(0, 0.6), (0.15, 1), (0.5, 0.1)]],
    "$": [[(0.5, 0.2), (0.3, 0.05), (0.05, 0.25), (0.3, 0.5), (0.5, 0.75), (0.25, 0.95), (0, 0.8)],
          [(0.28, -0.12), (0.26, 1.12)]],
}


def write_sign(sign, hand, rng):
    """Coverage and corner of one of SIGNS, or of a letter for 'a'."""
    if sign == "a":
        return drawn_glyph(10, hand, rng)
    if sign in ".:,":
        hand = hand._replace(pen=max(hand.pen, 0.05) * rng.uniform(1, 1.5))
    shaken = hand._replace(wobble=between(rng, (0, 0.03)), slant=hand.slant * (sign not in "./:,"))
    size = between(rng, TALL_SIGNS if sign in "/|()" else OTHER_SIGNS if sign in "+-x=#%$" else
                   (1, 1))
    size = np.array([size * between(rng, (0.4, 1.2)) if sign == "/" else size, size])
    curves = curved(SIGNS[sign], shaken, rng)
    return ink_of([(curve - (0, 0.5)) * size + (0, 0.5) for curve in curves], hand)


@functools.cache
def font(name, size):
    """One of matplotlib's bundled fonts."""
    import matplotlib
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)


FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Italic.ttf",
         "DejaVuSansMono.ttf", "STIXGeneral.ttf", "STIXGeneralBol.ttf", "cmr10.ttf", "cmss10.ttf")
FOREIGN_FONTS = 7           # of them, the first ones, have other scripts


def printed(text, height, rng):
    """Coverage of a printed text whose capitals are `height` pixels high, now and then slanted."""
    ink = set_in_type(text, height, rng)
    if not chance(rng, ITALIC):
        return ink
    slant = rng.uniform(0.1, 0.4) * len(ink)
    corners = np.float32([(0, 0), (1, 0), (0, len(ink))])
    view = cv2.getAffineTransform(corners, corners + np.float32([(slant, 0), (slant, 0), (0, 0)]))
    return cv2.warpAffine(ink, view, (ink.shape[1] + math.ceil(slant), len(ink)))


def set_in_type(text, height, rng):
    """Coverage of a text in one of some fonts; only some of those have other scripts."""
    if text.isascii() and chance(rng, 0.4):
        face = int(rng.integers(8))             # one of Hershey's
        thick = max(1, round(height * rng.uniform(0.04, 0.2)))
        (width, _), below = cv2.getTextSize(text, face, height / 21, thick)
        canvas = np.zeros((round(1.2 * height) + below + 2 * thick, width + 2 * thick), np.uint8)
        cv2.putText(canvas, text, (thick, round(1.1 * height) + thick), face, height / 21, 255,
                    thick, cv2.LINE_AA)
        return canvas
    fonts = FONTS if text.isascii() else FONTS[:FOREIGN_FONTS]
    face = font(str(rng.choice(fonts)), 4 * max(2, round(height / 2.8)))
    left, top, right, bottom = face.getbbox(text)
    canvas = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), text, 255, face)
    return np.asarray(canvas)


def some_word(rng):
    """A word that is often printed beside a number, or a random one."""
    if chance(rng, 0.5):
        return str(rng.choice(WORDS))
    count = int(rng.integers(1, 9))
    letters = FOREIGN if chance(rng, 0.25) else PRINTED if count < 3 else string.ascii_letters
    word = "".join(rng.choice(list(letters), count))
    return word.capitalize() if count > 2 and chance(rng, 0.4) else word


PRINTS = {                  # what is printed for the letter of a pattern
    "W": some_word,
    "S": lambda rng: str(rng.choice(PRINTED_SIGNS)),
    "L": lambda rng: f"{rng.choice(list(PRINTED))}{rng.choice(list('.:)'))}",
}


# ---- Lines and pages ----------------------------------------------------------------------------

# What may stand in a line: d is a digit, a a handwritten letter, ~ a wide gap, and in print W a
# word, S a sign, L what a line of a list begins with.
PATTERNS = {
    "number": 28, "dd": 3, "dd~dd": 1, "dd/dd/dddd": 7, "dd/dd/dd": 7, "dd/d/dd": 5,
    "d/d/dd": 6, "dd/d": 1, "d/d": 0.6, "dd.dd.dd": 0.5, "dd-dd-dd": 0.5, "ddd-ddd": 0.5,
    "ddd-dddd": 1, "dddd-dddd": 0.5, "d-d": 0.4, "-dd": 0.4, "dd:dd": 0.6, "d,dd": 1, "dd,d": 0.6,
    "ddd,dd": 0.6, "d.dd": 0.5, "d.~dd": 0.3, "d)": 0.3, "(dd)": 0.3, "(ddd)~dddd": 1,
    "W~dd": 8, "W~d": 5, "W~ddd": 5, "dd~W": 4, "W:~dd/d": 0.3, "aaaa~dd": 1, "aa~d": 0.5,
    "d~aa": 0.4, "add": 0.4, "dSdSd": 0.7, "#dd": 0.5, "dd%": 1, "d%": 0.6, "$dd": 1.5,
    "'dd": 0.2, "dd~v": 0.3,
}


def some_pattern(rng, longest):
    """A random pattern, often a number of so many digits; a page shrinks what is too long."""
    for _ in range(4):
        pattern = pick(rng, PATTERNS)
        if pattern == "number":
            return "d" * int(rng.integers(1, longest + 1))
        if longest > 1 and len(pattern) + 3 * ("W" in pattern) <= 2 * longest + 3:
            return pattern
    return "d" * longest


def write_line(pattern, hand, rng, gap=None):
    """A page (LAYERS, h, w) with one line, room of half a height around it for what is added."""
    gap = between(rng, GAPS) if gap is None else gap
    room, x, placed = hand.height / 2, 0.0, []
    for sign in pattern:
        if sign == "~":
            x += hand.height * rng.uniform(0.3, 0.8)
            continue
        layer = DIGITS if sign == "d" else PRINT if sign in PRINTS else MARKS
        if sign in PRINTS:
            ink = printed(PRINTS[sign](rng), hand.height * rng.uniform(0.45, 1.3), rng)
            corner = 0, hand.height - len(ink)
        else:
            ink, corner = write_digit(hand, rng) if sign == "d" else write_sign(sign, hand, rng)
        y = room + corner[1] + hand.height * rng.normal(0, UNEVEN)
        placed.append((layer, ink, round(x + room), max(0, round(y))))
        x += ink.shape[1] + hand.height * gap * rng.uniform(0.6, 1.4)
    width = max(x + ink.shape[1] for _, ink, x, _ in placed) + round(room)
    height = max(round(2 * hand.height), *(y + len(ink) for _, ink, _, y in placed))
    page = np.zeros((len(LAYERS), height, width), np.uint8)
    for layer, ink, x, y in placed:
        put(page[layer], ink, x, y)
    return page


def put(canvas, ink, x, y):
    """Lay a coverage onto a larger one, its corner at x, y; what reaches over is cut off."""
    left, top = max(0, -x), max(0, -y)
    ink = ink[top:max(0, len(canvas) - y), left:max(0, canvas.shape[1] - x)]
    x, y = max(0, x), max(0, y)
    place = canvas[y:y + ink.shape[0], x:x + ink.shape[1]]
    np.maximum(place, ink[:place.shape[0], :place.shape[1]], out=place)


def extent(page):
    """Left, top, right and bottom of the ink on a page, or on some layers of one."""
    x, y, width, height = cv2.boundingRect(page.max(axis=0))
    return x, y, x + width, y + height


def line(canvas, start, end, width):
    """A straight line of any width in pixels."""
    points = [tuple(int(16 * side) for side in point) for point in (start, end)]
    cv2.line(canvas, *points, 255, max(1, round(width)), cv2.LINE_AA, 4)


def underline(page, hand, rng):
    """A line under the whole number, by the same pen or another; it may touch the digits."""
    left, _, right, bottom = extent(page)
    layer = page[MARKS if chance(rng, 0.7) else PRINT]
    over = hand.height * rng.uniform(-0.1, 0.4, 2)
    y = min(bottom + hand.height * rng.uniform(-0.06, 0.25), page.shape[1] - 2)
    width = max(THINNEST, hand.height * hand.pen * rng.uniform(0.6, 1.3))
    for number in range(1 + chance(rng, 0.12)):
        ends = y + number * 3 * width + hand.height * rng.normal(0, 0.04, 2)
        bend = hand.height * rng.normal(0, 0.02)
        middle = (left + right) / 2, ends.mean() + bend
        line(layer, (left - over[0], ends[0]), middle, width)
        line(layer, middle, (right + over[1], ends[1]), width)


def circle(page, hand, rng):
    """A ring round the line, not quite closed or more than that."""
    left, top, right, bottom = extent(page)
    centre = np.array([left + right, top + bottom]) / 2 + hand.height * rng.normal(0, 0.04, 2)
    radii = np.array([right - left, bottom - top]) / 2 * rng.uniform(0.95, 1.2) * math.sqrt(2)
    if chance(rng, 0.5):
        radii[:] = np.clip(radii, 0.8 * radii.max(), None)
    start, turn = rng.uniform(0, 2 * math.pi), 2 * math.pi * rng.uniform(0.93, 1.12)
    angles = np.linspace(start, start + turn, 40)
    shake = np.stack([np.cos(angles), np.sin(2 * angles), (angles - start) / turn])
    shake = 1 + rng.normal(0, 0.05, 3) @ shake
    points = centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii * shake[:, None]
    width = max(THINNEST, hand.height * hand.pen * rng.uniform(0.5, 1.4))
    layer = page[MARKS if chance(rng, 0.75) else PRINT]
    cv2.polylines(layer, [np.rint(16 * points).astype(np.int32)], False, 255, max(1, round(width)),
                  cv2.LINE_AA, 4)


def with_room(page, room):
    """A page with so many pixels more on each side."""
    return np.pad(page, ((0, 0), (room, room), (room, room)))


def circled_line(hand, longest, rng):
    """A number in a ring, or each of its digits in one of its own."""
    if chance(rng, 0.5):
        page = with_room(write_line("d" * int(rng.integers(1, min(5, longest) + 1)), hand, rng),
                         round(hand.height * 0.8))
        circle(page, hand, rng)
        return page
    pages = []
    for _ in range(int(rng.integers(1, max(2, longest // 2) + 1))):
        page = with_room(write_line("d", hand, rng), round(hand.height / 4))
        circle(page, hand, rng)
        left, _, right, _ = extent(page)
        pages.append(page[:, :, max(0, left - 4):right + round(hand.height * 0.2)])
    height = max(page.shape[1] for page in pages)
    pages = [np.pad(page, ((0, 0), (0, height - page.shape[1]), (0, 0))) for page in pages]
    return np.concatenate(pages, axis=2)


def form_line(hand, longest, rng):
    """Digits in the boxes of a form: cells that share a side, or boxes apart; some are empty."""
    count = int(rng.integers(1, max(1, longest * 2 // 3) + 1))
    wide, tall = np.array([rng.uniform(0.9, 1.5), rng.uniform(1.15, 1.7)]) * hand.height
    apart = 0 if chance(rng, 0.5) else hand.height * rng.uniform(0.08, 0.5)
    room = round(hand.height / 3)
    size = round(tall) + 2 * room, round(count * (wide + apart)) + 2 * room
    page = np.zeros((len(LAYERS), *size), np.uint8)
    layer = page[PRINT if chance(rng, 0.7) else MARKS]
    width = 1 + hand.height * rng.uniform(0, 0.09)
    shaky = hand.height * rng.uniform(0, 0.04) * chance(rng, 0.4)
    comb = chance(rng, 0.15)                    # a comb has no upper side
    for number in range(count):
        x, y = room + number * (wide + apart), room
        if not chance(rng, 0.12):
            ink, _ = write_digit(hand, rng)
            away = hand.height * rng.normal(0, 0.07, 2)
            put(page[DIGITS], ink, round(x + (wide - ink.shape[1]) / 2 + away[0]),
                round(y + (tall - len(ink)) / 2 + away[1]))
        corners = np.array([(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)])
        corners = corners + rng.normal(0, 1, (4, 2)) * shaky
        if comb:
            corners[1] = (corners[1] + corners[2]) / 2
        for side in range(comb, 4):             # from each corner to the next
            line(layer, corners[side], corners[side - 3], width)
    return page


def boxed_line(hand, longest, rng):
    """A number in one box."""
    page = with_room(write_line(some_pattern(rng, longest), hand, rng), round(hand.height / 3))
    left, top, right, bottom = extent(page)
    layer, width = page[PRINT if chance(rng, 0.6) else MARKS], 1 + hand.height * rng.uniform(0, 0.1)
    away = hand.height * rng.uniform(0.02, 0.4, 4)
    x0, y0, x1, y1 = left - away[0], top - away[1], right + away[2], bottom + away[3]
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    for number in range(4):
        line(layer, corners[number - 1], corners[number], width)
    return page


def plain_line(hand, longest, rng):
    """A number, a date, a sum: any of PATTERNS; now and then its digits touch."""
    gap = between(rng, TOUCHING) if chance(rng, 0.4) else 0.02 if chance(rng, 0.12) else None
    return write_line(some_pattern(rng, longest), hand, rng, gap)


def sum_line(hand, longest, rng):
    """A sum, a difference or a product, mostly with what it makes."""
    one, other, result = ("d" * int(rng.integers(1, max(1, longest // 3) + 1)) for _ in range(3))
    sign = rng.choice(list("+++--xx=:"))
    return write_line(f"{one}{sign}{other}" + f"={result}" * chance(rng, 0.7), hand, rng)


def labelled_line(hand, longest, rng):
    """A number with a printed sign before or after it, or what a line of a list begins with."""
    number = "d" * int(rng.integers(1, longest + 1))
    return write_line(pick(rng, {f"L~{number}": 2, f"S{number}": 1, f"{number}S": 1}), hand, rng)


def underlined_line(hand, longest, rng):
    page = write_line("d" * int(rng.integers(1, longest + 1)), hand, rng)
    underline(page, hand, rng)
    return page


LINES = {plain_line: 12, form_line: 3, circled_line: 4.5, underlined_line: 2, boxed_line: 1,
         sum_line: 3, labelled_line: 5}


def trim(page):
    """A page cut to its ink; at least a pixel remains."""
    left, top, right, bottom = extent(page)
    return page[:, top:max(bottom, top + 1), left:max(right, left + 1)]


def shrunk_to(page, height, width):
    """A page made smaller, if need be, to fit."""
    scale = min(1, height / page.shape[1], width / page.shape[2])
    if scale == 1:
        return page
    size = max(1, int(page.shape[2] * scale)), max(1, int(page.shape[1] * scale))
    return np.stack([cv2.resize(layer, size, interpolation=cv2.INTER_AREA) for layer in page])


def place(page, shape, rng):
    """A page somewhere on an empty one of `shape`."""
    whole = np.zeros((len(LAYERS), *shape), np.uint8)
    put_into(whole, shrunk_to(page, *shape), rng)
    return whole


def put_into(whole, page, rng):
    """Lay a page anywhere onto a larger one."""
    y, x = (int(rng.integers(0, most - side + 1))
            for most, side in zip(whole.shape[1:], page.shape[1:]))
    for layer, ink in zip(whole, page):
        put(layer, ink, x, y)


def any_height(shape, rng):
    """A height in pixels for what stands alone on a page: small ones come more often."""
    return between(rng, (HEIGHTS[0], 0.92 * min(shape)), logarithmic=chance(rng, 0.4))


def one_digit(shape, images, rng):
    """A page with one digit of any size, anywhere."""
    hand = new_hand(images, any_height(shape, rng), rng)
    kind = pick(rng, {plain_line: 5, circled_line: 1.5, form_line: 1.3, underlined_line: 0.6})
    return place(trim(kind(hand, 1, rng)), shape, rng)


def one_line(shape, images, rng):
    """A page with one line of any kind."""
    longest = int(rng.integers(2, max(3, 2.2 * shape[1] / shape[0]) + 4))
    tallest = min(0.8 * shape[0], 1.25 * shape[1] / longest)
    hand = new_hand(images, between(rng, (max(HEIGHTS[0], 0.4 * tallest), tallest)), rng)
    return place(trim(pick(rng, LINES)(hand, longest, rng)), shape, rng)


def many_lines(shape, images, rng):
    """A page with several lines, each a row, or each a digit of a column."""
    count = int(rng.integers(2, 6))
    longest = 1 if chance(rng, 0.25) else int(rng.integers(2, 9))
    tallest = min(0.75 * shape[0] / count, 1.2 * shape[1] / longest)
    hand = new_hand(images, max(HEIGHTS[0], tallest * rng.uniform(0.5, 1)), rng)
    kind, leading = pick(rng, LINES), hand.height * rng.uniform(0.05, 0.6)
    lines = [trim((kind if chance(rng, 0.8) else plain_line)(hand, longest, rng))
             for _ in range(count)]
    width = max(page.shape[2] for page in lines)
    ragged = between(rng, (0, 0.3)) * width * chance(rng, 0.4)
    height = sum(int(page.shape[1] + leading) for page in lines)
    body = np.zeros((len(LAYERS), height, int(width + ragged)), np.uint8)
    y = 0
    for page in lines:
        x = int(rng.uniform(0, ragged + 1))
        body[:, y:y + page.shape[1], x:x + page.shape[2]] = page[:, :, :body.shape[2] - x]
        y += int(page.shape[1] + leading)
    return place(body, shape, rng)


def table_of_digits(shape, images, rng):
    """Rows and columns of numbers, ruled or not, with print above them, or before each row."""
    rows, columns = (int(rng.integers(2, most)) for most in (6, 5))
    height, longest = max(HEIGHTS[0], 0.6 * shape[0] / (rows + 1)), int(rng.integers(1, 4))
    hand, tall = new_hand(images, height, rng), round(height * rng.uniform(1.3, 1.9))
    wide = round(height * (0.8 * longest + rng.uniform(0.3, 1)))
    headed, labelled = chance(rng, HEADED), chance(rng, LABELLED)
    page = np.zeros((len(LAYERS), (rows + 1) * tall, (columns + 1) * wide), np.uint8)
    for y, x in itertools.product(range(rows + 1), range(columns + 1)):
        pattern = "d" * int(rng.integers(0, longest + 1)) if x and y else \
            "W" * headed if x else str(rng.choice(["L", "W"])) * labelled if y else ""
        if pattern:
            cell = page[:, y * tall:(y + 1) * tall, x * wide:(x + 1) * wide]
            written = trim(write_line(pattern, hand, rng))
            put_into(cell, shrunk_to(written, 0.9 * tall, 0.9 * wide), rng)
    if chance(rng, 0.7):
        rule(page[PRINT], tall, wide, 1 + height * rng.uniform(0, 0.07))
    return place(trim(page), shape, rng)


def rule(layer, tall, wide, width):
    """Lines of so many pixels around all cells of a table that fills the layer."""
    bottom, right = layer.shape
    for y in range(0, bottom + 1, tall):
        line(layer, (0, y), (right, y), width)
    for x in range(0, right + 1, wide):
        line(layer, (x, 0), (x, bottom), width)


def cut_to(page, shape, rng, stretch):
    """A page cut to its digits, or a little within or without, and stretched to fill `shape`."""
    left, top, right, bottom = extent(page[[DIGITS]])
    tall = bottom - top
    sides = np.round(tall * np.maximum(0, rng.normal(0, 0.04, 4))) * chance(rng, 0.6)
    left, top, right, bottom = np.round([left - sides[0], top - sides[1], right + sides[2],
                                         bottom + sides[3]]).astype(int)
    page = page[:, max(0, top):bottom, max(0, left):right]
    height, width = page.shape[1:]
    missing = width - height * shape[1] / shape[0]      # columns; below 0 there are too few
    if abs(math.log(width / height * shape[0] / shape[1])) > stretch:
        down, across = max(0, missing * shape[0] / shape[1]), max(0, -missing)
        before = rng.random(2)
        page = np.pad(page, ((0, 0), (round(down * before[0]), round(down * (1 - before[0]))),
                             (round(across * before[1]), round(across * (1 - before[1])))))
    return np.stack([cv2.resize(layer, shape[::-1]) for layer in page])


def tight_digit(shape, images, rng):
    """One digit that touches the picture's edges, as programs cut them out."""
    hand = new_hand(images, between(rng, (0.5, 0.95)) * min(shape), rng)
    return cut_to(write_line("d", hand, rng), shape, rng, between(rng, (0.1, 1.2)))


def tight_line(shape, images, rng):
    """A line of digits cut at its first and last one."""
    longest = max(2, round(shape[1] / shape[0] * rng.uniform(1, 2)))
    hand = new_hand(images, min(0.9 * shape[0], 1.3 * shape[1] / longest), rng)
    pattern = "d" * longest if chance(rng, 0.7) else some_pattern(rng, longest)
    return cut_to(write_line(pattern, hand, rng), shape, rng, between(rng, (0.1, 0.4)))


def letters_only(shape, images, rng):
    """Words and letters, printed or by hand: not a digit on the page."""
    page = np.zeros((3, *shape), np.uint8)
    for _ in range(int(rng.integers(1, 7))):
        height = between(rng, (10, 0.9 * min(shape)), logarithmic=True)
        hand = new_hand(None, height, rng)
        pattern = pick(rng, {"W": 4, "a" * int(rng.integers(1, 8)): 4, "W~W": 1})
        np.maximum(page, place(trim(write_line(pattern, hand, rng)), shape, rng), out=page)
    return page


def one_letter(shape, images, rng):
    """A page with one letter written by hand, of any size, anywhere."""
    hand = new_hand(None, any_height(shape, rng), rng)
    return place(trim(write_line("a", hand, rng)), shape, rng)


def doodle(shape, images, rng):
    """Wild curves, zigzags, spirals, rings and bars."""
    page = np.zeros((3, *shape), np.uint8)
    for _ in range(int(rng.integers(1, 6)) if chance(rng, 0.6) else 1):
        hand = new_hand(None, between(rng, (0.2, 1)) * min(shape), rng)
        ink, _ = ink_of(curved([wild_path(3, rng)], hand, rng), hand)
        put(page[MARKS], ink, *(int(rng.integers(-20, side - 10)) for side in shape[::-1]))
    return page


def empty(shape, images, rng):
    """Nothing at all."""
    return np.zeros((len(LAYERS), *shape), np.uint8)


PAGES = {one_digit: 3.5, one_line: 5, many_lines: 3.5, table_of_digits: 3, tight_digit: 1.8,
         tight_line: 1.7}
SINGLE = {one_digit: 3, tight_digit: 1}     # those of a digit alone
PAGES_WITHOUT = {letters_only: 4, one_letter: 4, doodle: 5, empty: 2}
WITH_OTHERS = {letters_only: 4, one_letter: 3, one_line: 5, many_lines: 3.5, table_of_digits: 4,
               empty: 1}                    # those with what is no digit and like none


def beside(page, rng):
    """Printed words, bars and buttons along the edges of a page, as drawing programs show."""
    height, width = page.shape[1:]
    for _ in range(int(rng.integers(1, 4))):
        tall = round(between(rng, (6, 24)))
        x, y = int(rng.integers(0, width - tall)), int(rng.choice([0, 2, height - tall - 2]))
        if chance(rng, 0.5):
            x, y = int(rng.choice([0, 2, width - tall - 2])), int(rng.integers(0, height - tall))
        ink = printed(some_word(rng), 0.7 * tall, rng) if chance(rng, 0.5) else \
            np.full((tall, int(rng.integers(4, 4 * tall))), 255, np.uint8)
        if chance(rng, 0.15):                   # the frame of a canvas
            inset = int(rng.integers(0, 9))
            corner = width - 1 - inset, height - 1 - inset
            cv2.rectangle(page[PRINT], (inset, inset), corner, 255, int(rng.integers(1, 5)))
        around = page[DIGITS, max(0, y - 3):, max(0, x - 3):][:len(ink) + 6, :ink.shape[1] + 6]
        if not around.any():
            put(page[PRINT], ink, x, y)


def crossed(page, rng):
    """A page with a line through its digits: straight, bent, a zigzag or dots."""
    left, top, right, bottom = extent(page[[DIGITS]])
    size, angle = max(right - left, bottom - top), rng.normal(0, 0.5)
    angle += math.pi / 2 * chance(rng, 0.2)
    along, points = np.array([math.cos(angle), math.sin(angle)]), int(rng.integers(2, 10))
    far = size * rng.uniform(0.4, 0.8) * np.linspace(-1, 1, points)
    aside = size * (rng.uniform(0, 0.22) * np.resize([1, -1], points) + rng.normal(0, 0.02, points))
    middle = np.array([left + right, top + bottom]) / 2 + size * rng.normal(0, 0.2, 2)
    curve = middle + far[:, None] * along + aside[:, None] * (-along[1], along[0])
    width = max(1, round(size * between(rng, (0.02, 0.13), logarithmic=True)))
    if chance(rng, 0.35):
        stops = np.linspace(0, points - 1, round(2 * np.ptp(far) / width / rng.uniform(3, 7)) + 2)
        dots = np.stack([np.interp(stops, np.arange(points), axis) for axis in curve.T], axis=1)
        for x, y in np.rint(16 * dots).astype(int).tolist():
            cv2.circle(page[MARKS], (x, y), 8 * width, 255, -1, cv2.LINE_AA, 4)
    else:
        cv2.polylines(page[MARKS], [np.rint(16 * curve).astype(np.int32)], False, 255, width,
                      cv2.LINE_AA, 4)


def hollowed(coverage, rng):
    """The outline of a coverage; the coverage itself where its strokes are too thin for one."""
    solid = cv2.compare(coverage, 127, cv2.CMP_GT)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    stroke = 2 * np.quantile(depth[depth > 0], 0.9) if depth.any() else 0
    if stroke < 4:
        return coverage
    inner, outer = (np.ones([max(2, round(stroke * share))] * 2)
                    for share in rng.uniform(0.05, 0.25, 2))
    return cv2.subtract(cv2.dilate(solid, outer), cv2.erode(solid, inner))


def struck_or_hollow(images, rng, fit):
    """Digits (n, 28, 28) with a line through each, or of which only the outline is drawn.

    `fit` makes an image of ink of any size: the line counts as ink, as finding may leave it.
    """
    made = []
    for image in images:
        digit = cv2.resize(image, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_CUBIC)
        page = np.zeros((len(LAYERS), *digit.shape), np.uint8)
        page[DIGITS] = digit
        page = with_room(page, len(digit) // 5)
        if chance(rng, STRUCK):
            crossed(page, rng)
        else:
            page[DIGITS] = hollowed(page[DIGITS], rng)
        made.append(fit(inked(page.max(axis=0))))
    return np.array(made)


# ---- Papers: RGB float pictures (height, width, 3), from 0 to 255 -------------------------------

@functools.cache
def noise(grain, side=1024):
    """A field (side, side) of noise with standard deviation 1, its grain so many pixels wide."""
    field = np.random.default_rng(round(100 * grain)).standard_normal((side, side), np.float32)
    if grain:
        field = cv2.GaussianBlur(field, (0, 0), grain, borderType=cv2.BORDER_REFLECT)
    return field / field.std()


def some_noise(shape, rng, grain=0.0):
    """A random part of such a field, (height, width)."""
    y, x = (int(rng.integers(0, 1024 - side)) for side in shape)
    return noise(grain)[y:y + shape[0], x:x + shape[1]]


def slope(shape, rng):
    """A random even slope from 0 to 1 over a picture, (height, width)."""
    angle = rng.uniform(0, 2 * math.pi)
    x = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32) * math.cos(angle)
    y = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None] * math.sin(angle)
    return np.clip((x + y) / (abs(math.cos(angle)) + abs(math.sin(angle))) + 0.5, 0, 1)


def plain(shape, colour, rng):
    """Paper of one colour."""
    return np.full((*shape, 3), colour, np.float32)


def mottled(shape, colour, rng):
    """Paper with fibres, stains and folds."""
    grain = float(rng.choice([0.8, 2, 8, 32]))
    paper = some_noise(shape, rng, grain) * rng.uniform(1, 8)
    paper = paper + some_noise(shape, rng, 32) * rng.uniform(0, 8)
    return colour + paper[..., None]


def ruled(shape, colour, rng):
    """Paper with lines across, or both ways, a little out of true."""
    both = chance(rng, 0.45)
    paper, (height, width) = plain(shape, colour, rng), shape
    step = between(rng, (9, 60), logarithmic=True) if both else between(rng, (14, 90))
    tilt = rng.uniform(-0.03, 0.03)
    away = rng.uniform(30, 150) * (1 if np.mean(colour) < 110 else -1)
    tint = np.clip(colour + away * rng.uniform((0.4, 0.4, 0.1), (1, 0.9, 0.8)), 0, 255)
    lines, thick = np.zeros(shape, np.uint8), between(rng, (0.5, 2.6))
    for y in np.arange(rng.uniform(0, step) - 0.03 * width, height + 0.03 * width, step):
        line(lines, (0, y), (width, y + tilt * width), thick)
    for x in np.arange(rng.uniform(0, step), width, step) if both else ():
        line(lines, (x, 0), (x - tilt * height, height), thick)
    if not both and chance(rng, 0.3):           # a margin's line
        x = width * rng.uniform(0.05, 0.3)
        line(lines, (x, 0), (x - tilt * height, height), thick)
    return over(paper, lines, tint, rng.uniform(0.4, 1))


def checkerboard(shape, colour, rng):
    """What an image editor shows for transparency, baked in."""
    side = int(rng.integers(4, 20))
    y, x = np.arange(shape[0])[:, None] // side, np.arange(shape[1]) // side
    other = np.clip(np.float32(colour) + rng.choice([-1, 1]) * rng.uniform(25, 60), 0, 255)
    return np.where(((x + y) % 2)[..., None], np.float32(colour), other).astype(np.float32)


def scribbled(shape, colour, rng):
    """Faint thin scribbles behind the digits, or what shows through from the other side."""
    lines = np.zeros(shape, np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        points = rng.uniform(-0.1, 1.1, (int(rng.integers(2, 9)), 2)) * shape[::-1]
        cv2.polylines(lines, [np.int32(points)], False, 255, 1 + chance(rng, 0.3), cv2.LINE_AA)
    away = -1 if grey(colour) > 110 else 1
    return over(plain(shape, colour, rng), lines, np.clip(np.float32(colour) + 127 * away, 0, 255),
                rng.uniform(0.15, 0.6))


def dotted(shape, colour, rng):
    """A dotted notebook's page."""
    dots, step = np.zeros(shape, np.uint8), int(rng.integers(10, 30))
    size = int(rng.integers(1, 3))
    for y in range(size):
        for x in range(size):
            dots[y + 3::step, x + 3::step] = 255
    tint = np.clip(np.float32(colour) - 90, 0, 255)
    return over(plain(shape, colour, rng), dots, tint, rng.uniform(0.3, 1))


PAPERS = {plain: 4.5, mottled: 3, ruled: 3.5, checkerboard: 1.2, scribbled: 1.7, dotted: 0.3}


def table(shape, rng):
    """What a sheet may lie on: wood, cloth, stone, plastic; also a photograph of nothing."""
    colour = np.float32(rng.uniform(20, 235) + rng.normal(0, 28, 3))
    picture = np.full((*shape, 3), colour, np.float32)
    kind = rng.random()
    if kind < 0.4:                              # wood's veins, all one way
        veins = cv2.resize(some_noise((shape[0], 24), rng, 2), shape[::-1])
        veins = veins.T if chance(rng, 0.5) and shape[0] == shape[1] else veins
        picture += (veins * rng.uniform(3, 22))[..., None] * np.float32(rng.uniform(0.6, 1.1, 3))
    elif kind < 0.75:
        for grain in (0.8, 2, 8, 32):
            field = some_noise(shape, rng, grain) * rng.uniform(0, 16)
            picture += field[..., None] * rng.uniform(0.5, 1.2, 3).astype(np.float32)
    return picture


def scene(shape, rng):
    """A picture like a photograph of no paper: surfaces, things and edges of any colour."""
    picture = table(shape, rng)
    for _ in range(int(rng.integers(1, 14))):
        thing, size = np.zeros(shape, np.uint8), rng.uniform(0.03, 0.5, 2) * max(shape)
        centre = tuple(float(side) for side in rng.random(2) * shape[::-1])
        if chance(rng, 0.5):
            cv2.ellipse(thing, (centre, tuple(size), rng.uniform(0, 180)), 255, -1, cv2.LINE_AA)
        else:
            corners = cv2.boxPoints((centre, tuple(size), rng.uniform(0, 180)))
            cv2.fillConvexPoly(thing, corners.astype(np.int32), 255, cv2.LINE_AA)
        picture = over(picture, thing, rng.uniform(0, 255, 3), rng.uniform(0.5, 1))
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 3))


# ---- Painting -----------------------------------------------------------------------------------

def over(picture, coverage, colour, strength=1.0):
    """A picture with a colour laid over where the coverage (height, width) uint8 is."""
    share = coverage * np.float32(strength / 255)
    return picture + share[..., None] * (np.float32(colour) - picture)


def grey(colour):
    return float(np.dot(colour, (0.3, 0.59, 0.11)))


def some_colours(rng):
    """Colours of a paper, the pen and the print on it."""
    kind = pick(rng, {"white": 3, "light": 4, "dark": 1.6, "any": 1.4})
    level = {"white": 255, "light": rng.uniform(120, 250), "dark": rng.uniform(0, 90),
             "any": rng.uniform(30, 230)}[kind]
    tint = rng.normal(0, {"white": 0, "light": 8, "dark": 10, "any": 50}[kind], 3)
    paper = np.clip(level + tint, 0, 255)
    return paper, contrasting(paper, rng, LEAST_CONTRAST), contrasting(paper, rng, 25)


def contrasting(paper, rng, least):
    """A pen's colour that is far enough from the paper's."""
    for _ in range(20):
        kind = rng.random()
        if kind < 0.5:                          # black, grey, white
            pen = np.full(3, rng.uniform(0, 70) if grey(paper) > 110 else rng.uniform(185, 255))
        elif kind < 0.75:                       # coloured ink
            pen = rng.uniform(0, 255, 3)
        else:                                   # as the paper, but fainter or stronger: pencil
            pen = paper + rng.choice([-1, 1]) * rng.uniform(least, 2.5 * least)
        pen = np.clip(pen + rng.normal(0, 6, 3), 0, 255)
        if abs(grey(pen) - grey(paper)) > least or np.abs(pen - paper).max() > 2.5 * least:
            return pen
    return np.full(3, 0 if grey(paper) > 110 else 255)


def rubbed(coverage, rng):
    """A coverage as a pencil, chalk or a dry pen leaves it: with gaps, uneven."""
    field = some_noise(coverage.shape, rng, float(rng.choice([0.8, 2])))
    share = np.clip(rng.uniform(0.6, 1) + field * rng.uniform(0.05, 0.3), 0.15, 1)
    return (coverage * share).astype(np.uint8)


def smudged(picture, rng):
    """A picture with soft dark spots, such as of fingers or of the other side."""
    height, width = picture.shape[:2]
    spots = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 9))):
        centre = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(spots, centre, int(rng.integers(3, 16)), rng.uniform(0.2, 0.6), -1)
    spots = cv2.GaussianBlur(spots, (0, 0), rng.uniform(2, 7))
    return picture * (1 - spots[..., None])


def backed(picture, page, colour, pen, rng):
    """A picture with a highlighter's stripe or large pale letters where the digits come."""
    behind = np.zeros(page.shape[1:], np.uint8)
    left, top, right, bottom = extent(page[[DIGITS]])
    if chance(rng, 0.5):
        height = max(HEIGHTS[0], bottom - top)
        over_left, over_right = height * rng.uniform(-0.1, 0.6, 2)
        start, end = (top + bottom) / 2 + height * rng.normal(0, 0.12, 2)
        line(behind, (left - over_left, start), (right + over_right, end),
             min(255, height * rng.uniform(0.4, 1.5)))
        tint = rng.uniform(0, 255, 3)
        if abs(grey(tint) - grey(pen)) < 2 * LEAST_CONTRAST:
            return picture
    else:
        word = printed(some_word(rng), len(behind) * rng.uniform(0.2, 0.7), rng)
        x, y = (int(rng.uniform(-0.3, 0.6) * side) for side in behind.shape[::-1])
        put(behind, word, x, y)
        tint = colour + rng.uniform(0.08, 0.35) * (pen - colour) + rng.normal(0, 12, 3)
    return over(picture, behind, tint, rng.uniform(0.5, 1))


def painted(page, rng):
    """The picture of a page: a paper, what is printed on it, what is written."""
    colour, pen, print_ = some_colours(rng)
    picture = pick(rng, PAPERS)(page.shape[1:], colour, rng)
    if chance(rng, SMUDGED):
        picture = smudged(picture, rng)
    if chance(rng, BACKED):
        picture = backed(picture, page, colour, pen, rng)
    if page[PRINT].any():
        ink = pen if chance(rng, 0.45) else print_
        picture = over(picture, page[PRINT], ink, rng.uniform(0.4, 1))
    rub, strength = chance(rng, 0.25), rng.uniform(0.75, 1)
    other = contrasting(colour, rng, LEAST_CONTRAST) if chance(rng, 0.25) else pen
    for layer, ink in ((MARKS, other), (DIGITS, pen)):
        if page[layer].any():
            coverage = rubbed(page[layer], rng) if rub else page[layer]
            picture = over(picture, coverage, ink, strength)
    return picture


# ---- Taking the picture -------------------------------------------------------------------------

def sheet_corners(sheet, shape, rng):
    """Where the corners of a sheet come to lie in a picture: turned, tilted, nearly all in it."""
    height, width = sheet
    turn = np.clip(rng.normal(0, TURN), -MOST_TURN, MOST_TURN) if chance(rng, 0.6) else \
        rng.uniform(-MOST_TURN, MOST_TURN)
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2 + rng.normal(0, TILT, (4, 2))
    corners = corners * (width, height) @ np.array([(cosine, sine), (-sine, cosine)])
    extent = np.ptp(corners, axis=0) / shape[::-1]
    corners *= rng.uniform(0.6, 1.0) / extent.max()
    slack = np.maximum(0, shape[::-1] - np.ptp(corners, axis=0)) / 2
    return np.float32(corners + np.array(shape[::-1]) / 2 + rng.uniform(-1, 1, 2) * slack)


def sheet_around(mask, rng):
    """Left, top, right and bottom of the sheet in a page: all of it, or what holds the ink."""
    height, width = mask.shape
    x, y, wide, tall = cv2.boundingRect(mask)
    if not wide or chance(rng, 0.4):
        return 0, 0, width, height
    room = max(tall, 0.3 * wide) * rng.uniform(0.1, 1, 4)
    return (max(0, x - room[0]), max(0, y - room[1]), min(width, x + wide + room[2]),
            min(height, y + tall + room[3]))


def on_a_table(picture, mask, rng):
    """A sheet laid on a table, with the thin shadow that its edge throws."""
    height, width = mask.shape
    left, top, right, bottom = sheet = sheet_around(mask, rng)
    flat = np.float32([(left, top), (right, top), (right, bottom), (left, bottom)])
    corners = sheet_corners((bottom - top, right - left), mask.shape, rng)
    view = cv2.getPerspectiveTransform(flat, corners)
    sheet = cv2.fillConvexPoly(np.zeros_like(mask), np.rint(16 * corners).astype(np.int32), 255,
                               cv2.LINE_AA, 4)
    ground = table(mask.shape, rng)
    if chance(rng, 0.5):
        lifted = cv2.GaussianBlur(sheet, (0, 0), rng.uniform(0.8, 4))
        ground *= 1 - lifted[..., None] * np.float32(rng.uniform(0, 0.5) / 255)
    laid = cv2.warpPerspective(picture, view, (width, height), borderMode=cv2.BORDER_REPLICATE)
    picture = ground + sheet[..., None] * np.float32(1 / 255) * (laid - ground)
    return picture, cv2.warpPerspective(mask, view, (width, height))


def turned(picture, mask, rng):
    """A picture held a little askew, without its edges coming into view."""
    height, width = mask.shape
    middle = width / 2, height / 2
    view = cv2.getRotationMatrix2D(middle, rng.normal(0, 4), rng.uniform(0.92, 1.0))
    return (cv2.warpAffine(picture, view, (width, height), borderMode=cv2.BORDER_REPLICATE),
            cv2.warpAffine(mask, view, (width, height)))


def on_white(picture, mask, rng):
    """A smaller picture pasted onto an even ground, or into a frame."""
    height, width = mask.shape
    small = int(width * rng.uniform(0.6, 0.97)), int(height * rng.uniform(0.6, 0.97))
    x, y = int(rng.integers(0, width - small[0])), int(rng.integers(0, height - small[1]))
    place = slice(y, y + small[1]), slice(x, x + small[0])
    ground = plain(mask.shape, rng.choice([0, 255, rng.uniform(0, 255)], p=[0.2, 0.5, 0.3]), rng)
    frame = np.zeros_like(mask)
    ground[place] = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    frame[place] = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)
    if chance(rng, 0.3):
        colour = (rng.uniform(0, 255),) * 3
        cv2.rectangle(ground, (x, y), (x + small[0], y + small[1]), colour, int(rng.integers(1, 5)))
    return ground, frame


def shadowed(picture, rng):
    """The picture with the edge of a shadow across it: a hand's, a phone's, a window's."""
    height, width = picture.shape[:2]
    shade = np.zeros((height, width), np.uint8)
    middle, angle = rng.uniform(0.15, 0.85, 2) * (width, height), rng.uniform(0, 2 * math.pi)
    along = np.array([math.cos(angle), math.sin(angle)])
    aside = np.array([-along[1], along[0]])
    far = 2 * max(picture.shape)
    near = middle + along * far * rng.normal(0, 0.02)
    corners = [near - aside * far, near, near + aside * far + along * far * rng.normal(0, 0.3),
               near + along * far]
    cv2.fillPoly(shade, [np.int32(corners)], 255)
    if chance(rng, 0.3):                        # a narrow one, such as an arm's
        beyond = [corner + along * rng.uniform(20, 120) for corner in corners]
        cv2.fillPoly(shade, [np.int32(beyond)], 0)
    shade = cv2.GaussianBlur(shade, (0, 0), between(rng, (0.6, 25), logarithmic=True))
    light = shade * np.float32(between(rng, SHADE) / 255)
    return picture * (1 - light[..., None] * np.float32(rng.uniform(0.85, 1, 3)))


def lit(picture, rng):
    """The picture under a lamp: it fades to one side, or to all."""
    fade = slope(picture.shape[:2], rng) ** np.float32(1.5)
    if chance(rng, 0.3):
        x, y = np.linspace(-1, 1, picture.shape[1]), np.linspace(-1, 1, picture.shape[0])[:, None]
        fade = np.float32(x * x + y * y) / 2
    return picture * (1 - rng.uniform(0.05, 0.55) * fade[..., None])


# ---- Damage: what noise, glass, fog and the like make of a float picture ------------------------

def salted(picture, rng):
    """Pixels, or blocks of them, as bright and as dark as can be."""
    block = int(rng.choice([1, 1, 2, 3]))
    field = rng.random([math.ceil(side / block) for side in picture.shape[:2]])
    field = field.repeat(block, axis=0).repeat(block, axis=1)[:len(picture), :picture.shape[1]]
    share = between(rng, (0.02, 0.3)) / 2
    levels = (0, 255) if chance(rng, 0.6) else (picture.min(), picture.max())
    picture = np.where((field < share)[..., None], levels[0], picture)
    return np.where((field > 1 - share * (rng.random() < 0.8))[..., None], levels[1], picture)


def banded(picture, rng):
    """Bands of it turned to their negative, upright or level."""
    across = picture.swapaxes(0, 1) if chance(rng, 0.3) else picture
    edges = np.sort(rng.integers(0, across.shape[1] + 1, 2 * int(rng.integers(1, 4))))
    if chance(rng, 0.5):
        edges[[0, -1]] = 0, across.shape[1]
    for start, end in edges.reshape(-1, 2):
        across[:, start:end] = 255 - across[:, start:end]
    return picture


def moved(picture, rng):
    """The camera moved meanwhile."""
    side = max(3, round(max(picture.shape) * rng.uniform(0.02, 0.25)))
    way, angle = np.zeros((side, side), np.uint8), rng.uniform(0, math.pi)
    away = np.array([math.cos(angle), math.sin(angle)]) * (side - 1) / 2
    line(way, (side - 1) / 2 - away, (side - 1) / 2 + away, 1)
    kernel = way / np.float32(way.sum())
    return cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def shattered(picture, rng):
    """Seen through rough glass: pixels change places with near ones."""
    height, width = picture.shape[:2]
    far = max(1, 0.03 * max(height, width) * rng.random())
    y, x = np.mgrid[:height, :width] + far * rng.uniform(-1.4, 1.4, (2, height, width))
    picture = cv2.remap(picture, np.float32(x), np.float32(y), cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REPLICATE)
    return cv2.GaussianBlur(picture, (0, 0), 0.6 * far)


def spattered(picture, rng):
    """Drops of ink or mud on it."""
    side = max(picture.shape)
    field = cv2.GaussianBlur(rng.normal(0, 1, picture.shape[:2]).astype(np.float32), (0, 0),
                             max(0.6, side * rng.uniform(0.008, 0.05)))
    drops = np.clip((field / field.std() - rng.uniform(1.2, 2.2)) * rng.uniform(2, 8), 0, 1)
    colour = rng.choice([picture.min(), picture.max(), rng.uniform(0, 255)])
    return over(picture, 255 * drops, colour, rng.uniform(0.4, 1))


def fogged(picture, rng):
    """Fog over it, thicker here than there."""
    fog = sum(cv2.resize(rng.random((side, side)).astype(np.float32), picture.shape[1::-1],
                         interpolation=cv2.INTER_CUBIC) / side for side in (2, 4, 8))
    fog = np.clip(fog / fog.max(), 0, 1)
    return over(picture, 255 * fog, rng.uniform(80, 255), rng.uniform(0.3, 0.75))


DAMAGES = {salted: 4, banded: 3, moved: 2, shattered: 1, spattered: 2.5, fogged: 1}


def coarse(picture, mask, least, rng):
    """The picture as if it had few pixels, `least` or more a side; some damaged, or in black."""
    height, width = mask.shape
    scale = between(rng, (least, 120), logarithmic=True) / max(height, width)
    scale = max(scale, LEAST_HEIGHT / max(1, cv2.boundingRect(mask)[3]))
    if scale >= 1:
        return picture
    small = max(4, round(width * scale)), max(4, round(height * scale))
    picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    if chance(rng, DAMAGED_COARSE):
        picture = pick(rng, DAMAGES)(picture, rng)
    if chance(rng, 0.3 if least < 20 else 0.15):
        level = picture.mean(axis=2, keepdims=True)
        picture = np.where(level > (level.min() + level.max()) / 2, level.max(), level.min())
        picture = np.repeat(picture, 3, axis=2).astype(np.float32)
    how = cv2.INTER_CUBIC if chance(rng, 0.8) else cv2.INTER_NEAREST
    return cv2.resize(picture, (width, height), interpolation=how)


def camera(picture, rng):
    """RGB uint8 of a picture as cameras and files leave it: blurred, noisy, inverted."""
    shape = picture.shape[:2]
    if chance(rng, 0.45):
        picture = cv2.GaussianBlur(picture, (0, 0), between(rng, (0.3, 2.2), logarithmic=True))
    if chance(rng, 0.45):
        strength = between(rng, (1, 24), logarithmic=True)
        grains = [some_noise(shape, rng, 0.8 if chance(rng, 0.6) else 0.0) for _ in range(3)]
        picture = picture + np.float32(strength) * (grains[0][..., None] if chance(rng, 0.3) else
                                                    np.dstack(grains))
    if chance(rng, 0.2):                        # dull or glaring
        picture = 128 + (picture - 128) * rng.uniform(0.5, 1.3) + rng.normal(0, 15)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if chance(rng, 0.3):
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(between(rng, (12, 95)))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    if chance(rng, 0.1):
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if chance(rng, 0.015):
        level = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        picture = cv2.applyColorMap(level, int(rng.integers(22)))
    return 255 - picture if chance(rng, INVERTED) else picture


def stroke_mask(coverage):
    """The mask of strokes: a pixel counts by its share of the most that is covered next to it.

    A hair covers no pixel wholly, and is a stroke all the same.
    """
    most = cv2.max(cv2.dilate(coverage, np.ones((3, 3))), 60)
    return cv2.divide(cv2.subtract(coverage, most // 4), most, scale=2 * 255)


def seen(picture, mask):
    """The mask without the strokes that nobody could see in an RGB picture, whatever hid them."""
    def nearby(values, weights):        # their mean around each pixel
        total = cv2.blur(weights, NEARBY) + np.float32(1e-4)
        return cv2.blur(values * weights[..., None], NEARBY) / total[..., None]
    picture, ink = np.float32(picture), np.float32(mask) / 255
    rim = np.float32(cv2.dilate(mask, np.ones((13, 13))) > cv2.dilate(mask, np.ones((3, 3))))
    paper = nearby(picture, rim)
    noise = np.sqrt(np.maximum(nearby((picture - paper)**2, rim).mean(axis=2), 0))
    contrast = np.abs(nearby(picture, ink) - paper).max(axis=2) / (noise + GRAIN)
    _, strokes = cv2.connectedComponents(np.uint8(mask > 0))
    area, total = (np.bincount(strokes.ravel(), weights.ravel()) for weights in
                   (ink, contrast * ink))
    return np.where((total < LEAST_SEEN * area)[strokes], 0, mask)


def photograph(shape, images, rng, kind=None):
    """As make_picture, but the mask has those strokes too that nobody could see."""
    kind = kind or pick(rng, PAGES_WITHOUT if chance(rng, WITHOUT_DIGITS) else PAGES)
    page, tight = kind(shape, images, rng), kind in (tight_digit, tight_line)
    alone = kind in SINGLE
    if chance(rng, 0.12) and not tight:
        beside(page, rng)
    if chance(rng, CROSSED_ALONE if alone else CROSSED):
        crossed(page, rng)
    if chance(rng, HOLLOW_ALONE if alone else HOLLOW):
        page[DIGITS] = hollowed(page[DIGITS], rng)
    mask = page[DIGITS].copy()
    picture = scene(shape, rng) if kind is empty and chance(rng, 0.7) else painted(page, rng)
    view = rng.random()
    if not tight and view < ON_TABLE:
        picture, mask = on_a_table(picture, mask, rng)
    elif not tight and view < ON_TABLE + 0.15:
        picture, mask = turned(picture, mask, rng)
    elif not tight and view < ON_TABLE + 0.22:
        picture, mask = on_white(picture, mask, rng)
    if chance(rng, 0.3):
        picture = lit(picture, rng)
    if chance(rng, SHADOWED):
        picture = shadowed(picture, rng)
    share = 0.6 if kind is tight_digit else 0.45 if kind in (one_digit, one_letter) else 0.04
    if chance(rng, share):
        picture = coarse(picture, mask, 15 if tight else 24, rng)
    elif chance(rng, DAMAGED):
        picture = pick(rng, DAMAGES)(picture, rng)
    picture = camera(picture, rng)
    return picture, stroke_mask(mask)


def make_picture(shape, images, rng, kind=None):
    """RGB (height, width, 3) and the mask (height, width) of the ink of digits seen in it, uint8.

    What is on the page is of a random kind of PAGES, or none, unless it is said.
    """
    picture, mask = photograph(shape, images, rng, kind)
    return picture, seen(picture, mask)


def found_again(images, labels, count, rng, find):
    """`count` labelled digits put into made pictures and found there: (count, 28, 28), (count,).

    They are some of `images` and as many drawn ones, by all pens. `find` makes a list of Parts and
    (28, 28) images of a picture. So a network learns what finding leaves of a digit, and with it.
    """
    found, own = [], []
    while len(found) < count:
        i, draws = rng.integers(len(images)), chance(rng, 0.5)
        kind = pick(rng, SINGLE if draws or chance(rng, ALONE) else PAGES)
        written = int(labels[i]) if draws else images[[i]]
        picture, mask = make_picture((FOUND_SIDE, FOUND_SIDE), written, rng, kind)
        alone, usual = kind in SINGLE, aspect(inked(images[i]))
        solid = np.uint8(mask > 127)
        strokes = solid if alone else cv2.connectedComponents(solid)[1]
        whole = [image for part, image in find(picture) if is_whole(part, mask, strokes) and
                 (alone or usual / WIDER - BY < aspect(part.mask) < usual * WIDER + BY)]
        if whole:           # of a row, in which the digit stands again and again, one
            found.append(whole[rng.integers(len(whole))])
            own.append(labels[i])
    return np.array(found), np.array(own)


def aspect(image):
    """Width by height."""
    return image.shape[1] / image.shape[0]


def is_whole(part, mask, strokes):
    """Whether a Part is about all of those `strokes` of a mask, numbered, that it has ink of."""
    inside = shares_in(part, mask)
    own = np.unique(part.pixels(strokes))
    return inside.mean() > 0.5 and inside.sum() > OWN * np.isin(strokes, own[own > 0]).sum()


def left_over(images, count, rng, find):
    """What `find` takes for digits in made pictures, and is none: (count, 28, 28) uint8.

    The digits in them are some of `images`, or drawn.
    """
    found = []
    while len(found) < count:
        kind = pick(rng, WITH_OTHERS)
        picture, mask = photograph((FOUND_SIDE, FOUND_SIDE), images, rng, kind)
        found += [image for part, image in find(picture) if shares_in(part, mask).mean() < ALIEN
                  and not is_bar(part.mask) and not is_ring(image)]
    return np.array(found[:count])


def shares_in(part, mask):
    """How much of each pixel of a Part is in a mask, from 0 to 1."""
    return part.pixels(mask) / np.float32(255)


def is_bar(strokes):
    """Whether strokes, a mask, are a bar, which may be a 1: a slash for example, or a rule."""
    sides = cv2.minAreaRect(cv2.findNonZero(np.uint8(strokes)))[1]
    return min(sides) < BAR * max(sides)


def is_ring(image):
    """Whether an image shows little but a ring, which may be a 0: an o, or a circle."""
    larger = cv2.resize(image, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_CUBIC)
    strokes = cv2.morphologyEx(np.uint8(larger > larger.max() / 3), cv2.MORPH_CLOSE,
                               np.ones((7, 7)))
    contours, _ = cv2.findContours(strokes, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    outline, *holes = sorted(contours, key=cv2.contourArea, reverse=True)
    area = cv2.contourArea(outline)
    return (area > ROUND * cv2.contourArea(cv2.convexHull(outline)) and
            any(cv2.contourArea(hole) > HOLE * area for hole in holes))


def make_pictures(count, shape, images, seed):
    """`count` pictures of one shape and their masks, (n, height, width[, 3]) uint8."""
    rng = np.random.default_rng(seed)
    pictures, masks = np.empty((count, *shape, 3), np.uint8), np.empty((count, *shape), np.uint8)
    for number in range(count):
        pictures[number], masks[number] = make_picture(shape, images, rng)
    return pictures, masks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the sheet of examples to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shape", type=int, default=0, help="number of one of SHAPES (0)")
    args = parser.parse_args()
    shape = SHAPES[args.shape]
    columns = max(1, 768 // shape[1])
    import mnist_digit_classifier as digits
    images = digits.load_mnist().x_train
    pictures, masks = make_pictures(columns * (1600 // shape[0]), shape, images, args.seed)
    pairs = np.concatenate([pictures, np.repeat(masks[..., None], 3, axis=3)], axis=2)
    rows = [np.concatenate(list(pairs[i:i + columns]), axis=1)
            for i in range(0, len(pairs), columns)]
    Image.fromarray(np.concatenate(rows)).save(args.file)


if __name__ == "__main__":
    main()

"""Digits and what is no digit as people draw them, made to learn from and to test on.

`drawn` writes digits and letters stroke by stroke, each in one of the WAYS in which people write it, as
images like MNIST's; `non_digits` makes what is none: scribbles, blots, digits halved, turned, side by side.
What is random comes from the generator that is handed in.
"""
import functools
import math

import cv2
import numpy as np

SIZE, BOX = 28, 20          # pixels, side of MNIST's images, and longer side of the digit in one

# In shares of the box where no unit is given. Compared on MNIST's training images:
# benchmarks/drawn.py --part train
CURVE, LIFT = 24, 3         # points that a stroke is drawn through; fewer than so many are left out at an end
WOBBLE, SLOPPY = 0.08, 0.4  # standard deviation of a point, and of that one's logarithm from hand to hand
HANDS = 0.2, 0.15, 0.15, 0.15, 0.25, 0.25, 0.2  # likewise of turn, slant, bend, taper, two warps, aspect
PEN, PRESSURE = (1.25, 3.75), 0.2   # pixels of width; likewise of a third of a stroke, as a share of it

# Ways that people write each digit, weight:strokes of points x, y on a grid from 0 to 9; then letters and
# signs, but for B, D, I, O, Q, S, Z, b, g, i, l, o, q, s, z, which are a digit in somebody's hand.
WAYS = (
    "10:503012151739597885836040 8:70401316395987847250 4:306083866939161330 4:6040121639698683603032 "
    "4:4013163969868371 1:503012151739597885836040,8019 2:2816134070838679",
    "12:5059 2:23505059 1:325059 2:23505059,2989 1:5059,2989 1:505979 1:05505059 1:14606069 1:14505059 "
    "1:04505059",
    "8:122050727446191989 10:132060737548291827385889 4:1220507274461919385988 4:231220607447191989 "
    "2:108080191989 6:1320607375393906175789 8:124070744829080616467899 6:113070675729090705356899 "
    "4:122050727446191959 4:213070725619090735578879 4:132050726458493828486989 4:22305162553819193979 "
    "3:31506255483928386978",
    "8:113071725444547578593918 4:108080444475785918 4:114071734535445677592917 6:1140717344447678592817 "
    "4:21507163444486894907 4:12307073545476793917 4:114070734454447678592817 4:105072445578590907 "
    "4:21306153444464775928 2:1040716366573908 5:13106072444476791906 4:123071634454857849080617",
    "8:30151585,7079 4:60060696,6069 2:20142555707069 6:10151595,6269 4:20143555707079 4:2014355575,8079 "
    "2:50050585,5459 4:201214356472707069 4:1015255575,6069 2:30050585,6069 3:40251555,5059 "
    "4:40140676,5449 4:40140666,4439 4:50150686,5349",
    "8:201515547577592918,2080 6:80202014144476785918 4:804022245576693918 4:201515547577592918,3181 "
    "4:80303024245465674929 2:2025256476685928,2090 4:20153565775928,2070 4:7030144476684928 "
    "4:70302455674918 3:9030224465674908",
    "8:60311317396987754516 6:301517396977653517 4:602416285978664627 4:5014173969776545 "
    "4:401216297986642416 4:7030131639697775553617 4:401216295977643417 4:301417396978664517 "
    "4:502427496977664627 6:503215284968654527",
    "10:10808049 4:131010808049 3:10808049,2575 6:1080805449 4:114081815439 4:12305180804449 "
    "2:12305180804449,2575 4:12808059 4:0320808059 2:0420707049,2575 4:030070808049 3:151210808059 "
    "4:204081836459",
    "8:7150212354776939172654737150 4:5020133555737050,4516184979865545 4:8040123466785929174580 "
    "4:8250212355775929174582 4:2013357769491754636020 4:714012245677692917356372 "
    "4:60302234557769391735637150 4:31507163351739697755332140 2:70201355784918366480 "
    "4:80503255775928467390 3:203557684927457270",
    "8:70401214354664717079 6:71401215467371785929 4:3012154674707069 4:60301335647260707539 "
    "4:7040121536637069 4:7140121445637174693918 6:603013154572707069 6:602003255572707059 "
    "4:6040223353717069 4:7030133464717069 4:502003153562707068 4:60402244617059 3:603013355270736659 "
    "4:70301224557270706889 3:6030133565716859190917 6:5020123463717587693908 6:6030123362707688692809 "
    "6:502122345462618587794909",
    "094099,2474 90000999,0474 900009,0474 0009,9099,0494 0009,900499 000999 0900449099 09009990 "
    "090070927404 090070927404,4499 0090,4049 000729799790 004990 0029447990 0099,9009 004490,4449 "
    "9097792907 9270200207297997 04949270200207297997 0009,04227499 0902,04224449,44729499 2027497977,0272 "
    "0009,7224,2479 0044,9009 9074290704224299 0022449009,4429 70772907042272,7079 0209,042272 "
    "704022290272 4049,0494 0292,0797 0220709244,4749 2029,7079,0292,0797 0042,4409 2009,2099,0474")


def read_way(text):
    """Weight and strokes, each points (k, 2) in a box of side 1 around 0, of one of WAYS."""
    weight, _, strokes = text.rpartition(":")
    points = (np.reshape([int(x_or_y) for x_or_y in stroke], (-1, 2)) for stroke in strokes.split(","))
    return float(weight or 1), [stroke / 9 - 0.5 for stroke in points]


@functools.cache
def curve_weights(count):
    """Weights (2, CURVE, count) that make `count` points a polyline, and a smooth curve near them."""
    times, shifts = np.linspace(-1, count, CURVE), np.linspace(-0.8, 0.8, 9)
    polylines = [[np.interp(times + shift, np.arange(count), unit) for unit in np.eye(count)]
                 for shift in shifts]
    return np.swapaxes([polylines[4], np.mean(polylines, axis=0)], 1, 2)


def draw(strokes, n, rng):
    """Images (n, 28, 28) uint8 of strokes, each points (k, 2) in a box of side 1, by as many hands."""
    def normal(deviation, *shape):
        return rng.normal(0, deviation, (n, *shape))
    wobble, smooth, curves = WOBBLE * np.exp(normal(SLOPPY, 1, 1)), rng.uniform(0.7, 1, (n, 1, 1)), []
    for points in strokes:
        same = np.cumsum(np.diff(points, axis=0, prepend=9).any(axis=1)) - 1    # a corner's points stay one
        points = points + (wobble * normal(1, len(points), 2))[:, same] + normal(WOBBLE / 2, 1, 2)
        angular, round_ = curve_weights(len(same))
        curves.append(angular @ points + smooth * ((round_ - angular) @ points))
    x, y = np.moveaxis(np.concatenate(curves, axis=1), 2, 0)
    turn, slant, bend, taper, wider, lower, aspect = normal(HANDS, 7).T[:, :, None]
    y = y + lower * (y * y - 0.25)
    x = (x * (1 + 2 * taper * y) + bend * (y * y - 0.25) + wider * (x * x - 0.25)) * np.exp(aspect)
    curve = np.stack([x - (turn + slant) * y, y + turn * x], axis=2)
    low, high, pen = curve.min(axis=1), curve.max(axis=1), rng.uniform(*PEN, n)
    scale = 4 * (BOX - pen) / np.maximum((high - low).max(axis=1), 1e-3)       # drawn at 4 times the size
    curve = scale[:, None, None] * (curve - (low + high)[:, None] / 2) + 2 * SIZE
    curve = np.rint(16 * curve).astype(np.int32).reshape(n, len(strokes), CURVE, 2)     # in sixteenths
    widths = np.maximum(2, 4 * pen[:, None] * (1 + normal(PRESSURE, 3))).astype(int)
    canvas = np.zeros((n, 4 * SIZE, 4 * SIZE), np.uint8)
    starts, ends = rng.integers(0, LIFT, (2, n, len(strokes)))
    for image, lines, width, *ways in zip(canvas, curve, widths.tolist(), starts, CURVE - ends):
        for line, start, end in zip(lines, *ways):
            for third in range(3):
                part = line[max(start, third * CURVE // 3):min(end, (third + 1) * CURVE // 3 + 1)]
                cv2.polylines(image, [part], False, 255, width[third], cv2.LINE_AA, 4)
    return cv2.resize(canvas.reshape(-1, 4 * SIZE), (SIZE, n * SIZE),
                      interpolation=cv2.INTER_AREA).reshape(n, SIZE, SIZE)


def drawn(labels, rng):
    """Images (n, 28, 28) of labels (n,), digits or 10 for a letter or sign, each in one of its ways."""
    images = np.zeros((len(labels), SIZE, SIZE), np.uint8)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        weights, ways = zip(*map(read_way, WAYS[label].split()))
        chosen = rng.choice(len(ways), len(own), p=np.divide(weights, sum(weights)))
        for number in np.unique(chosen):
            images[own[chosen == number]] = draw(ways[number], (chosen == number).sum(), rng)
    return images


# The shares of what is no digit; halves of digits (left, right, top, bottom) and turns that are none.
NON_DIGITS = {"letter": 0.26, "walk": 0.08, "tangle": 0.06, "cloud": 0.08, "blot": 0.08, "turn": 0.12,
             "half": 0.1, "pair": 0.22}
HALVES = {2: "lrtb", 3: "lr", 4: "lb", 5: "lrtb", 6: "r", 8: "lr"}
TURNS = {np.fliplr: (3, 4, 6, 7, 9), np.rot90: (1, 2, 3, 4, 5, 6, 9), np.flipud: (4, 7)}


def non_digits(images, labels, count, rng, framed):
    """Images (count, 28, 28) of what is no digit, made from nothing or from labelled digits.

    `framed` makes an image of ink of any size.
    """
    kinds, made = rng.choice(list(NON_DIGITS), count, p=list(NON_DIGITS.values())).tolist(), []
    made += list(drawn(np.full(kinds.count("letter"), 10), rng))
    for kind, most in (("walk", 16), ("tangle", 40)):
        for _ in range(kinds.count(kind) // 4):
            points = rng.normal(0, 1, (rng.integers(8, most), 2))
            points = np.cumsum(points, axis=0) if kind == "walk" else points
            made += list(draw([points / np.ptp(points, axis=0).max()], 4, rng))
    kinds = [kind for kind in kinds if kind not in ("letter", "walk", "tangle")]
    while len(made) < count:
        ink = non_digit(kinds[len(made) % len(kinds)], images, labels, rng)
        if ink is not None and (ink := inked(ink)).size > 20:
            made.append(framed(np.ascontiguousarray(ink)))
    return np.array(made)


def inked(ink):
    """The part of an image (height, width) that holds ink."""
    left, top, width, height = cv2.boundingRect(np.uint8(ink > 60))
    return ink[top:top + height, left:left + width]


def non_digit(kind, images, labels, rng):
    """Ink of a kind of NON_DIGITS, made from nothing or from labelled digits; None if it may be one."""
    i, j = rng.integers(len(images), size=2)
    if kind == "cloud":                     # such as a threshold leaves of a photograph
        field = cv2.GaussianBlur(rng.normal(0, 1, (64, 64)).astype(np.float32), (0, 0), rng.uniform(1.5, 6))
        return np.clip((field / field.std() - rng.uniform(0.3, 1.2)) * 300, 0, 255).astype(np.uint8)
    if kind == "blot":
        angles, radii = np.linspace(0, 2 * math.pi, 16), rng.uniform(rng.uniform(14, 28), 28, 16)
        corners = 32 + np.stack([np.cos(angles), rng.uniform(0.6, 1) * np.sin(angles)]) * radii
        ink = cv2.fillPoly(np.zeros((64, 64), np.uint8), [corners.T.astype(np.int32)], 255, cv2.LINE_AA)
        return cv2.circle(ink, rng.integers(20, 44, 2).tolist(), int(rng.integers(0, 5)), 0, -1)
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
    return {"l": ink[:, :x], "r": ink[:, -x:], "t": ink[:y], "b": ink[-y:]}[rng.choice(list(HALVES[label]))]


def side_by_side(one, other, rng):
    """Two inks in random order, so close that they touch or nearly do."""
    canvas, x = np.zeros((36, one.shape[1] + other.shape[1] + 8), np.uint8), 4
    for ink in (one, other) if rng.random() < 0.5 else (other, one):
        y = max(0, (36 - len(ink)) // 2 + rng.integers(-2, 3))
        place = canvas[y:y + len(ink), x:x + ink.shape[1]]
        np.maximum(place, ink[:, :place.shape[1]], out=place)
        x = max(0, x + ink.shape[1] + rng.integers(-4, 3))
    return canvas

"""Numbers in neat strokes of one width, as people draw them with a mouse, short and long ones.

    python benchmarks/neat.py [--pictures 40] [--seed 0]

Digits that drawn_pages.py draws hardly shaken and all upright, half of them 0s and 1s in one kind;
on white or black, in a strip with or without room at its end, or on a canvas of many times their
height; in dashes too. Sure and wrong: the text is wrong and every digit given is called sure.
"""
import kinds
import numpy as np
from kinds import on_paper, row_of, share, some

import drawn_pages

PENS = 0.03, 0.14           # of a digit's height
WOBBLE = 0.02               # likewise, standard deviation of its strokes' points
DASH, GAP = (0.06, 0.2), (0.04, 0.12)   # likewise, of a dash less its round ends, of a gap
SHORT, LONG = (4, 9), (10, 21)      # digits, at least and less than
COLOURS = (0, 0, 0), (0, 0, 128), (190, 30, 30), (0, 100, 0), (110, 60, 20)


def new_hand(rng):
    return drawn_pages.Hand(None, 120, rng.uniform(*PENS), 0, WOBBLE, rng.random(),
                            rng.random() < 0.5, None)


def take(count, rng, digits=range(10)):
    """`count` digits by one pen, as pages.py takes them."""
    hand, labels = new_hand(rng), rng.choice(digits, count)
    return [share(drawn_pages.drawn_glyph(int(label), hand, rng)[0]) for label in labels], labels


def take_dashed(count, rng):
    """The same, their strokes in dashes."""
    hand, labels = new_hand(rng), rng.choice(10, count)
    dash, gap = rng.uniform(*DASH), rng.uniform(*GAP)
    inks = []
    for label in labels.tolist():
        _, ways = drawn_pages.ways(label)
        curves = drawn_pages.curved(ways[rng.integers(len(ways))], hand, rng)
        pieces = [piece for curve in drawn_pages.standing(curves, 1)
                  for piece in dashes(curve, dash, gap + hand.pen)]
        inks.append(share(drawn_pages.ink_of(pieces, hand)[0]))
    return inks, labels


def dashes(curve, dash, gap):
    """Pieces of a curve, points (k, 2): so long, and so far apart."""
    along = np.append(0, np.hypot(*np.diff(curve, axis=0).T).cumsum())
    for start in np.arange(0, along[-1], dash + gap):
        places = np.linspace(start, min(start + dash, along[-1]), 9)
        yield np.stack([np.interp(places, along, axis) for axis in curve.T], axis=1)


def strip(take, rng, counts, room=0.0, paper=(255, 255, 255), taller=1.0):
    """A number on paper so many times as high, and with so much room, in its width, at its end."""
    ink, text, height, _ = row_of(take, int(rng.integers(*counts)), rng, gap=(0.15, 0.55))
    above, below = (int(height * rng.uniform(0.2, 0.6) * taller) for _ in range(2))
    left, right = (int(height * rng.uniform(0.2, 0.6)) for _ in range(2))
    ink = np.pad(ink, ((above, below), (left, right + int(room * ink.shape[1]))))
    return on_paper(ink, rng, some(rng, COLOURS) if any(paper) else (255, 255, 255), paper), text


def short(take, rng):
    return strip(take, rng, SHORT)


def long(take, rng):
    return strip(take, rng, LONG)


def room_at_the_end(take, rng):
    return strip(take, rng, LONG, rng.uniform(0.5, 1.2))


def large_canvas(take, rng):
    return strip(take, rng, SHORT, taller=rng.uniform(3, 12))


def on_black(take, rng):
    return strip(take, rng, LONG, paper=(0, 0, 0))


def many_0s_and_1s(take, rng):
    return strip(lambda count, rng: take(count, rng, [0, 1] * 4 + [*range(2, 10)]), rng, SHORT)


def dashed(take, rng):
    return strip(take_dashed, rng, SHORT)


NEAT = short, long, room_at_the_end, large_canvas, on_black, many_0s_and_1s, dashed


def main():
    args = kinds.options(__doc__).parse_args()
    kinds.measure(NEAT, kinds.reads_by(args.model), take, args.pictures, args.seed, NEAT)


if __name__ == "__main__":
    main()

"""Everything that reading is judged by, in one table: exact, sure, and of the sure ones right.

    MNIST_DATA=mnist.npz python benchmarks/yardsticks.py [--pictures 40] [--part test]

Rows are the pictures of kinds.py as people bring them, the pages of tests/pages.py by layout,
MNIST's images as files, as they are and changed as in robustness.py, each number of pictures from
MNIST's test digits, and what is no digit, as in no_digits.py: there exact means that nothing is
sure. A picture is sure where digits were found and each of them is. Settings are chosen with
--part train, of digits that neither network learned.
"""
import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import kinds  # noqa: E402
import no_digits  # noqa: E402
import pages  # noqa: E402
import robustness  # noqa: E402

import mnist_digit_classifier as digits  # noqa: E402
import train_ink  # noqa: E402


def digit_pictures(x, y, count, seed):
    """Yield group, name and pictures of it: (bytes, text) each."""
    take = pages.mnist_digits(x, y)
    for kind in kinds.KINDS:
        yield "kinds", kind.__name__.replace("_", " "), kinds.make(kind, take, count, seed)
    made = list(pages.make(take, 5 * 14 * max(1, round(count / 14)), seed))
    for layout in pages.LAYOUTS:
        yield "pages", layout, [(file, "".join(text.split())) for one, _, text, file in made
                                if one == layout]
    for name, change in robustness.CHANGES.items():
        yield "changed", name, [(robustness.as_png(change(image)), str(label))
                                for image, label in zip(x[:5 * count], y[:5 * count])]


def other_pictures(count, seed):
    """Yield group, name and pictures of what is no digit, evenly taken."""
    for make in no_digits.GROUPS:
        pictures = [pixels for _, pixels in make(np.random.default_rng(seed))]
        chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), 5 * count)).astype(int)
        name = make.__name__.replace("_", " ")
        yield "no digit", name, [(robustness.as_png(pictures[i]), None) for i in chosen]


def unseen(data, reader):
    """Training digits that neither network learned: held out of a Reader's, and of train_ink.py."""
    order = np.random.default_rng(reader.metadata["seed"]).permutation(len(data.x_train))
    held_out = order[:digits.count_held_out(data)]
    held_out = held_out[held_out >= len(data.x_train) - train_ink.HELD_OUT]
    return data.x_train[held_out], data.y_train[held_out]


def line(group, name, exact, sure):
    exact, sure = np.array(exact), np.array(sure)
    right = f"{exact[sure].mean():14.1%}" if sure.any() else f"{'':14}"
    print(f"{group:10}{name:40}{len(exact):6}{exact.mean():9.1%}{sure.mean():8.1%}{right}"
          f"{(sure & ~exact).sum():7}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=40, help="of each kind; five times as many "
                        "images of a digit or of none (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the pictures (0)")
    parser.add_argument("--part", choices=["test", "train"], default="test", help="of MNIST (test)")
    parser.add_argument("--model", type=Path, default=digits.PRETRAINED)
    args = parser.parse_args()
    data, reader = digits.load_mnist(), digits.Reader(args.model)
    x, y = (data.x_test, data.y_test) if args.part == "test" else unseen(data, reader)
    print(f"{'':50}{'n':>6}{'exact':>9}{'sure':>8}{'of them right':>14}{'wrong':>7}", flush=True)
    seconds, read, groups = 0.0, 0, {}
    for group, name, pictures in (*digit_pictures(x, y, args.pictures, args.seed),
                                  *other_pictures(args.pictures, args.seed)):
        exact, sure = [], []
        for file, text in pictures:
            start = time.perf_counter()
            found = digits.read_image(file, reader).digits
            seconds, read = seconds + time.perf_counter() - start, read + 1
            for column, value in zip((exact, sure), kinds.judged(found, text)):
                column.append(value)
        line(group, name, exact, sure)
        for column, value in zip(groups.setdefault(group, ([], [])), (exact, sure)):
            column += value
    for group, (exact, sure) in groups.items():
        line(group, "all", exact, sure)
    print(f"{1000 * seconds / read:.1f} ms a picture")


if __name__ == "__main__":
    main()

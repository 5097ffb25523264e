"""What drawn digits alone teach of MNIST: networks trained on --data strokes, measured on MNIST.

    MNIST_DATA=mnist.npz python benchmarks/drawn.py dense --seeds 3
    MNIST_DATA=mnist.npz python benchmarks/drawn.py dense --part train WOBBLE=0.05   how it was set

With --part train it is measured on MNIST's training images; NAME=VALUE changes a setting.
"""
import argparse
import contextlib
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from settings import changed

import mnist_digit_classifier as digits


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=digits.NETWORKS, help="to train")
    parser.add_argument("--seeds", type=int, default=3, help="so many, from 0 (3)")
    parser.add_argument("--part", choices=["test", "train"], default="test",
                        help="of MNIST, to measure on (test)")
    parser.add_argument("changes", nargs="*", metavar="NAME=VALUE",
                        help="settings of the script, changed")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        for change in args.changes:
            stack.enter_context(changed(change))
        measure(args)


def measure(args):
    """Train and measure as the options say."""
    mnist, reached = digits.load_mnist(), []
    images, labels = (mnist.x_test, mnist.y_test) if args.part == "test" else mnist[:2]
    images, drawings = digits.as_input(digits.straighten(images)), digits.draw_dataset()
    for seed in range(args.seeds):
        model, _ = digits.train(args.network, drawings, digits.NETWORKS[args.network].epochs, seed)
        confidences = digits.with_confidences(model).predict(images, batch_size=1000, verbose=0)
        accuracy, _, confusion = digits.score(confidences[:, :10], labels)
        reached.append(accuracy)
        print(f"{args.network} seed {seed}: {accuracy:.2%} of MNIST, of each digit",
              ", ".join(f"{share:.1%}" for share in confusion.diagonal() / confusion.sum(axis=1)),
              flush=True)
    print(f"{args.network}: median {statistics.median(reached):.2%} "
          f"({min(reached):.2%} to {max(reached):.2%}), {args.seeds} seeds")


if __name__ == "__main__":
    main()

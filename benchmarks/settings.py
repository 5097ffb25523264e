"""Accuracy on the validation split with one setting changed at a time: how each was chosen.

    MNIST_DATA=mnist.npz python benchmarks/settings.py [--seeds 5] [NAME=VALUE ...]

Without NAME=VALUE, the list below; '' changes nothing. The test set is not looked at. Each seed has
a validation split of its own, the same for every setting, so the lines can be compared.
"""
import argparse
import ast
import contextlib
import statistics
import sys
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))
import mnist_digit_classifier as digits

CHANGES = ["", "EVENED_X=0", "EVENED_X=1", "CLEAN_EPOCHS=0", "CLEAN_EPOCHS=0.4", "WEIGHT_DECAY=0",
           "WEIGHT_DECAY=0.1", "ELASTIC=0", "ELASTIC=0.8", "ROTATION=0", "ROTATION=8",
           "WARM_UP=0.05", "batch=32", "batch=128", "peak=2e-3", "peak=1.5e-2"]


def changed(change):
    """A context in which one setting, NAME=VALUE, of the script or of `dense` is changed."""
    if not change:
        return contextlib.nullcontext()
    name, value = change.split("=")
    value, network = ast.literal_eval(value), digits.NETWORKS["dense"]
    if name in network._fields:
        return mock.patch.dict(digits.NETWORKS, dense=network._replace(**{name: value}))
    return mock.patch.object(digits, name, value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="so many, from 0 (5)")
    parser.add_argument("changes", nargs="*", default=CHANGES, metavar="NAME=VALUE",
                        help="of the script or of dense; '' changes nothing")
    args = parser.parse_args()
    data, epochs = digits.load_mnist(), digits.NETWORKS["dense"].epochs
    for change in args.changes:
        with changed(change):
            reached = [digits.train("dense", data, epochs, seed)[1]["val_accuracy"][-1]
                       for seed in range(args.seeds)]
        print(f"{change or 'as they are':18} median {statistics.median(reached):.2%}, "
              f"mean {statistics.mean(reached):.2%} ({min(reached):.2%} to {max(reached):.2%})",
              flush=True)


if __name__ == "__main__":
    main()

"""Accuracy on the validation split with one setting changed at a time: how the settings were chosen.

    MNIST_DATA=mnist.npz python benchmarks/settings.py [--seeds 5] [NAME=VALUE ...]

Without NAME=VALUE, the list below. The test set is not looked at. Each seed has a validation split of its
own, the same for every setting, so the lines can be compared.
"""
import argparse
import ast
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import mnist_digit_classifier as digits

CHANGES = ["SIZE=28", "EVENED_X=0", "EVENED_X=1", "CLEAN_EPOCHS=0", "CLEAN_EPOCHS=0.4", "WEIGHT_DECAY=0",
           "WEIGHT_DECAY=0.1", "ELASTIC=0", "ELASTIC=0.8", "ROTATION=0", "ROTATION=8", "WARM_UP=0.05",
           "batch=32", "batch=128", "peak=2e-3", "peak=1.5e-2"]


def accuracy(data, seed, name, value):
    """Validation accuracy after the last epoch of `dense`, one setting of the script or network changed."""
    network, before = digits.NETWORKS["dense"], getattr(digits, name, None)
    if name in network._fields:
        digits.NETWORKS["dense"] = network._replace(**{name: value})
    else:
        setattr(digits, name, value)
    try:
        return digits.train("dense", data, network.epochs, seed)[1]["val_accuracy"][-1]
    finally:
        digits.NETWORKS["dense"] = network
        if name not in network._fields:
            setattr(digits, name, before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("changes", nargs="*", default=CHANGES, metavar="NAME=VALUE")
    args = parser.parse_args()
    data = digits.load_mnist()
    for change in args.changes:
        name, value = change.split("=")
        reached = [accuracy(data, seed, name, ast.literal_eval(value)) for seed in range(args.seeds)]
        label = "as they are" if change == "SIZE=28" else change
        print(f"{label:18} median {statistics.median(reached):.2%}, mean {statistics.mean(reached):.2%} "
              f"({min(reached):.2%} to {max(reached):.2%})", flush=True)


if __name__ == "__main__":
    main()

"""Test accuracy of a network over seeds, each trained by the script's own command.

    MNIST_DATA=mnist.npz python benchmarks/accuracy.py dense --seeds 5
    MNIST_DATA=mnist.npz python benchmarks/accuracy.py dense --seeds 5 --plain

Options that it does not know go to the script's train.
"""
import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
import mnist_digit_classifier as digits  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=digits.NETWORKS, help="to train")
    parser.add_argument("--seeds", type=int, default=5, help="so many, from 0 (5)")
    args, options = parser.parse_known_args()
    accuracies, losses = [], []
    for seed in range(args.seeds):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            subprocess.run([sys.executable, str(ROOT / "mnist_digit_classifier.py"), "train", "-q",
                            "--model", args.network, "--seed", str(seed), "--models", folder,
                            "--assets", folder, *options], check=True)
            facts = digits.Reader(Path(folder) / f"{args.network}.onnx").metadata
        accuracies.append(facts["test_accuracy"])
        losses.append(facts["test_loss"])
        print(f"{args.network} seed {seed}: {accuracies[-1]:.2%}, loss {losses[-1]:.4f}, "
              f"{time.perf_counter() - start:.0f} s as a whole process", flush=True)
    print(f"{' '.join([args.network, *options])}: median {statistics.median(accuracies):.2%} "
          f"({min(accuracies):.2%} to {max(accuracies):.2%}), "
          f"median loss {statistics.median(losses):.4f}, {args.seeds} seeds")


if __name__ == "__main__":
    main()

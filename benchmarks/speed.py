"""Whole processes against what everybody writes, in turn, several times; prints medians and ratios.

    MNIST_DATA=mnist.npz python benchmarks/speed.py

The default run with its pictures and export against the plain Keras recipe without them; one image
read against "import Keras, load the model, predict"; the time of --help and of wrong usage. Needs
two idle cores.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "mnist_digit_classifier.py"
ZERO = ROOT / "assets" / "examples" / "zero.png"
KERAS_READS = """
import sys, keras, numpy as np
from PIL import Image
image = 255 - np.asarray(Image.open(sys.argv[2]).convert("L").resize((28, 28)))
print(keras.models.load_model(sys.argv[1]).predict(image[None] / 255).argmax())
"""


def measure(command, cwd):
    """Wall seconds and peak MiB of one whole process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def compare(name, ours, theirs, runs, cwd):
    """Both commands in turn, `runs` times after an uncounted one; medians, and the pairs' ratio."""
    pairs = [(measure(ours, cwd), measure(theirs, cwd)) for _ in range(runs + 1)][1:]
    seconds, memory = ([statistics.median(pair[side][what] for pair in pairs) for side in (0, 1)]
                       for what in (0, 1))
    ratios = [a[0] / b[0] for a, b in pairs]
    print(f"{name}: {seconds[0]:.2f} s and {memory[0]:.0f} MiB against {seconds[1]:.2f} s and "
          f"{memory[1]:.0f} MiB; ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to "
          f"{max(ratios):.3f}, {runs} pairs)", flush=True)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    os.environ["MNIST_DATA"] = str(Path(os.environ["MNIST_DATA"]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        plain = [ROOT / "benchmarks" / "plain_recipe.py", "plain.keras"]
        compare("default run / plain recipe", [SCRIPT], plain, 5, folder)
        keras_reads = ["-c", KERAS_READS, "plain.keras", ZERO]
        compare("read one image / Keras", [SCRIPT, ZERO], keras_reads, 10, folder)
        for name, arguments in (("--help", ["--help"]),
                                ("wrong usage", ["train", "--epochs", "0"])):
            seconds = statistics.median(measure([SCRIPT, *arguments], folder)[0] for _ in range(11))
            print(f"{name}: {seconds:.2f} s (median of 11)")


if __name__ == "__main__":
    main()

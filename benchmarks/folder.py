"""Images a second from a folder, against decoding by as many threads; memory over 20,000 images.

    MNIST_DATA=mnist.npz python benchmarks/folder.py [--jobs 2] [--count 20000] [FOLDER]

Reads the images of FOLDER, or 140 made pages (tests/pages.py) as they are and as a phone would
photograph them, 3000 pixels, JPEG. Decoding alone is Pillow's: open, turn upright, to RGB. Memory
is that of one `predict`, twenty times while it reads `--count` names of such files.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "mnist_digit_classifier.py"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import pages  # noqa: E402

import mnist_digit_classifier as digits  # noqa: E402


def decode(paths):
    """Decode images as every reader has to."""
    for path in paths:
        with Image.open(path) as image:
            np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def compare(name, paths, jobs):
    """Print images a second of decoding alone and of the script, three times in turn."""
    rates = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for _ in range(3):
            start = time.perf_counter()
            list(pool.map(decode, [paths[i:i + 8] for i in range(0, len(paths), 8)]))
            decoding, start = time.perf_counter() - start, time.perf_counter()
            subprocess.run([sys.executable, str(SCRIPT), "predict", "-q", "--jobs", str(jobs),
                            *paths], stdout=subprocess.DEVNULL)
            rates.append((len(paths) / decoding, len(paths) / (time.perf_counter() - start)))
    decoding, reading = np.median(rates, axis=0)
    print(f"{name}: {reading:.0f} images/s as a whole process, decoding alone {decoding:.0f} "
          f"({jobs} threads each), ratio {reading / decoding:.2f}", flush=True)


def memory(processes, kind="Pss"):
    """MiB that processes, by number, occupy, shared pages counted once, or of another kind."""
    total = 0
    for pid in processes:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith(f"{kind}:"))
    return total / 1024


def watch(paths, count, jobs):
    """Print the memory of one `predict` over `count` images at twenty moments."""
    names = (paths * (count // len(paths) + 1))[:count]
    run = subprocess.Popen([sys.executable, str(SCRIPT), "predict", "-q", "--jobs", str(jobs),
                            *names], stdout=subprocess.PIPE, text=True)
    seen, start = [], time.perf_counter()
    for number, _ in enumerate(run.stdout, 1):
        if number % (count // 20) == 0 and number < count:
            seen.append(memory([run.pid]))
    print(f"{count} images in {time.perf_counter() - start:.0f} s; MiB: "
          + " ".join(f"{size:.0f}" for size in seen))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="threads (one per core)")
    parser.add_argument("--count", type=int, default=20_000, help="images for memory (20000)")
    parser.add_argument("folder", nargs="?", type=Path, help="of images, else made pages")
    args = parser.parse_args()
    if args.folder:
        compare(str(args.folder), [str(path) for path in sorted(args.folder.iterdir())], args.jobs)
        return
    data = digits.load_mnist()
    with tempfile.TemporaryDirectory() as folder:
        small, large = [], []
        made = pages.make(pages.mnist_digits(data.x_test, data.y_test), 140)
        for number, (_, _, _, file) in enumerate(made):
            small.append(f"{folder}/{number}.image")
            Path(small[-1]).write_bytes(file)
            image = np.asarray(Image.open(small[-1]))
            scale = 3000 / max(image.shape[:2])
            large.append(f"{folder}/{number}.jpg")
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            Image.fromarray(image).save(large[-1], quality=90)
        compare("made pages", small * 4, args.jobs)
        compare("the same as photographs", large, args.jobs)
        watch(small, args.count, args.jobs)


if __name__ == "__main__":
    main()

"""Images a second of predict_on_ray.py, one and two workers, beside predict with as many processes.

    MNIST_DATA=mnist.npz python benchmarks/cluster.py [--count 5000] [--rounds 3]

Reads made pages (tests/pages.py), 300 to 900 pixels, as whole processes, in turn; a local Ray is
started each time. Then memory: the two workers' own, without the images that they share with Ray,
ten times in one run.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import folder

import mnist_digit_classifier as digits

PREDICT = [sys.executable, str(folder.SCRIPT), "predict", "-q", "--model", "pretrained", "--jobs"]
ON_RAY = [sys.executable, str(folder.ROOT / "predict_on_ray.py"), "--workers"]


def seconds(command, images, output):
    """Wall seconds of one whole process."""
    options = ["--output", output] if command[0] == ON_RAY else []
    start = time.perf_counter()
    subprocess.run([*command[0], str(command[1]), images, *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def ancestors(process):
    """Numbers of the processes that a process descends from."""
    while process > 1:
        stat = Path(f"/proc/{process}/stat").read_text()
        process = int(stat.rpartition(")")[2].split()[1])
        yield process


def workers(above):
    """Numbers of Ray's reader processes below a process, which started that Ray."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            reads = b"MapWorker(MapBatches(Worker))" in (process / "cmdline").read_bytes()
            if reads and above in ancestors(int(process.name)):
                found.append(int(process.name))
        except OSError:         # it has ended
            pass
    return found


def watch(images, output, expected):
    """Print the memory of the workers, some ten times in a run of so many seconds."""
    run = subprocess.Popen([*ON_RAY, "2", images, "--output", output], stderr=subprocess.DEVNULL)
    seen = []
    while run.poll() is None:
        time.sleep(expected / 12)
        readers = workers(run.pid)
        if len(readers) == 2:
            seen.append(folder.memory(readers, "Pss_Anon"))
    print("MiB of both workers' own: " + " ".join(f"{size:.0f}" for size in seen))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    data = digits.load_mnist()
    made = list(folder.pages.make(folder.pages.mnist_digits(data.x_test, data.y_test), 140))
    with tempfile.TemporaryDirectory() as place:
        images = Path(place) / "images"
        images.mkdir()
        for number, (_, _, _, file) in enumerate(made):
            (images / f"{number}.png").write_bytes(file)
            for copy in range(number + len(made), args.count, len(made)):
                os.link(images / f"{number}.png", images / f"{copy}.png")
        commands = [(PREDICT, 1), (PREDICT, 2), (ON_RAY, 1), (ON_RAY, 2)]
        taken = [[seconds(command, str(images), f"{place}/{number}-{command[1]}")
                  for command in commands] for number in range(args.rounds)]
        for (program, processes), times in zip(commands, zip(*taken)):
            name = "predict --jobs" if program == PREDICT else "predict_on_ray.py --workers"
            print(f"{name} {processes}: {args.count / statistics.median(times):.0f} images/s, "
                  f"{statistics.median(times):.0f} s ({min(times):.0f} to {max(times):.0f}) "
                  f"for {args.count}")
        watch(str(images), f"{place}/watched", statistics.median(times))


if __name__ == "__main__":
    main()

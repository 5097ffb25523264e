"""Clients that ask the page at once, each again once it is answered: none lost, none mixed up.

    python benchmarks/page.py [--clients 20] [--seconds 60]

Each asks for the pictures in assets/examples in its own order, over HTTP as the page's JavaScript
does.
"""
import argparse
import base64
import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
import mnist_digit_classifier as digits  # noqa: E402


@contextmanager
def server(environment=(), **options):
    """The address of a page that is served while the block runs, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), **dict(environment)}
    process = subprocess.Popen([sys.executable, str(ROOT / "app.py")], env=environment, cwd=ROOT,
                               **options)
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < end:
            try:
                httpx.get(url, timeout=10)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield url, process
    finally:
        process.terminate()
        process.wait()


def data_url(data):
    """Bytes as the page sends a picture's."""
    return "data:image/png;base64," + base64.b64encode(data).decode()


def ask(client, url, data, function="read_picture"):
    """The response to a call of one of the page's functions."""
    body = {"session_hash": "benchmark", "component_id": 1, "fn_name": function, "data": data}
    return client.post(f"{url}/gradio_api/component_server", json=body)


def keep_asking(url, number, pictures, end):
    """Seconds of each answer that a client got until `end`, and how many were lost or wrong."""
    seconds, lost = [], 0
    with httpx.Client(timeout=60) as client:
        order = random.Random(number).sample(sorted(pictures), len(pictures))
        for picture in itertools.cycle(order):
            if time.monotonic() > end:
                return seconds, lost
            start = time.monotonic()
            try:
                lost += ask(client, url, picture).json()["text"] != pictures[picture]
            except (httpx.HTTPError, ValueError, KeyError):
                lost += 1
            seconds.append(time.monotonic() - start)


def load(url, clients, seconds):
    """The seconds of all answers that so many clients got at once, and how many were not right."""
    reader, pictures = digits.Reader(digits.PRETRAINED), {}
    for path in sorted(digits.EXAMPLES.iterdir()):
        _, answer = digits.try_to_read(str(path), str(path), reader, 1)
        pictures[data_url(path.read_bytes())] = answer["text"]
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        results = list(pool.map(lambda number: keep_asking(url, number, pictures, end),
                                range(clients)))
    return [answer for took, _ in results for answer in took], sum(lost for _, lost in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    with server(stdout=subprocess.DEVNULL) as (url, _):
        took, lost = load(url, args.clients, args.seconds)
    print(f"{args.clients} clients, {args.seconds:.0f} s: {len(took)} answers, "
          f"{len(took) / args.seconds:.0f} a second, "
          f"median {statistics.median(took):.2f} s, longest {max(took):.2f} s, "
          f"{lost} lost or wrong")


if __name__ == "__main__":
    main()

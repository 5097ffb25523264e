"""What tests share: the script as a user calls it, a small data set, a network trained on it."""
import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "mnist_digit_classifier.py"
sys.path.insert(0, str(ROOT))
import mnist_digit_classifier as digits  # noqa: E402

cv2.setNumThreads(1)        # two processes test side by side
SLOW = "rfc3987_syntax"     # Jupyter brings it; whoever imports jsonschema then waits for a second
sys.modules[SLOW] = None    # and nothing here asks it whether a text is an IRI

LONGEST = ("test_readme", "test_command_line", "test_reading", "test_ray", "test_pages",
           "test_training", "test_page", "test_drawn_pages", "test_fuzz")       # by their time


def pytest_collection_modifyitems(items):
    """Let the files that take longest begin first, so that two processes end together."""
    items.sort(key=lambda item: (*LONGEST, item.path.stem).index(item.path.stem))


def environment(env):
    """The environment of one call: without MNIST_DATA and NO_COLOR, `env` added."""
    inherited = {key: value for key, value in os.environ.items()
                 if key not in ("MNIST_DATA", "NO_COLOR")}
    return inherited | (env or {})


def stream(data=b""):
    """A text stream over bytes in memory, like a process's own."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", write_through=True)


def written(to):
    """The text that was written to a stream."""
    return to.buffer.getvalue().decode()


def run_main(*args, cwd=ROOT, stdin="", env=None):
    """One call of the script as a finished process, but by main() in this process."""
    streams = stream(stdin if isinstance(stdin, bytes) else stdin.encode()), stream(), stream()
    with mock.patch.dict(os.environ, environment(env), clear=True), contextlib.chdir(cwd), \
            mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]):
        try:
            code = digits.main([str(arg) for arg in args])
        except SystemExit as ended:     # after a help
            code = ended.code
    digits.log.handlers.clear()
    return subprocess.CompletedProcess(args, code, *map(written, streams[1:]))


def hear_ctrl_c():
    """In a starting process: a shell's background jobs, such as these tests, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def complaint(result, code):
    """The one sentence on stderr of a call that had to fail with `code` and without a traceback."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    progress = ("reading with", "training ", "downloading ", "exporting ")
    lines = [line for line in result.stderr.splitlines() if not line.startswith(progress)]
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture(scope="session")
def run():
    """The script as a user calls it, in this process."""
    return run_main


@pytest.fixture(scope="session")
def small_arrays():
    """A data set's four arrays: 1,200 drawn images to train on and 200 to test."""
    return dict(zip(digits.ARRAYS, digits.draw_dataset(1200, 200, seed=1)))


@pytest.fixture(scope="session")
def small(tmp_path_factory, small_arrays):
    """The same as an .npz file."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez_compressed(path, **small_arrays)
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory, small):
    """The finished call of a training of `dense` on the drawn digits, and its folder."""
    folder = tmp_path_factory.mktemp("trained")
    result = run_main("train", "--data", small, "--epochs", 12, cwd=folder)
    assert result.returncode == 0, result.stderr
    return result, folder


@pytest.fixture(scope="session")
def mnist():
    """Path of the real MNIST; skips the test where MNIST_DATA does not name it."""
    path = os.environ.get("MNIST_DATA")
    if not path or not Path(path).exists():
        pytest.skip("needs the real MNIST: set MNIST_DATA")
    return path

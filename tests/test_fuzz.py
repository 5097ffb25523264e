"""Arbitrary bytes and pixels, damaged files: an answer or a DigitError, soon, in little memory."""
import io
import random
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT
from drawing import draw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

import mnist_digit_classifier as digits

EXAMPLES = sorted((ROOT / "assets" / "examples").iterdir())
READER = digits.Reader(digits.PRETRAINED)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=75)  # each of these is a picture of noise, which takes longest


def read(source):
    """Read a path or bytes, and check the answer's form; None where it is no image."""
    start = time.monotonic()
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        reading = digits.read_image(file, READER)
    except digits.DigitError as error:
        assert str(error) and "\n" not in str(error)
        return None
    finally:
        assert time.monotonic() - start < 10        # seconds; most take a hundredth of one
    height, width = (side * reading.scale for side in reading.ink.shape)
    for digit in reading.digits:
        x, y, *size = digit["box"]
        assert 0 <= digit["digit"] <= 9 and 0 <= digit["confidence"] <= 1 and min(size) >= 0
        assert -1 <= x <= width + 1 and -1 <= y <= height + 1
    return reading


@MANY
@given(some.binary(max_size=400))
def test_arbitrary_bytes(data):
    read(data)


@MANY
@given(some.sampled_from([
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"P6\n",
    b"RIFF\0\0\1\0WEBP", b"\0\0\0\x18ftypheic", b"\0\0\0\x1cftypavif"]), some.binary(max_size=300))
def test_arbitrary_bytes_after_a_files_first_ones(magic, data):
    read(magic + data)


@FEWER
@given(some.integers(0, 2**32 - 1), some.integers(1, 300), some.integers(1, 300),
       some.sampled_from(["noise", "blocks", "lines", "waves", "few"]),
       some.sampled_from(["L", "RGB", "RGBA", "LA", "1", "P", "I;16", "F"]))
def test_arbitrary_pixels(seed, height, width, kind, mode):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    across, down = rng.integers(-3, 4, 2)
    values = {"noise": rng.integers(0, 256, (height, width)),
              "blocks": 255 * rng.integers(0, 2, (34, 34))[y // 9, x // 9],
              "lines": np.where((x * across + y * down) % rng.integers(3, 40) < 2, 0, 255),
              "waves": 127 + 127 * np.sin(x * rng.uniform(0, 1) + y * rng.uniform(0, 1)),
              "few": np.where(rng.random((height, width)) < 0.002, 0, 255)}[kind]
    image = Image.fromarray(values.astype(np.uint8))
    image = (Image.fromarray(values.astype(np.uint16) * 257) if mode == "I;16"
             else image.convert(mode))
    file = io.BytesIO()
    image.save(file, "TIFF" if mode == "F" else "PNG")
    assert read(file.getvalue())


@MANY
@given(some.sampled_from(EXAMPLES), some.randoms(use_true_random=False))
def test_damaged_files(path, rng):
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        length = rng.choice([1, 1, 1, 2, 50])
        data[at:at + length] = rng.randbytes(rng.choice([length, length, 0]))
    read(bytes(data))


SUBPROCESS = """
import random, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import mnist_digit_classifier as digits
digits.keep_memory()
reader = digits.Reader(digits.PRETRAINED)
for path in sorted(Path(sys.argv[2]).iterdir()):
    answer = digits.read_file((0, str(path)), reader)
    print(path.name, repr(answer["text"]), answer["error"])
print(open("/proc/self/status").read())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_memory_stays_under_500_mib(tmp_path):
    """One process reads the largest images that are let in, a page of one and damaged files."""
    page = Image.fromarray(np.uint8(255 - 230 * draw(4, (700, 700), (200, 100, 400), 30)))
    page = page.resize((7000, 7000))
    for mode, name in (("RGBA", "a.png"), ("P", "p.png"), ("CMYK", "c.tif"), ("F", "f.tif"),
                       ("RGB", "j.jpg")):
        page.convert(mode).save(tmp_path / name, compress_level=1)
    Image.new("RGBA", (60_000, 800), "white").save(tmp_path / "long.png")
    Image.new("L", (1, 60_000), 90).save(tmp_path / "thin.png")
    rng = random.Random(0)
    for number, path in enumerate(EXAMPLES * 4):
        data = bytearray(path.read_bytes())
        for at in rng.choices(range(len(data)), k=5):
            data[at] = rng.randrange(256)
        (tmp_path / f"{number}.damaged").write_bytes(data)
    result = subprocess.run([sys.executable, "-c", SUBPROCESS, str(ROOT), str(tmp_path)],
                            capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(" '4' None") >= 5, result.stdout
    assert int(re.search(r"VmHWM:\s+(\d+) kB", result.stdout)[1]) < 500 * 1024

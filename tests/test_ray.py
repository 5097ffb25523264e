"""Reading on a Ray cluster: predict's answers, whatever happens on the way."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from conftest import ROOT, run_script
from PIL import Image

import mnist_digit_classifier as digits

sys.path.insert(0, str(ROOT / "benchmarks"))
from cluster import workers

SCRIPT = ROOT / "predict_on_ray.py"
COUNT = 2000
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds Ray's processes in /proc")


def on_ray(*args):
    """The finished process of one call of the script."""
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, args)], capture_output=True, text=True,
                          timeout=300)


def answers_in(folder):
    """The rows of a folder of Parquet files, by path."""
    rows = pyarrow.parquet.read_table(folder).to_pylist()
    answers = {row.pop("path"): row for row in rows}
    assert len(answers) == len(rows)
    return answers


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder of drawn digits and rows of them, some of which cannot be read."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "more").mkdir()
    drawn = digits.drawn(np.arange(COUNT) % 10, np.random.default_rng(7))
    for number, image in enumerate(drawn):
        path = folder / ("more" if number % 3 else ".") / f"{number:04}.png"
        Image.fromarray(np.hstack(drawn[number:number + 3]) if number % 5 == 0 else image).save(path)
    (folder / "0003.png").write_bytes(b"")
    (folder / "more" / "0004.png").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def expected(images):
    """What predict says of them, as the output's rows."""
    lines = run_script("predict", "--json", "--model", "pretrained", images).stdout.splitlines()
    rows = {}
    for answer in map(json.loads, lines):
        confidences = [digit["confidence"] for digit in answer["digits"]]
        rows[answer["file"]] = {"text": answer["text"], "lowest_confidence": min(confidences, default=None),
                                "sure": bool(confidences) and min(confidences) >= digits.SURE,
                                "error": answer["error"]}
    assert len(rows) == COUNT and sum(row["error"] is not None for row in rows.values()) == 2
    return rows


@pytest.fixture(scope="module")
def output(images, tmp_path_factory):
    """The output of a run with two workers, one of which was killed on the way."""
    folder = tmp_path_factory.mktemp("ray") / "answers"
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(images), "--output", str(folder),
                                "--workers", "2"], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while len(workers()) < 2:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1)
    os.kill(workers()[0], signal.SIGKILL)
    assert process.poll() is None
    error = process.communicate(timeout=300)[1]
    assert process.returncode == 1, error
    assert "2,000 images read" in error and "2 of them errors" in error and "Traceback" not in error
    return folder


@pytest.fixture(scope="module")
def cluster():
    """--address of a Ray cluster that runs already."""
    ray = str(Path(sys.executable).with_name("ray"))
    if workers():
        pytest.fail("Ray's workers are still there")
    started = subprocess.run([ray, "start", "--head", "--port=6399", "--num-cpus=2",
                              "--include-dashboard=false", "--disable-usage-stats"],
                             capture_output=True, text=True, timeout=120)
    assert started.returncode == 0, started.stderr
    yield "auto"
    subprocess.run([ray, "stop", "--force"], capture_output=True, timeout=120)


def test_a_killed_worker_changes_no_answer(output, expected):
    assert answers_in(output) == expected


def test_a_restart_reads_what_is_not_there(output, images, expected, cluster, tmp_path):
    """Neither what a run that was stopped left half written, nor what is new."""
    folder = shutil.copytree(output, tmp_path / "answers")
    whole, cut_off = sorted(folder.glob("*.parquet"))
    cut_off.write_bytes(cut_off.read_bytes()[:1000])
    done = pyarrow.parquet.read_table(whole).num_rows
    new = shutil.copy(ROOT / "assets" / "examples" / "2026-row-photo.jpg", tmp_path / "new.jpg")
    result = on_ray(images, new, "--output", folder, "--address", cluster)
    assert f"2,001 images, {done:,} of them read before" in result.stderr
    assert f"{2001 - done:,} images read" in result.stderr
    answers = answers_in(folder)
    assert answers.pop(str(new))["text"] == "2026" and answers == expected
    again = on_ray(images, new, "--output", folder, "--address", cluster)
    assert "2,001 of them read before" in again.stderr and "\n0 images read" in again.stderr


def test_an_object_store_is_read_like_a_folder(cluster, tmp_path):
    """A file system that is named by a URI stands for it."""
    examples = tmp_path / "50% of all examples"
    shutil.copytree(digits.EXAMPLES, examples / "below")
    (examples / "notes.txt").write_text("no image")
    result = on_ray(f"file://{examples}", "--output", f"file://{tmp_path}/answers", "--address", cluster)
    assert result.returncode == 0, result.stderr
    answers, reader = answers_in(tmp_path / "answers"), digits.Reader(digits.PRETRAINED)
    assert len(answers) == len(list(digits.EXAMPLES.iterdir()))
    for path, answer in answers.items():
        file = path.removeprefix("file://")
        assert answer["text"] == digits.try_to_read(file, file, reader)[1]["text"]


@pytest.mark.parametrize("args, words", [
    (["nothing-here", "--output", "answers"], "there is no image at nothing-here"),
    (["file:///nothing/here", "--output", "answers"], "cannot list file:///nothing/here"),
    ([str(digits.EXAMPLES), "--output", "answers", "--model", "dence"], "no trained model")])
def test_wrong_usage_gets_a_sentence(args, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = on_ray(*args)
    assert result.returncode == 2 and words in result.stderr and "Traceback" not in result.stderr

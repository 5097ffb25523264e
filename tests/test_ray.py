"""Reading on a Ray cluster: predict's answers, whatever happens on the way."""
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from conftest import ROOT, SLOW
from PIL import Image
from pyarrow import fs

import drawn_pages
import mnist_digit_classifier as digits
import predict_on_ray

sys.path.insert(0, str(ROOT / "benchmarks"))
from cluster import workers

SCRIPT = ROOT / "predict_on_ray.py"
COUNT = 200
MADE = "answers-{:032x}-000000-0.parquet"       # a name of the script's own
STAYING = """
import runpy, sys
sys.argv.pop(0)
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    import ray
    print(end.code, ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()        # and with this process its Ray
"""
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds Ray's processes in /proc")


def rows_of(files):
    """The rows of Parquet files, by path."""
    rows = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
    answers = {row.pop("path"): row for row in rows}
    assert len(answers) == len(rows)
    return answers


def contents(folder):
    """The bytes of each file in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder of drawn digits and rows of them, two unreadable, two with odd names."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "more").mkdir()
    drawn = drawn_pages.drawn(np.arange(COUNT) % 10, np.random.default_rng(7))
    for number, image in enumerate(drawn):
        path = folder / ("more" if number % 3 else ".") / f"{number:04}.png"
        shown = np.hstack(drawn[number:number + 3]) if number % 5 == 0 else image
        Image.fromarray(shown).save(path)
    (folder / "0003.png").write_bytes(b"")
    (folder / "more" / "0004.png").write_text("no picture")
    os.rename(folder / "0006.png", os.fsencode(folder) + b"/caf\xe9.png")
    (folder / "more" / "0007.png").rename(folder / r"caf\udce9.png")
    return folder


@pytest.fixture(scope="module")
def expected(images, run):
    """What predict says of them, as the output's rows."""
    result, rows = run("predict", "--json", "--model", "pretrained", "--jobs", 1, images), {}
    for answer in map(json.loads, result.stdout.splitlines()):
        confidences = [digit["confidence"] for digit in answer["digits"]]
        rows[predict_on_ray.as_text(answer["file"])] = {
            "text": answer["text"], "lowest_confidence": min(confidences, default=None),
            "sure": bool(confidences) and min(confidences) >= digits.SURE, "error": answer["error"]}
    assert len(rows) == COUNT and sum(row["error"] is not None for row in rows.values()) == 2
    return rows


@pytest.fixture(scope="module")
def joining(tmp_path_factory):
    """The environment of what starts a Ray, and of what joins it.

    Ray asks who joins by address for a token; this one has its own, and reports to nobody. And
    what Jupyter brings is not there, as on a cluster: each of Ray's processes would import it.
    """
    lacking = tmp_path_factory.mktemp("lacking")
    (lacking / f"{SLOW}.py").write_text("raise ImportError")
    path = os.pathsep.join(filter(None, [str(lacking), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def at_work(process):
    """Numbers of those workers of a process that are reading, as Ray has it in their titles."""
    return [worker for worker in workers(process.pid)
            if b"(Worker)).submit" in Path(f"/proc/{worker}/cmdline").read_bytes()]


def kill_a_worker(process):
    """End a worker of a process while it reads."""
    end = time.monotonic() + 120
    while not (found := at_work(process)):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.01)
    os.kill(found[0], signal.SIGKILL)


@pytest.fixture(scope="module")
def first_run(images, tmp_path_factory, joining):
    """Output of a run with two workers, one killed while it reads, and address of its Ray."""
    folder = tmp_path_factory.mktemp("ray") / "answers"
    errors = folder.with_name("stderr")
    with errors.open("w") as stderr:
        args = map(str, (SCRIPT, images, "--output", folder, "--workers", 2))
        process = subprocess.Popen([sys.executable, "-c", STAYING, *args], cwd=ROOT, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                                   env=joining)
    try:
        kill_a_worker(process)
        assert not select.select([process.stdout], [], [], 0)[0], "it was done before"
        code, address = process.stdout.readline().split()
        told = errors.read_text()
        assert code == "1" and "Traceback" not in told, told
        assert f"{COUNT} images read" in told and "2 of them errors" in told
        assert "reading with " in told and "pretrained.onnx (best" in told
        yield folder, address
    finally:
        process.communicate(timeout=60)


@pytest.fixture
def call(monkeypatch, capfd):
    """The script in this process, for what needs no Ray: its exit code and its stderr."""
    def call(*args):
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, args)])
        with pytest.raises(SystemExit) as end:
            predict_on_ray.main()
        digits.log.handlers.clear()
        told = capfd.readouterr().err
        assert "Traceback" not in told
        return end.value.code, told
    return call


@pytest.fixture
def read_here(tmp_path, monkeypatch):
    """What a worker makes of paths: their rows, in this process."""
    shutil.copy(digits.PRETRAINED, tmp_path / predict_on_ray.MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cv2, "setNumThreads", lambda number: None)      # not of the other tests

    def read_here(paths):
        batch = predict_on_ray.fetch(pyarrow.table({"path": paths}))
        return predict_on_ray.Worker()(batch).to_pylist()
    return read_here


def test_a_killed_worker_changes_no_answer(first_run, expected):
    made = list(first_run[0].iterdir())
    assert rows_of(made) == expected
    assert len(made) < COUNT / predict_on_ray.BLOCK
    assert all(predict_on_ray.OWN.fullmatch(path.name) for path in made)


def test_a_restart_reads_what_is_not_there(first_run, images, expected, tmp_path, call, joining):
    """Neither what a run that was stopped left half written, nor what is new; the rest stays."""
    made, folder, done = next(first_run[0].iterdir()), tmp_path / "answers", COUNT - 20
    folder.mkdir()
    table = pyarrow.parquet.read_table(made)
    pyarrow.parquet.write_table(table[:done], folder / MADE.format(0))
    pyarrow.parquet.write_table(pyarrow.table({"x": [1]}), folder / "theirs.parquet")
    (folder / MADE.format(1)).write_bytes(made.read_bytes()[:1000])
    before = contents(folder)
    new = shutil.copy(ROOT / "assets" / "examples" / "2026-row-photo.jpg", tmp_path / "new 50%.jpg")
    args = images, f"file://{new}", "--output", f"file://{folder}"
    result = subprocess.run([sys.executable, str(SCRIPT), "--address", first_run[1],
                             *map(str, args)], capture_output=True, text=True, timeout=300,
                            env=joining)
    assert f"{COUNT + 1} images, {done} of them read before" in result.stderr
    assert f"{COUNT + 1 - done} images read" in result.stderr
    assert f"{COUNT + 1} answers in" in result.stderr and "Traceback" not in result.stderr
    answers = rows_of(folder.glob("answers-*.parquet"))
    assert answers.pop(f"file://{new}")["text"] == "2026" and answers == expected
    before[f"_{MADE.format(1)}.damaged"] = before.pop(MADE.format(1))
    assert before.items() <= contents(folder).items()
    code, told = call(*args)
    assert code == 1 and f"{COUNT + 1} of them read before\n0 images read" in told


def test_what_others_wrote_is_told_and_stays(tmp_path, call):
    """Whatever it is, and its answers are not counted; what is cut off is kept beside, once."""
    answer = {"path": "1.png", "text": "1", "lowest_confidence": 1.0, "sure": True, "error": None}
    answers = pyarrow.Table.from_pylist([answer], predict_on_ray.SCHEMA)
    example = digits.EXAMPLES / "zero.png"
    mine = answers.set_column(0, "path", pyarrow.array([str(example)]))
    pyarrow.parquet.write_table(mine, tmp_path / MADE.format(0))
    (tmp_path / "notes.parquet").write_text("no Parquet")
    code, told = call(example, "--output", tmp_path)
    assert code == 0 and told.count("notes.parquet") == 1 and "0 images read" in told
    pyarrow.parquet.write_table(answers, tmp_path / "copy.parquet")
    pyarrow.parquet.write_table(answers.drop_columns("path"), tmp_path / MADE.format(1))
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.parquet")).write_bytes(b"")
    (tmp_path / MADE.format(2)).write_bytes(b"PAR1")
    before = contents(tmp_path)
    code, told = call(example, "--output", tmp_path)
    assert code == 0 and told.count("4 Parquet files") == 1 and told.count("cut off") == 1
    assert "1 answers in" in told and "0 of them errors" in told
    before[f"_{MADE.format(2)}.damaged"] = before.pop(MADE.format(2))
    assert contents(tmp_path) == before
    assert "cut off" not in call(example, "--output", tmp_path)[1]


def test_a_path_beyond_utf8_is_a_text_that_can_be_undone():
    plain = ["/forms/7 é.png", r"C:\x5\under\d7.png", "s3://forms/7.png"]
    others = [os.fsdecode(b"/\xff\xfe.png"), r"/\udcff\udcfe.png", r"/\x5cudcff\udcfe.png",
              os.fsdecode(b"/\\\xff.png"), r"/\\udcff.png", r"/\\x5cudcff.png", "/\ud800.png"]
    texts = [predict_on_ray.as_text(path) for path in plain + others]
    assert texts[:3] == plain and texts[3] == r"/\udcff\udcfe.png"
    assert len(set(texts)) == len(texts) and all(text.encode() for text in texts)
    assert [predict_on_ray.as_path(text) for text in texts] == plain + others


def test_an_object_store_is_read_like_a_folder(tmp_path, monkeypatch, read_here):
    """One that pyarrow lists and opens, with folders below, other and hidden files."""
    examples = tmp_path / "50% of all examples"
    shutil.copytree(digits.EXAMPLES, examples / "below")
    (examples / "notes.txt").write_text("no image")
    (examples / "other").mkdir()
    (examples / "other" / "._a.png").write_bytes(b"hidden")
    store = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    monkeypatch.setattr(predict_on_ray, "locate",
                        lambda path: (store, path.removeprefix("store://")))
    paths = predict_on_ray.find_images(f"store://{examples.name}")
    assert paths == [f"store://{path.relative_to(tmp_path)}"
                     for path in sorted((examples / "below").iterdir())]
    assert predict_on_ray.find_images(paths[0]) == paths[:1]
    assert predict_on_ray.find_files(store, examples.name) == [f"{examples.name}/notes.txt"]
    assert predict_on_ray.find_files(store, "nothing here") == []
    reader = digits.Reader(digits.PRETRAINED)
    for path, answer in zip(paths, read_here(paths)):
        file = str(tmp_path / path.removeprefix("store://"))
        assert answer["path"] == path and answer["error"] is None
        assert answer["text"] == digits.try_to_read(file, file, reader)[1]["text"]


def test_postscript_named_png_starts_no_ghostscript(tmp_path, monkeypatch, read_here):
    """Which would run what is written in it; it is an error."""
    path, started = tmp_path / "page.png", tmp_path / "started"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gs").write_text(f"#!/bin/sh\ntouch '{started}'\n")
    (tmp_path / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), os.pathsep)
    answer, = read_here([str(path)])
    assert answer["error"] and answer["text"] == "" and not answer["sure"]
    assert not started.exists()


@pytest.mark.parametrize("args, words", [
    (["nothing-here", "--output", "answers"], "there is no image at nothing-here"),
    (["file:///nothing/here", "--output", "answers"], "there is no image at file:///nothing/here"),
    (["nowhere://here", "--output", "answers"], "cannot list nowhere://here"),
    ([str(digits.EXAMPLES), "--output", "nowhere://here"], "cannot keep answers in nowhere://here"),
    ([str(digits.EXAMPLES), "--output", __file__], "(a file); name another folder"),
    ([str(digits.EXAMPLES), "--output", os.fsdecode(b"\xff")], "can't encode character"),
    ([str(digits.EXAMPLES), "--output", "answers", "--model", "dence"], "no trained model")])
def test_wrong_usage_gets_a_sentence(args, words, tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    code, told = call(*args)
    assert code == 2 and words in told

"""Reading images: the contract of `predict`, bad input, and what it does without."""
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pages
import pytest
from conftest import ROOT, SCRIPT, complaint, hear_ctrl_c
from drawing import colour, draw, draw_row
from PIL import Image

import mnist_digit_classifier as digits

sys.path.insert(0, str(ROOT / "benchmarks"))
import kinds
import neat
import robustness
import surroundings

LEAST = {"word_beside": 5}       # exact, of eight; of the other kinds six

EXAMPLES = ROOT / "assets" / "examples"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
READER = r"""
import json, sys
before = set(sys.modules)
for name in ("tensorflow", "keras", "matplotlib", "seaborn", "onnx", "onnxruntime", "pandas",
             "scipy"):
    sys.modules[name] = None            # importing it now fails
sys.path.insert(0, sys.argv.pop(1))
import mnist_digit_classifier
code = mnist_digit_classifier.main(sys.argv[1:])
later = [name for name in set(sys.modules) - before if getattr(sys.modules[name], '__file__', '')]
imported = {name.split('.')[0] for name in later}
print(json.dumps(sorted(imported - set(sys.stdlib_module_names))), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def read(run, tmp_path):
    """Answers of `predict --json`, and the exit code."""
    def call(*args, **options):
        result = run("predict", "--json", *args, cwd=tmp_path, **options)
        assert "Traceback" not in result.stderr and "Warning" not in result.stderr, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()], result.returncode
    return call


def test_examples_are_read_right_with_the_network_that_ships(run, tmp_path):
    result = run("predict", "--json", EXAMPLES, cwd=tmp_path)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) >= 10 and "pretrained" in result.stderr
    for answer in answers:
        name = re.split("[-.]", os.path.basename(answer["file"]))
        rows = [word for word in name if word.isdigit()]
        assert answer["text"] == ("\n".join(rows) or str(WORDS.index(name[0])))


def test_answer_has_the_contracts_form(read):
    (answer,), code = read(EXAMPLES / "six-corner.png")
    assert code == 0 and list(answer) == ["file", "text", "digits", "error"]
    assert answer["file"] == str(EXAMPLES / "six-corner.png") and answer["error"] is None
    digit, = answer["digits"]
    assert list(digit) == ["digit", "confidence", "sure", "box", "row"]
    assert answer["text"] == str(digit["digit"]) and digit["row"] == 0
    assert 0 <= digit["confidence"] <= 1 and digit["sure"] is (digit["confidence"] >= 0.9)
    x, y, width, height = digit["box"]
    assert 495 <= x <= 515 and 340 <= y <= 360 and 50 <= width <= 90 and 95 <= height <= 115


def test_box_is_in_pixels_of_the_upright_image(read, tmp_path):
    page = colour(draw(7, (3000, 2000), (300, 500, 600), 40), (0, 0, 0), (250, 250, 250))
    exif = Image.Exif()
    exif[0x0112] = 6            # the camera was held upright, the file lies on its side
    Image.fromarray(np.ascontiguousarray(np.rot90(page))).save(tmp_path / "turned.jpg", exif=exif)
    (answer,), _ = read(tmp_path / "turned.jpg")
    x, y, _, height = answer["digits"][0]["box"]
    assert abs(x - 325) < 40 and abs(y - 485) < 30 and abs(height - 640) < 40


def test_plain_output(run, trained):
    result = run(EXAMPLES / "zero.png", "--model", "dense", cwd=trained[1])
    path, text, confidence = result.stdout.rstrip("\n").split("\t")
    assert path == str(EXAMPLES / "zero.png") and len(text) == 1 and 0 < float(confidence) <= 1
    assert result.stderr.startswith(f"reading with {os.path.join('models', 'dense.onnx')}")


def test_files_folders_globs_and_standard_input(read, tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.png", "sub/c.png", "ünïcode 数字.png"):
        (tmp_path / name).write_bytes((EXAMPLES / "zero.png").read_bytes())
    (tmp_path / "notes.txt").write_text("not an image, and not asked for")
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves beside a file on a stick")
    names = [os.path.relpath(answer["file"], tmp_path) for answer in read(tmp_path)[0]]
    assert names == ["a.png", "b.png", os.path.join("sub", "c.png"), "ünïcode 数字.png"]
    assert [os.path.basename(a["file"]) for a in read(tmp_path / "?.png")[0]] == ["a.png", "b.png"]
    result = subprocess.run([sys.executable, SCRIPT, "-q", "--json", "-"], cwd=tmp_path,
                            input=(EXAMPLES / "zero.png").read_bytes(), capture_output=True)
    assert json.loads(result.stdout)["file"] == "-" and json.loads(result.stdout)["text"] == "0"


def test_show_steps_saves_a_picture_an_image(run, trained, tmp_path):
    result = run("predict", "--show-steps", tmp_path, EXAMPLES / "zero.png",
                 EXAMPLES / "two-thin.png", cwd=trained[1])
    assert result.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "0000-zero.png", "0001-two-thin.png"]


def test_nothing_but_numpy_opencv_and_pillow_is_needed(tmp_path):
    result = subprocess.run([sys.executable, "-c", READER, str(ROOT), "predict", "-q",
                             str(EXAMPLES)], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 10
    imported = set(json.loads(result.stderr.splitlines()[-1]))
    imported.discard("defusedxml")      # which Pillow takes if it is there
    assert imported == {"numpy", "cv2", "PIL", "mnist_digit_classifier"}


def test_the_network_that_ships_reads_unless_another_is_named(run, trained, small, tmp_path):
    """What was trained last is measured, sampled and exported, but only --model reads with it."""
    (tmp_path / "models").mkdir()
    data = (trained[1] / "models" / "dense.onnx").read_bytes()
    for age, name in ((10, "newer"), (20, "older")):
        path = tmp_path / "models" / f"{name}.onnx"
        path.write_bytes(data)
        os.utime(path, (1e9 - age, 1e9 - age))
    zero = EXAMPLES / "zero.png"
    assert "pretrained.onnx" in run(zero, cwd=tmp_path).stderr
    for command in ("evaluate", "sample"):
        result = run(command, "--data", small, cwd=tmp_path, stdin="3\n")
        assert "newer.onnx" in result.stderr and result.returncode == 0
    assert "older.onnx" in run("predict", "--model", "older", zero, cwd=tmp_path).stderr
    for path in ("models/older.keras", "models/older.onnx", "models/older"):
        assert "older.onnx" in run("predict", "--model", path, zero, cwd=tmp_path).stderr
    (tmp_path / "models" / "older.onnx").rename(tmp_path / "models" / "v1.2.onnx")
    assert "v1.2.onnx" in run("predict", "--model", "v1.2", zero, cwd=tmp_path).stderr
    assert "pretrained" in run("predict", "--model", "pretrained", zero, cwd=tmp_path).stderr


def png_header(width, height):
    """A PNG file that declares a size and then ends where its pixels should begin."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
              for data in (header, b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def odd_tiff():
    """A TIFF with a tag that points beyond its end, at which Pillow warns before it gives up."""
    data = bytearray(b"II*\0\x08\0\0\0\x02\0")
    data += struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<HHII", 257, 4, 900, 10**6) + bytes(4)
    return bytes(data)


def bad_files(folder):
    """Files that hold no image, by name."""
    png, jpeg = (EXAMPLES / "zero.png").read_bytes(), (EXAMPLES / "four-photo.jpg").read_bytes()
    contents = {"empty.png": b"", "text.png": "just wörds\n".encode() * 90,
                "cut.png": png[:len(png) // 2], "cut.jpg": jpeg[:len(jpeg) // 2],
                "odd.tif": odd_tiff(), "huge.png": png_header(20_000, 20_000),
                "large.png": png_header(9_000, 9_000), "film.png": bytes(range(256)),
                "form.pdf": b"%PDF-1.7\n%\xe2\xe3",
                "form.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "loop.png").symlink_to("loop.png")
    return {name: str(folder / name) for name in (*contents, "loop.png", "missing.png")}


@pytest.mark.parametrize(("name", "words"), [
    ("empty.png", "(cannot identify image file); check its name, or save or fetch it anew"),
    ("text.png", "(cannot identify image file); check its name"),
    ("cut.png", "cannot be read (image file is truncated"),
    ("cut.jpg", "cannot be read (image file is truncated"),
    ("huge.png", "has more than the 50 million pixels that are read; make it smaller"),
    ("large.png", "has more than the 50 million pixels that are read; make it smaller"),
    ("odd.tif", "cannot be read ("), ("film.png", "cannot be read ("),
    ("form.pdf", "is a PDF; export its pages as images"), ("form.png", "cannot be read ("),
    ("missing.png", "(No such file or directory); check its name"),
    ("loop.png", "(Too many levels of symbolic links); check its name")])
def test_what_is_no_image_gets_a_sentence_and_the_rest_is_read(read, tmp_path, name, words):
    bad = bad_files(tmp_path)[name]
    answers, code = read("-q", EXAMPLES / "zero.png", bad, EXAMPLES / "two-thin.png")
    assert code == 1 and [bool(answer["text"]) for answer in answers] == [True, False, True]
    assert answers[1]["file"] == bad and answers[1]["digits"] == []
    assert words in answers[1]["error"] and "\n" not in answers[1]["error"]


def test_postscript_starts_no_ghostscript(run, tmp_path):
    """Whatever its name is: Pillow would start `gs`, which stands first in the path here."""
    gs = tmp_path / "bin" / "gs"
    gs.parent.mkdir()
    gs.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
    gs.chmod(0o755)
    env = {"PATH": f"{gs.parent}{os.pathsep}{os.environ['PATH']}"}
    assert run(bad_files(tmp_path)["form.png"], cwd=tmp_path, env=env).returncode == 1
    assert not (tmp_path / "started").exists()


def save_pages(path, pages, **options):
    """Write arrays of pixels as the pages or frames of one file."""
    first, *rest = map(Image.fromarray, pages)
    first.save(path, save_all=True, append_images=rest, **options)


def test_every_page_of_a_tiff_is_read(read, run, tmp_path):
    """As scanners write them: grey, black and white, colour, each of its own size."""
    grey, colours = row_of([1, 9])[..., 0], row_of([2, 0, 2, 6])
    blank, bilevel = np.full((90, 70), 255, np.uint8), row_of([5])[..., 0] > 127
    save_pages(tmp_path / "scan.tif", [np.vstack([grey, grey]), blank, bilevel, colours])
    (answer,), code = read(tmp_path / "scan.tif")
    assert code == 0 and answer["text"] == "19\n19\n5\n2026" and answer["error"] is None
    assert [(digit["page"], digit["row"]) for digit in answer["digits"]] == [
        (1, 0), (1, 0), (1, 1), (1, 1), (3, 2), (4, 3), (4, 3), (4, 3), (4, 3)]
    run("--show-steps", "steps", "scan.tif", cwd=tmp_path)
    assert {path.name for path in (tmp_path / "steps").iterdir()} == {
        "0000-scan.png", *(f"0000-scan-page-{page}.png" for page in (2, 3, 4))}


def test_a_page_that_is_damaged_does_not_stop_the_others(read, tmp_path):
    save_pages(tmp_path / "scan.tif", [row_of([digit]) for digit in (3, 4, 6)],
               compression="tiff_lzw")
    data = bytearray((tmp_path / "scan.tif").read_bytes())
    with Image.open(tmp_path / "scan.tif") as image:
        image.seek(1)
        offset, = image.tag_v2[273]
    data[offset:offset + 99] = bytes([255]) * 99
    (tmp_path / "scan.tif").write_bytes(data)
    (answer,), code = read(tmp_path / "scan.tif")
    assert code == 1 and answer["text"] == "3\n6"
    assert answer["error"].startswith("page 2 cannot be read (")
    assert [digit["page"] for digit in answer["digits"]] == [1, 3]


def test_pages_before_the_one_that_was_cut_off_are_read(read, tmp_path):
    save_pages(tmp_path / "scan.tif", [row_of([digit]) for digit in (3, 4, 6)])
    data = (tmp_path / "scan.tif").read_bytes()
    (tmp_path / "scan.tif").write_bytes(data[:-len(data) // 5])
    (answer,), code = read(tmp_path / "scan.tif")
    assert code == 1 and answer["text"] == "3\n4"
    assert answer["error"].startswith("page 3 cannot be read (")


@pytest.mark.parametrize("jobs", [1, 2])
def test_of_a_film_the_first_frame_is_read_and_that_is_said(run, tmp_path, jobs):
    save_pages(tmp_path / "film.gif", [row_of([2])[..., 0], row_of([3])[..., 0]])
    files = ["film.gif"] * 9
    result = run(*files, "--jobs", jobs, cwd=tmp_path)
    assert result.returncode == 0
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == 9 * ["2"]
    assert result.stderr.count("film.gif: its first frame is read") == 9
    assert run("-q", *files, "--jobs", jobs, cwd=tmp_path).stderr == ""


def test_names_with_control_characters_do_not_break_the_lines(run, tmp_path):
    for name in ("a\tb.png", "c\nd.png", "bad\n.png"):
        (tmp_path / name).write_bytes(
            (EXAMPLES / "zero.png").read_bytes() if "bad" not in name else b"")
    result = run(".", cwd=tmp_path)
    assert [line.split("\t")[:2] for line in result.stdout.splitlines()] == [
        [r"a\tb.png", "0"], [r"bad\n.png", ""], [r"c\nd.png", "0"]]
    assert result.stderr.splitlines()[-1].startswith(r"bad\n.png: cannot be read (")
    answers = [json.loads(line)["file"]
               for line in run("--json", ".", cwd=tmp_path).stdout.splitlines()]
    assert answers == ["a\tb.png", "bad\n.png", "c\nd.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_an_image_in_a_pipe(run, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    data = (EXAMPLES / "zero.png").read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe.png").write_bytes, args=[data], daemon=True)
    writer.start()
    assert run("predict", "pipe.png", cwd=tmp_path).stdout.startswith("pipe.png\t0\t")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_a_huge_image_is_refused_before_it_is_decoded(run, tmp_path):
    path = bad_files(tmp_path)["huge.png"]
    probe = ("import sys; sys.path.insert(0, sys.argv[1]); import mnist_digit_classifier as m;"
             "m.main(['-q', sys.argv[2]]); print(open('/proc/self/status').read())")
    result = subprocess.run([sys.executable, "-c", probe, str(ROOT), path],
                            capture_output=True, text=True)
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", result.stdout)[1])
    assert peak < 120 * 1024        # its pixels: 1,200,000


def test_errors_in_plain_output_go_to_stderr(run, trained, tmp_path):
    result = run("predict", "-q", bad_files(tmp_path)["text.png"], cwd=trained[1])
    assert result.returncode == 1
    assert result.stdout == f"{tmp_path / 'text.png'}\t\t\n"
    assert complaint(result, 1).startswith(str(tmp_path / "text.png"))


def test_folder_without_images(read, tmp_path):
    (answer, _), code = read(tmp_path, EXAMPLES / "zero.png")
    assert code == 1 and "folder without images" in answer["error"]


@pytest.mark.parametrize("pixels", [
    np.full((1, 1, 3), 200), np.full((64, 64, 3), 255), np.zeros((64, 64, 3)),
    np.random.default_rng(1).normal(200, 3, (150, 150, 3))], ids=["1x1", "white", "black", "paper"])
def test_nothing_to_read_is_no_error(read, tmp_path, pixels):
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "nothing.png")
    (answer,), code = read(tmp_path / "nothing.png")
    assert code == 0 and answer == {"file": str(tmp_path / "nothing.png"), "text": "", "digits": [],
                                    "error": None}
    reading = digits.read_image(tmp_path / "nothing.png", digits.Reader(digits.PRETRAINED))
    assert reading.images.shape == (0, 28, 28) and reading.images.dtype == np.uint8
    assert digits.as_input(reading.images).shape == (0, 28, 28, 1)


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "text", "empty"])
def test_damaged_or_foreign_model(run, trained, tmp_path, damage):
    """Flipped bits in the network make OpenCV itself crash, so they must never reach it."""
    import onnx
    data = bytearray((trained[1] / "models" / "dense.onnx").read_bytes())
    if damage == "flipped":
        data[200:260] = bytes(60)
    foreign = onnx.helper.make_model(onnx.helper.make_graph([], "nothing", [], []))
    path = tmp_path / "models" / "bad.onnx"
    path.parent.mkdir()
    path.write_bytes({"cut": data[:-500], "flipped": data, "foreign": foreign.SerializeToString(),
                      "text": b"hello", "empty": b""}[damage])
    message = complaint(run("predict", "--model", "bad", EXAMPLES / "zero.png", cwd=tmp_path), 2)
    assert "bad.onnx is damaged or was not written by this script" in message


def test_what_a_training_left_that_was_cut_off_is_not_taken_for_the_last(tmp_path):
    assert digits.find_model(None, tmp_path) == digits.PRETRAINED
    for age, name in enumerate((".99-dense", "cnn-3", "dense")):
        (tmp_path / f"{name}.onnx").write_bytes(b"any")
        os.utime(tmp_path / f"{name}.onnx", (9e8 - age, 9e8 - age))
    assert digits.find_model(None, tmp_path) == tmp_path / "cnn-3.onnx"
    assert [path.stem for path in digits.saved_networks(tmp_path)] == ["cnn-3", "dense"]


def test_a_network_exported_for_elsewhere_is_told(run, tmp_path):
    (tmp_path / "digits.h5").write_bytes(b"any")
    message = complaint(run("predict", "--model", tmp_path / "digits.h5", EXAMPLES / "zero.png"), 2)
    assert "digits.h5 is for elsewhere; name the .onnx" in message


def test_a_network_of_the_plain_recipe_sees_digits_as_it_learned_them():
    """Slanted ones are not made upright for it."""
    reader = digits.Reader(digits.PRETRAINED)
    ink = np.zeros((100, 100), np.uint8)
    cv2.line(ink, (70, 10), (30, 90), 255, 7)
    parts = digits.find_parts(ink)
    widths = []
    for recipe in ("distorted", "plain"):
        reader.metadata = reader.metadata | {"recipe": recipe}
        left, _, right, _ = kinds.extent(digits.look(ink, parts, reader)[0].image > 100)
        widths.append(right - left)
    assert widths[0] < 5 < 8 < widths[1]


def test_no_such_model_names_the_near_ones(run, trained):
    message = complaint(run("predict", "--model", "dens", EXAMPLES / "zero.png", cwd=trained[1]), 2)
    assert "did you mean dense" in message and "train --model" in message


def test_what_ships_is_not_to_be_trained_where_it_is_missing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "PRETRAINED", tmp_path / "pretrained.onnx")
    message = complaint(run(EXAMPLES / "zero.png", cwd=tmp_path), 2)
    assert message.endswith("pretrained.onnx is missing; fetch it from where the script came from")


def test_a_network_that_is_not_trained_yet_is_not_taken_for_another(run, tmp_path):
    message = complaint(run("predict", "--model", "cnn-3", EXAMPLES / "zero.png", cwd=tmp_path), 2)
    assert "did you mean" not in message and message.endswith("train --model cnn-3")


def row_of(labels, pen=8):
    """A picture of digits in a row, 120 pixels high."""
    page = np.zeros((120, 30 + 75 * len(labels)))
    for i, label in enumerate(labels):
        page = np.maximum(page, draw(label, page.shape, (20 + 75 * i, 20, 80), pen, seed=i))
    return colour(page, (20, 20, 60), (250, 250, 250))


def test_rows_of_digits(run, tmp_path):
    rows = np.vstack([row_of([1, 9, 8, 4]), row_of([2, 0, 2, 6])])
    Image.fromarray(rows).save(tmp_path / "two.png")
    result = run("predict", "--json", "--model", "pretrained", "two.png", cwd=tmp_path)
    answer = json.loads(result.stdout)
    assert answer["text"] == "1984\n2026" and answer["error"] is None
    assert [digit["row"] for digit in answer["digits"]] == [0] * 4 + [1] * 4
    assert all(digit["sure"] and digit["confidence"] >= 0.9 for digit in answer["digits"])
    boxes = np.array([digit["box"] for digit in answer["digits"]])
    assert (np.diff(boxes[:4, 0]) > 50).all() and (boxes[4:, 1] > boxes[:4, 1] + 100).all()
    plain = run("two.png", "--model", "pretrained", cwd=tmp_path).stdout
    assert plain.startswith("two.png\t1984 2026\t")


@pytest.mark.parametrize("along", [np.vstack, np.hstack])
def test_a_list_or_a_row_of_any_length_is_read(read, tmp_path, along):
    Image.fromarray(along([row_of([i // 10, i % 10]) for i in range(10, 40)])).save(
        tmp_path / "oblong.png")
    (answer,), _ = read("oblong.png")
    lines = answer["text"].split() if along is np.vstack else re.findall("..", answer["text"])
    wrong = [i for i, line in enumerate(lines, 10) if line != str(i)]
    assert len(lines) == 30 and len(wrong) <= 2


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_low_digits_of_a_page_of_twelve_megapixels_are_read(read, tmp_path, suffix):
    """60 of its 4,000 pixels; the boxes are where they stand."""
    page = np.full((4000, 3000, 3), 240, np.uint8)
    for i in range(20, 28):
        line = cv2.resize(row_of([i // 10, i % 10]), None, fx=0.5, fy=0.5)
        page[400 * (i - 19):][:line.shape[0], 200 * (i - 19):][:, :line.shape[1]] = line
    Image.fromarray(page).save(tmp_path / f"page{suffix}")
    (answer,), _ = read(f"page{suffix}")
    lines = answer["text"].split("\n")
    assert len(lines) == 8 and sum(line != str(i) for i, line in enumerate(lines, 20)) <= 1
    for digit in answer["digits"]:
        x, y, width, height = digit["box"]
        line = digit["row"] + 1
        assert 200 * line <= x and 400 * line <= y and width < 80 and 30 < height < 100


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_jobs_give_the_same_answers_in_the_same_order(run, tmp_path, jobs):
    for i in range(40):
        Image.fromarray(row_of([i // 10, i % 10])).save(tmp_path / f"{i:02}.png")
    (tmp_path / "20.png").write_bytes(b"no image")
    result = run("predict", "--json", "--jobs", jobs, "--model", "pretrained", ".", cwd=tmp_path)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert [answer["file"] for answer in answers] == [f"{i:02}.png" for i in range(40)]
    assert [answer["text"] for answer in answers] == [
        f"{i:02}" if i != 20 else "" for i in range(40)]
    assert [bool(answer["error"]) for answer in answers] == [i == 20 for i in range(40)]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_ends_the_reading_of_many_images(tmp_path):
    names = [str(EXAMPLES / "zero.png")] * 4000
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "-q", "--jobs", "2", *names], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_ctrl_c)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    lines, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and errors.startswith("stopped;"), errors
    assert lines.count("\n") < 1000


@pytest.mark.parametrize("name", [
    "cost_$5_$6.png", "x" * 200 + ".png", os.fsdecode(b"\xff\xfe.png")])
def test_steps_of_oddly_named_files(run, tmp_path, name):
    (tmp_path / name).write_bytes((EXAMPLES / "zero.png").read_bytes())
    result = run("predict", "--show-steps", "steps", name, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    picture, = (tmp_path / "steps").iterdir()
    assert picture.name == f"0000-{Path(name).stem[:60]}.png" and Image.open(picture).width > 900


def test_folders_named_like_images_and_globs_of_folders(run, tmp_path):
    (tmp_path / "scans" / "d.png").mkdir(parents=True)
    (tmp_path / "scans" / "d.png" / "zero.png").write_bytes((EXAMPLES / "zero.png").read_bytes())
    for source in ("scans", "scans/**", "scans/*/*.png"):
        result = run("predict", source, cwd=tmp_path)
        assert result.returncode == 0 and result.stdout.count("\n") == 1, result.stdout


def test_a_reader_of_answers_that_has_seen_enough_ends_the_threads_soon():
    start = time.monotonic()
    answers = digits.in_parallel(time.sleep, [0.1] * 2000, 2)
    next(answers)
    answers.close()
    assert time.monotonic() - start < 5


HEIC_LINE = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)


def test_heic_photos_are_read_or_the_install_command_is_told(run, tmp_path):
    (tmp_path / "photo.heic").write_bytes(HEIC_LINE)
    block = "import sys; sys.modules['pillow_heif'] = None; sys.path.insert(0, sys.argv.pop(1));" \
        "import mnist_digit_classifier as m; sys.exit(m.main(sys.argv[1:]))"
    result = subprocess.run([sys.executable, "-c", block, str(ROOT), "-q", "photo.heic"],
                            cwd=tmp_path, capture_output=True, text=True)
    assert "run: pip install pillow-heif" in complaint(result, 1)
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    Image.fromarray(row_of([3, 7])).save(tmp_path / "photo.heic", quality=60)
    result = run("photo.heic", "--model", "pretrained", cwd=tmp_path)
    assert result.stdout.startswith("photo.heic\t37\t"), result.stderr
    stdin = subprocess.run([sys.executable, SCRIPT, "-q", "-", "--model", "pretrained"],
                           cwd=tmp_path, input=(tmp_path / "photo.heic").read_bytes(),
                           capture_output=True, check=True)
    assert stdin.stdout.startswith(b"-\t37\t")


def test_a_fault_of_the_script_itself_is_told_and_the_rest_is_read(monkeypatch):
    monkeypatch.setattr(digits, "find_ink", lambda *given: 1 / 0)
    files = enumerate([str(EXAMPLES / "zero.png"), "missing.png"])
    reader = digits.Reader(digits.PRETRAINED)
    zero, missing = (digits.read_file(file, reader) for file in files)
    assert "division by zero" in zero["error"] and "please report" in zero["error"]
    assert "No such file" in missing["error"]


def test_mnist_as_files_is_read_with_all_the_finding_in_the_way(mnist, run, tmp_path):
    """A thousand of them; benchmarks/robustness.py reads more."""
    data = digits.load_mnist(mnist)
    for number, image in enumerate(data.x_test[:1000]):
        Image.fromarray(image).save(tmp_path / f"{number:05}.png")
    result = run("predict", tmp_path, cwd=tmp_path)
    read = [line.split("\t")[1] for line in result.stdout.splitlines()]
    assert result.returncode == 0 and len(read) == 1000
    assert np.mean([text == str(label) for text, label in zip(read, data.y_test)]) >= 0.99


@pytest.mark.parametrize("pen", [1, 3, 8, 30])
def test_pens_from_hair_to_marker(read, tmp_path, pen):
    sheet = colour(draw(3, (260, 260), (60, 30, 200), pen), (20, 20, 20), 250)
    Image.fromarray(sheet).save(tmp_path / "three.png")
    [answer], code = read("three.png")
    assert (answer["text"], code) == ("3", 0)


def test_a_digit_whose_ink_is_doubted_is_not_sure():
    ink = np.uint8(255 * draw(3, (120, 100), (25, 15, 90), 9))
    reader = digits.Reader(digits.PRETRAINED)
    (firm,), (faint,) = (digits.look(level, digits.find_parts(level), reader)
                         for level in (ink, ink // 2))
    assert firm.digit == faint.digit == 3 and firm.confidence > digits.SURE > faint.confidence


@pytest.mark.parametrize("length, least, most", [(90, 0.5, digits.SURE), (140, 0, 0.1)])
def test_a_faint_1_as_high_as_the_others_is_a_digit_though_not_sure(length, least, most):
    """It may have been taken for a slash, which is higher."""
    ink = np.uint8(255 * draw_row([3, 7], (300, 420), (30, 90), 90, 9))
    cv2.line(ink, (350, 90 + 90 - length), (350, 90 + 90), 100, 9)
    three, seven, one = digits.look(ink, digits.find_parts(ink), digits.Reader(digits.PRETRAINED))
    assert [three.digit, seven.digit, one.digit] == [3, 7, 1]
    assert min(three.confidence, seven.confidence) >= digits.SURE
    assert least <= one.confidence < most


@pytest.mark.parametrize("other, text", [((-20, 20), "37"), ((0, 0), "371"), (None, "371")])
def test_a_slash_that_leans_like_one_that_was_left_out_is_no_1(other, text):
    """Without another, or where the other leans differently, it may be a 1."""
    reader, row = digits.Reader(digits.PRETRAINED), draw_row([3, 7], (200, 400), (30, 50), 90, 9)
    both, ink = np.uint8(255 * row), np.uint8(255 * row)
    for image in (ink, both):
        cv2.line(image, (250, 155), (290, 40), 255, 8, cv2.LINE_AA)
    if other:
        cv2.line(both, (340 + other[0], 155), (340 + other[1], 40), 255, 8, cv2.LINE_AA)
    reading = digits.read_ink(ink, reader).doubted()
    assert reading.text == "371"
    assert digits.without_slashes(reading, colour(both / 255, 20, 250)).text == text


@pytest.mark.parametrize("told, left", [
    ((0, 10, 16, 1, 5, 40, 0, 32, 16), 0),              # ring, slash, ring
    ((9, 8, 40, 1, 8, 20, 0, 32, 16), 0),               # ring and slash in one, what is left of it
    ((0, 10, 16, 1, 30, 18, 6, 8, 40), 0),
    ((0, 10, 16, 6, 8, 40), 0),
    ((0, 8, 40, 1, 8, 40, 0, 8, 40), 3),                # 010
    ((0, 32, 16, 1, 5, 40, 0, 10, 16), 3),              # the rings on the wrong sides
    ((9, 8, 40, 1, 8, 40, 0, 32, 16), 3),               # 91 and a small 0
    ((0, 8, 40, 6, 8, 40), 2)])
def test_a_written_per_cent_sign_is_no_digits(told, left):
    """It is known by where the rings are and how high; digits beside it stay."""
    lean = np.eye(40, dtype=bool)[::-1] | np.eye(40, k=1, dtype=bool)[::-1]

    def found(number, digit, y, height, confidence=0.5):
        mask = np.ones((height, 12), bool) if digit != 1 else lean[:height]
        part = digits.Part(100 + 30 * number, y, mask)
        return digits.Found(part, None, confidence * np.eye(10)[digit])
    sign = [found(number, *told[3 * number:3 * number + 3]) for number in range(len(told) // 3)]
    five = found(-1, 5, 8, 40, 0.99)
    row = digits.without_percents([five, *sign])
    assert row[0] is five and len(row) == 1 + left
    assert len(digits.without_percents([*sign, five])) == 1 + left


def test_a_number_with_a_written_per_cent_sign(tally):
    """benchmarks/surroundings.py has more of them."""
    exact, wrong = tally(surroundings.per_cent, 20, seed=1, of=surroundings.SURROUNDINGS)
    assert exact >= 9 and wrong == 0


def test_a_1_much_longer_than_all_else_is_not_sure():
    """It may be a pen on the paper. A 1 as long as its neighbours is sure, and one alone."""
    reader, three, nothing = digits.Reader(digits.PRETRAINED), (70, 100, 80), (0, 0, 0)

    def read(length, box):
        ink = draw(3, (300, 320), box, 9)
        cv2.line(ink, (250, 180 - length), (240, 180), 1.0, 10)
        found = digits.read_ink(np.uint8(255 * ink), reader).found
        return {one.digit: one.confidence >= digits.SURE for one in found}
    assert read(90, three) == {3: True, 1: True}
    assert read(150, three) == {3: True, 1: False}
    assert read(150, nothing) == {1: True}


def test_a_stripe_does_not_take_the_digits_beside_it_with_it():
    """The edge of a sheet may have more ink than all digits; they are read, and it is no 1."""
    reader = digits.Reader(digits.PRETRAINED)
    ink = draw_row([7, 2, 5], (700, 400), (40, 300), 60, 7)
    assert digits.read_ink(np.uint8(255 * ink), reader).text == "725"
    cv2.line(ink, (370, 20), (360, 680), 1.0, 16)
    reading = digits.read_ink(np.uint8(255 * ink), reader)
    assert reading.text == "725"
    assert digits.usual_height(digits.components(reading.ink > digits.INK)[1]) < 80


@pytest.mark.parametrize("beside, text", [
    ([], "38"), ([0], "38"), ([0, 1], "38"), ([0, 4], "0438")],
    ids=["alone", "a mug", "a mug and a pen", "other digits too"])
def test_light_rings_and_bars_beside_dark_digits_are_none(beside, text):
    """As a mug is on a dark table beside a sheet; where other digits are light too, all stay."""
    reader, shape, pen = digits.Reader(digits.PRETRAINED), (420, 360), (30, 30, 40)
    light, dark = (draw_row(some, shape, (30, y), 110, 11) if some else np.zeros(shape)
                   for some, y in ((beside, 30), ([3, 8], 270)))
    paper = np.full((*shape, 3), (55, 62, 58), np.uint8)
    paper[230:] = 240
    picture = colour(dark, pen, colour(light, (235, 230, 225), paper))
    reading = digits.read_ink(np.uint8(255 * np.maximum(light, dark)), reader)
    assert reading.text == "".join(map(str, beside)) + "38"
    assert digits.of_one_shade(reading, picture).text == text


def test_a_lone_digit_is_what_most_readings_tell():
    """By what the network saw, not by the likelihood of one, and in thinner strokes too."""
    reader, ink = digits.Reader(digits.PRETRAINED), {
        digit: np.uint8(255 * draw(digit, (120, 100), (25, 15, 90), 9)) for digit in (2, 7)}

    def reading(digit, confidence):
        whole, = digits.read_ink(ink[digit], reader).found
        found = digits.Found(whole.part, whole.image, np.eye(10)[digit] * confidence)
        return digits.Reading(ink[digit], [[found]])
    two, seven, surer = reading(2, 0.9), reading(7, 0.5), reading(7, 0.6)
    pair = digits.Reading(two.ink, [[*two.found, *seven.found]])
    assert digits.of_lone_digit(two, [two, seven, surer], reader) is surer
    assert digits.of_lone_digit(two, [two, pair, pair, seven, two], reader) is two
    image = np.zeros((28, 28), np.uint8)
    cv2.line(image, (8, 5), (18, 22), 255, 4, cv2.LINE_AA)
    thin = digits.with_pen(image, cv2.erode, digits.THINNER)
    assert thin.shape == image.shape and 0.4 < thin.sum() / image.sum() < 0.8 and thin.max() > 200


@pytest.mark.parametrize("inside, sure", [(240, True), (190, True), (150, False), (20, False)])
def test_a_ring_that_is_filled_is_no_sure_0(inside, sure):
    """As a mug, a coin or a ball on a table."""
    reader, shape = digits.Reader(digits.PRETRAINED), (200, 330)
    four, ring = draw_row([4], shape, (50, 40), 110, 11), np.zeros(shape)
    cv2.circle(ring, (240, 100), 55, 1.0, 12, cv2.LINE_AA)
    picture = np.full((*shape, 3), 240, np.uint8)
    cv2.circle(picture, (240, 100), 55, (inside, inside, inside), cv2.FILLED)
    picture = colour(np.maximum(four, ring), (40, 30, 60), picture)
    reading = digits.read_ink(np.uint8(255 * np.maximum(four, ring)), reader)
    assert reading.text == "40" and reading.is_sure
    reading = digits.filled_doubted(reading, picture)
    assert reading.text == "40"
    assert [one.confidence >= digits.SURE for one in reading.found] == [True, sure]


def test_other_readings_are_made_only_in_doubt_and_are_not_sure(monkeypatch):
    clear = np.uint8(255 * draw(3, (120, 100), (25, 15, 90), 9))
    nothing, picture = np.zeros_like(clear), colour(clear / 255, 0, 255)
    reader, asked = digits.Reader(digits.PRETRAINED), []

    def read(first, other):
        monkeypatch.setattr(digits, "find_ink", lambda seen, *views: (
            asked.append(views) or (first if len(asked) == 1 else
                                    cv2.resize(other, seen.shape[1::-1]))))
        asked.clear()
        reading = digits.read_upright(picture, reader)
        return reading.ink, reading.found
    ink, (three,) = read(clear, nothing)
    assert three.confidence > digits.SURE and len(asked) == 1
    _, (three,) = read(clear // 3, clear)
    assert three.digit == 3 and three.confidence > digits.SURE      # as the whole is
    monkeypatch.setattr(digits, "read_whole", lambda picture, ink, reader: digits.Reading(ink, []))
    for first in (clear // 3, nothing):
        ink, (three,) = read(first, clear)
        assert ink.max() == 255 and three.digit == 3 and 0.5 < three.confidence < digits.SURE
    ink, (three,) = read(clear // 2, nothing)
    assert ink is not clear and three.digit == 3 and len(asked) == 4


def reading_of(*founds):
    """A Reading of a row: of each digit its left edge, what it is, and the confidence in it."""
    return digits.Reading(np.zeros((90, 300), np.uint8), [[
        digits.Found(digits.Part(x, 10, np.ones((60, 40), bool)), None,
                     np.eye(10)[digit] * confidence) for x, digit, confidence in founds]])


def test_a_likelier_reading_without_most_of_the_digits_does_not_count(monkeypatch):
    """Such as of the edge of a table beside a page, a sure 1; one that has them does."""
    row, edge = reading_of((20, 5, 0.7), (100, 7, 0.7), (180, 3, 0.7)), reading_of((250, 1, 0.99))
    better, few = reading_of((20, 5, 0.9), (100, 7, 0.9), (180, 8, 0.9)), reading_of((20, 5, 0.7))
    monkeypatch.setattr(digits, "find_ink", lambda *picture: row.ink)
    monkeypatch.setattr(digits, "read_whole", lambda *picture: digits.Reading(row.ink, []))

    def read(first, *others):
        monkeypatch.setattr(digits, "read_ink", lambda *ink: first)
        monkeypatch.setattr(digits, "other_readings", lambda *picture: others)
        return digits.read_upright(np.zeros((90, 300, 3), np.uint8), None).text
    assert read(row, edge) == read(row, edge, few) == "573"
    assert read(row, edge, better) == "578"
    assert read(few, better) == "578"


def test_numbers_in_dashes():
    """They are thin or wide, short or long; benchmarks/neat.py has more of them."""
    reader = digits.Reader(digits.PRETRAINED)
    exact, wrong = kinds.tally(neat.dashed, lambda file: digits.read_image(file, reader).digits,
                               neat.take, 16, seed=7, of=neat.NEAT)
    assert exact >= 11 and wrong == 0


def test_dashes_become_strokes_and_what_is_whole_stays():
    """A dashed circle is read as a 0; nothing is joined in a row of whole digits."""
    reader, dashed = digits.Reader(digits.PRETRAINED), np.zeros((200, 200), np.uint8)
    for start in range(0, 360, 30):
        cv2.ellipse(dashed, (100, 100), (50, 70), 0, start, start + 18, 255, 6, cv2.LINE_AA)
    row = np.uint8(255 * draw_row([3, 8, 2, 5], (200, 460), (40, 50), 90, 9))
    told = [[one.text for one in digits.read_dashed(ink, reader)] for ink in (dashed, row)]
    assert "0" in told[0] and told[1] == []


def test_what_three_readings_are_sure_of_the_first_among_them_stays_sure():
    """At that place; unless the likeliest lacks a digit of that row, or the first was in doubt."""
    five, seven = (20, 5, 0.99), (100, 7, 0.98)
    both, moved = reading_of(five, seven), reading_of(five, (160, 7, 0.98))
    in_doubt, more = reading_of(five, (100, 7, 0.8)), reading_of(five, seven, (200, 1, 0.3))

    def sure(*readings):
        return [one.confidence >= digits.SURE for one in digits.agreed(both, readings, both).found]
    assert sure(both, both) == [False, False]
    assert sure(both, both, both) == [True, True]
    assert sure(both, both, reading_of((20, 5, 0.8), (100, 1, 0.99))) == [False, False]
    assert sure(in_doubt, both, both, both) == [True, False]
    assert sure(both, both, moved) == [False, False]
    assert sure(both, both, both, more) == [False, False]


def test_a_lone_digit_stays_sure_where_the_whole_is_that_digit_too():
    def reading(digit, confidence, *ys):
        row = [digits.Found(digits.Part(20, y, np.ones((60, 40), bool)), None,
                            np.eye(10)[digit] * confidence) for y in ys or [10]]
        return digits.Reading(np.zeros((300, 80), np.uint8), [row])
    five, doubted, two = reading(5, 0.99), reading(5, 0.8), reading(2, 0.99)
    nothing, more = digits.Reading(five.ink, []), reading(5, 0.99, 10, 200)
    for readings, whole, sure in (
            ([doubted, five, five], five, True), ([nothing, five, five], five, True),
            ([doubted, five], five, False), ([doubted, five, five], two, False),
            ([two, five, five, five], doubted, False), ([two, five, five, five], nothing, False),
            ([doubted, five, five, more], five, False)):
        assert digits.agreed(five, readings, whole).is_sure == sure


@pytest.mark.parametrize("shown, digit, sure", [("stem", 1, True), ("four", 4, False)])
def test_a_digit_of_whose_ink_parts_are_missing_is_read_as_a_whole(monkeypatch, shown, digit, sure):
    """A 1 would be sure by its ink; it is not where the picture has surely a 4."""
    reader, stem = digits.Reader(digits.PRETRAINED), np.zeros((140, 120), np.uint8)
    cv2.line(stem, (75, 15), (70, 125), 255, 9, cv2.LINE_AA)
    four = stem.copy()
    cv2.polylines(four, [np.array([(45, 20), (25, 75), (100, 75)])], False, 255, 9, cv2.LINE_AA)
    assert digits.read_ink(stem, reader).is_sure
    monkeypatch.setattr(digits, "find_ink",
                        lambda seen, *views: cv2.resize(stem, seen.shape[1::-1]))
    picture = colour({"stem": stem, "four": four}[shown] / 255, 30, 240)
    reading = digits.read_upright(picture, reader)
    assert [one.digit for one in reading.found] == [digit] and reading.is_sure == sure


def test_two_digits_are_not_read_as_one():
    """Nor, by a network that cannot tell what is no digit, one as a whole."""
    reader = digits.Reader(digits.PRETRAINED)
    for row in ((5, 2), (1, 1), (3, 8), (7, 4)):
        ink = draw_row(row, (160, 260), (40, 30), 90, 9)
        picture = colour(ink, 20, 250)
        whole = digits.read_whole(picture, np.uint8(255 * ink), reader)
        assert whole.likelihood < math.log(0.1)
    three = draw(3, (120, 100), (25, 15, 90), 9)
    args = colour(three, 20, 250), np.uint8(255 * three), reader
    assert digits.read_whole(*args).is_sure
    reader.metadata = reader.metadata | {"non_digits": 0}
    assert not digits.read_whole(*args).rows


@pytest.mark.parametrize("away, text", [(0, "328"), (40, "38")])
def test_a_digit_missing_in_the_ink_is_read_if_it_touches_one_that_is_not(monkeypatch, away, text):
    """Where it is away from the others it may be a letter: the networks for ink left it out."""
    shape = 150, 330
    three, two, eight = (draw(digit, shape, (x, 30, 90), 9)
                         for digit, x in ((3, 40), (2, 90 + away), (8, 136 + 2 * away)))
    row = np.maximum.reduce([three, two, eight])
    assert len(digits.components(np.uint8(row > 0.5))[1]) == (3 if away else 1)
    ink = np.uint8(255 * np.maximum(three, eight) * (two < 0.1))
    monkeypatch.setattr(digits, "find_ink",
                        lambda seen, *views: cv2.resize(ink // 2, seen.shape[1::-1]))
    reading = digits.read_upright(colour(row, 20, 250), digits.Reader(digits.PRETRAINED))
    assert reading.text == text and not reading.is_sure


def test_gaps_zigzags_outlines_and_blur_of_motion(mnist):
    """benchmarks/robustness.py has more of them."""
    data, reader = digits.load_mnist(mnist), digits.Reader(digits.PRETRAINED)
    names = [name for name in robustness.CHANGES
             if re.search("gaps|zigzag|outline|motion", name)]
    read = [robustness.reads(robustness.CHANGES[name](image), reader) == str(label)
            for name in names for image, label in zip(data.x_test[:20], data.y_test[:20])]
    assert len(read) == 80 and sum(read) >= 74


@pytest.mark.parametrize("overlooked, row", [(draw(1, (400, 400), (130, 30, 90), 8), "317"),
                                             (draw(4, (400, 400), (130, 30, 90), 8), "347"),
                                             (cv2.line(np.zeros((400, 400)), (150, 140), (160, 15),
                                                       1, 8), "37")], ids=["1", "4", "slash"])
def test_a_stroke_that_is_hardly_ink_and_yet_like_a_digit_leaves_a_doubt(overlooked, row):
    """Beside it no row is sure. A higher one may be a slash, another one is read."""
    reader, pen, paper = digits.Reader(digits.PRETRAINED), (40, 30, 120), (240, 240, 200)
    two = np.uint8(255 * np.maximum(draw(3, (400, 400), (30, 30, 90), 8),
                                    draw(7, (400, 400), (230, 30, 90), 8)))
    below = np.uint8(255 * draw(2, (400, 400), (60, 260, 90), 8))
    between = np.uint8(255 * overlooked)
    ink = np.maximum(two, below)
    ink[60:70] = np.maximum(ink, between // 10)[60:70]      # of all of it no more is found

    def read(stroke, colours):
        picture = colour(np.maximum(two, below) / 255, pen, paper)
        picture = np.uint8(picture + stroke[..., None] / 255 * (np.float32(colours) - picture))
        reading = digits.with_overlooked(digits.read_ink(ink, reader), picture, reader)
        return [("".join(str(one.digit) for one in row), digits.Reading(ink, [row]).is_sure)
                for row in reading.rows]
    assert read(between, pen) == [(row, False), ("2", True)]
    for stroke, colours in ((between, (250, 210, 190)), (np.zeros_like(ink), pen)):
        assert read(stroke, colours) == [("37", True), ("2", True)]


@pytest.mark.parametrize("more, row", [([], "38017"), ([(670, 54), (670, 138)], "38017"), (
    [(480, 140), (480, 55), (530, 140), (530, 55)], "37")], ids=["", "a bar at the end", "an N"])
def test_digits_without_ink_are_read_and_not_what_looks_like_them_in_a_word(more, row):
    """All that stands between two digits is like digits, or not all of it."""
    reader, pen, paper = digits.Reader(digits.PRETRAINED), (40, 30, 120), (240, 240, 200)
    ink = np.maximum(draw(3, (200, 700), (30, 50, 90), 8), draw(7, (200, 700), (570, 50, 90), 8))
    between = np.maximum.reduce([draw(digit, (200, 700), (x, 50, 90), 8)
                                 for digit, x in ((8, 150), (0, 260), (1, 370))])
    cv2.polylines(between, [np.array(more, int).reshape(-1, 2)], False, 1, 8)
    reading = digits.with_overlooked(digits.read_ink(np.uint8(255 * ink), reader),
                                     colour(np.maximum(ink, between), pen, paper), reader)
    assert reading.text == row and not reading.is_sure


@pytest.mark.parametrize("lean, row", [(0, "419"), (14, "419"), (40, "49")])
def test_a_1_whose_ends_went_to_its_neighbours_is_read(lean, row):
    """Its middle is no ink, as of a slash; one that leans may be one."""
    reader, shape = digits.Reader(digits.PRETRAINED), (160, 260)
    four, nine = draw(4, shape, (30, 35, 90), 7), draw(9, shape, (155, 35, 90), 7)
    one = cv2.line(np.zeros(shape), (120 + lean // 2, 35), (120 - lean // 2, 125), 1, 7)
    ends = one.copy()
    ends[48:112] = 0
    ink = np.uint8(255 * np.maximum.reduce([four, nine, ends]))
    assert digits.read_ink(ink, reader).text == "49"
    reading = digits.with_overlooked(digits.read_ink(ink, reader),
                                     colour(np.maximum.reduce([four, nine, one]), 20, 250), reader)
    assert reading.text == row and (lean or not reading.is_sure)


def test_a_column_in_doubt_is_not_read_as_one_tall_digit(monkeypatch):
    """Squeezed into one image it is likely a 1, and its other readings differ."""
    reader, shape = digits.Reader(digits.PRETRAINED), (400, 160)
    column = np.maximum.reduce([draw(digit, shape, (50, 20 + 118 * place, 80), 8)
                                for place, digit in enumerate((7, 1, 4))])
    ink, picture = np.uint8(120 * column), colour(column, 20, 250)
    monkeypatch.setattr(digits, "find_ink", lambda *seen: ink)
    monkeypatch.setattr(digits, "other_readings",
                        lambda picture, first, reader: [first.only(lambda one: one.digit != 4)])
    whole = digits.read_whole(picture, ink, reader)
    assert whole.text == "1" and whole.likelihood > math.log(0.7)
    reading = digits.read_upright(picture, reader)
    assert reading.text in ("714", "71") and not reading.is_sure


@pytest.mark.parametrize("place", ["beside", "below", "next to"])
def test_much_smaller_digits_are_read_too(place):
    """Alone, or so close to a large one that they might be a piece of it."""
    x, y = {"beside": (330, 100), "below": (70, 190), "next to": (268, 125)}[place]
    ink = np.maximum(draw_row([4, 3], (280, 460), (30, 30), 130, 11),
                     draw_row([2, 6], (280, 460), (x, y), 44, 5))
    reading = digits.read_picture(colour(ink, 20, 250), digits.Reader(digits.PRETRAINED))
    assert [one.digit for one in reading.found] == [4, 3, 2, 6]


def test_small_marks_beside_large_digits_are_no_digits():
    """A comma looks like a 1, a degree sign like a 0."""
    ink = np.uint8(255 * draw_row([4, 3], (200, 420), (30, 30), 130, 11))
    cv2.line(ink, (300, 150), (288, 188), 255, 9, cv2.LINE_AA)
    cv2.ellipse(ink, (340, 60), (16, 20), 0, 0, 360, 255, 7, cv2.LINE_AA)
    reading = digits.read_ink(ink, digits.Reader(digits.PRETRAINED))
    assert [one.digit for one in reading.found] == [4, 3]


@pytest.mark.parametrize("row, step", [((3, 8, 5, 2), 0.6), ((6, 8, 8, 2), 0.6),
                                       ((4, 0, 9, 6), 0.65)])
def test_a_number_whose_digits_all_touch_is_no_single_thing_to_leave_out(row, step):
    ink = draw_row(row, (200, 500), (40, 60), 80, 10, step=step)
    file = cv2.imencode(".png", colour(ink, 20, 250))[1].tobytes()
    found = digits.read_image(file, digits.Reader(digits.PRETRAINED)).found
    assert tuple(one.digit for one in found) == row


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_on_its_side_or_upside_down_is_read(quarters):
    """In reading order, the boxes where the digits are in the picture as it lies, none sure."""
    ink = draw_row([2, 0, 7, 4, 5], (200, 500), (40, 60), 80, 7)
    page = np.rot90(colour(ink, 20, 250), quarters)
    found = digits.read_image(cv2.imencode(".png", page.copy())[1].tobytes(),
                              digits.Reader(digits.PRETRAINED)).digits
    assert [one["digit"] for one in found] == [2, 0, 7, 4, 5]
    assert not any(one["sure"] for one in found) and {one["row"] for one in found} == {0}
    for number, one in enumerate(found):
        x, y, width, height = one["box"]
        place = np.zeros(page.shape[:2], bool)
        place[y:y + height, x:x + width] = True
        place = np.rot90(place, -quarters)
        left, top, right, bottom = kinds.extent(place)
        assert abs((left + right) / 2 - (70 + 76 * number)) < 15 and abs(top + bottom - 208) < 20


@pytest.mark.parametrize("degrees", [-30, 28])
def test_a_slanting_row_in_doubt_is_read_level(degrees):
    """What is a 7 there would be a 1 as it lies; the boxes are where it lies."""
    ink = np.pad(draw_row([7, 3, 7, 0, 7], (140, 460), (30, 30), 80, 7), 150)
    turn = cv2.getRotationMatrix2D((ink.shape[1] / 2, ink.shape[0] / 2), degrees, 1)
    ink = cv2.warpAffine(ink, turn, ink.shape[::-1])
    rows = digits.read_picture(colour(ink, 20, 250), digits.Reader(digits.PRETRAINED)).rows
    assert [[one.digit for one in row] for row in rows] == [[7, 3, 7, 0, 7]]
    for number, one in enumerate(rows[0]):
        x, y = turn @ (180 + 29 + 76 * number, 220, 1)      # the middle of each digit, turned
        assert abs((one.part.x + one.part.right) / 2 - x) < 15
        assert abs((one.part.y + one.part.bottom) / 2 - y) < 15
        own = ink[one.part.y:one.part.bottom, one.part.x:one.part.right]
        assert own[one.part.mask].sum() > 0.85 * own.sum()


@pytest.mark.parametrize("degrees", [90, 37, -4])
def test_what_is_moved_lies_where_it_was(degrees):
    """A part of a turned picture, turned back; what is off the picture then is dropped."""
    page = np.zeros((300, 400), np.uint8)
    cv2.ellipse(page, (150, 120), (60, 25), 20, 0, 360, 255, 9)
    turn = cv2.getRotationMatrix2D((150, 150), degrees, 1)
    turn[:, 2] += 100
    parts = digits.find_parts(cv2.warpAffine(page, turn, (700, 700)))
    parts.append(digits.Part(690, 690, np.ones((9, 9), bool)))
    row = [digits.Found(part, None, np.eye(10)[0]) for part in parts]
    reading = digits.moved(digits.Reading(page, [row]), cv2.invertAffineTransform(turn), page)
    (one,), ink = reading.found, reading.ink
    again = np.zeros(page.shape, bool)
    again[one.part.y:one.part.bottom, one.part.x:one.part.right] = one.part.mask
    assert ink.shape == page.shape and (again != (page > 0)).mean() < 0.01


def test_what_is_read_as_it_lies_is_not_turned(monkeypatch):
    monkeypatch.setattr(digits, "evidence", None)       # what turned readings are chosen by
    reader = digits.Reader(digits.PRETRAINED)
    for name in ("zero.png", "2026-row-photo.jpg", "314-15926-ruled.png"):
        assert all(one["sure"] for one in digits.read_image(EXAMPLES / name, reader).digits)


def test_what_may_be_a_comma_or_a_degree_is_not_sure():
    """A 9 that is small and low; not one that is raised, as an exponent is, but a raised 0."""
    def found(x, y, height, digit):
        return digits.Found(digits.Part(x, y, np.ones((height, 9), bool)), None, np.eye(10)[digit])
    row = [found(0, 10, 40, 4), found(20, 42, 20, 9), found(40, 12, 40, 3), found(60, 0, 20, 9),
           found(80, 42, 20, 2), found(100, 8, 40, 9), found(120, 0, 20, 0),
           found(140, 12, 40, 7), found(180, 9, 40, 7)]
    told = digits.marks_doubted(row)
    assert [one.digit for one in told] == [4, 9, 3, 9, 2, 9, 0, 7, 7]
    sure = [one.confidence >= digits.SURE for one in told]
    assert sure == [True, False, True, True, True, True, False, True, True]


@pytest.mark.parametrize("digit, dot, sure", [
    (1, (24, 76, 4), False), (2, (20, 80, 4), False), (2, (20, 80, 2), False), (1, None, True),
    (4, (24, 76, 4), True), (1, (34, 66, 4), True), (1, (24, 130, 4), True),
    (1, (34, 10, 4), True)],
    ids=["!", "?", "a ? by a thin pen", "1", "4 and a spot", "1 and a full stop", "a spot far down",
         "a spot above"])
def test_what_may_be_an_exclamation_or_a_question_mark_is_not_sure(digit, dot, sure):
    """A dot in the pen's colour right below a 1, 2 or 7, be it in the digit's ink or not."""
    picture = np.full((160, 60, 3), (240, 235, 220), np.uint8)
    picture[10:70, 20:28] = 30, 40, 120
    part = digits.trimmed(0, 0, np.any(picture != picture[0, 0], axis=2))
    if dot:
        cv2.circle(picture, dot[:2], dot[2], (30, 40, 120), -1)
    parts = part, digits.trimmed(0, 0, np.any(picture != picture[0, 0], axis=2))
    for part in parts:
        reading = digits.Reading(np.zeros((160, 60), np.uint8),
                                 [[digits.Found(part, None, np.eye(10)[digit])]])
        [told] = digits.dots_doubted(reading, picture).found
        assert told.digit == digit and (told.confidence >= digits.SURE) == sure


def test_a_digit_cut_out_tightly_is_read_and_its_box_is_in_the_picture(read, tmp_path):
    ink = draw(3, (200, 160), (20, 20, 150), 16)
    y, x = np.nonzero(ink > 0.5)
    tight = ink[y.min():y.max() + 1, x.min():x.max() + 1]
    Image.fromarray(colour(tight, (20, 20, 20), (250, 250, 250))).save(tmp_path / "tight.png")
    (answer,), _ = read(tmp_path / "tight.png")
    left, top, width, height = answer["digits"][0]["box"]
    assert answer["text"] == "3" and left >= 0 and top >= 0
    assert abs(width - tight.shape[1]) <= 6 and abs(height - tight.shape[0]) <= 6


@pytest.fixture
def tally(mnist):
    """kinds.tally of pictures of MNIST's test digits, as what ships reads them."""
    data, reader = digits.load_mnist(mnist), digits.Reader(digits.PRETRAINED)
    take = pages.mnist_digits(data.x_test, data.y_test)
    return lambda kind, count, **how: kinds.tally(
        kind, lambda file: digits.read_image(file, reader).digits, take, count, **how)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_pictures_as_people_bring_them(tally, kind):
    """A few of each kind, and none of them wrong and sure; benchmarks/kinds.py has the shares."""
    count = 2 if kind is kinds.small_in_a_photograph else 8         # of 12 million pixels
    exact, wrong = tally(kind, count, seed=1)
    assert exact >= min(count, LEAST.get(kind.__name__, 6)) and wrong <= 1


def test_numbers_whose_digits_touch(tally):
    """benchmarks/kinds.py has more of them."""
    exact, wrong = tally(kinds.touching_digits, 20, seed=1)
    assert exact >= 14 and wrong == 0


def test_no_pen_on_the_paper_is_a_sure_1(tally):
    """benchmarks/surroundings.py has more of them."""
    _, wrong = tally(surroundings.pen_on_the_paper, 12, seed=2, of=surroundings.SURROUNDINGS)
    assert wrong == 0

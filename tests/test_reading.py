"""Reading images: the contract of `predict`, bad input, and what it does without."""
import itertools
import json
import os
import re
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from conftest import ROOT, SCRIPT, complaint
from drawing import colour, draw
from PIL import Image

import mnist_digit_classifier as digits

EXAMPLES = ROOT / "assets" / "examples"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
READER = r"""
import json, sys
before = set(sys.modules)
for name in ("tensorflow", "keras", "matplotlib", "seaborn", "onnx", "onnxruntime", "pandas", "scipy"):
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
def read(run, trained):
    """Answers of `predict --json` with the network trained on drawn digits, and the exit code."""
    def call(*args, **options):
        result = run("predict", "--json", *args, cwd=trained[1], **options)
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
    result = run(EXAMPLES / "zero.png", cwd=trained[1])
    path, text, confidence = result.stdout.rstrip("\n").split("\t")
    assert path == str(EXAMPLES / "zero.png") and len(text) == 1 and 0 < float(confidence) <= 1
    assert result.stderr.startswith(f"reading with {os.path.join('models', 'dense.onnx')}")


def test_files_folders_globs_and_standard_input(read, tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.png", "sub/c.png", "ünïcode 数字.png"):
        (tmp_path / name).write_bytes((EXAMPLES / "zero.png").read_bytes())
    (tmp_path / "notes.txt").write_text("not an image, and not asked for")
    names = [os.path.relpath(answer["file"], tmp_path) for answer in read(tmp_path)[0]]
    assert names == ["a.png", "b.png", os.path.join("sub", "c.png"), "ünïcode 数字.png"]
    assert [os.path.basename(a["file"]) for a in read(tmp_path / "?.png")[0]] == ["a.png", "b.png"]
    result = subprocess.run([sys.executable, SCRIPT, "-q", "--json", "-"], cwd=tmp_path,
                            input=(EXAMPLES / "zero.png").read_bytes(), capture_output=True)
    assert json.loads(result.stdout)["file"] == "-" and json.loads(result.stdout)["text"] == "0"


def test_show_steps_saves_a_picture_an_image(run, trained, tmp_path):
    result = run("predict", "--show-steps", tmp_path, EXAMPLES / "zero.png", EXAMPLES / "two-thin.png",
                 cwd=trained[1])
    assert result.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0000-zero.png", "0001-two-thin.png"]


def test_nothing_but_numpy_opencv_and_pillow_is_needed(tmp_path):
    result = subprocess.run([sys.executable, "-c", READER, str(ROOT), "predict", "-q", str(EXAMPLES)],
                            cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 10
    imported = set(json.loads(result.stderr.splitlines()[-1]))
    imported.discard("defusedxml")      # which Pillow takes if it is there
    assert imported == {"numpy", "cv2", "PIL", "mnist_digit_classifier"}


def test_the_model_trained_last_is_read_with(run, trained, tmp_path):
    (tmp_path / "models").mkdir()
    data = (trained[1] / "models" / "dense.onnx").read_bytes()
    for age, name in ((10, "newer"), (20, "older")):
        path = tmp_path / "models" / f"{name}.onnx"
        path.write_bytes(data)
        os.utime(path, (1e9 - age, 1e9 - age))
    assert "newer.onnx" in run(EXAMPLES / "zero.png", cwd=tmp_path).stderr
    assert "older.onnx" in run("predict", "--model", "older", EXAMPLES / "zero.png", cwd=tmp_path).stderr
    path = tmp_path / "models" / "older.keras"
    assert "older.onnx" in run("predict", "--model", path, EXAMPLES / "zero.png", cwd=tmp_path).stderr
    assert "pretrained" in run("predict", "--model", "pretrained", EXAMPLES / "zero.png", cwd=tmp_path).stderr


def png_header(width, height):
    """A PNG file that declares a size and then ends."""
    data = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + data + struct.pack(">I", zlib.crc32(data))


def odd_tiff():
    """A TIFF with a tag that points beyond its end, at which Pillow warns before it gives up."""
    data = bytearray(b"II*\0\x08\0\0\0\x02\0")
    data += struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<HHII", 257, 4, 900, 10**6) + bytes(4)
    return bytes(data)


def bad_files(folder):
    """Files that hold no image, by name."""
    png, jpeg = (EXAMPLES / "zero.png").read_bytes(), (EXAMPLES / "four-photo.jpg").read_bytes()
    contents = {"empty.png": b"", "text.png": b"just words\n", "cut.png": png[:len(png) // 2],
                "cut.jpg": jpeg[:len(jpeg) // 2], "huge.png": png_header(20_000, 20_000),
                "large.png": png_header(9_000, 9_000), "odd.tif": odd_tiff()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: str(folder / name) for name in (*contents, "missing.png")}


@pytest.mark.parametrize("name", ["empty.png", "text.png", "cut.png", "cut.jpg", "huge.png", "large.png",
                                  "odd.tif", "missing.png"])
def test_what_is_no_image_gets_a_sentence_and_the_rest_is_read(read, tmp_path, name):
    bad = bad_files(tmp_path)[name]
    answers, code = read("-q", EXAMPLES / "zero.png", bad, EXAMPLES / "two-thin.png")
    assert code == 1 and [bool(answer["text"]) for answer in answers] == [True, False, True]
    assert answers[1]["file"] == bad and answers[1]["digits"] == []
    assert "check its name, or save it anew" in answers[1]["error"] and "\n" not in answers[1]["error"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_a_huge_image_is_refused_before_it_is_decoded(run, tmp_path):
    path = bad_files(tmp_path)["huge.png"]
    probe = ("import sys; sys.path.insert(0, sys.argv[1]); import mnist_digit_classifier as m;"
             "m.main(['-q', sys.argv[2]]); print(open('/proc/self/status').read())")
    result = subprocess.run([sys.executable, "-c", probe, str(ROOT), path], capture_output=True, text=True)
    assert int(re.search(r"VmHWM:\s+(\d+) kB", result.stdout)[1]) < 120 * 1024     # its pixels: 1,200,000


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
    message = complaint(run("predict", EXAMPLES / "zero.png", cwd=tmp_path), 2)
    assert "bad.onnx is damaged or was not written by this script" in message


def test_no_such_model_names_the_near_ones(run, trained):
    message = complaint(run("predict", "--model", "dens", EXAMPLES / "zero.png", cwd=trained[1]), 2)
    assert "did you mean dense" in message and "train --model" in message


def row_of(labels, pen=8):
    """A picture of digits in a row, 120 pixels high."""
    page = np.zeros((120, 30 + 75 * len(labels)))
    for i, label in enumerate(labels):
        page = np.maximum(page, draw(label, page.shape, (20 + 75 * i, 20, 80), pen, seed=i))
    return colour(page, (20, 20, 60), (250, 250, 250))


def test_rows_of_digits(run, tmp_path):
    Image.fromarray(np.vstack([row_of([1, 9, 8, 4]), row_of([2, 0, 2, 6])])).save(tmp_path / "two.png")
    result = run("predict", "--json", "--model", "pretrained", "two.png", cwd=tmp_path)
    answer = json.loads(result.stdout)
    assert answer["text"] == "1984\n2026" and answer["error"] is None
    assert [digit["row"] for digit in answer["digits"]] == [0] * 4 + [1] * 4
    assert all(digit["sure"] and digit["confidence"] >= 0.9 for digit in answer["digits"])
    boxes = np.array([digit["box"] for digit in answer["digits"]])
    assert (np.diff(boxes[:4, 0]) > 50).all() and (boxes[4:, 1] > boxes[:4, 1] + 100).all()
    plain = run("two.png", "--model", "pretrained", cwd=tmp_path).stdout
    assert plain.startswith("two.png\t1984 2026\t")


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_jobs_give_the_same_answers_in_the_same_order(run, tmp_path, jobs):
    for i in range(40):
        Image.fromarray(row_of([i // 10, i % 10])).save(tmp_path / f"{i:02}.png")
    (tmp_path / "20.png").write_bytes(b"no image")
    result = run("predict", "--json", "--jobs", jobs, "--model", "pretrained", ".", cwd=tmp_path)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert [answer["file"] for answer in answers] == [f"{i:02}.png" for i in range(40)]
    assert [answer["text"] for answer in answers] == [f"{i:02}" if i != 20 else "" for i in range(40)]
    assert [bool(answer["error"]) for answer in answers] == [i == 20 for i in range(40)]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_processes_end_with_the_one_that_began_them(tmp_path):
    """However it ends: here it is killed while they read."""
    names = [str(EXAMPLES / "zero.png")] * 4000
    run = subprocess.Popen([sys.executable, SCRIPT, "-q", "--jobs", "2", *names], cwd=tmp_path,
                           stdout=subprocess.PIPE)
    run.stdout.readline()
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(run.pid)], capture_output=True, text=True)
    children = [int(pid) for pid in listed.stdout.split()]
    run.kill()
    run.communicate()
    for _ in range(100):
        if not any(os.path.exists(f"/proc/{pid}/fd/0") for pid in children):
            break
        time.sleep(0.1)
    assert len(children) >= 2 and not any(os.path.exists(f"/proc/{pid}/fd/0") for pid in children)


@pytest.mark.parametrize("name", ["cost_$5_$6.png", "x" * 200 + ".png", os.fsdecode(b"\xff\xfe.png")])
def test_steps_of_oddly_named_files(run, tmp_path, name):
    (tmp_path / name).write_bytes((EXAMPLES / "zero.png").read_bytes())
    result = run("predict", "--show-steps", "steps", name, cwd=tmp_path)
    assert result.returncode == 0 and len(list((tmp_path / "steps").iterdir())) == 1, result.stderr


def test_folders_named_like_images_and_globs_of_folders(run, tmp_path):
    (tmp_path / "scans" / "d.png").mkdir(parents=True)
    (tmp_path / "scans" / "d.png" / "zero.png").write_bytes((EXAMPLES / "zero.png").read_bytes())
    for source in ("scans", "scans/**", "scans/*/*.png"):
        result = run("predict", source, cwd=tmp_path)
        assert result.returncode == 0 and result.stdout.count("\n") == 1, result.stdout


def kill_itself(task):
    os.kill(os.getpid(), 9)


def test_a_killed_process_gets_a_sentence():
    with pytest.raises(digits.DigitError, match="fewer --jobs"):
        list(digits.in_parallel(kill_itself, range(9), 2))


def test_only_a_few_tasks_are_taken_ahead():
    """So that neither many files nor slow readers of the answers cost memory."""
    taken = []
    answers = digits.in_parallel(abs, (taken.append(n) or n for n in itertools.count()), 2)
    assert [next(answers) for _ in range(10)] == list(range(10)) and len(taken) < 20
    answers.close()


HEIC_LINE = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)


def test_heic_photos_are_read_or_the_install_command_is_told(run, tmp_path):
    (tmp_path / "photo.heic").write_bytes(HEIC_LINE)
    block = "import sys; sys.modules['pillow_heif'] = None; sys.path.insert(0, sys.argv.pop(1));" \
        "import mnist_digit_classifier as m; sys.exit(m.main(sys.argv[1:]))"
    result = subprocess.run([sys.executable, "-c", block, str(ROOT), "-q", "photo.heic"], cwd=tmp_path,
                            capture_output=True, text=True)
    assert "run: pip install pillow-heif" in complaint(result, 1)
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    Image.fromarray(row_of([3, 7])).save(tmp_path / "photo.heic", quality=60)
    result = run("photo.heic", "--model", "pretrained", cwd=tmp_path)
    assert result.stdout.startswith("photo.heic\t37\t"), result.stderr
    stdin = subprocess.run([sys.executable, SCRIPT, "-q", "-", "--model", "pretrained"], cwd=tmp_path,
                           input=(tmp_path / "photo.heic").read_bytes(), capture_output=True, check=True)
    assert stdin.stdout.startswith(b"-\t37\t")


def test_a_fault_of_the_script_itself_is_told_and_the_rest_is_read(monkeypatch):
    monkeypatch.setattr(digits, "find_strokes", lambda picture: 1 / 0)
    files = list(enumerate([str(EXAMPLES / "zero.png"), "missing.png"]))
    zero, missing = digits.read_files(files, digits.PRETRAINED, None)
    assert "division by zero" in zero["error"] and "please report" in zero["error"]
    assert "No such file" in missing["error"]


def test_mnist_as_files_is_read_with_all_the_finding_in_the_way(mnist, run, tmp_path):
    data = digits.load_mnist(mnist)
    for number, image in enumerate(data.x_test):
        Image.fromarray(image).save(tmp_path / f"{number:05}.png")
    result = run("predict", "--model", "pretrained", tmp_path, cwd=tmp_path)
    read = [line.split("\t")[1] for line in result.stdout.splitlines()]
    assert result.returncode == 0 and len(read) == len(data.y_test)
    assert np.mean([text == str(label) for text, label in zip(read, data.y_test)]) >= 0.994

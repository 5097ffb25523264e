"""The page to draw on, in a real browser and over HTTP, as app.py serves it."""
import base64
import math
import shutil
import socket
import subprocess
import sys

import cv2
import httpx
import numpy as np
import pytest
from conftest import ROOT
from drawing import draw
from PIL import Image
from playwright.sync_api import expect, sync_playwright

import app
import mnist_digit_classifier as digits

sys.path.insert(0, str(ROOT / "benchmarks"))
import page as load_test
from page import data_url

IN_BOTH = pytest.mark.parametrize("page", [(1200, 800), (390, 844)], ids=["wide", "phone"], indirect=True)
SEVEN = [(0, 0), (100, 0), (30, 280)]
ZERO = [(50 + 60 * math.sin(turn / 10), 140 - 140 * math.cos(turn / 10)) for turn in range(0, 64, 3)]
CROSS = [[(0, 0), (200, 200)], [(200, 0), (0, 200)], [(0, 100), (200, 100)], [(100, 0), (100, 200)]]


@pytest.fixture(scope="module")
def url():
    """The address of a page that is being served."""
    with load_test.server(stdout=subprocess.PIPE, text=True) as (address, process):
        assert address in process.stdout.readline()
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, whose camera sees a handwritten 3."""
    film = tmp_path_factory.mktemp("camera") / "three.y4m"
    grey = (255 * (1 - draw(3, (480, 640), (200, 90, 300), 20))).astype(np.uint8)
    frame = b"FRAME\n" + grey.tobytes() + bytes([128]) * (grey.size // 2)
    film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + 10 * frame)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}"])


@pytest.fixture
def page(url, browser, request):
    """The page in a computer's window or another; at the end, nothing outside may have been asked for."""
    width, height = getattr(request, "param", (1200, 800))
    context, asked, errors = browser.new_context(viewport={"width": width, "height": height}), [], []
    page = context.new_page()
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.wait_for_selector(".pen")
    yield page
    assert not [address for address in asked if not address.startswith((url, "data:", "blob:"))]
    assert not errors
    context.close()


def stroke(page, points, x=100, y=100, lift=True):
    """Draw a stroke with the mouse, its points shifted to x, y on the 720 x 480 pad."""
    box = page.locator(".pen").bounding_box()
    scale = box["width"] / 720
    places = [(box["x"] + (x + dx) * scale, box["y"] + (y + dy) * scale) for dx, dy in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    if lift:
        page.mouse.up()


def marked(page):
    """Whether boxes stand on the picture."""
    return page.evaluate("""() => document.querySelector(".boxes").getContext("2d")
                                  .getImageData(0, 0, 720, 480).data.some((value) => value)""")


@IN_BOTH
def test_the_answer_comes_while_a_digit_is_drawn(page):
    stroke(page, SEVEN, lift=False)         # the first touch draws, and the pen is still down
    expect(page.locator(".text")).to_have_text("7")
    expect(page.locator(".doubt")).to_have_text("")
    expect(page.locator(".hint")).to_be_hidden()
    expect(page.locator(".card .bars span")).to_have_count(10)
    assert page.evaluate("document.querySelector('.card img').naturalWidth") == 28
    heights = page.eval_on_selector_all(".bars i", "bars => bars.map(bar => bar.offsetHeight)")
    assert np.argmax(heights) == 7 and sorted(heights)[-2] < max(heights) / 4
    page.mouse.up()
    assert not marked(page)


@IN_BOTH
def test_several_digits_are_boxed_and_taken_back(page):
    stroke(page, SEVEN)
    stroke(page, ZERO, x=400)
    expect(page.locator(".text")).to_have_text("70")
    expect(page.locator(".card")).to_have_count(2)
    assert marked(page)
    page.click(".undo")
    expect(page.locator(".text")).to_have_text("7")
    page.click(".clear")
    expect(page.locator(".text")).to_have_text("")
    expect(page.locator(".hint")).to_be_visible()


def test_what_is_no_digit_is_not_sure(page):
    for line in CROSS:
        stroke(page, line)
    expect(page.locator(".doubt")).to_have_text("not sure")
    expect(page.locator(".card figcaption")).to_contain_text("not sure")


@pytest.mark.parametrize("name, text", [("2026-row-photo.jpg", "2026"),
                                        ("314-15926-ruled.png", "314\n15926")])
def test_a_picture_is_read_and_shown_with_its_boxes(page, name, text):
    page.set_input_files("input[type=file]", ROOT / "assets" / "examples" / name)
    expect(page.locator(".text")).to_have_text(text, use_inner_text=True)
    assert marked(page)
    page.wait_for_function("""() => document.querySelector(".pen").getContext("2d")
                                    .getImageData(0, 0, 720, 480).data.some((value) => value < 200)""")
    stroke(page, SEVEN)         # a new drawing takes the picture's place
    expect(page.locator(".text")).to_have_text("7")


def test_a_format_that_browsers_do_not_know_is_shown(page, tmp_path):
    Image.open(ROOT / "assets" / "examples" / "zero.png").convert("CMYK").save(tmp_path / "zero.tif")
    page.set_input_files("input[type=file]", tmp_path / "zero.tif")
    expect(page.locator(".text")).to_have_text("0")
    assert marked(page)


def test_a_picture_is_dropped(page):
    data = base64.b64encode((ROOT / "assets" / "examples" / "four-photo.jpg").read_bytes()).decode()
    dropped = page.evaluate_handle("""(data) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "four.jpg"));
        return transfer; }""", data)
    page.dispatch_event(".pad", "drop", {"dataTransfer": dropped})
    expect(page.locator(".text")).to_have_text("4")


def test_the_camera_takes_a_picture(page):
    page.click(".camera")
    expect(page.locator("video")).to_be_visible()
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    page.wait_for_timeout(500)
    page.click(".camera")
    expect(page.locator(".text")).to_have_text("3")
    expect(page.locator("video")).to_be_hidden()


def test_rubbish_gets_a_sentence_and_the_page_lives_on(page, tmp_path):
    (tmp_path / "broken.png").write_bytes((ROOT / "assets" / "examples" / "zero.png").read_bytes()[:400])
    page.set_input_files("input[type=file]", tmp_path / "broken.png")
    expect(page.locator(".doubt")).to_contain_text("cannot be read")
    with open(tmp_path / "large.png", "wb") as file:
        file.truncate(app.LIMIT + 1)
    page.set_input_files("input[type=file]", tmp_path / "large.png")
    expect(page.locator(".doubt")).to_contain_text("10 MB are the limit")
    stroke(page, SEVEN)
    expect(page.locator(".text")).to_have_text("7")


@IN_BOTH
def test_the_page_fits_its_window(page):
    stroke(page, SEVEN)
    stroke(page, ZERO, x=400)
    expect(page.locator(".card")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for button in page.locator(".tools button").all():
        assert button.bounding_box()["height"] >= 40        # pixels, enough for a finger
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth")


@pytest.mark.parametrize("sent", [
    None, 7, [], {"path": "/etc/passwd"}, "", "rubbish", "file:///etc/passwd", "data:image/png;base64,%%%",
    data_url(b""), data_url(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"),
    data_url(cv2.imencode(".png", np.zeros((8000, 8000), np.uint8))[1].tobytes())])
def test_what_is_sent_is_checked(url, sent):
    with httpx.Client() as client:
        for function in ("read_drawing", "read_picture"):
            answer = load_test.ask(client, url, sent, function).json()
            assert answer["error"].startswith("This ") and answer["digits"] == []
            assert "Traceback" not in answer["error"]


def test_a_request_that_is_too_long_is_refused(url):
    with httpx.Client() as client:
        assert load_test.ask(client, url, "x" * app.BODY).status_code == 413
        parts = (b"x" * 2**20 for _ in range(app.BODY // 2**20 + 5))     # its length is not told beforehand
        late = client.post(f"{url}/gradio_api/component_server", content=parts,
                           headers={"content-type": "application/json"})
        assert late.status_code in (400, 413)
        zero = data_url((ROOT / "assets" / "examples" / "zero.png").read_bytes())
        assert load_test.ask(client, url, zero).json()["text"] == "0"


def test_it_serves_this_machine_alone(url):
    port = int(url.rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))         # sends nothing, but tells our own address on the way there
        address = probe.getsockname()[0]
    with pytest.raises(OSError):
        socket.create_connection((address, port), timeout=5)


def test_twenty_clients_at_once_lose_no_answer(url):
    """For some seconds; benchmarks/page.py does it for a minute."""
    took, lost = load_test.load(url, 20, 6)
    assert lost == 0 and len(took) > 40


def test_a_model_that_is_missing_gets_a_sentence():
    result = subprocess.run([sys.executable, str(ROOT / "app.py"), "--model", "nothing"],
                            capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert result.returncode == 1 and "no trained model" in result.stderr
    assert "Traceback" not in result.stderr


def test_answers_are_those_of_predict():
    reader = digits.Reader(digits.PRETRAINED)
    for path in digits.EXAMPLES.iterdir():
        reading, answer = app.read(data_url(path.read_bytes()), reader)
        _, expected = digits.try_to_read(str(path), str(path), reader)
        assert answer["text"] == expected["text"] and len(reading.images) == len(answer["digits"])
        for digit, same in zip(answer["digits"], expected["digits"]):
            assert same.items() <= digit.items() and len(digit["confidences"]) == 10

"""The page to draw on, in a real browser and over HTTP, as app.py serves it."""
import base64
import io
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import cv2
import httpx
import numpy as np
import pytest
from conftest import ROOT, complaint
from drawing import draw
from PIL import Image
from playwright.sync_api import expect, sync_playwright

import app
import mnist_digit_classifier as digits

sys.path.insert(0, str(ROOT / "benchmarks"))
import page as load_test
from page import data_url

EXAMPLES = ROOT / "assets" / "examples"
WIDE, PHONE = (1200, 800), (390, 844)
IN_BOTH = pytest.mark.parametrize("page", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
SEVEN = [(0, 0), (150, 0), (50, 280)]
ZERO = [(50 + 60 * math.sin(turn / 10), 140 - 140 * math.cos(turn / 10))
        for turn in range(0, 64, 3)]
LEFT_OUT = [[(120, 0), (0, 0), (0, 280), (120, 280)], [(0, 140), (100, 140)]]       # an E
LETTER = [[(0, 0), (0, 280)], [(120, 0), (0, 140), (120, 280)]]     # a K
FOUND = [[(0, 280), (0, 0), (90, 10), (120, 70), (90, 130), (0, 140)]]      # a P
# All of Gradio's routes that the page asks for.
OPEN = {"GET /", "HEAD /", "GET /theme.css", "GET /favicon.ico",
        "GET /assets/{path:path}", "GET /static/{path:path}",
        "POST /gradio_api/component_server", "POST /gradio_api/component_server/"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a page that is served, and the folder of its output and temporary files."""
    folder = tmp_path_factory.mktemp("served")
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary), "GRADIO_TEMP_DIR": str(temporary / "gradio")}
    with open(folder / "stdout", "w") as stdout, \
            load_test.server(environment, stdout=stdout) as (address, process):
        yield address, folder
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    assert kept(folder) == []


def kept(folder):
    """The temporary files of the page."""
    return [path for path in (folder / "temporary").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def url(served):
    """The address of the page."""
    return served[0]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, whose camera sees a handwritten 3."""
    film = tmp_path_factory.mktemp("camera") / "three.y4m"
    grey = (255 * (1 - draw(3, (480, 640), (200, 90, 300), 20))).astype(np.uint8)
    frame = b"FRAME\n" + grey.tobytes() + bytes([128]) * (grey.size // 2)
    film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + 10 * frame)
    names = "chromium", "chromium-browser", "google-chrome"
    chromium = next(filter(None, map(shutil.which, names)), None)
    if not chromium:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}"])


@pytest.fixture(scope="module")
def windows(url, browser):
    """A function that gives the page in a window of a size, what it asked for and its errors."""
    opened = {}

    def window(size):
        if size not in opened:
            context = browser.new_context(viewport=dict(zip(("width", "height"), size)),
                                          permissions=["clipboard-read", "clipboard-write"])
            page, asked, errors = context.new_page(), [], []
            page.on("request", lambda sent: asked.append(sent.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(url)
            opened[size] = page, asked, errors
        return opened[size]
    return window


@pytest.fixture
def page(url, windows, request):
    """The page, cleared, in a computer's window or another; nothing outside may be asked for."""
    page, asked, errors = windows(getattr(request, "param", WIDE))
    page.mouse.up()
    page.click(".clear")
    yield page
    assert not [address for address in asked if not address.startswith((url, "data:", "blob:"))]
    assert not errors


def stroke(page, points, x=100, y=100, lift=True):
    """Draw a stroke with the mouse, its points shifted to x, y on the 720 x 480 pad."""
    box = page.locator(".pen").bounding_box()
    scale = box["width"] / 720
    places = [(box["x"] + (x + dx) * scale, box["y"] + (y + dy) * scale) for dx, dy in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=2)
    if lift:
        page.mouse.up()


def marked(page):
    """The digits that stand at boxes on the pad."""
    assert page.locator(".boxes rect").count() == page.locator(".boxes text").count()
    return "".join(page.locator(".boxes text").all_text_contents())


def upload(page, path):
    """Choose a file as the page's picture."""
    page.set_input_files("input[type=file]", path)


def transfer(page, name):
    """A handle of what is dropped or pasted: one of the examples."""
    data = base64.b64encode((EXAMPLES / name).read_bytes()).decode()
    return page.evaluate_handle("""([data, name]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name));
        return transfer; }""", [data, name])


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A picture that ends in the middle."""
    path = tmp_path_factory.mktemp("broken") / "broken.png"
    path.write_bytes((EXAMPLES / "zero.png").read_bytes()[:400])
    return path


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    """A page of 30 digits in rows of six, and their text."""
    rows = [[(row + 3 * column) % 10 for column in range(6)] for row in range(5)]
    ink = sum(draw(digit, (600, 720), (40 + 110 * column, 30 + 115 * row, 70), 6, 6 * row + column)
              for row, line in enumerate(rows) for column, digit in enumerate(line))
    path = tmp_path_factory.mktemp("thirty") / "thirty.png"
    Image.fromarray((255 * (1 - np.minimum(1, ink))).astype(np.uint8)).save(path)
    return path, "\n".join("".join(map(str, line)) for line in rows)


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
    assert page.locator(".card").get_attribute("aria-label") == page.inner_text(".card figcaption")
    assert re.fullmatch(r"7, \d+\.\d %", page.inner_text(".card figcaption"))


@IN_BOTH
def test_several_digits_are_boxed_and_taken_back(page):
    stroke(page, SEVEN)
    stroke(page, ZERO, x=400)
    expect(page.locator(".text")).to_have_text("70")
    expect(page.locator(".card")).to_have_count(2)
    assert marked(page) == "70"
    page.click(".undo")
    expect(page.locator(".text")).to_have_text("7")
    page.click(".clear")
    expect(page.locator(".text")).to_have_text("")
    expect(page.locator(".hint")).to_be_visible()


def test_what_is_no_digit_is_told(page):
    for line in LEFT_OUT:
        stroke(page, line)
    expect(page.locator(".text")).to_have_text("no digit")
    page.click(".clear")
    for line in FOUND:
        stroke(page, line)
    expect(page.locator(".text")).to_have_text("no digit")
    expect(page.locator(".card figcaption").first).to_contain_text("no digit; most like")
    expect(page.locator(".copy")).to_be_hidden()
    page.click(".clear")
    stroke(page, SEVEN)
    stroke(page, ZERO, x=300)
    for line in LETTER:
        stroke(page, line, x=520)
    expect(page.locator(".text")).to_have_text(re.compile(r"^70\??$"))      # or it is left out
    expect(page.locator(".doubt")).to_contain_text("not sure")
    assert marked(page) in ("70", "70?")


def test_blank_paper_has_no_digit(page, tmp_path):
    Image.new("L", (300, 200), 255).save(tmp_path / "blank.png")
    upload(page, tmp_path / "blank.png")
    expect(page.locator(".text")).to_have_text("no digit")
    expect(page.locator(".card")).to_have_count(0)


@pytest.mark.parametrize("name, text", [("2026-row-photo.jpg", "2026"),
                                        ("314-15926-ruled.png", "314\n15926")])
def test_a_picture_is_read_and_shown_with_its_boxes(page, name, text):
    upload(page, EXAMPLES / name)
    expect(page.locator(".text")).to_have_text(text, use_inner_text=True)
    assert marked(page) == text.replace("\n", "")
    page.wait_for_function("""() => document.querySelector(".pen").getContext("2d")
        .getImageData(0, 0, 720, 480).data.some((value) => value < 200)""")
    stroke(page, SEVEN)         # a new drawing takes the picture's place
    expect(page.locator(".text")).to_have_text("7")


def test_a_format_that_browsers_do_not_know_is_shown_and_its_first_page_read(page, tmp_path):
    zero, four = (Image.open(EXAMPLES / name).convert("CMYK")
                  for name in ("zero.png", "four-photo.jpg"))
    zero.save(tmp_path / "pages.tif", save_all=True, append_images=[four])
    upload(page, tmp_path / "pages.tif")
    expect(page.locator(".text")).to_have_text("0")
    assert marked(page) == "0"


@pytest.mark.parametrize("where", [".pad", ".about"])
def test_a_picture_is_dropped_anywhere(page, where):
    prevented = page.evaluate("""([where, transfer]) => {
        const [over, drop] = ["dragover", "drop"].map((name) => new DragEvent(
            name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        document.querySelector(where).dispatchEvent(over);
        document.querySelector(where).dispatchEvent(drop);
        return over.defaultPrevented && drop.defaultPrevented; }""",
                              [where, transfer(page, "four-photo.jpg")])
    assert prevented        # else the browser would leave the page and open the file
    expect(page.locator(".text")).to_have_text("4")
    expect(page.locator(".pad.over")).to_have_count(0)


def test_a_picture_is_pasted(page):
    page.evaluate("""(transfer) => document.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: transfer}))""",
                  transfer(page, "four-photo.jpg"))
    expect(page.locator(".text")).to_have_text("4")


def test_the_examples_are_read(page):
    for number, text in enumerate(["2026", "52", "314\n15926"]):
        page.locator(".examples button").nth(number).click()
        expect(page.locator(".text")).to_have_text(text, use_inner_text=True)


def test_the_text_is_copied(page):
    upload(page, EXAMPLES / "314-15926-ruled.png")
    expect(page.locator(".text")).to_have_text("314\n15926", use_inner_text=True)
    page.click(".copy")
    expect(page.locator(".copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "314\n15926"


def test_a_photo_over_the_limit_is_made_smaller(page, tmp_path):
    four = Image.open(EXAMPLES / "four-photo.jpg").convert("RGB").resize((3000, 2000))
    four.save(tmp_path / "four.bmp")
    assert (tmp_path / "four.bmp").stat().st_size > 16e6
    with page.expect_request(lambda sent: "read_picture" in (sent.post_data or "")) as asked:
        upload(page, tmp_path / "four.bmp")
    expect(page.locator(".text")).to_have_text("4")
    sent = Image.open(io.BytesIO(app.from_url(asked.value.post_data_json["data"])))
    assert sent.format == "JPEG" and sent.size == (2500, 1667)


def test_the_camera_takes_a_picture(page):
    page.click(".camera")
    expect(page.locator("video")).to_be_visible()
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    page.wait_for_timeout(500)
    page.click(".camera")
    expect(page.locator(".text")).to_have_text("3")
    expect(page.locator("video")).to_be_hidden()


def test_rubbish_gets_a_sentence_and_the_page_lives_on(page, broken, tmp_path):
    upload(page, broken)
    expect(page.locator(".doubt")).to_contain_text("cannot be read")
    with open(tmp_path / "large.png", "wb") as file:
        file.truncate(app.LIMIT + 1)
    upload(page, tmp_path / "large.png")
    expect(page.locator(".doubt")).to_contain_text("10 MB are the limit")
    stroke(page, SEVEN)
    expect(page.locator(".text")).to_have_text("7")
    expect(page.locator(".doubt")).to_have_text("")
    with page.expect_response(lambda got: "component_server" in got.url):
        upload(page, broken)
    expect(page.locator(".doubt")).to_contain_text("cannot be read")
    expect(page.locator(".text")).to_have_text("7")         # what was drawn is still there
    page.click(".undo")
    expect(page.locator(".doubt")).to_have_text("")
    expect(page.locator(".text")).to_have_text("7")


def test_undo_brings_back_what_was_there(page):
    stroke(page, SEVEN)
    expect(page.locator(".text")).to_have_text("7")
    upload(page, EXAMPLES / "four-photo.jpg")
    expect(page.locator(".text")).to_have_text("4")
    page.locator(".pen").click()        # a dot takes the picture's place
    expect(page.locator(".boxes text")).to_have_count(0)
    page.click(".clear")
    expect(page.locator(".text")).to_have_text("")
    page.click(".undo")
    page.keyboard.press("Control+z")
    expect(page.locator(".text")).to_have_text("4")
    assert marked(page) == "4"
    page.keyboard.press("Control+z")
    expect(page.locator(".text")).to_have_text("7")
    page.keyboard.press("Control+z")
    expect(page.locator(".hint")).to_be_visible()
    stroke(page, SEVEN[:2], lift=False)
    page.keyboard.press("Control+z")        # while the pen is down
    page.mouse.move(400, 400)
    expect(page.locator(".hint")).to_be_visible()


def test_a_reload_keeps_what_was_there(page):
    upload(page, EXAMPLES / "four-photo.jpg")
    expect(page.locator(".text")).to_have_text("4")
    stroke(page, SEVEN)
    stroke(page, ZERO, x=400)
    expect(page.locator(".text")).to_have_text("70")
    page.reload()
    expect(page.locator(".text")).to_have_text("70")
    for text in "7", "4":
        page.click(".undo")
        expect(page.locator(".text")).to_have_text(text)


def test_the_pen_has_a_width_and_an_eraser(page):
    def inked():
        return page.evaluate("""() => document.querySelector(".pen").getContext("2d")
            .getImageData(0, 0, 720, 480).data.filter((value) => value < 128).length / 3""")
    bold = [(0, 0), (0, 200)]
    page.locator(".width").fill("10")
    stroke(page, bold)
    thin = inked()
    page.click(".clear")
    page.locator(".width").fill("40")
    stroke(page, bold)
    assert thin > 0 and inked() > 3 * thin
    page.click(".eraser")
    expect(page.locator(".eraser")).to_have_attribute("aria-pressed", "true")
    stroke(page, bold)
    assert inked() == 0
    page.click(".eraser")
    page.locator(".width").fill("20")


def test_what_it_shows_is_named_for_those_who_do_not_see_it(page):
    pad = page.locator(".pen")
    expect(pad).to_have_attribute("aria-label", "Draw digits here")
    stroke(page, SEVEN)
    stroke(page, ZERO, x=400)
    expect(pad).to_have_attribute("aria-label", "Drawing: 70")
    upload(page, EXAMPLES / "four-photo.jpg")
    expect(pad).to_have_attribute("aria-label", "Picture: 4")
    live = page.locator(".page [aria-live]")
    assert live.count() == 1 and live.get_attribute("class") == "text"
    page.focus(".undo")
    page.keyboard.press("Tab")
    focused = page.locator(":focus-visible")
    assert focused.get_attribute("class") == "clear"
    assert focused.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"


def test_it_says_what_it_is_and_which_network_reads(page):
    assert page.title() == page.inner_text("h1") == "Handwritten digits"
    accuracy = digits.Reader(digits.PRETRAINED).metadata["test_accuracy"]
    expect(page.locator(".about")).to_contain_text(
        f"Read by the network best, {100 * accuracy:.2f} % right on MNIST's test set.")


@IN_BOTH
def test_many_digits_are_a_strip_and_the_pad_stays_in_sight(page, thirty):
    path, text = thirty
    upload(page, path)
    expect(page.locator(".text")).to_have_text(text, use_inner_text=True)
    expect(page.locator(".card")).to_have_count(30)
    assert marked(page) == text.replace("\n", "")
    assert max(card.bounding_box()["height"] for card in page.locator(".card").all()) < 80
    assert not page.locator(".bars >> visible=true").count()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    top = page.locator(".pad").bounding_box()["y"]
    assert -1 < top < 200
    page.evaluate("scrollTo(0, 0)")


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
    None, 7, [], {"path": "/etc/passwd"}, "", "rubbish", "file:///etc/passwd",
    "data:image/png;base64,%%%",
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
        parts = (b"x" * 2**20 for _ in range(app.BODY // 2**20 + 5))     # the length is not told
        late = client.post(f"{url}/gradio_api/component_server", content=parts,
                           headers={"content-type": "application/json"})
        assert late.status_code in (400, 413)
        zero = data_url((EXAMPLES / "zero.png").read_bytes())
        assert load_test.ask(client, url, zero).json()["text"] == "0"


def routes_of(served):
    """Every method and path of an ASGI application's routes, as "GET /assets/{path:path}"."""
    for route in served.routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(inner, "routes"):
            yield from routes_of(inner)
        else:
            yield from (f"{method} {route.path}" for method in route.methods)


def test_only_what_the_page_asks_for_is_open(url):
    routes = set(routes_of(app.page(digits.Reader(digits.PRETRAINED)).app))
    assert routes > OPEN and "POST /gradio_api/upload" in routes and len(routes) > 60
    with httpx.Client(base_url=url) as client:
        for route in sorted(routes - {"HEAD /"}):
            method, path = re.sub("{.*?}", "x", route).split()
            answer = client.request(method, path, json={} if method == "POST" else None)
            closed = answer.status_code == 404 and (method == "HEAD" or answer.text == "closed")
            assert closed == (route not in OPEN), route
        for other in ("PUT /", "OPTIONS /gradio_api/component_server", "GET /docs",
                      "GET /gradio_api//info", "GET /gradio_api/mcp/sse"):
            assert client.request(*other.split()).status_code == 404


def test_nothing_is_kept(served):
    url, folder = served
    files = {"files": ("secret.png", (EXAMPLES / "zero.png").read_bytes())}
    with httpx.Client(base_url=url) as client:
        assert client.post("/gradio_api/upload", files=files).status_code == 404
        form = client.post("/gradio_api/component_server", files=files, data={
            "session_hash": "test", "component_id": "1", "fn_name": "read_picture", "data": "{}"})
        assert form.status_code == 415
        zero = data_url((EXAMPLES / "zero.png").read_bytes())
        assert load_test.ask(client, url, zero).json()["text"] == "0"
    assert kept(folder) == []


def test_its_output_is_its_address(served):
    url, folder = served
    assert (folder / "stdout").read_text() == f"The page is at {url} (Ctrl-C ends it)\n"


def test_it_serves_this_machine_alone(url):
    port = int(url.rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))         # sends nothing, but tells our own address
        address = probe.getsockname()[0]
    with pytest.raises(OSError):
        socket.create_connection((address, port), timeout=5)


def test_twenty_clients_at_once_lose_no_answer(url):
    """For some seconds; benchmarks/page.py does it for a minute."""
    took, lost = load_test.load(url, 20, 3)
    assert lost == 0 and len(took) > 20


def start(*args, **environment):
    """The finished process of an app.py that cannot serve."""
    return subprocess.run([sys.executable, str(ROOT / "app.py"), *args], capture_output=True,
                          text=True, cwd=ROOT, timeout=120, env={**os.environ, **environment})


def test_a_model_that_is_missing_gets_a_sentence():
    assert "no trained model" in complaint(start("--model", "nothing"), 2)


def test_a_port_that_cannot_be_had_gets_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"port {port} is taken" in complaint(start(GRADIO_SERVER_PORT=port), 2)


@pytest.mark.parametrize("port", ["", "http", "-1", "70000"])
def test_what_is_no_port_gets_a_sentence(port, monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(digits.DigitError, match=f"={port} is no port"):
        app.wanted_port()


def test_a_usual_port_that_is_taken_is_told(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(app, "PORT", other.getsockname()[1])
        with app.open_socket("127.0.0.1", None) as listener:
            port = listener.getsockname()[1]
    assert port > app.PORT
    assert capsys.readouterr().err == f"port {app.PORT} is taken; this is port {port}\n"


def test_heic_photos_are_read_or_a_visitor_is_told(url, tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.open(EXAMPLES / "zero.png").convert("RGB")).save(tmp_path / "zero.heic")
    photo = data_url((tmp_path / "zero.heic").read_bytes())
    with httpx.Client() as client:
        assert load_test.ask(client, url, photo).json()["text"] == "0"
    (tmp_path / "photo").write_text(photo)
    block = "import sys; sys.modules['pillow_heif'] = None; import app; from app import digits; " \
            "reader = digits.Reader(digits.PRETRAINED); " \
            "print(app.read(open(sys.argv[1]).read(), reader)[1]['error'])"
    result = subprocess.run([sys.executable, "-c", block, str(tmp_path / "photo")], cwd=ROOT,
                            capture_output=True, text=True, timeout=120)
    assert result.stdout == "This page does not read HEIC photos; save it as JPEG\n"


def test_answers_are_those_of_predict():
    reader = digits.Reader(digits.PRETRAINED)
    for path in digits.EXAMPLES.iterdir():
        reading, answer = app.read(data_url(path.read_bytes()), reader)
        _, expected = digits.try_to_read(str(path), str(path), reader, 1)
        assert answer["text"] == expected["text"] and len(reading.images) == len(answer["digits"])
        for digit, same in zip(answer["digits"], expected["digits"]):
            assert same.items() <= digit.items() and len(digit["confidences"]) == 10

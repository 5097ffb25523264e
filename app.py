"""A page to draw digits on, or to show pictures of them, and see how the network reads them.

    pip install -r requirements.txt -r requirements-app.txt
    python app.py                           http://127.0.0.1:7860, for this machine alone
    python app.py --model dense             with a network that you trained

GRADIO_SERVER_PORT changes the port, GRADIO_SERVER_NAME=0.0.0.0 lets other machines in. The page asks nothing
of the outside. It is one canvas in a gr.HTML; its answers come from the script's own reading.
"""
import argparse
import base64
import sys
import threading
from pathlib import Path

import cv2
import gradio as gr
from fastapi import HTTPException
from fastapi.middleware import Middleware
from fastapi.responses import PlainTextResponse
from PIL import Image

import mnist_digit_classifier as digits

LIMIT = 10 * 2**20          # bytes of a picture
BODY = LIMIT * 4 // 3 + 2**16       # bytes of a request: a picture in base64 and what stands around it
TURNS = threading.Semaphore(digits.count_cores())       # pictures read at a time, which bounds the memory

HTML = """
<div class="page">
  <section>
    <div class="pad">
      <canvas class="pen" width="720" height="480" role="img" aria-label="Draw digits here"></canvas>
      <canvas class="boxes" width="720" height="480"></canvas>
      <video playsinline muted hidden></video>
      <p class="hint">Draw digits here, or drop a picture</p>
    </div>
    <div class="tools">
      <button class="undo">Undo</button><button class="clear">Clear</button>
      <button class="open">Picture</button><button class="camera">Camera</button>
    </div>
    <input type="file" accept="image/*,.heic,.heif" hidden>
  </section>
  <section class="answer" aria-live="polite">
    <p class="text"></p><p class="doubt"></p>
    <div class="cards"></div>
  </section>
  <p class="about">${value}</p>
</div>
"""

CSS = """
.page { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 16px; }
@media (max-width: 700px) { .page { grid-template-columns: minmax(0, 1fr); } }
.pad { position: relative; border: 1px solid var(--border-color-primary); border-radius: 12px;
       overflow: hidden; background: white; aspect-ratio: 3 / 2; }
.pad > * { position: absolute; inset: 0; width: 100%; height: 100%; }
.pad.over { outline: 3px solid var(--color-accent); }
.pen { touch-action: none; cursor: crosshair; }
.boxes, .hint { pointer-events: none; }
.pad video { object-fit: contain; background: black; }
.pad .hint { display: grid; place-items: center; margin: 0; color: #777; text-align: center; }
.pad .hint[hidden] { display: none; }
.tools { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin-top: 8px; }
.tools button { padding: 10px 0; border-radius: 8px; border: 1px solid var(--border-color-primary);
                background: var(--button-secondary-background-fill); color: var(--body-text-color);
                font-size: .95rem; }
.answer p { margin: 0; }
.text { font-size: 3.5rem; line-height: 1.15; min-height: 1.15em; font-weight: 600; white-space: pre-wrap;
        overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.text .unsure { color: #b45309; }
.dark .text .unsure { color: #fbbf24; }
.answer .doubt { min-height: 1.5em; margin-bottom: 8px; }
.about { grid-column: 1 / -1; margin: 0; font-size: .9rem; opacity: .75; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 8px; }
.card { display: grid; grid-template-columns: 64px 1fr; gap: 2px 10px; padding: 8px; border-radius: 8px;
        border: 1px solid var(--border-color-primary); margin: 0; }
.card img { width: 64px; height: 64px; image-rendering: pixelated; border-radius: 4px; margin: 0; }
.card figcaption { grid-column: 1 / 3; font-size: .9rem; }
.bars { display: flex; gap: 2px; align-items: end; height: 64px; font-size: .7rem; }
.bars span { flex: 1; display: flex; flex-direction: column; justify-content: end; height: 100%;
             text-align: center; line-height: 1.2; }
.bars i { display: block; background: var(--color-accent); border-radius: 2px 2px 0 0; min-height: 1px; }
"""

JS = """
const find = (selector) => element.querySelector(selector);
const frame = find(".pad"), pad = find(".pen"), video = find("video"), file = find("input");
const pen = pad.getContext("2d"), boxes = find(".boxes").getContext("2d");
const {width, height} = pad;
let strokes = [], drawing = false, picture = null, busy = false, again = false;

function clear() {
    picture = null;
    pen.fillStyle = "white";
    pen.fillRect(0, 0, width, height);
    show({text: "", digits: []}, "");
}

function draw(points) {
    pen.lineWidth = 20;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...points[0]);
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
}

function tell(sentence) {
    find(".doubt").textContent = sentence;
}

function cardOf(digit) {
    const card = document.createElement("figure"), seen = new Image(28, 28);
    const bars = document.createElement("div"), caption = document.createElement("figcaption");
    card.className = "card";
    bars.className = "bars";
    seen.src = digit.image;
    seen.alt = "what the network saw";
    digit.confidences.forEach((confidence, label) => {
        const bar = document.createElement("span"), filled = document.createElement("i");
        filled.style.height = 80 * confidence + "%";
        bar.title = (100 * confidence).toFixed(1) + " %";
        bar.append(filled, label);
        bars.append(bar);
    });
    caption.textContent = digit.digit + ", " + (100 * digit.confidence).toFixed(1) + " %"
        + (digit.sure ? "" : ": not sure");
    card.append(seen, bars, caption);
    return card;
}

function show(answer, doubt) {
    const text = find(".text"), [w, h] = answer.size ?? [width, height];
    const scale = Math.min(width / w, height / h);
    const left = (width - scale * w) / 2, top = (height - scale * h) / 2;
    find(".hint").hidden = strokes.length > 0 || picture !== null;
    tell(doubt);
    if (answer.picture) {
        const shown = new Image();
        shown.onload = () => {
            pen.fillStyle = "#ddd";
            pen.fillRect(0, 0, width, height);
            pen.drawImage(shown, left, top, scale * w, scale * h);
        };
        shown.src = answer.picture;
    }
    find(".cards").replaceChildren(...answer.digits.map(cardOf));
    boxes.clearRect(0, 0, width, height);
    text.replaceChildren();
    answer.digits.forEach((digit, number) => {
        if (number && digit.row !== answer.digits[number - 1].row) text.append("\\n");
        const figure = document.createElement("span"), [x, y, wide, high] = digit.box;
        figure.textContent = digit.digit;
        figure.className = digit.sure ? "" : "unsure";
        text.append(figure);
        boxes.lineWidth = 3;
        boxes.strokeStyle = digit.sure ? "#2563eb" : "#d97706";
        if (answer.digits.length > 1 || answer.picture)
            boxes.strokeRect(left + scale * x - 4, top + scale * y - 4, scale * wide + 8, scale * high + 8);
    });
}

function doubtOf(answer) {
    const all = answer.digits.length, unsure = answer.digits.filter((digit) => !digit.sure).length;
    if (answer.error) return answer.error;
    if (!all) return "no digit found";
    if (!unsure) return "";
    return unsure === all ? "not sure" : "not sure of " + unsure + " of " + all;
}

async function ask() {          // while one answer is awaited the next question waits, and only the last one
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
        again = false;
        const asked = picture;
        try {
            const answer = await (asked ? server.read_picture(asked) : server.read_drawing(pad.toDataURL()));
            if (asked === picture && (asked || strokes.length)) show(answer, doubtOf(answer));
        } catch (problem) {
            tell("no answer; is the program still running?");
        }
    }
    busy = false;
}

function look(url) {
    strokes = [];
    clear();
    picture = url;
    find(".hint").hidden = true;
    tell("reading...");
    ask();
}

function load(chosen) {
    if (!chosen) return;
    if (chosen.size > LIMIT)
        return tell(chosen.name + " is too large; " + LIMIT / 2 ** 20 + " MB are the limit");
    const reader = new FileReader();
    reader.onload = () => look(reader.result);
    reader.onerror = () => tell(chosen.name + " cannot be read");
    reader.readAsDataURL(chosen);
}

function place(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * width / box.width, (event.clientY - box.top) * height / box.height];
}

pad.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    if (picture) clear();
    pad.setPointerCapture(event.pointerId);
    drawing = true;
    strokes.push([place(event)]);
    draw(strokes.at(-1));
    ask();
});
pad.addEventListener("pointermove", (event) => {
    if (!drawing || !event.isPrimary) return;
    const stroke = strokes.at(-1), begin = stroke.length - 1;
    for (const moved of event.getCoalescedEvents?.() ?? [event]) stroke.push(place(moved));
    draw(stroke.slice(begin));
    ask();
});
for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { drawing = false; });

find(".clear").addEventListener("click", () => { strokes = []; clear(); });
find(".undo").addEventListener("click", () => {
    strokes.pop();
    clear();
    strokes.forEach(draw);
    if (strokes.length) ask();
});
find(".open").addEventListener("click", () => file.click());
file.addEventListener("change", () => { load(file.files[0]); file.value = ""; });
frame.addEventListener("dragover", (event) => { event.preventDefault(); frame.classList.add("over"); });
frame.addEventListener("dragleave", () => frame.classList.remove("over"));
frame.addEventListener("drop", (event) => {
    event.preventDefault();
    frame.classList.remove("over");
    load(event.dataTransfer.files[0]);
});

function stopCamera() {
    video.srcObject.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    video.hidden = true;
    find(".camera").textContent = "Camera";
}

find(".camera").addEventListener("click", async () => {
    if (video.srcObject) {
        const still = document.createElement("canvas");
        [still.width, still.height] = [video.videoWidth, video.videoHeight];
        still.getContext("2d").drawImage(video, 0, 0);
        stopCamera();
        if (still.width) look(still.toDataURL("image/jpeg", 0.9));
        return;
    }
    try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
        video.hidden = false;
        find(".camera").textContent = "Take";
        await video.play();
    } catch (problem) {         // there is none, it was refused, or the page came over plain http
        tell("no camera here; take the picture first and open it");
    }
});
for (const other of [".clear", ".undo", ".open"])
    find(other).addEventListener("click", () => { if (video.srcObject) stopCamera(); });
clear();
""".replace("LIMIT", str(LIMIT))


class BodyLimit:
    """ASGI middleware that refuses a request whose body is longer than BODY, told beforehand or not."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        left = BODY

        async def counted():
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message
        told = dict(scope.get("headers", ())).get(b"content-length", b"0")
        fits = told.isdigit() and int(told) <= BODY
        await (self.app if fits else PlainTextResponse("too long", 413))(scope, counted, send)


def to_url(image):
    """A data URL of an image (height, width[, 3]) uint8 as PNG."""
    png = cv2.imencode(".png", image[..., ::-1] if image.ndim == 3 else image)[1]
    return "data:image/png;base64," + base64.b64encode(png).decode()


def from_url(url):
    """The bytes in a data URL; DigitError where it is none or too long."""
    head, comma, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not (head.startswith("data:") and head.endswith(";base64") and comma) or len(data) > BODY:
        raise digits.DigitError(f"is no picture of up to {LIMIT // 2**20} MB")
    with digits.explained("is no picture ({}); choose another"):
        return base64.b64decode(data, validate=True)


def read(url, reader):
    """The Reading of a picture, None where it is none, and what the page shows of it."""
    try:
        data = from_url(url)
    except digits.DigitError as problem:
        return None, {"text": "", "digits": [], "error": f"This {problem}"}
    with TURNS:
        reading, answer = digits.try_to_read("picture", data, reader)
    if answer["error"]:
        answer["error"] = f"This picture {answer['error']}"
    for number, digit in enumerate(answer["digits"]):
        digit["image"] = to_url(reading.images[number])
        digit["confidences"] = reading.confidences[number].round(4).tolist()
    return reading, answer


def page(reader):
    """The page as Gradio's Blocks, read with a Reader."""
    def read_drawing(url):
        return read(url, reader)[1]

    def read_picture(url):
        reading, answer = read(url, reader)
        if reading:
            answer["picture"] = to_url(reading.picture)
            answer["size"] = [side * reading.scale for side in reading.picture.shape[1::-1]]
        return answer

    about = (f"Read by {reader}, {reader.metadata['test_accuracy']:.2%} right on its test set. What is drawn "
             "or shown here goes to the program that serves this page, which does not keep it.")
    with gr.Blocks(title="Handwritten digits", analytics_enabled=False) as blocks:
        gr.HTML(about, html_template=HTML, css_template=CSS, js_on_load=JS, apply_default_css=False,
                server_functions=[read_drawing, read_picture])
    return blocks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="pretrained", help="a saved network, or its path (pretrained)")
    args = parser.parse_args()
    Image.init()
    Image.ID.remove("EPS")          # Pillow would start Ghostscript on it
    cv2.setNumThreads(1)
    digits.keep_memory()
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    try:
        page(digits.Reader(digits.find_model(args.model, Path("models")))).launch(
            theme=theme, css="div.main.app.fillable { padding: 8px; }", footer_links=[], run_history=False,
            ssr_mode=False, max_file_size=LIMIT, app_kwargs={"middleware": [Middleware(BodyLimit)]})
    except (digits.DigitError, OSError) as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main()

"""A page to draw digits on, or to show pictures of them, and see how the network reads them.

    pip install -r requirements.txt -r requirements-app.txt
    python app.py                           http://127.0.0.1:7860, for this machine alone
    python app.py --model dense             with a network that you trained

GRADIO_SERVER_PORT changes the port, GRADIO_SERVER_NAME=0.0.0.0 lets other machines in. The page
asks nothing of the outside, and keeps nothing. It is one gr.HTML with a canvas; its answers come
from the script's own reading.
"""
import argparse
import base64
import errno
import html
import mimetypes
import os
import re
import socket
import sys
import threading
from pathlib import Path

import cv2
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse

import mnist_digit_classifier as digits

PORT = 7860                 # Gradio's usual one
LIMIT = 10 * 2**20          # bytes of a picture; a larger one is made smaller before it is sent
BODY = LIMIT * 4 // 3 + 2**16       # bytes of a request: a picture in base64 and what is around it
LIKELY = 0.5                # confidence above which something is called a digit
TURNS = threading.Semaphore(digits.count_cores())   # pictures read at a time; bounds the memory
EXAMPLES = "2026-row-photo.jpg", "52-touching.png", "314-15926-ruled.png"

# All that the page asks for. Gradio offers more, uploads that stay on the disk among it.
OPEN = re.compile(r"(GET|HEAD) /"
                  r"|GET /(theme\.css|favicon\.ico|(assets|static)/.+)"
                  r"|POST /gradio_api/component_server/?")


# ==== What the page shows =========================================================================

HTML = """
<div class="page">
  <header>
    <h1>Handwritten digits</h1>
    <p>Draw digits, or show a picture of some, and see what a neural network reads.</p>
  </header>
  <section class="draw">
    <div class="pad">
      <canvas class="pen" width="720" height="480" role="img"></canvas>
      <svg class="boxes" viewBox="0 0 720 480" aria-hidden="true"></svg>
      <video playsinline muted hidden></video>
      <p class="hint">Draw digits here,<br>or drop or paste a picture</p>
    </div>
    <div class="tools">
      <button class="undo" title="Ctrl+Z">Undo</button><button class="clear">Clear</button>
      <button class="eraser" aria-pressed="false">Eraser</button>
      <label>Pen <input class="width" type="range" min="8" max="40" value="20"
                        aria-label="Width of the pen"></label>
      <button class="open">Picture</button><button class="camera">Camera</button>
    </div>
    <div class="examples"><span>Or try one of these</span>EXAMPLES</div>
    <input class="file" type="file" accept="image/*,.heic,.heif" hidden>
  </section>
  <section class="answer">
    <div class="line">
      <p class="text" aria-live="polite"></p><button class="copy" hidden>Copy</button>
    </div>
    <p class="doubt"></p>
    <div class="cards"></div>
  </section>
  <p class="about">${value}</p>
</div>
"""


# ==== How it looks ================================================================================

CSS = """
.page { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 16px 24px;
        max-width: 1100px; margin: 0 auto; --sure: #2563eb; --unsure: #b45309; --wrong: #b91c1c; }
.dark & .page { --sure: #60a5fa; --unsure: #fbbf24; --wrong: #fca5a5; }
.page header, .page .about { grid-column: 1 / -1; }
.page h1 { font-size: 1.75rem; font-weight: 700; line-height: 1.2; margin: 0; }
.page p { margin: 0; }
.page header p, .page .about, .examples span { opacity: .75; }
.page .about { font-size: .875rem; }
.draw { position: sticky; top: 8px; align-self: start; z-index: 1;
        background: var(--body-background-fill); }

.pad { position: relative; aspect-ratio: 3 / 2; overflow: hidden; background: white;
       border: 1px solid var(--border-color-primary); border-radius: 12px; }
.pad > * { position: absolute; inset: 0; width: 100%; height: 100%; }
.pad.over { outline: 3px solid var(--sure); }
.pen { touch-action: none; cursor: crosshair; }
.boxes, .hint { pointer-events: none; }
.boxes rect { fill: none; stroke: #2563eb; stroke-width: 3; }
.boxes text { fill: #2563eb; font-weight: 700; text-anchor: middle;
              paint-order: stroke; stroke: white; stroke-width: 5; stroke-linejoin: round; }
.boxes .unsure rect { stroke: #d97706; }
.boxes .unsure text { fill: #b45309; }
.pad video { object-fit: contain; background: black; }
.pad .hint { display: grid; place-items: center; color: #6b7280; text-align: center; }
.pad [hidden] { display: none; }

.tools { display: grid; grid-template-columns: repeat(3, 1fr) 1.6fr repeat(2, 1fr); gap: 8px;
         margin-top: 8px; }
.page button, .tools label { border: 1px solid var(--border-color-primary); border-radius: 8px;
                             background: var(--button-secondary-background-fill);
                             color: var(--body-text-color); font-size: .9375rem; }
.tools button, .tools label { height: 44px; }
.tools label { display: flex; align-items: center; gap: 6px; padding: 0 8px; background: none; }
.tools input { flex: 1; min-width: 0; accent-color: var(--sure); }
.page button:hover { border-color: var(--body-text-color-subdued); }
.page button[aria-pressed=true] { background: var(--sure); color: var(--body-background-fill); }
.page :focus-visible { outline: 3px solid var(--sure); outline-offset: 2px; }
.examples { display: flex; align-items: center; gap: 8px; margin: 8px 0; font-size: .875rem; }
.examples button { height: 44px; padding: 2px; background: white; overflow: hidden; }
.examples img { height: 100%; border-radius: 6px; margin: 0; }

.line { display: flex; align-items: start; justify-content: space-between; gap: 8px; }
.text { font-size: 3.5rem; line-height: 1.15; min-height: 1.15em; font-weight: 600;
        white-space: pre-wrap; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.many .text { font-size: 1.75rem; }
.text.none { opacity: .6; font-size: 2rem; }
.text .unsure { color: var(--unsure); }
.page .copy { padding: 6px 12px; margin-top: 8px; flex: none; }
.page .doubt { min-height: 1.5em; margin-bottom: 8px; }
.doubt.wrong { color: var(--wrong); }
.waiting .cards::before { content: "The answer comes while you draw."; grid-column: 1 / -1;
                          padding: 24px 16px; text-align: center; border-radius: 12px;
                          border: 1px dashed var(--body-text-color-subdued); opacity: .75; }
.waiting .text, .waiting .doubt { min-height: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 8px; }
.card { display: grid; grid-template-columns: 64px 1fr; gap: 4px 10px; padding: 8px; margin: 0;
        border: 1px solid var(--border-color-primary); border-radius: 8px; }
.card.unsure { border-color: var(--unsure); }
.card img { width: 64px; height: 64px; image-rendering: pixelated; border-radius: 4px; margin: 0; }
.card figcaption { grid-column: 1 / -1; font-size: .875rem; }
.bars { display: flex; gap: 2px; align-items: end; height: 64px; font-size: .7rem; }
.bars span { flex: 1; display: flex; flex-direction: column; justify-content: end; height: 100%;
             text-align: center; line-height: 1.2; }
.bars i { display: block; background: var(--sure); border-radius: 2px 2px 0 0; min-height: 1px; }
.many .cards { grid-template-columns: repeat(auto-fill, minmax(64px, 1fr)); gap: 4px; }
.many .card { display: block; padding: 4px; text-align: center; }
.many .card img { width: 36px; height: 36px; margin: 0 auto; }
.many .card figcaption { font-size: .75rem; white-space: nowrap; }
.many .bars { display: none; }

@media (max-width: 700px) {
  .page { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  .draw { display: contents; }
  .pad { position: sticky; top: 0; z-index: 1; box-shadow: 0 0 0 4px var(--body-background-fill); }
  .tools { grid-template-columns: repeat(3, minmax(0, 1fr)); margin: 0; }
  .examples { margin: 0; }
}
"""

AROUND = """
div.main.app.fillable { padding: 8px; }
.gradio-container { overflow: clip !important; }    /* under hidden, the pad does not stick */
"""


# ==== What it does in the browser =================================================================

JS = """
const find = (selector) => element.querySelector(selector);
const frame = find(".pad"), pad = find(".pen"), boxes = find(".boxes"), video = find("video");
const file = find(".file"), eraser = find(".eraser"), pen = pad.getContext("2d");
const {width, height} = pad;
// A state is a list of marks: the strokes of a drawing, or one picture with its answer.
let state = [], past = [], drawing = false, busy = false, again = false, reading = null;

function stop() {       // whatever is under way
    stopCamera();
    drawing = false;
    reading = null;
}

function change(marks) {
    stop();
    past.push(state);
    state = marks;
    keep();
}

function undo() {
    stop();
    state = past.pop() ?? [];
    keep();
    redraw();
}

function refuse(sentence) {         // what is there stays; Undo takes the sentence away
    change([...state]);
    tell(sentence, true);
}

function keep() {       // in this tab, for a reload; the oldest states go where the room ends
    let states = [...past, state].slice(-100);
    for (; states.length; states = states.slice(Math.ceil(states.length / 2))) {
        const marks = [...new Set(states.flat())];
        const numbers = states.map((marked) => marked.map((mark) => marks.indexOf(mark)));
        try {
            return sessionStorage.setItem("digits", JSON.stringify({marks, states: numbers}));
        } catch (full) {}       // or the browser keeps nothing
    }
}

function restore() {
    let kept = {marks: [], states: [[]]};
    try {
        kept = JSON.parse(sessionStorage.getItem("digits")) ?? kept;
    } catch (blocked) {}
    past = kept.states.map((numbers) => numbers.map((number) => kept.marks[number]));
    state = past.pop();
    redraw();
}

function fill(colour) {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, width, height);
}

function redraw() {
    const shown = state, answer = state[0]?.answer;
    fill("white");
    if (!state.length) return show({text: "", digits: []});
    if (!answer) {
        for (const stroke of state) draw(stroke, stroke.points);
        return ask();
    }
    const image = new Image(), {left, top, scale} = fit(answer);
    image.onload = () => {
        if (state !== shown) return;
        fill("#ddd");
        pen.drawImage(image, left, top, scale * answer.size[0], scale * answer.size[1]);
    };
    image.src = answer.picture;
    show(answer);
}

function draw(stroke, points) {
    pen.lineWidth = stroke.width;
    pen.strokeStyle = stroke.erases ? "white" : "black";
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...points[0]);
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
}

function fit(answer) {          // a picture's place on the pad; a drawing has the pad's size
    const [w, h] = answer.size ?? [width, height], scale = Math.min(width / w, height / h);
    return {scale, left: (width - scale * w) / 2, top: (height - scale * h) / 2};
}

function tell(sentence, wrong = false) {
    const doubt = find(".doubt");
    doubt.role = wrong ? "alert" : "note";
    doubt.className = wrong ? "doubt wrong" : "doubt";
    doubt.textContent = sentence;
}

const isDigit = (digit) => digit.confidence > LIKELY;
const percent = (confidence, places) => (100 * confidence).toFixed(places) + " %";

function nameOf(digit) {
    const name = digit.digit + ", " + percent(digit.confidence, 1);
    if (!isDigit(digit)) return "no digit; most like " + name;
    return name + (digit.sure ? "" : ": not sure");
}

function cardOf(digit, many) {
    const card = document.createElement("figure"), seen = new Image(28, 28);
    const bars = document.createElement("div"), caption = document.createElement("figcaption");
    card.className = digit.sure ? "card" : "card unsure";
    card.ariaLabel = card.title = nameOf(digit);
    bars.className = "bars";
    seen.src = digit.image;
    seen.alt = "what the network saw";
    digit.confidences.forEach((confidence, label) => {
        const bar = document.createElement("span"), filled = document.createElement("i");
        filled.style.height = 80 * confidence + "%";
        bar.title = percent(confidence, 1);
        bar.append(filled, label);
        bars.append(bar);
    });
    caption.textContent = nameOf(digit);
    if (many) caption.textContent = (isDigit(digit) ? digit.digit + " \\u00b7 " : "")
        + percent(digit.confidence, 0);
    card.append(seen, bars, caption);
    return card;
}

function boxOf(digit, place) {
    const group = svg("g", {class: digit.sure ? "" : "unsure"}), {left, top, scale} = place;
    const [x, y, wide, high] = digit.box.map((side) => side * scale);
    const size = Math.min(32, Math.max(14, high / 2));
    const label = svg("text", {x: left + x + wide / 2, y: Math.max(size, top + y - 8),
                               "font-size": size});
    label.textContent = isDigit(digit) ? digit.digit : "?";
    group.append(svg("rect", {x: left + x - 4, y: top + y - 4, rx: 4,
                              width: wide + 8, height: high + 8}), label);
    return group;
}

function svg(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
}

function write(answer) {
    const text = find(".text"), none = state.length > 0 && !answer.digits.some(isDigit);
    text.className = none ? "text none" : "text";
    text.replaceChildren(...(none ? ["no digit"] : []));
    if (none) return;
    answer.digits.forEach((digit, number) => {
        const figure = document.createElement("span");
        if (number && digit.row !== answer.digits[number - 1].row) text.append("\\n");
        figure.textContent = isDigit(digit) ? digit.digit : "?";
        figure.className = digit.sure ? "" : "unsure";
        text.append(figure);
    });
}

function show(answer) {
    const {digits, picture} = answer, many = digits.length > 6;
    const boxed = digits.length > 1 || picture ? digits : [];
    write(answer);
    tell(doubtOf(answer), Boolean(answer.error));
    find(".hint").hidden = state.length > 0;
    find(".copy").hidden = !digits.some(isDigit);
    find(".answer").classList.toggle("waiting", !state.length);
    find(".answer").classList.toggle("many", many);
    find(".cards").replaceChildren(...digits.map((digit) => cardOf(digit, many)));
    boxes.replaceChildren(...boxed.map((digit) => boxOf(digit, fit(answer))));
    pad.ariaLabel = !state.length ? "Draw digits here" :
        (picture ? "Picture: " : "Drawing: ") + find(".text").textContent;
}

function doubtOf(answer) {
    const all = answer.digits.length, unsure = answer.digits.filter((digit) => !digit.sure).length;
    if (answer.error) return answer.error;
    if (!unsure || !answer.digits.some(isDigit)) return "";
    return unsure === all ? "not sure" : "not sure of " + unsure + " of " + all;
}

async function ask() {      // while one answer is awaited the next question waits, only the last
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
        again = false;
        const asked = state;
        try {
            const answer = await server.read_drawing(pad.toDataURL());
            if (asked === state) show(answer);
        } catch (problem) {
            tell("no answer; is the program still running?", true);
        }
    }
    busy = false;
}

async function look(url) {          // a picture takes the drawing's place once it has been read
    stop();
    reading = url;
    tell("reading...");
    try {
        const answer = await server.read_picture(url);
        if (reading !== url) return;
        if (answer.error) return refuse(answer.error);
        change([{answer}]);
        redraw();
    } catch (problem) {
        if (reading === url) refuse("no answer; is the program still running?");
    }
}

async function smaller(chosen) {
    const photo = await createImageBitmap(chosen), canvas = document.createElement("canvas");
    const scale = Math.min(1, 2500 / Math.max(photo.width, photo.height));   // pixels, longer side
    canvas.width = Math.round(scale * photo.width);
    canvas.height = Math.round(scale * photo.height);
    const context = canvas.getContext("2d");
    context.fillStyle = "white";        // JPEG has no transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(photo, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.9);
}

function asUrl(chosen) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = reject;
        reader.readAsDataURL(chosen);
    });
}

async function load(chosen) {
    if (!chosen) return;
    const large = chosen.size > LIMIT;
    try {
        look(await (large ? smaller(chosen) : asUrl(chosen)));
    } catch (problem) {
        refuse(chosen.name + (large ? " is too large; " + LIMIT / 2 ** 20 + " MB are the limit"
                                    : " cannot be read"));
    }
}

function place(event) {         // on the pad, in its pixels
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * width / box.width,
            (event.clientY - box.top) * height / box.height].map((side) => Number(side.toFixed(1)));
}

pad.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    const erases = eraser.ariaPressed === "true", strokes = state[0]?.answer ? [] : state;
    pad.setPointerCapture(event.pointerId);
    change([...strokes, {points: [place(event)], erases,
                         width: find(".width").value * (erases ? 2 : 1)}]);
    drawing = true;
    redraw();
});
pad.addEventListener("pointermove", (event) => {
    if (!drawing || !event.isPrimary) return;
    const stroke = state.at(-1), begin = stroke.points.length - 1;
    for (const moved of event.getCoalescedEvents?.() ?? [event]) stroke.points.push(place(moved));
    draw(stroke, stroke.points.slice(begin));
    ask();
});
for (const end of ["pointerup", "pointercancel"])
    pad.addEventListener(end, () => { drawing = false; keep(); });

find(".undo").addEventListener("click", undo);
find(".clear").addEventListener("click", () => { change([]); redraw(); });
eraser.addEventListener("click", () => {
    eraser.ariaPressed = eraser.ariaPressed !== "true";
});
find(".open").addEventListener("click", () => { stopCamera(); file.click(); });
file.addEventListener("change", () => { load(file.files[0]); file.value = ""; });
for (const example of element.querySelectorAll(".examples img"))
    example.parentElement.addEventListener("click", () => look(example.src));

document.addEventListener("dragover", (event) => {
    event.preventDefault();
    frame.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) frame.classList.remove("over");
});
document.addEventListener("drop", (event) => {
    event.preventDefault();
    frame.classList.remove("over");
    load(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => load(event.clipboardData.files[0]));
document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
        event.preventDefault();
        undo();
    }
});

find(".copy").addEventListener("click", async () => {
    const copy = find(".copy");
    try {
        await navigator.clipboard.writeText(find(".text").textContent);
    } catch (problem) {         // over plain http from another machine there is no clipboard
        getSelection().selectAllChildren(find(".text"));
        document.execCommand("copy");
    }
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
});

function stopCamera() {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
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
        const wanted = {video: {facingMode: "environment"}};
        video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
        video.hidden = false;
        find(".camera").textContent = "Take";
        await video.play();
    } catch (problem) {         // there is none, it was refused, or the page came over plain http
        tell("no camera here; take the picture first and open it", true);
    }
});
restore();
""".replace("LIMIT", str(LIMIT)).replace("LIKELY", str(LIKELY))


# ==== What it asks for ============================================================================

class Gate:
    """ASGI middleware that closes all but what is OPEN, and bounds what is sent to BODY bytes."""

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
        refusal = None if scope["type"] == "lifespan" else refusal_of(scope)
        await (refusal or self.app)(scope, counted, send)


def refusal_of(scope):
    """The response to a request that the page would not make, or None."""
    headers = dict(scope["headers"])
    length, kind = headers.get(b"content-length", b"0"), headers.get(b"content-type", b"")
    if not OPEN.fullmatch(f"{scope.get('method')} {scope['path']}"):
        return PlainTextResponse("closed", 404)
    if scope["method"] == "POST" and not kind.startswith(b"application/json"):
        return PlainTextResponse("JSON alone", 415)     # of a form, Gradio keeps files on the disk
    if not length.isdigit() or int(length) > BODY:
        return PlainTextResponse("too long", 413)
    return None


def to_url(data, kind):
    """A data URL of bytes of a kind of image, as "image/png"."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def from_url(url):
    """The bytes in a data URL; DigitError where it is none or too long."""
    head, comma, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not (head.startswith("data:") and head.endswith(";base64") and comma) or len(data) > BODY:
        raise digits.DigitError(f"is no picture of up to {LIMIT // 2**20} MB")
    with digits.explained("is no picture ({}); choose another"):
        return base64.b64decode(data, validate=True)


def read(url, reader):
    """The Reading of a picture's first page, None where there is none, and what the page shows."""
    try:
        data = from_url(url)
    except digits.DigitError as problem:
        return None, {"text": "", "digits": [], "error": f"This {problem}"}
    with TURNS:
        reading, answer = digits.try_to_read("picture", data, reader, 1)
    if not reading:
        answer["error"] = told(answer["error"])
        return None, answer
    for digit, one in zip(answer["digits"], reading.found):
        digit["image"] = to_url(cv2.imencode(".png", one.image)[1], "image/png")
        digit["confidences"] = one.confidences.round(4).tolist()
    return reading, answer


def told(error):
    """An error of the script in words for a visitor, who cannot install anything."""
    if "pillow-heif" in error:
        return "This page does not read HEIC photos; save it as JPEG"
    return f"This picture {error}"


# ==== Serving it ==================================================================================

def page(reader):
    """The page, which reads with a Reader, as an ASGI application."""
    import gradio as gr  # takes seconds, so an error or --help comes first

    def read_drawing(url):
        return read(url, reader)[1]

    def read_picture(url):
        reading, answer = read(url, reader)
        if reading:
            picture, scale = reading.picture, reading.scale
            answer["picture"] = to_url(cv2.imencode(".jpg", picture[..., ::-1])[1], "image/jpeg")
            answer["size"] = [side * scale for side in picture.shape[1::-1]]
        return answer

    with gr.Blocks(title="Handwritten digits", analytics_enabled=False) as blocks:
        gr.HTML(about(reader), html_template=HTML.replace("EXAMPLES", examples()), css_template=CSS,
                js_on_load=JS, apply_default_css=False,
                server_functions=[read_drawing, read_picture])
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    return Gate(gr.mount_gradio_app(
        FastAPI(), blocks, "/", theme=theme, css=AROUND, footer_links=[],
        run_history=False, ssr_mode=False, mcp_server=False))


def about(reader):
    """What the page says of its network, and of what becomes of a picture."""
    network, data = (html.escape(str(reader.metadata[key])) for key in ("network", "data"))
    test_set = "MNIST's test set" if data == "MNIST" else f"the test set of {data}"
    accuracy = 100 * reader.metadata["test_accuracy"]
    return (f"Read by the network <code>{network}</code>, {accuracy:.2f} % right on {test_set}. "
            "What is drawn or shown here goes to the program that serves this page, which does not "
            "keep it.")


def examples():
    """Buttons with pictures to try, the whole of which are in the page."""
    buttons = []
    for name in EXAMPLES:
        url = to_url((digits.EXAMPLES / name).read_bytes(), mimetypes.guess_type(name)[0])
        shown = Path(name).stem.replace("-", " ")
        buttons.append(f'<button><img src="{url}" alt="Example: {shown}"></button>')
    return "".join(buttons)


def wanted_port():
    """The port that GRADIO_SERVER_PORT sets, or None."""
    port = os.environ.get("GRADIO_SERVER_PORT")
    if port is not None and not (port.isdecimal() and int(port) < 2**16):
        raise digits.DigitError(f"GRADIO_SERVER_PORT={port} is no port; set a number below 65536")
    return port and int(port)


def open_socket(name, wanted):
    """A listening socket at a wanted port; without one, at the first that is free from PORT on."""
    ports = range(PORT, PORT + 100) if wanted is None else [wanted]
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    for port in ports:
        try:
            listener = socket.create_server((name, port), family=family)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            continue
        if port > ports[0]:
            print(f"port {PORT} is taken; this is port {port}", file=sys.stderr)
        return listener
    raise digits.DigitError(f"port {ports[0]} is taken; set GRADIO_SERVER_PORT to a free one")


def serve(model):
    """Serve the page until Ctrl-C, read with the network of that name or path."""
    name = (os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1").strip("[]")
    reader = digits.Reader(digits.find_model(model, Path("models")))
    with open_socket(name, wanted_port()) as listener:
        server = uvicorn.Server(uvicorn.Config(page(reader), log_level="warning"))
        host = f"[{name}]" if ":" in name else name
        port = listener.getsockname()[1]
        print(f"The page is at http://{host}:{port} (Ctrl-C ends it)", flush=True)
        server.run(sockets=[listener])
        if server.started:          # asyncio now and then keeps the Ctrl-C that ended it to itself
            raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="pretrained",
                        help="a saved network, or its path (pretrained)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    digits.keep_memory()
    try:
        serve(args.model)
    except (digits.DigitError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Numbers, words and signs in fonts that were made of people's handwriting: other hands.

    npm install --prefix fonts $(cat benchmarks/fonts.txt)
    python benchmarks/fonts.py fonts [--pictures 40] [--seed 0] [--model best.onnx]

Each picture is one of TEXTS in one of the fonts in that folder, on paper. Nothing here has learned
them. Only digits count as text. Sure and wrong: the text is wrong and every digit given is called
sure.
"""
import functools
import re
from pathlib import Path

import kinds
import numpy as np
from kinds import margined, on_paper, share, some
from PIL import Image, ImageDraw, ImageFont

# n stands for a number of one to four digits, d for a digit, w for a word, c for a capital that is
# no digit in any hand.
TEXTS = {
    "one_digit": ["d"],
    "number": ["dd", "ddd", "dddd", "ddddd", "dddddd"],
    "several_rows": ["ndd\nndd", "nd\nnd\nndd", "nd\nddn\nnd\nddn"],
    "word_and_number": ["w n", "n w", "w n w"],
    "list_of_things": ["n w\nn w", "n w\nn w\nn w"],
    "date": ["d/d/dddd", "dd/d/dd", "dd.d.dddd", "dddd-dd-dd"],
    "sum": ["n + n = n", "n - n = n", "d x d = n"],
    "commas": ["n, n, n", "n; n; n", "n, n"],
    "price_or_large_number": ["$n.dd", "n.dd", "d,ddd", "dd,ddd"],
    "brackets": ["(n)", "[n]", "(d, d)", "d) n\nd) n"],
    "bang_or_question": ["d!", "n?"],
    "other_sign": ["n < n", "n > n", "n & n", "#n", "n%", "n^d", "n*n", "dd:dd"],
    "equation": ["x = n", "a = n", "dx + dy = n"],
    "code": ["ccnd", "c-ndd", "ndcc"],
    "words_alone": ["w", "w w", "w w\nw w w"],
    "letters_alone": ["c", "cc", "ccc"],
}
WORDS = ("the of and you that was for are with they have this from had some what there can out "
         "other all your when use how said each which their time will way about many then them "
         "would write like her long make thing see him two has look more day could come my sound "
         "most over know water than call first people down side been now find Apple Bread Kitchen "
         "Milk Eggs Gate Anna Peter Mary Tom Monday May June Street Exam Grade Hello")
CAPITALS = "ACEFGHJKLMNPRTUVWXY"
HEIGHTS = 40, 110           # pixels, of a 0
TURN = 1.5                  # degrees, standard deviation


def filled(template, rng):
    """A text, its letters that stand for something replaced."""
    def instead(letter):
        return {"n": "".join(str(rng.integers(10)) for _ in range(int(rng.integers(1, 5)))),
                "d": str(rng.integers(10)), "w": some(rng, WORDS.split()),
                "c": some(rng, CAPITALS)}[letter[0]]
    return re.sub("[ndwc]", instead, template)


def set_in(text, path, height, rng):
    """Coverage of lines of text in a font whose 0 is so many pixels high."""
    top, bottom = ImageFont.truetype(path, 100).getbbox("0")[1::2]
    font, leading = ImageFont.truetype(path, 100 * height / (bottom - top)), rng.uniform(0.1, 0.5)
    spacing = int(leading * height)
    canvas = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = canvas.multiline_textbbox((0, 0), text, font=font, spacing=spacing)
    room = height // 3
    image = Image.new("L", (int(right - left) + 2 * room, int(bottom - top) + 2 * room))
    ImageDraw.Draw(image).multiline_text((room - left, room - top), text, 255, font=font,
                                         spacing=spacing)
    image = image.rotate(rng.normal(0, TURN), Image.Resampling.BICUBIC, expand=True)
    return share(np.asarray(image))


def written(templates, fonts, _, rng):
    """A picture of one of some templates, filled, in one of some fonts; its digits."""
    text, height = filled(some(rng, templates), rng), int(rng.integers(*HEIGHTS))
    ink = margined(set_in(text, some(rng, fonts), height, rng), height, rng)
    return on_paper(ink, rng), "".join(filter(str.isdigit, text))


def main():
    parser = kinds.options(__doc__)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    fonts = sorted(args.folder.rglob("*-latin-400-normal.woff2"), key=lambda path: path.name)
    if not fonts:
        parser.error(f"no fonts in {args.folder}; install them as benchmarks/README.md says")
    texts = []
    for name, templates in TEXTS.items():
        texts.append(functools.partial(written, templates, fonts))
        texts[-1].__name__ = name
    print(f"{len(fonts)} fonts")
    kinds.measure(texts, kinds.reads_by(args.model), None, args.pictures, args.seed, texts)


if __name__ == "__main__":
    main()

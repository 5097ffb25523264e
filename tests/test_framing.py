"""From any image to 28x28: every kind of file, the paper, the ink, the frame."""
import io
import itertools

import cv2
import numpy as np
import pytest
from conftest import complaint
from drawing import colour, draw, photographed_paper
from PIL import Image

import mnist_digit_classifier as digits

SIX = draw(6, (120, 90), (20, 15, 90), 6)
GREY = colour(SIX, (0, 0, 0), (255, 255, 255))[..., 0]


def find(rgb):
    """Ink of an RGB picture, and its Parts."""
    ink = digits.find_ink(np.ascontiguousarray(rgb, np.uint8))
    return ink, digits.find_parts(ink)


def box(part):
    return part.x, part.y, part.right, part.bottom


def box_of(coverage, threshold=0.5):
    y, x = np.nonzero(coverage > threshold)
    return x.min(), y.min(), x.max() + 1, y.max() + 1


def on_white(coverage, ink=(0, 0, 0)):
    return colour(coverage, ink, (255, 255, 255))


def load(image, **options):
    """What load_image makes of a Pillow image saved as `format` (PNG)."""
    file = io.BytesIO()
    image.save(file, **{"format": "PNG"} | options)
    file.seek(0)
    return digits.load_image(file)[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_modes_look_alike(mode):
    image = Image.fromarray(GREY)
    image = Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    assert np.abs(load(image).mean(axis=2) - GREY).mean() < 3


@pytest.mark.parametrize("mode", ["F", "I", "CMYK"])
def test_tiff_modes_look_alike(mode):
    image = Image.fromarray(GREY).convert("RGB" if mode == "CMYK" else "L").convert(mode)
    assert np.abs(load(image, format="TIFF").mean(axis=2) - GREY).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation):
    stored = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
              5: np.transpose, 6: np.rot90, 7: lambda a: np.rot90(a, 2).T,
              8: lambda a: np.rot90(a, 3)}
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored[orientation](GREY)))
    assert np.array_equal(load(image, exif=exif)[..., 0], GREY)


def test_first_frame_of_an_animation():
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    picture = load(frames[0], format="GIF", save_all=True, append_images=frames[1:])
    assert np.abs(picture[..., 0].astype(int) - GREY).max() < 3


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_strokes_on_full_transparency_contrast_with_their_paper(ink, paper):
    rgba = np.dstack([np.full((*SIX.shape, 3), ink, np.uint8),
                      np.round(255 * SIX).astype(np.uint8)])
    expected = colour(SIX, (ink,) * 3, (paper,) * 3)
    assert np.abs(load(Image.fromarray(rgba)).astype(int) - expected).max() <= 2


def test_transparent_margin_becomes_paper():
    rgba = np.zeros((160, 160, 4), np.uint8)
    rgba[20:140, 35:125, :3], rgba[10:150, 10:150, 3] = GREY[..., None], 255
    rgba[10:20, 10:150, :3] = rgba[140:150, 10:150, :3] = 255
    rgba[:, 10:35, :3] = rgba[:, 125:150, :3] = 255
    assert load(Image.fromarray(rgba))[:10].min() == 255


def test_large_image_is_shrunk_and_boxes_still_fit():
    large = cv2.resize(GREY, (3600, 4800), interpolation=cv2.INTER_CUBIC)
    file = io.BytesIO()
    Image.fromarray(large).save(file, format="JPEG")
    picture, scale = digits.load_image(file)
    assert max(picture.shape) <= digits.WORK_SIDES[1]
    part, = find(picture)[1]
    assert np.allclose(np.array(box(part)) * scale, np.array(box_of(SIX)) * 40, atol=60)


@pytest.mark.parametrize("size", [(4160, 3120), (2592, 1944), (2200, 1700)])
def test_a_jpeg_is_not_made_much_smaller_than_a_png(size):
    """JPEG decodes to a half, a quarter or an eighth; what is shrunk after that must not be."""
    sides = {}
    for name in ("JPEG", "PNG"):
        file = io.BytesIO()
        Image.new("L", size, 200).save(file, name)
        sides[name] = max(digits.load_image(file)[0].shape)
    assert sides["JPEG"] > 0.7 * sides["PNG"] > 600, sides


@pytest.mark.parametrize("size", [(6007, 2279), (2279, 6007), (1451, 450), (5399, 2048)])
def test_boxes_do_not_reach_out_of_an_image(size):
    """Where its sides are no multiples of what it is made smaller by."""
    file = io.BytesIO()
    Image.new("L", size, 200).save(file, "PNG")
    picture, scale = digits.load_image(file)
    assert all(0.99 * side < most * scale <= side
               for most, side in zip(picture.shape[1::-1], size, strict=True))


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 16])
def test_16_bits_of_which_a_camera_used_fewer(bits):
    grey = GREY.astype(np.uint16) << (bits - 8)
    assert np.abs(load(Image.fromarray(grey)).astype(int) - load(Image.fromarray(GREY))).max() <= 1


def test_a_part_keeps_its_own_pixels_alone():
    """A view would keep the whole picture's, for each of a thousand digits."""
    assert digits.trimmed(0, 0, np.eye(9, dtype=bool)).mask.base is None


def test_tiny_image_is_enlarged():
    file = io.BytesIO()
    Image.fromarray(GREY[20:48, 20:48]).save(file, format="PNG")
    picture, scale = digits.load_image(file)
    assert picture.shape == (112, 112, 3) and scale == 1 / 4


@pytest.mark.parametrize(("ink", "paper", "least"), [
    ((0, 0, 0), (255, 255, 255), 240), ((255, 255, 255), (0, 0, 0), 240),
    ((220, 40, 40), (60, 60, 160), 240), ((150, 150, 150), (205, 205, 205), 240),
    ((200, 60, 60), (60, 140, 70), 220), ((68, 1, 84), (253, 231, 37), 240)])
def test_ink_stands_out_whatever_the_colours(ink, paper, least):
    found, (part,) = find(colour(SIX, ink, paper))
    assert np.allclose(box(part), box_of(SIX), atol=4)
    own = digits.cut_out(found, part)
    assert own.max() >= found.max() > least and own.shape == part.mask.shape


def test_specks_and_a_line_along_the_edge_are_not_the_digit():
    page = np.pad(SIX, 30)
    alone = box(find(on_white(page))[1][0])
    page[:, -4:], page[5:8, 5:8] = 1, 1
    part, = find(on_white(page))[1]
    assert box(part) == alone


def test_a_digit_that_touches_the_edge_is_found():
    page = np.pad(SIX, 30)[:, box_of(np.pad(SIX, 30))[0] + 3:]
    part, = find(on_white(page))[1]
    assert part.x == 0


@pytest.mark.parametrize("strength", [0.35, 0.6])
def test_ruled_lines_go_and_what_crosses_them_stays(strength):
    page = np.pad(SIX, ((80, 80), (150, 150)))
    ruled = page.copy()
    for y in range(20, len(page), 40):
        ruled[y:y + 2] = np.maximum(ruled[y:y + 2], strength)
    part, = find(on_white(ruled))[1]
    assert np.allclose(box(part), box_of(page), atol=4)
    assert (part.mask.sum() / find(on_white(page))[1][0].mask.sum()) > 0.9


def test_a_tight_row_is_no_grid_and_its_ends_are_no_edge():
    """Upright strokes as tall as the picture, side by side."""
    order = (1, 7, 4, 1, 9, 1, 4, 7, 1, 1)
    row = np.concatenate([draw(digit, (28, 28), (7, 4, 20), 2.5) for digit in order], axis=1)
    parts = find(on_white(row))[1]
    assert len(parts) == 10
    assert sum(part.mask.sum() for part in parts) > 0.9 * (row > 0.5).sum()


def test_bold_zeros_are_no_sheet():
    """They fill their picture; where no digit is found in it, it is read with a margin."""
    page = np.maximum(*(draw(0, (60, 100), (x, 8, 44), 13) for x in (6, 44)))
    data = cv2.imencode(".png", on_white(page))[1].tobytes()
    reading = digits.read_image(data, digits.Reader(digits.PRETRAINED))
    assert [digit["digit"] for digit in reading.digits] == [0, 0]
    ink = sum(part.mask.sum() for part in reading.parts) * reading.scale**2
    assert ink > 0.9 * (page > 0.5).sum()


def test_a_digits_own_bars_are_no_ruled_lines():
    for digit in (2, 5, 7, 1):
        page = draw(digit, (300, 300), (40, 20, 260), 6)
        assert find(on_white(page))[1][0].mask.sum() > 0.9 * (page > 0.5).sum()


@pytest.mark.parametrize("around", [(90, 60, 40), (255, 255, 255), (0, 0, 0)])
def test_a_sheet_that_lies_on_something_else(around):
    page = photographed_paper((300, 260), (190, 186, 176))
    page = colour(np.pad(SIX, ((90, 90), (85, 85))), (40, 40, 60), page)
    picture = np.full((460, 460, 3), around, np.uint8)
    picture[80:380, 100:360] = page
    part, = find(picture)[1]
    assert np.allclose(box(part), np.add(box_of(SIX), [185, 170, 185, 170]), atol=3)


def test_a_solid_bar_is_no_sheet():
    bar = np.zeros((28, 28))
    bar[3:25, 11:17] = 1
    part, = find(np.kron(on_white(bar), np.ones((4, 4, 1))))[1]
    assert np.allclose(part.mask.shape, (88, 24), atol=3)


def test_the_edge_of_a_shadow_is_no_ink():
    page = colour(np.pad(SIX, 120), (40, 40, 40), (220, 220, 220)).astype(float)
    page[:, :200] *= 0.6
    part, = find(page)[1]
    assert np.allclose(box(part), np.array(box_of(SIX)) + 120, atol=8)


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("kind", ["shade", "checkerboard", "shadow"])
def test_a_bold_digit_that_fills_a_picture_on_uneven_paper_is_no_paper(digit, kind):
    y, x = np.mgrid[:240, :200]
    paper = {"shade": 150 + 0.25 * (x + y),
             "checkerboard": np.where((x // 12 + y // 12) % 2, 255, 230),
             "shadow": np.where(x + y / 3 > 140, 240, 170)}[kind]
    coverage = draw(digit, (240, 200), (25, 25, 190), 36)
    strokes = digits.find_ink(colour(coverage, (20, 20, 30), paper[..., None])) > digits.INK
    assert strokes[coverage > 0.9].mean() > 0.85
    assert strokes[coverage == 0].mean() < 0.1


def test_rows_are_read_like_a_page():
    page, order = np.zeros((500, 700)), []
    for y, row in ((40, (60, 250, 500)), (190, (20, 330)), (350, (100, 240, 380, 560))):
        for x in row:
            digit = draw(len(order), (500, 700), (x, y + 5 * (len(order) % 4), 90), 8)
            page = np.maximum(page, digit)
            order.append(box_of(digit)[:2])
    parts = find(on_white(page))[1]
    rows = digits.find_rows(parts)
    assert [len(row) for row in rows] == [3, 2, 4]
    assert np.allclose([(parts[i].x, parts[i].y) for row in rows for i in row], order, atol=2)


def test_a_row_may_climb_and_a_column_has_a_row_a_digit():
    climbing, column = np.zeros((300, 700)), np.zeros((700, 200))
    for i in range(6):
        climbing = np.maximum(climbing, draw(i, (300, 700), (30 + 110 * i, 190 - 30 * i, 80), 6))
        column = np.maximum(column, draw(i, (700, 200), (60 + 7 * (i % 2), 20 + 110 * i, 85), 6))
    assert [len(row) for row in digits.find_rows(find(on_white(climbing))[1])] == [6]
    assert [len(row) for row in digits.find_rows(find(on_white(column))[1])] == [1] * 6


def part(x, y, height=80):
    """A Part half as wide as high, all ink."""
    return digits.Part(x, y, np.ones((height, height // 2), bool))


def test_a_row_may_be_uneven_where_no_digit_is_above_another():
    row = [part(x, y) for x, y in ((0, 50), (90, 0), (180, 55), (270, 5))]
    assert digits.find_rows(row) == [[0, 1, 2, 3]]
    assert [4] in digits.find_rows([*row, part(100, 130)])


@pytest.mark.parametrize("degrees", [-32, -18, 24, 33])
def test_rows_of_a_slanting_page_are_read_along_their_slope(degrees):
    """Even where a digit of a row is lower than one of the next row is, and over a wide gap."""
    page, order = np.zeros((800, 800)), []
    turn = cv2.getRotationMatrix2D((400, 400), degrees, 1)
    for y, row in ((240, (180, 250, 320, 560)), (360, (180, 250)), (480, (180, 250, 320, 390))):
        for x in row:
            digit = draw(len(order), (800, 800), (x, y, 70), 7)
            order.append(box_of(cv2.warpAffine(digit, turn, (800, 800)))[:2])
            page = np.maximum(page, digit)
    parts = find(on_white(cv2.warpAffine(page, turn, (800, 800))))[1]
    rows = digits.find_rows(parts)
    assert [len(row) for row in rows] == [4, 2, 4]
    places = [(parts[i].x, parts[i].y) for row in rows for i in row]
    assert np.abs(np.subtract(places, order)).max() < 15        # the digits are 70 high


def test_a_raised_digit_belongs_to_the_row_and_one_in_the_next_line_does_not():
    two_to_the_fifth, below = [part(100, 100, 80), part(150, 60, 45)], part(150, 190, 80)
    assert digits.find_rows([below, *two_to_the_fifth]) == [[1, 2], [0]]
    assert digits.find_rows([part(400, 60, 45), part(100, 100, 80)]) == [[0], [1]]


def test_touching_digits_are_split_between_them():
    one, other = draw(2, (120, 200), (20, 15, 90), 8), draw(3, (120, 200), (76, 15, 90), 8)
    page = np.maximum(one, other)
    part, = find(on_white(page))[1]
    cuts = [np.mean([piece.x, before.right]) for before, piece in
            itertools.pairwise(sorted(digits.split(part), key=lambda piece: piece.x))]
    middle = (box_of(one)[2] + box_of(other)[0]) / 2
    assert min(abs(cut - middle) for cut in cuts) < 6
    assert digits.joined(digits.split(part)).mask.sum() > 0.99 * part.mask.sum()


def test_a_five_keeps_its_bar():
    five = draw(5, (200, 200), (60, 40, 120), 6)
    whole = box(find(on_white(five))[1][0])
    five[:, 85:91][:60] = 0         # the pen was lifted between the bar and the belly
    part, = find(on_white(five))[1]
    assert box(part) == pytest.approx(whole, abs=1)


def test_a_full_page_has_a_part_a_digit():
    page = np.tile(draw(1, (40, 30), (15, 5, 30), 4), (25, 25))
    assert len(digits.find_parts(np.uint8(255 * page))) == 625


RNG = np.random.default_rng(0)


@pytest.mark.parametrize("pixels", [
    np.full((50, 50, 3), 255), np.zeros((50, 50, 3)), np.full((1, 1, 3), 7),
    np.full((1, 900, 3), 90), RNG.normal(128, 4, (90, 90, 3))])
def test_blank_paper_has_no_parts(pixels):
    assert find(pixels)[1] == []


@pytest.mark.parametrize("shape", [
    (1, 1), (1, 4000), (4000, 1), (2, 3), (5, 5), (31, 900), (40, 40)])
@pytest.mark.parametrize("kind", ["noise", "gradient", "dot", "bar"])
def test_no_shape_or_content_is_too_odd(shape, kind):
    rng = np.random.default_rng(0)
    pixels = {"noise": rng.integers(0, 256, (*shape, 3)), "dot": np.full((*shape, 3), 255),
              "gradient": np.mgrid[:shape[0], :shape[1]].sum(axis=0)[..., None] * [1, 2, 3] % 256,
              "bar": np.full((*shape, 3), 255)}[kind]
    if kind == "dot":
        pixels[shape[0] // 2, shape[1] // 2] = 0
    if kind == "bar":
        pixels[shape[0] // 3:shape[0] // 3 * 2] = 0
    picture = digits.shrunk(pixels.astype(np.uint8), digits.WORK_SIDES[1])
    ink, parts = find(picture)
    if parts:
        assert digits.frame(ink, parts).shape == (len(parts), 28, 28)
    for row in digits.find_rows(parts):
        assert list(digits.find_spans([parts[i] for i in row], np.ones(len(row), bool)))


@pytest.mark.parametrize("shape", [(20, 20), (400, 90), (90, 400), (3, 700), (7, 5)])
def test_fit_keeps_the_aspect_and_fills_the_box(shape):
    y, x = np.nonzero(digits.fit(np.full(shape, 255, np.uint8)))
    height, width = np.ptp(y) + 1, np.ptp(x) + 1
    assert max(height, width) == digits.BOX
    assert abs(min(height, width) - max(1, digits.BOX * min(shape) / max(shape))) <= 0.5


@pytest.mark.parametrize("slant", [-0.5, 0, 0.5])
def test_straightening_undoes_slant_place_and_size(slant):
    """Shown by the moments of what comes out, for a digit slanted, off the middle and small."""
    ink = draw(4, (28, 28), (9, 9, 14), 2, slant=slant)[None]
    image = digits.straighten((255 * ink).astype(np.uint8))[0].astype(float)
    y, x = np.mgrid[:28, :28] - 13.5
    mean = [(image * axis).sum() / image.sum() for axis in (x, y)]
    x, y = x - mean[0], y - mean[1]
    assert np.abs(mean).max() < 0.3
    assert abs((image * x * y).sum() / (image * y * y).sum()) < 0.05
    assert abs(np.sqrt((image * y * y).sum() / image.sum()) / digits.SPREAD_Y - 1) < 0.05


def test_blank_image_stays_blank():
    assert not digits.straighten(np.zeros((2, 28, 28), np.uint8)).any()


def test_warp_is_what_opencv_does_image_by_image():
    rng = np.random.default_rng(0)
    drawn = [draw(digit % 10, (28, 28), (7, 4, 20), 2, seed=digit) for digit in range(30)]
    images = (255 * np.array(drawn)).astype(np.uint8)
    maps = digits.distorted(digits.straightening(images), rng)
    for image, result, (x, y) in zip(images, digits.warp(images, maps), maps @ digits.BASIS + 13.5):
        alone = cv2.remap(image, x.reshape(28, 28), y.reshape(28, 28), cv2.INTER_LINEAR)
        assert np.abs(result.astype(int) - alone).max() <= 8    # coordinates rounded to 1/32 pixel


def test_mnist_images_take_the_same_last_step(mnist):
    """A picture of an MNIST digit, enlarged, reaches the network much as the digit itself does."""
    data = digits.load_mnist(mnist)
    images = data.x_test[:100]
    read = []
    for image in images:
        page = np.pad(cv2.resize(image, (280, 280), interpolation=cv2.INTER_CUBIC), 60)
        ink, parts = find(np.dstack([255 - page] * 3))
        read.append(digits.frame(ink, [digits.joined(parts)])[0])
    seen, direct = (digits.straighten(some).astype(float) for some in (np.array(read), images))
    assert np.median(np.abs(seen - direct).mean(axis=(1, 2))) < 10      # grey levels


@pytest.mark.parametrize(("ink", "paper"), [
    ((20, 20, 20), (250, 250, 250)), ((235, 235, 225), (35, 60, 48))])
def test_the_network_finds_a_digits_ink_whatever_the_colours(ink, paper):
    found = digits.find_ink(colour(SIX, ink, paper)) > 127
    assert found[SIX > 0.9].mean() > 0.9 and found[SIX == 0].mean() < 0.02


def test_a_ring_round_a_digit_is_none_of_its_ink():
    digit, ring = draw(5, (300, 300), (105, 90, 120), 9), np.zeros((300, 300), np.uint8)
    cv2.circle(ring, (150, 150), 110, 255, 6, cv2.LINE_AA)
    found = digits.find_ink(on_white(np.maximum(digit, ring / 255)))
    assert found[digit > 0.9].mean() > 200 and found[ring == 255].mean() < 40


def test_small_digits_are_looked_at_closer(monkeypatch):
    zooms, look = [], digits.look_for_ink
    monkeypatch.setattr(digits, "look_for_ink", lambda picture, zoom, which=0: (
        zooms.append(zoom) or look(picture, zoom, which)))
    digits.find_ink(on_white(draw(4, (250, 250), (60, 40, 170), 10)))
    assert len(zooms) == 2 and zooms[1] < zooms[0]          # the second network, from farther away
    zooms.clear()
    page = draw(4, (700, 900), (400, 300, 40), 3)
    found = digits.find_ink(on_white(page))
    assert len(zooms) == 4 and zooms[0] < zooms[1] < zooms[3] < zooms[2]
    assert found[page > 0.9].mean() > 150 and found[page == 0].mean() < 2


@pytest.mark.parametrize("damage", ["cut", "missing", "flipped"])
def test_a_damaged_network_for_ink_gets_a_sentence(run, tmp_path, monkeypatch, damage):
    finders = digits.INK_FINDERS
    data = bytearray(finders[0].read_bytes())
    data[9000:9100] = bytes(100) if damage == "flipped" else data[9000:9100]
    if damage != "missing":
        (tmp_path / "ink.onnx").write_bytes(data[:-400] if damage == "cut" else data)
    monkeypatch.setattr(digits, "INK_FINDERS", (tmp_path / "ink.onnx", finders[1]))
    digits.ink_network.cache_clear()
    try:
        result = run(digits.EXAMPLES / "zero.png", cwd=tmp_path)
    finally:
        digits.ink_network.cache_clear()
    told = "ink.onnx is missing; " if damage == "missing" else "ink.onnx is damaged or was not "
    assert told in complaint(result, 2) and not result.stdout

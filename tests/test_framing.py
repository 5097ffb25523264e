"""From any image to 28x28: every kind of file, the paper, the ink, the frame."""
import io

import cv2
import numpy as np
import pytest
from drawing import colour, draw
from PIL import Image

import mnist_digit_classifier as digits

SIX = draw(6, (120, 90), (20, 15, 90), 6)
GREY = colour(SIX, (0, 0, 0), (255, 255, 255))[..., 0]


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
              5: np.transpose, 6: np.rot90, 7: lambda a: np.rot90(a, 2).T, 8: lambda a: np.rot90(a, 3)}
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
    rgba = np.dstack([np.full((*SIX.shape, 3), ink, np.uint8), np.round(255 * SIX).astype(np.uint8)])
    expected = colour(SIX, (ink,) * 3, (paper,) * 3)
    assert np.abs(load(Image.fromarray(rgba)).astype(int) - expected).max() <= 2


def test_transparent_margin_becomes_paper():
    rgba = np.zeros((160, 160, 4), np.uint8)
    rgba[20:140, 35:125, :3], rgba[10:150, 10:150, 3] = GREY[..., None], 255
    rgba[10:20, 10:150, :3] = rgba[140:150, 10:150, :3] = rgba[:, 10:35, :3] = rgba[:, 125:150, :3] = 255
    assert load(Image.fromarray(rgba))[:10].min() == 255


def test_large_image_is_shrunk_and_boxes_still_fit():
    large = cv2.resize(GREY, (3600, 4800), interpolation=cv2.INTER_CUBIC)
    file = io.BytesIO()
    Image.fromarray(large).save(file, format="JPEG")
    picture, scale = digits.load_image(file)
    assert max(picture.shape) <= digits.WORK_SIDE
    small, _ = digits.find_digit(digits.find_ink(cv2.cvtColor(GREY, cv2.COLOR_GRAY2RGB)))
    box, _ = digits.find_digit(digits.find_ink(picture))
    assert np.allclose(np.array(box) * scale, np.array(small) * 40, atol=60)


@pytest.mark.parametrize(("ink", "paper"), [
    ((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (0, 0, 0)),
    ((220, 40, 40), (60, 60, 160)), ((150, 150, 150), (205, 205, 205))])
def test_ink_stands_out_whatever_the_polarity(ink, paper):
    box, own = digits.find_digit(digits.find_ink(colour(SIX, ink, paper)))
    y, x = np.nonzero(SIX > 0.5)
    assert np.allclose(box, (x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1), atol=2)
    assert own.max() == 255 and own.shape == box[:1:-1]


def test_specks_and_a_line_along_the_edge_are_not_the_digit():
    ink = np.pad(np.round(255 * SIX).astype(np.uint8), 30)
    alone = digits.find_digit(ink)[0]
    ink[:, -4:], ink[5:8, 5:8] = 255, 255
    assert digits.find_digit(ink)[0] == alone


def test_a_five_keeps_its_bar():
    five = np.round(255 * draw(5, (200, 200), (60, 40, 120), 6)).astype(np.uint8)
    whole = digits.find_digit(five)[0]
    five[:, 85:91][:60] = 0         # the pen was lifted between the bar and the belly
    assert digits.find_digit(five)[0] == whole


RNG = np.random.default_rng(0)


@pytest.mark.parametrize("pixels", [
    np.full((50, 50, 3), 255), np.zeros((50, 50, 3)), np.full((1, 1, 3), 7), np.full((1, 900, 3), 90),
    RNG.integers(0, 256, (200, 200, 3)), RNG.normal(128, 4, (90, 90, 3))])
def test_nothing_to_read(pixels):
    assert digits.find_digit(digits.find_ink(pixels.astype(np.uint8))) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (2, 3), (5, 5), (31, 900), (40, 40)])
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
    picture = digits.shrunk(pixels.astype(np.uint8), digits.WORK_SIDE)
    if found := digits.find_digit(digits.find_ink(picture)):
        assert digits.straighten(digits.fit(digits.thicken(found[1]))[None]).shape == (1, 28, 28)


@pytest.mark.parametrize("pen", [1, 3, 8, 20])
def test_thin_strokes_are_widened_to_mnists(pen):
    ink = np.round(255 * draw(3, (260, 260), (60, 30, 200), pen)).astype(np.uint8)
    _, own = digits.find_digit(ink)
    thick = digits.thicken(own)
    mask = (thick > 127).astype(np.uint8)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)[mask > 0].mean()
    assert 0.8 < (4 * depth - 2) / (digits.STROKE * max(own.shape) / digits.BOX) < 1.25


@pytest.mark.parametrize("shape", [(20, 20), (400, 90), (90, 400), (3, 700), (7, 5)])
def test_fit_keeps_the_aspect_and_fills_the_box(shape):
    y, x = np.nonzero(digits.fit(np.full(shape, 255, np.uint8)))
    height, width = np.ptp(y) + 1, np.ptp(x) + 1
    assert max(height, width) == digits.BOX
    assert abs(min(height, width) - max(1, digits.BOX * min(shape) / max(shape))) <= 0.5


@pytest.mark.parametrize("slant", [-0.5, 0, 0.5])
def test_straightening_undoes_slant_place_and_size(slant):
    """Shown by the moments of what comes out, for a digit that is slanted, off the middle and small."""
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
        assert np.abs(result.astype(int) - alone).max() <= 8        # coordinates are rounded to 1/32 pixel


def test_mnist_images_take_the_same_last_step(mnist):
    """A user's picture of an MNIST digit, enlarged, reaches the network much as the digit itself does."""
    data = digits.load_mnist(mnist)
    images = data.x_test[:200]
    read = []
    for image in images:
        page = np.pad(cv2.resize(image, (280, 280), interpolation=cv2.INTER_CUBIC), 60)
        found = digits.find_digit(digits.find_ink(np.dstack([255 - page] * 3)))
        read.append(digits.fit(digits.thicken(found[1])))
    seen, direct = digits.straighten(np.array(read)).astype(float), digits.straighten(images).astype(float)
    assert np.median(np.abs(seen - direct).mean(axis=(1, 2))) < 10      # grey levels

"""What is drawn to learn from: digits as people write them, and what is no digit."""
import collections

import cv2
import numpy as np
import pytest
from drawing import draw

import drawn_pages
import mnist_digit_classifier as digits


def non_digits(images, labels, count, seed):
    """What is no digit, framed as for training."""
    return drawn_pages.non_digits(images, labels, count, np.random.default_rng(seed), digits.fit)


def test_drawn_digits_are_a_data_set_like_mnist():
    data = digits.draw_dataset(2000, 500, seed=3)
    digits.check_arrays(data[:4], "drawn")
    assert (data.x_train.shape, data.x_test.shape, data.classes) == (
        (2000, 28, 28), (500, 28, 28), 10)
    assert "not MNIST" in data.name
    assert (np.bincount(np.append(data.y_train, data.y_test)) == 250).all()
    for image in data.x_train:      # in the middle, in MNIST's box up to the pen's pressure
        _, _, width, height = cv2.boundingRect(np.uint8(image > 60))
        assert 16 <= max(width, height) <= 23 and image.max() > 200
    again, other = (digits.draw_dataset.__wrapped__(2000, 500, seed) for seed in (3, 4))
    assert (again.x_train == data.x_train).all() and (other.x_train != data.x_train).any()


LIKE_OTHERS = ("4:3012154674707069",        # an open 9, a 4 to most eyes
               "4:12808059")                # a 7 whose bar rises, a 1 with a flag to many


def test_drawn_digits_are_all_different():
    for label in range(10):
        images = drawn_pages.drawn(np.full(300, label), np.random.default_rng(0))
        assert len(np.unique(images, axis=0)) == 300


def test_non_digits_are_of_all_kinds(small_arrays, monkeypatch):
    x, y = small_arrays["x_train"], small_arrays["y_train"]
    images, again = (non_digits(x, y, 400, 0) for _ in range(2))
    assert images.shape == (400, 28, 28) and images.dtype == np.uint8 and (again == images).all()
    assert all(5 < (image > 127).sum() < 500 for image in images)
    made, drawn, draw = collections.Counter(), drawn_pages.drawn, drawn_pages.draw
    non_digit = drawn_pages.non_digit
    monkeypatch.setattr(drawn_pages, "drawn", lambda labels, rng: (
        made.update(letter=len(labels)) or np.zeros((len(labels), 28, 28), np.uint8)))
    monkeypatch.setattr(drawn_pages, "draw", lambda lines, n, rng: (
        made.update(scribble=n) or draw(lines, n, rng)))
    monkeypatch.setattr(drawn_pages, "non_digit", lambda kind, *of: (
        made.update([kind]) or non_digit(kind, *of)))
    non_digits(x, y, 1000, 0)
    assert set(made) == set(drawn_pages.NON_DIGITS)
    for kind, share in drawn_pages.NON_DIGITS.items():      # some turns and halves are dropped
        assert made[kind] > 0.5 * share * 1000, kind
    assert drawn(np.full(5, 10), np.random.default_rng(0)).any(axis=(1, 2)).all()


def test_wild_strokes_fill_their_box_and_turn_often():
    rng = np.random.default_rng(0)
    for points in (drawn_pages.wild_path(8, rng) for _ in range(200)):
        assert len(points) >= 8 and np.ptp(points, axis=0).max() == pytest.approx(1)
        assert points.min() >= 0 and points.max() <= 1 + 1e-9
        steps = np.diff(points, axis=0)
        turns = np.diff(np.unwrap(np.arctan2(*steps.T[::-1])))
        assert np.abs(turns).sum() > np.pi


def test_slanted_print_keeps_its_height_and_ink(monkeypatch):
    monkeypatch.setattr(drawn_pages, "ITALIC", 0)
    upright = [drawn_pages.printed(text, 40, np.random.default_rng(1)) for text in ("No", "Да")]
    monkeypatch.setattr(drawn_pages, "ITALIC", 1)
    slanted = [drawn_pages.printed(text, 40, np.random.default_rng(1)) for text in ("No", "Да")]
    for before, after in zip(upright, slanted):
        assert len(after) == len(before) and after.shape[1] > before.shape[1] + 3
        assert int(after.sum()) == pytest.approx(int(before.sum()), rel=0.05)


def test_letters_and_scribbles_are_no_digits_to_what_ships(small_arrays):
    """Fresh ones of each kind that it learned; benchmarks/no_digits.py has others."""
    reader = digits.Reader(digits.PRETRAINED)
    x, y = small_arrays["x_train"], small_arrays["y_train"]
    images = digits.straighten(non_digits(x, y, 1000, 12345))
    assert (reader.confidences(images).max(axis=1) < digits.SURE).mean() > 0.95


def test_drawings_are_no_digits_to_what_ships(small_arrays, monkeypatch):
    """Hearts, faces and others as images that a network sees; no_digits.py has pictures of them."""
    monkeypatch.setattr(drawn_pages, "NON_DIGITS", {"drawing": 1})
    reader = digits.Reader(digits.PRETRAINED)
    x, y = small_arrays["x_train"], small_arrays["y_train"]
    confidences = reader.confidences(digits.straighten(non_digits(x, y, 1000, 54321)))
    assert (confidences.max(axis=1) < digits.SURE).mean() > 0.99
    assert (confidences.sum(axis=1) < 0.5).mean() > 0.95


@pytest.mark.parametrize("label", range(10))
def test_drawn_digits_are_read_as_what_they_are(label):
    """By the network that ships; every way of writing a digit, by the median of its confidences."""
    reader, rng = digits.Reader(digits.PRETRAINED), np.random.default_rng(label)
    for way in drawn_pages.WAYS[label].split():
        images = drawn_pages.draw(drawn_pages.read_way(way)[1], 31, rng)
        confidence = np.median(reader.confidences(digits.straighten(images))[:, label])
        assert confidence > 0.5 or way in LIKE_OTHERS, way


def test_drawn_digits_alone_teach_mnist(mnist):
    """A third of them, four epochs; benchmarks/drawn.py does the whole."""
    model, _ = digits.train("dense", digits.draw_dataset(20_000, 100), 4, 0)
    data = digits.load_mnist(mnist)
    images = digits.as_input(digits.straighten(data.x_test))
    confidences = digits.with_confidences(model).predict(images, batch_size=1000, verbose=0)
    assert digits.score(confidences, data.y_test)[0] > 0.93


@pytest.fixture(scope="module")
def pictures(small_arrays):
    """Made pictures and their masks."""
    return drawn_pages.make_pictures(60, (256, 256), small_arrays["x_train"], seed=4)


def test_pictures_are_made_alike_from_one_seed(pictures, small_arrays):
    images, masks = pictures
    again, _ = drawn_pages.make_pictures(60, (256, 256), small_arrays["x_train"], seed=4)
    other, _ = drawn_pages.make_pictures(60, (256, 256), small_arrays["x_train"], seed=5)
    assert images.shape == (60, 256, 256, 3) and masks.shape == (60, 256, 256)
    assert (again == images).all() and (other != images).any()


def test_some_pictures_have_no_digit_and_the_others_ink_that_can_be_seen(pictures):
    images, masks = pictures
    without = ~masks.any(axis=(1, 2))
    assert 0 < without.sum() < 20
    contrasts = []
    for image, mask in zip(images[~without], masks[~without]):
        around = cv2.dilate(mask, np.ones((9, 9))) - cv2.dilate(mask, np.ones((3, 3))) > 127
        ink = mask > 200 if (mask > 200).any() else mask > 100
        contrasts.append(np.abs(image[ink].mean(axis=0) - image[around].mean(axis=0)).max())
    assert np.median(contrasts) > 50 and np.mean(np.array(contrasts) > 12) > 0.9


def test_what_nobody_can_see_is_no_ink():
    """Of a dark, a faint and a covered digit the last one; and the faint one where it is noisy."""
    mask = np.zeros((100, 300), np.uint8)
    for x in (10, 110, 210):
        mask[10:90, x:x + 80] = 255 * draw(3, (80, 80), (20, 10, 60), 6)
    strength = np.repeat([150, 9, 0], 100) / 255
    picture = np.repeat(200 - mask * strength[None], 3).reshape(100, 300, 3).astype(np.uint8)
    clean = drawn_pages.seen(picture, mask)
    assert (clean[:, :200] == mask[:, :200]).all() and not clean[:, 200:].any()
    noise = np.random.default_rng(0).normal(0, 40, picture.shape)
    noisy = drawn_pages.seen(np.clip(picture + noise, 0, 255).astype(np.uint8), mask)
    assert (noisy[:, :100] == mask[:, :100]).all() and not noisy[:, 100:].any()


@pytest.mark.parametrize("kind", [*drawn_pages.PAGES, *drawn_pages.PAGES_WITHOUT])
def test_pages_of_each_kind(kind, small_arrays):
    rng = np.random.default_rng(0)
    pages = [kind((160, 416), small_arrays["x_train"], rng) for _ in range(10)]
    for page in pages:
        assert page.shape == (len(drawn_pages.LAYERS), 160, 416) and page.dtype == np.uint8
    with_digits = sum(page[drawn_pages.DIGITS].any() for page in pages)
    assert with_digits >= 8 if kind in drawn_pages.PAGES else with_digits == 0    # some lie outside


@pytest.mark.parametrize("damage", drawn_pages.DAMAGES)
def test_each_damage_changes_a_picture_and_leaves_its_digit_to_be_seen(damage):
    """Ink and paper still differ where the digit is, in most of them."""
    apart = []
    for seed in range(20):
        picture = np.full((112, 112, 3), 230, np.uint8)
        cv2.putText(picture, "5", (25, 95), 0, 3.5, (20, 20, 60), 9)
        ink, picture = picture[..., 0] < 128, picture.astype(np.float32)
        damaged = damage(picture.copy(), np.random.default_rng(seed))
        assert damaged.shape == picture.shape and np.isfinite(damaged).all()
        assert (np.abs(damaged - picture) > 1).any()
        apart.append(np.abs(damaged[ink].mean() - damaged[~ink].mean()))
    assert np.median(apart) > 20


def test_a_line_through_digits_is_none_of_their_ink(small_arrays):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        page = drawn_pages.tight_digit((128, 128), small_arrays["x_train"], rng)
        before = page.copy()
        drawn_pages.crossed(page, rng)
        assert (page[drawn_pages.DIGITS] == before[drawn_pages.DIGITS]).all()
        assert page[drawn_pages.MARKS].sum() > before[drawn_pages.MARKS].sum()


def test_of_hollow_digits_only_the_outline_is_drawn():
    """Also of few pixels; the middle of the stroke is paper, and what is too thin stays."""
    for size in (1, 0.4):
        coverage = np.zeros((round(120 * size), round(90 * size)), np.uint8)
        axes = round(28 * size), round(42 * size)
        cv2.ellipse(coverage, (round(45 * size), round(60 * size)), axes, 0, 0, 360, 255,
                    round(16 * size))
        ring = cv2.erode(coverage, np.ones((3, 3))) > 0
        for seed in range(10):
            outline = drawn_pages.hollowed(coverage, np.random.default_rng(seed))
            assert 0.1 < (outline > 127).sum() / (coverage > 127).sum() < 1
            assert (outline[ring] == 0).any()
    thin = cv2.erode(coverage, np.ones((4, 4)))
    assert (drawn_pages.hollowed(thin, np.random.default_rng(0)) == thin).all()


@pytest.mark.parametrize("struck, least, most", [(1, 1, 9), (0, 0.1, 1)])
def test_struck_digits_have_more_ink_and_hollow_ones_less(struck, least, most, small_arrays,
                                                         monkeypatch):
    monkeypatch.setattr(drawn_pages, "STRUCK", struck)
    images = small_arrays["x_train"][:100]
    ink = drawn_pages.struck_or_hollow(images, np.random.default_rng(0),
                                       lambda ink: (ink > 127).sum())
    whole = [(cv2.resize(image, None, fx=drawn_pages.FINE, fy=drawn_pages.FINE,
                         interpolation=cv2.INTER_CUBIC) > 127).sum() for image in images]
    assert ((ink / whole > least) & (ink / whole < most)).mean() > 0.9


def test_numbers_of_a_table_stand_under_its_headings_and_right_of_its_labels(small_arrays,
                                                                           monkeypatch):
    monkeypatch.setattr(drawn_pages, "HEADED", 1)
    monkeypatch.setattr(drawn_pages, "LABELLED", 1)
    for seed in range(20):
        page = drawn_pages.table_of_digits((320, 320), small_arrays["x_train"],
                                           np.random.default_rng(seed))
        left, top, _, _ = drawn_pages.extent(page[[drawn_pages.DIGITS]])
        print_left, print_top, _, _ = drawn_pages.extent(page[[drawn_pages.PRINT]])
        assert left > print_left + 5 and top > print_top + 5


def test_what_lies_behind_digits_leaves_them_to_be_seen():
    page = np.zeros((3, 128, 256), np.uint8)
    cv2.putText(page[drawn_pages.DIGITS], "29", (80, 90), 0, 2.5, 255, 6)
    paper, pen = np.full(3, 240.0), np.full(3, 20.0)
    picture, changed = np.full((128, 256, 3), 240, np.float32), 0
    for seed in range(40):
        backed = drawn_pages.backed(picture, page, paper, pen, np.random.default_rng(seed))
        changed += (backed != picture).any()
        assert np.abs(backed - np.float32(pen)).max(axis=2).min() > drawn_pages.LEAST_CONTRAST
    assert changed > 20


def test_a_printed_sign_or_label_is_no_digit():
    hand = drawn_pages.new_hand(None, 40, np.random.default_rng(0))
    for pattern in ("S", "L", "W"):
        page = drawn_pages.write_line(pattern, hand, np.random.default_rng(1))
        assert page[drawn_pages.PRINT].any() and not page[drawn_pages.DIGITS].any()


def test_digits_found_again_are_what_they_were(small_arrays):
    """Most, as the network that ships sees them; and they are as found, so not all the same."""
    x, y = small_arrays["x_train"], small_arrays["y_train"]
    images, labels = drawn_pages.found_again(x, y, 300, np.random.default_rng(0),
                                             digits.find_digits)
    assert images.shape == (300, 28, 28) and images.dtype == np.uint8 and len(set(labels)) == 10
    reader = digits.Reader(digits.PRETRAINED)
    read = reader.confidences(digits.straighten(images)).argmax(axis=1)
    assert (read == labels).mean() > 0.85


def test_what_is_left_over_is_no_digit_and_no_bar(small_arrays):
    """As the network that ships sees most of it; it comes as found, with all strengths of ink."""
    find = digits.find_digits
    images = drawn_pages.left_over(small_arrays["x_train"], 200, np.random.default_rng(0), find)
    assert images.shape == (200, 28, 28) and images.dtype == np.uint8
    strengths = [image[image > 0].mean() for image in images]
    assert np.ptp(np.quantile(strengths, (0.1, 0.9))) > 40
    thin = [np.ptp(np.argwhere(image > 60), axis=0).min() < 6 for image in images]
    assert np.mean(thin) < 0.02         # a bar is left out before it is fitted into 28x28
    confidences = digits.Reader(digits.PRETRAINED).confidences(digits.straighten(images))
    assert (confidences.max(axis=1) < 0.5).mean() > 0.8


def test_bars_may_be_slanted_and_are_no_letters():
    for top, bottom in ((30, 30), (45, 15), (15, 45)):
        bar = cv2.line(np.zeros((60, 60), np.uint8), (top, 5), (bottom, 55), 255, 7)
        assert drawn_pages.is_bar(bar > 0)
    assert not drawn_pages.is_bar(drawn_pages.printed("S", 40, np.random.default_rng(0)) > 127)


@pytest.mark.parametrize("text", ["O", "o", "E", "K", "S", "3"])
def test_rings_may_be_crisp_or_soft_and_are_no_other_letters(text):
    ink = drawn_pages.printed(text, 60, np.random.default_rng(0))
    for blur in (0.1, 4):
        image = digits.fit(cv2.GaussianBlur(np.pad(ink, 9), (0, 0), blur))
        assert drawn_pages.is_ring(image) == (text in "Oo"), blur


def test_a_digit_that_nobody_can_see_counts_when_what_is_left_over_is_told(monkeypatch):
    """Otherwise digits found against the odds would be learned as none."""
    whole = np.zeros((128, 128), np.uint8)
    whole[40:90, 50:80] = 255
    monkeypatch.setattr(drawn_pages, "photograph", lambda shape, images, rng, kind: (
        np.full((128, 128, 3), 128, np.uint8), whole))
    inside = digits.Part(50, 40, np.ones((50, 30), bool))
    beside = digits.Part(5, 5, np.ones((30, 30), bool))
    images = drawn_pages.left_over(None, 3, np.random.default_rng(0), lambda picture: [
        (inside, np.full((28, 28), 1, np.uint8)), (beside, np.full((28, 28), 2, np.uint8))])
    assert (images == 2).all() and len(images) == 3

"""The network that finds ink: what is trained, what OpenCV runs, and going on from it."""
import numpy as np
import pytest

import drawn_pages
import mnist_digit_classifier as digits
import train_ink

SHAPE = (64, 96)            # pixels, height and width


@pytest.fixture(scope="module")
def model():
    """The network with random weights, its normalisations far from doing nothing."""
    digits.import_keras().utils.set_random_seed(0)
    model, rng = train_ink.build(), np.random.default_rng(0)
    model.set_weights([weight + rng.uniform(0, 0.3, weight.shape) * (weight.ndim == 1)
                       for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def pictures(small_arrays):
    return drawn_pages.make_pictures(6, SHAPE, small_arrays["x_train"], 0)[0]


def shares_of(model, pictures, training=False):
    """What the Keras model tells, in squares as train_ink.as_squares makes them of masks."""
    return 1 / (1 + np.exp(-np.asarray(model(pictures, training=training))))


def test_opencv_finds_what_was_trained(model, pictures, tmp_path):
    """For each pixel the same share, also as a file with its facts, as the reader loads it."""
    path = tmp_path / "ink.onnx"
    train_ink.save(model, model.get_weights(), path, 1)
    network, facts = digits.load_network(path)
    for picture, shares in zip(pictures, shares_of(model, pictures)):
        found = digits.out_of_squares(network(digits.in_squares(picture)))
        squares = train_ink.as_squares(np.uint8(255 * found + 0.5)[None])[0]
        assert found.shape == SHAPE and np.abs(squares - shares).max() < 0.01
    assert facts["steps"] == 1 and facts["weights"] == model.count_params() < 300_000


def test_training_goes_on_from_what_ships(model, pictures, tmp_path):
    """What it tells is as it was, and its normalisations fit the pictures it goes on with."""
    path, other = tmp_path / "ink.onnx", train_ink.build()
    train_ink.save(model, model.get_weights(), path, 1)
    train_ink.unfold(path, other, pictures)
    before, after = shares_of(model, pictures), shares_of(other, pictures)
    assert np.abs(before - after).max() < 1e-3
    learning = shares_of(other, pictures, training=True)
    assert np.abs(learning - after).mean() < 0.02

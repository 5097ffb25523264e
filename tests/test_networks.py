"""The networks: exactly those of the table, and the same numbers from Keras and from OpenCV."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import onnx
import pytest

import mnist_digit_classifier as digits

KERAS = {"Flatten": ["Flatten"], "MaxPool": ["MaxPooling2D"],
         "GlobalMaxPool": ["GlobalMaxPooling2D"],
         "Dense": ["Dense {0} {1}"], "Conv": ["Conv2D {0} {2}"],
         "ConvNorm": ["Conv2D {0} linear", "BatchNormalization", "Activation {2}"]}


def expected(layers):
    """The Keras layers that a row of the READMEs' table stands for."""
    words = (text.split() for text in layers.split(", "))
    return [layer.format(*options) for kind, *options in words for layer in KERAS[kind]]


def described(layer):
    """A Keras layer in the words of the table."""
    config = layer.get_config()
    words = [type(layer).__name__, config.get("units", config.get("filters")),
             config.get("activation")]
    return " ".join(str(word) for word in words if word is not None)


@pytest.mark.parametrize("name", digits.NETWORKS)
def test_network_is_the_one_of_the_table(name):
    """Which is the benchmarks' README's: tests/test_readme.py."""
    network = digits.NETWORKS[name]
    model = digits.build(name, 10 + network.robust)
    assert [described(layer) for layer in model.layers] == expected(network.layers)
    assert model.count_params() == network.parameters
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            assert layer.kernel_size == (3, 3)
        if isinstance(layer, keras.layers.MaxPooling2D):
            assert layer.pool_size == (2, 2)


def test_output_follows_the_classes():
    assert digits.build("cnn-3", 47).output_shape == (None, 47)


@pytest.mark.parametrize("name", digits.NETWORKS)
def test_exported_network_gives_keras_confidences(name, tmp_path):
    """On weights as large as trained ones, so that the confidences are anything but even."""
    keras.utils.set_random_seed(1)
    model = digits.build(name, 10 + digits.NETWORKS[name].robust)
    model.set_weights([3 * weights for weights in model.get_weights()])
    layers = digits.NETWORKS[name].layers
    metadata = {"network": name, "layers": layers, "recipe": "distorted", "classes": 10}
    digits.save(model, metadata, tmp_path / "a.keras", tmp_path / "a.onnx")
    images = digits.straighten(digits.draw_dataset(300, 10, seed=3).x_train)
    read = digits.Reader(tmp_path / "a.onnx").confidences(images)
    expected = digits.with_confidences(model).predict(digits.as_input(images), verbose=0)[:, :10]
    assert read.max() > 0.9
    assert np.abs(read - expected).max() < 1e-3
    again = digits.with_confidences(keras.models.load_model(tmp_path / "a.keras"))
    assert np.abs(again.predict(digits.as_input(images), verbose=0)[:, :10] - expected).max() < 1e-6


def test_confidences_of_a_sigmoid_layer_are_what_keras_trains_on(trained, small):
    """Their cross-entropy is Keras' own loss; sigmoids divided by their sum would give another."""
    folder, data = trained[1] / "models", digits.load_mnist(small)
    images = digits.straighten(data.x_test)
    model = keras.models.load_model(folder / "dense.keras")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(digits.as_input(images), data.y_test, verbose=0)
    confidences = digits.Reader(folder / "dense.onnx").confidences(images)
    assert digits.score(confidences, data.y_test)[:2] == pytest.approx((accuracy, loss), abs=1e-4)
    assert np.allclose(confidences.sum(axis=1), 1, atol=1e-5)
    sigmoids = model.predict(digits.as_input(images), verbose=0)
    assert digits.score(sigmoids / sigmoids.sum(axis=1, keepdims=True), data.y_test)[1] > 2 * loss


def test_model_files_say_what_a_reader_must_know(trained, small):
    folder = trained[1] / "models"
    facts = digits.Reader(folder / "dense.onnx").metadata
    assert facts["network"] == "dense" and facts["epochs"] == 12 and facts["seed"] == 0
    assert facts["data"] == "small" and facts["data_sha256"] == digits.load_mnist(small).sha256()
    assert 0.8 < facts["test_accuracy"] <= 1 and facts["test_images"] == 200
    assert facts["versions"]["keras"] == keras.__version__
    assert not keras.models.load_model(folder / "dense.keras").compiled      # without an optimiser
    assert (folder / "dense.keras").stat().st_size < 5 * digits.NETWORKS["dense"].parameters
    model = onnx.load(folder / "dense.onnx")        # as other programs find it
    stored = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(stored[digits.METADATA]) == facts
    onnx.checker.check_model(model)


def test_what_ships_reads_mnist(mnist):
    """And its metadata say how well, as measured here again."""
    reader, data = digits.Reader(digits.PRETRAINED), digits.load_mnist(mnist)
    confidences = reader.confidences(digits.straighten(data.x_test))
    accuracy, loss, _ = digits.score(confidences, data.y_test)
    facts = reader.metadata
    assert accuracy >= 0.9965 and loss < 0.03
    assert (facts["test_accuracy"], facts["test_loss"]) == pytest.approx((accuracy, loss), abs=2e-4)
    assert (facts["network"], facts["data"]) == ("best", "MNIST")
    assert facts["data_sha256"] == data.sha256()
    model = keras.models.load_model(digits.PRETRAINED.with_suffix(".keras"))
    assert model.count_params() < 400_000 and not model.compiled


def test_threads_that_ask_a_network_at_once_get_what_each_would_alone():
    """However often Python changes from one to another."""
    outputs = digits.Reader(digits.PRETRAINED).outputs
    inputs = [np.full((1, 28, 28, 1), level, np.float32) for level in np.linspace(0, 1, 9)]
    alone, interval = [outputs(one) for one in inputs], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(outputs, inputs * 100))
    finally:
        sys.setswitchinterval(interval)
    assert np.array_equal(together, alone * 100)

"""The recipe that everybody writes, for comparison: dense, batches of 32, constant Adam, plain fit.

    MNIST_DATA=mnist.npz python benchmarks/plain_recipe.py [model.keras]
"""
import os
import sys

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
with np.load(os.environ["MNIST_DATA"]) as data:
    x_train, y_train, x_test, y_test = (
        data[name] for name in ("x_train", "y_train", "x_test", "y_test"))
model = keras.Sequential([
    layers.Input((28, 28)), layers.Flatten(), layers.Dense(50, activation="relu"),
    layers.Dense(50, activation="relu"), layers.Dense(10, activation="sigmoid")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train / 255, y_train, epochs=10)
loss, accuracy = model.evaluate(x_test / 255, y_test)
print(f"plain recipe: accuracy {accuracy:.2%}, loss {loss:.4f}")
for path in sys.argv[1:]:
    model.save(path)

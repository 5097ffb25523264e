"""Trains a finder of ink, models/ink.onnx, on made pictures; the reader runs it by OpenCV alone.

    MNIST_DATA=mnist.npz python train_ink.py [--steps 12000] [--minutes 45] [--out models/ink.onnx]
    MNIST_DATA=mnist.npz python train_ink.py --start models/ink.onnx --begun 0.5    goes on from it

What ships as models/ink-2.onnx went on so from models/ink.onnx; each takes one of two closer looks.

The network is a small U: it looks at squares of 4 x 4 pixels, then at ever coarser ones, and comes
back to tell for each of the 16 pixels of a square the share that is a digit's ink. MNIST's last
5,000 training images are held out. Pictures are made in a process of its own while the network
learns; each serves a few times, in other colours.
"""
import argparse
import itertools
import math
import multiprocessing
import os
import time
from pathlib import Path

import cv2
import numpy as np

import drawn_pages
import mnist_digit_classifier as digits
from mnist_digit_classifier import SQUARE

WIDTHS = 24, 48, 64, 80     # filters at a 4th, 8th, 16th and 32nd of the picture's size
STEM = 2 * SQUARE           # pixels, side of the first filters, which step by a square
HELD_OUT = 5_000            # of MNIST's training images, the last ones
BATCH = 16                  # pictures a step
SERVED = 3                  # steps that each picture serves in
PEAK_RATE = 4e-3            # of Adam's learning rate, after the warm-up
WARM_UP = 200               # steps
DICE_FLOOR = 40             # pixels added to either side of a picture's overlap
AVERAGE = 0.995             # share of the averaged weights that stays when weights are averaged
AVERAGED_EVERY = 5          # steps
SAVED_EVERY = 150           # seconds
EPSILON = 1e-3              # of the batch normalisations


def make_batches(images, queue, seed):
    """Endless batches of pictures and masks, each of one shape; runs in a process of its own."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    while True:
        shape = drawn_pages.SHAPES[rng.choice(len(drawn_pages.SHAPES), p=drawn_pages.SHAPE_SHARES)]
        queue.put(drawn_pages.make_pictures(BATCH, shape, images, int(rng.integers(2**62))))


def batches(queue, rng, kept=60):
    """Each batch of the queue SERVED times: now, and later in other colours."""
    waiting = []
    while True:
        pictures, masks = queue.get()
        yield pictures, masks
        waiting += [(pictures, masks)] * (SERVED - 1)
        while len(waiting) > kept:
            pictures, masks = waiting.pop(int(rng.integers(len(waiting))))
            pictures = pictures[..., rng.permutation(3)]
            turned = rng.random(BATCH) < 0.3
            pictures[turned] = 255 - pictures[turned]
            yield pictures, masks


def build():
    """The network, a Keras model: RGB from 0 to 255 in, logits (height / 4, width / 4, 16) out."""
    from keras import Input, Model, layers

    def convolved(x, filters, side=3, stride=1, active=True):
        x = layers.Conv2D(filters, side, stride, "same", use_bias=False)(x)
        x = layers.BatchNormalization(epsilon=EPSILON, momentum=0.98)(x)
        return layers.ReLU()(x) if active else x

    picture = Input((None, None, 3))
    x = convolved(layers.Rescaling(1 / 127.5, -1)(picture), WIDTHS[0], STEM, SQUARE)
    skips = [convolved(x, WIDTHS[0])]
    for filters in WIDTHS[1:]:
        skips.append(convolved(convolved(skips[-1], filters, stride=2), filters))
    x = skips.pop()
    for filters, skip in zip(WIDTHS[-2::-1], skips[::-1]):
        x = layers.UpSampling2D(2)(convolved(x, filters, 1, active=False))
        x = convolved(layers.ReLU()(layers.Add()([x, skip])), filters)
    return Model(picture, layers.Conv2D(SQUARE**2, 3, padding="same")(x))


def loss(masks, logits):
    """Cross-entropy, and how little the ink found in each picture overlaps its mask."""
    import tensorflow as tf
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(masks, logits)
    shares = tf.sigmoid(logits)
    both, either = (tf.reduce_sum(x, [1, 2, 3]) for x in (masks * shares, masks + shares))
    dice = 1 - (2 * both + DICE_FLOOR) / (either + DICE_FLOOR)
    return 2 * tf.reduce_mean(entropy) + 0.5 * tf.reduce_mean(dice)


def as_squares(masks):
    """Masks (n, h, w) uint8 as the network tells them, (n, h / 4, w / 4, 16) from 0 to 1."""
    n, height, width = masks.shape
    squares = masks.reshape(n, height // SQUARE, SQUARE, width // SQUARE, SQUARE).swapaxes(2, 3)
    return squares.reshape(n, height // SQUARE, width // SQUARE, SQUARE**2) / np.float32(255)


def folded(weights):
    """Kernels (out, in, h, w) and biases of the convolutions, batch normalisations folded in."""
    convolutions, i = [], 0
    while i < len(weights):
        kernel = weights[i]
        if i + 2 < len(weights):            # all but the last one have a normalisation
            gamma, beta, mean, variance = weights[i + 1:i + 5]
            factor = gamma / np.sqrt(variance + EPSILON)
            kernel, bias, i = kernel * factor, beta - mean * factor, i + 5
        else:
            bias, i = weights[i + 1], i + 2
        convolutions.append((np.float32(kernel.transpose(3, 2, 0, 1)), np.float32(bias)))
    return convolutions


def unfold(path, model, pictures):
    """Give a Keras model the kernels and biases in an ONNX file of to_onnx: what it tells.

    Its batch normalisations are made anew, from the signals that they meet in some pictures.
    """
    import onnx
    from keras import Model, layers
    constants = [onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer]
    squares, *others = (one for one in constants if one.ndim == 4)
    stem = squares.reshape(-1, SQUARE, SQUARE, 3, 2, 2).transpose(4, 1, 5, 2, 3, 0)
    kernels = [stem.reshape(STEM, STEM, 3, -1),         # what over_squares made, undone
               *(one.transpose(2, 3, 1, 0) for one in others)]
    biases = [after for one, after in itertools.pairwise(constants) if one.ndim == 4]
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    normal = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for convolution, kernel, bias, normalisation in zip(convolutions, kernels, biases, normal):
        convolution.set_weights([kernel])
        signal = np.asarray(Model(model.input, convolution.output)(pictures))
        mean, deviation = signal.mean(axis=(0, 1, 2)), signal.std(axis=(0, 1, 2)) + EPSILON
        convolution.set_weights([kernel / deviation])
        normalisation.set_weights([np.sqrt(1 + EPSILON) * deviation, bias + mean,
                                   mean / deviation, np.ones_like(mean)])
    convolutions[-1].set_weights([kernels[-1], biases[-1]])


def over_squares(kernel):
    """The first kernel (out, 3, 8, 8) for pictures in squares of 4 x 4 pixels: (out, 48, 2, 2)."""
    squares = kernel.reshape(-1, 3, 2, SQUARE, 2, SQUARE).transpose(0, 3, 5, 1, 2, 4)
    return squares.reshape(-1, 3 * SQUARE**2, 2, 2)


def to_onnx(weights):
    """The bytes of the ONNX file: digits.in_squares' picture in, out_of_squares' shares out."""
    from onnx import TensorProto, helper, numpy_helper
    nodes, constants = [], []
    (stem, bias), *others = folded(weights)
    convolutions = iter([(over_squares(stem), bias), *others])

    def add(kind, *inputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, [f"x{len(nodes)}"], **attributes))
        return f"x{len(nodes) - 1}"

    def constant(value):
        value = np.ascontiguousarray(value, np.float32)
        constants.append(numpy_helper.from_array(value, f"c{len(constants)}"))
        return constants[-1].name

    def convolved(x, stride=1, active=True):
        kernel, bias = next(convolutions)
        side = kernel.shape[2]
        missing = max(0, side - stride) if side > 2 else 0      # squares come with their edge
        pads = [missing // 2] * 2 + [missing - missing // 2] * 2
        x = add("Conv", x, constant(kernel), constant(bias), kernel_shape=[side, side],
                strides=[stride, stride], pads=pads)
        return add("Relu", x) if active else x

    skips = [convolved(convolved("squares"))]
    for _ in WIDTHS[1:]:
        skips.append(convolved(convolved(skips[-1], 2)))
    x = skips.pop()
    for skip in skips[::-1]:
        x = add("Resize", convolved(x, active=False), "", constant([1, 1, 2, 2]), mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        x = convolved(add("Relu", add("Add", x, skip)))
    nodes.append(helper.make_node("Sigmoid", [convolved(x, active=False)], ["shares"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *places])
            for name, channels, places in (("squares", 3 * SQUARE**2, ("rows", "columns")),
                                           ("shares", SQUARE**2, ("height", "width")))]
    graph = helper.make_graph(nodes, "ink", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def rate_at(share, step, peak):
    """The learning rate of a step: it climbs, then falls to nought with the `share` of the work."""
    return 1e-6 + peak * min(1, (step + 10) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * share))


def save(model, average, out, steps):
    """Write the averaged weights as ONNX, with the facts in it."""
    out.write_bytes(to_onnx(average))
    digits.seal(out, {"network": "ink", "data": "pictures of drawn_pages.py with digits of MNIST",
                      "weights": model.count_params(), "steps": steps,
                      "trained": time.strftime("%Y-%m-%d")})


def train(args, images):
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")     # off on AMD: 0.51 s a step, not 0.34
    keras = digits.import_keras()
    keras.utils.set_random_seed(args.seed)
    model = build()
    print(f"{model.count_params():,} weights", flush=True)
    if args.start:
        shape = drawn_pages.SHAPES[0]
        unfold(args.start, model, drawn_pages.make_pictures(4 * BATCH, shape, images, args.seed)[0])
    model.compile(keras.optimizers.Adam(args.rate), loss)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(8)
    maker = context.Process(target=make_batches, args=(images, queue, args.seed), daemon=True)
    maker.start()
    average, losses, warm = model.get_weights(), [], 0 if args.start else 50
    start = saved = time.time()
    for step, (pictures, masks) in enumerate(batches(queue, np.random.default_rng(args.seed))):
        share = max(step / args.steps, (time.time() - start) / 60 / args.minutes)
        share = args.begun + (1 - args.begun) * share
        if share >= 1:
            break
        model.optimizer.learning_rate.assign(rate_at(share, step, args.rate))
        losses.append(float(model.train_on_batch(pictures, as_squares(masks))))
        if step % AVERAGED_EVERY == 0:
            keep = min(AVERAGE, (step + 1) / (step + 1 + warm))
            average = [keep * old + (1 - keep) * new
                       for old, new in zip(average, model.get_weights())]
        if step % 50 == 49:
            print(f"step {step + 1}  {(time.time() - start) / 60:.1f} min  {share:.0%}  "
                  f"loss {np.mean(losses[-50:]):.4f}", flush=True)
        if time.time() - saved > SAVED_EVERY:
            save(model, average, args.out, step + 1)
            saved = time.time()
    save(model, average, args.out, step)
    maker.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--rate", type=float, default=PEAK_RATE)
    parser.add_argument("--begun", type=float, default=0,
                        help="share of the work that --start has done (0)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="an ink.onnx to go on from")
    parser.add_argument("--out", type=Path, default=digits.HERE / "models" / "ink.onnx")
    args = parser.parse_args()
    train(args, digits.load_mnist().x_train[:-HELD_OUT])


if __name__ == "__main__":
    main()

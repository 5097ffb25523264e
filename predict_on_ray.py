"""Read the digits in millions of images on a Ray cluster, or with all cores of this machine.

    pip install -r requirements.txt -r requirements-ray.txt
    python predict_on_ray.py scans/ --output answers                                on this machine
    python predict_on_ray.py s3://forms/2026 --output s3://forms/answers --address auto

Images are what predict takes, or files and folders of an object store. The output is a folder of Parquet
files, a row an image: path, text (rows parted by a newline), lowest_confidence, sure (of every digit, and
there is one), error (a sentence, or null). Started again with the same output, it reads what is not there.
"""
import argparse
import logging
import math
import os
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")     # Ray Data's own actors make it warn at each start

import cv2
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
import ray
from pyarrow import fs

import mnist_digit_classifier as digits

BLOCK = 32                  # images that are fetched, and read, at a time; so many are in a worker's memory
ROWS = 1000                 # rows of a file of the output at least; a restart reads again what is in none
READING, FETCHING = 0.5, 0.25       # cores that a worker reserves, and one that fetches images for it
STORE = 2 * 2**30           # bytes that images on their way take at most, where Ray is started here
MODEL = "model.onnx"        # name of the network in the folder that workers get
SCHEMA = pyarrow.schema({"path": pyarrow.string(), "text": pyarrow.string(),
                         "lowest_confidence": pyarrow.float64(), "sure": pyarrow.bool_(),
                         "error": pyarrow.string()})


def locate(path):
    """The pyarrow file system of a path or URI, and the path in it; names in a URI stand as they are."""
    uri = urllib.parse.quote(path, safe="/:@?&=") if "://" in path else os.path.abspath(path)
    return fs.FileSystem.from_uri(uri)


def find_images(source):
    """The paths that an argument stands for: as predict takes it, or a URI's own, or all images below it."""
    if "://" not in source:
        found = [os.path.abspath(path) for path in digits.expand(source)]
    else:
        with digits.explained(f"cannot list {source} ({{}}); check its name and your credentials"):
            store, inside = locate(source)
            is_file = store.get_file_info(inside).is_file
            below = [] if is_file else store.get_file_info(fs.FileSelector(inside, recursive=True))
        scheme = source.partition("://")[0]
        found = [source] if is_file else sorted(
            f"{scheme}://{file.path}" for file in below if Path(file.path).suffix.lower() in digits.SUFFIXES)
    if not found or os.path.isdir(found[0]):
        raise digits.DigitError(f"there is no image at {source}; name another file, folder or glob")
    return found


def find_answers(store, folder):
    """Paths of the images whose answers are in a folder of Parquet files; a file cut off is deleted."""
    done = set()
    for file in store.get_file_info(fs.FileSelector(folder, allow_not_found=True)):
        if file.extension == "parquet":
            try:
                with store.open_input_file(file.path) as opened:
                    done.update(pyarrow.parquet.read_table(opened, columns=["path"])["path"].to_pylist())
            except pyarrow.ArrowInvalid:
                store.delete_file(file.path)
    return done


def fetch(batch):
    """A batch of paths with the bytes of each image, null where they cannot be had."""
    stores, images = {}, []         # opening an object store takes longer than fetching an image from it
    for path in batch["path"].to_pylist():
        folder, _, name = path.rpartition("/")
        try:
            if folder not in stores:
                stores[folder] = locate(folder or "/")
            store, inside = stores[folder]
            with store.open_input_stream(f"{inside}/{name}") as file:
                images.append(file.read())
        except (OSError, pyarrow.ArrowException):       # reading it again will tell why
            images.append(None)
    return batch.append_column("image", pyarrow.array(images, pyarrow.large_binary()))


class Worker:
    """A process of the cluster that reads images, the network loaded once."""

    def __init__(self):
        self.reader = digits.Reader(MODEL)
        cv2.setNumThreads(1)
        digits.keep_memory()

    def __call__(self, batch):
        images = zip(batch["path"].to_pylist(), batch["image"].to_pylist())
        answers = [digits.try_to_read(path, path if image is None else image, self.reader)[1]
                   for path, image in images]
        confidences = [[digit["confidence"] for digit in answer["digits"]] for answer in answers]
        return pyarrow.table({
            "path": batch["path"], "text": [answer["text"] for answer in answers],
            "lowest_confidence": [min(each, default=None) for each in confidences],
            "sure": [min(each, default=0) >= digits.SURE for each in confidences],
            "error": [answer["error"] for answer in answers]}, schema=SCHEMA)


def connect(address, model, folder):
    """Join the Ray cluster at `address`, or start one here; its workers get the script and the network."""
    shutil.copy(digits.__file__, folder)
    shutil.copy(model, Path(folder) / MODEL)
    here = {} if address else {"include_dashboard": False, "object_store_memory": STORE}
    logging.disable(logging.WARNING)        # of what Ray Data does, line by line
    with digits.explained(f"cannot {'join' if address else 'start'} a Ray cluster ({{}}); see: ray status"):
        ray.init(address or "local", logging_level="ERROR", log_to_driver=False, **here,
                 runtime_env={"working_dir": folder})
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = sys.stderr.isatty()
    context.enable_rich_progress_bars, context.use_ray_tqdm = True, False


def read(paths, store, folder, workers):
    """Read images on the cluster into Parquet files in a folder of a file system."""
    blocks = math.ceil(len(paths) / BLOCK)
    images = ray.data.from_items([{"path": path} for path in paths], override_num_blocks=blocks)
    images = images.map_batches(fetch, batch_format="pyarrow", num_cpus=FETCHING)
    answers = images.map_batches(Worker, batch_size=BLOCK, batch_format="pyarrow", num_cpus=READING,
                                 compute=ray.data.ActorPoolStrategy(size=min(workers, blocks)))
    answers.write_parquet(folder, filesystem=store, min_rows_per_file=ROWS)


def run(args):
    """Read what is not read yet; the exit code, 1 if any image could not be read."""
    model = digits.find_model(args.model, Path("models"))
    digits.Reader(model)            # a damaged one is told of here
    store, folder = locate(args.output)
    paths = dict.fromkeys(path for source in args.images for path in find_images(source))
    done = find_answers(store, folder)
    left = [path for path in paths if path not in done]
    print(f"{len(paths):,} images, {len(paths) - len(left):,} of them read before", file=sys.stderr)
    start = time.monotonic()
    if left:
        with tempfile.TemporaryDirectory() as sent:
            connect(args.address, model, sent)
            with digits.explained("reading broke off ({}); start it again with the same output to go on"):
                read(left, store, folder, args.workers or int(ray.cluster_resources()["CPU"]))
    answers = pyarrow.dataset.dataset(folder, filesystem=store, format="parquet", schema=SCHEMA)
    failed = answers.count_rows(filter=~pyarrow.dataset.field("error").is_null())
    print(f"{len(left):,} images read in {time.monotonic() - start:.0f} s; {answers.count_rows():,} answers "
          f"in {args.output}, {failed:,} of them errors", file=sys.stderr)
    return int(failed > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="+", metavar="IMAGES", help="files, folders, globs, or URIs of such")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="for the answers, or its URI")
    parser.add_argument("--address", help="of a running Ray cluster, or auto; else one is started here")
    parser.add_argument("--workers", type=digits.whole(1), metavar="N", help="readers (one per core)")
    parser.add_argument("--model", default="pretrained", help="a saved network, or its path (pretrained)")
    args = parser.parse_args()
    try:
        sys.exit(run(args))
    except digits.DigitError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; start it again with the same output to go on", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()

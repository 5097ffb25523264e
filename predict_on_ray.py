"""Read the digits in millions of images on a Ray cluster, or with all cores of this machine.

    pip install -r requirements.txt -r requirements-ray.txt
    python predict_on_ray.py scans/ --output answers                                on this machine
    python predict_on_ray.py s3://forms/2026 --output s3://forms/answers --address auto

Images are what predict takes, or files and folders of an object store. The output is a folder of
Parquet files named answers-..., a row an image: path, text (rows parted by a newline),
lowest_confidence, sure (of every digit, and there is one), error (a sentence, or null). Started
again with the same output, it reads what is not there. Other files there are left as they are.

A byte of a path that is not UTF-8 stands there as predict prints it, 0xff as \\udcff; see as_text.
"""
import argparse
import contextlib
import logging
import math
import os
import re
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

# Ray Data's own actors make it warn at each start
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import cv2
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
import ray
from pyarrow import fs
from ray.data.datasource import FilenameProvider

import mnist_digit_classifier as digits

BLOCK = 32                  # images that are fetched, and read, at a time; a worker holds so many
ROWS = 1000                 # rows of a file of the output at least; what is in none is read again
READING, FETCHING = 0.5, 0.25       # cores that a worker reserves, and what fetches images for it
STORE = 2 * 2**30           # bytes that images on their way take at most, where Ray is started here
MODEL = "model.onnx"        # name of the network in the folder that workers get
SCHEMA = pyarrow.schema({"path": pyarrow.string(), "text": pyarrow.string(),
                         "lowest_confidence": pyarrow.float64(), "sure": pyarrow.bool_(),
                         "error": pyarrow.string()})
OWN = re.compile(r"answers-[0-9a-f]+-\d+-\d+\.parquet")     # names that AnswerNames and Ray give
ESCAPE = re.compile(r"\\(?:x(5c)|u(d[89a-f][0-9a-f]{2}))")      # what as_text writes


class AnswerNames(FilenameProvider):
    """Names by which files of answers are known from others; Ray adds a number to each."""

    def get_filename_for_task(self, write_uuid, task_index):
        return f"answers-{write_uuid}-{task_index:06}.parquet"


def as_text(path):
    r"""A path as UTF-8, which Arrow insists on: a byte that is not, such as 0xff, becomes \udcff.

    Where a path has such an escape itself, its backslash becomes \x5c, so that as_path undoes it.
    """
    path = ESCAPE.sub(lambda escape: r"\x5c" + escape[0][1:], path)
    return path.encode("utf-8", "backslashreplace").decode()


def as_path(text):
    """The path that as_text made a text of."""
    return ESCAPE.sub(lambda escape: chr(int(escape[1] or escape[2], 16)), text)


def is_local(path):
    """Whether a path or URI names a file or folder of this machine."""
    return "://" not in path or path.startswith("file://")


def locate(path):
    """The pyarrow file system of a path or URI, and the path in it; no %20 in a URI is decoded."""
    if is_local(path):
        return fs.LocalFileSystem(), os.path.abspath(path.removeprefix("file://"))
    return fs.FileSystem.from_uri(urllib.parse.quote(path, safe="/:@?&="))


def find_images(source):
    """The paths that an argument stands for: as predict takes it, or a URI's or all below it."""
    scheme, parted, _ = source.rpartition("://")
    with digits.explained(f"cannot list {source} ({{}}); check its name and your credentials"):
        store, inside = locate(source)
        if is_local(source):        # pyarrow lists no folder in which a name is not UTF-8
            found = digits.expand(source.removeprefix("file://"))
            found = [os.path.abspath(path) for path in found]
        elif store.get_file_info(inside).is_file:
            return [source]
        else:
            below = store.get_file_info(fs.FileSelector(inside, recursive=True))
            found = sorted(file.path for file in below if digits.is_image(Path(file.path)))
    if not found or os.path.isdir(found[0]):
        raise digits.DigitError(f"there is no image at {source}; name another file, folder or glob")
    return [scheme + parted + path for path in found]


def find_files(store, folder):
    """Paths of the files right in a folder, none if there is no such folder."""
    if isinstance(store, fs.LocalFileSystem):       # as in find_images
        return sorted(str(path) for path in Path(folder).glob("*") if path.is_file())
    found = store.get_file_info(fs.FileSelector(folder, allow_not_found=True))
    return [file.path for file in found if file.is_file]


def read_schema(store, path):
    """The columns of a Parquet file; ArrowInvalid where it was cut off."""
    with store.open_input_file(path) as file:
        return pyarrow.parquet.read_schema(file)


def sort_files(store, folder):
    """The Parquet files in a folder: those of answers, answers cut off, and foreign ones."""
    answers, cut_off, foreign = [], [], []
    for path in find_files(store, folder):
        try:
            if OWN.fullmatch(Path(path).name) and read_schema(store, path).equals(SCHEMA):
                answers.append(path)
            elif path.endswith(".parquet"):
                foreign.append(path)
        except pyarrow.ArrowInvalid:        # it lacks its end, which says what is in it
            cut_off.append(path)
    return answers, cut_off, foreign


def open_answers(store, files):
    """The pyarrow Dataset of files of answers."""
    return pyarrow.dataset.dataset(files, filesystem=store, format="parquet", schema=SCHEMA)


def set_aside(store, path):
    """Rename a file that was cut off so that who reads *.parquet or the folder passes over it."""
    folder, _, name = path.rpartition("/")
    store.move(path, f"{folder}/_{name}.damaged")
    print(f"{name} was cut off: it is now _{name}.damaged, and its images are read again",
          file=sys.stderr)


def find_answers(store, folder):
    """Paths of the images whose answers are in a folder; what else is there is told and kept."""
    answers, cut_off, foreign = sort_files(store, folder)
    for path in cut_off:
        set_aside(store, path)
    if foreign:
        which = Path(foreign[0]).name if len(foreign) == 1 else f"{len(foreign):,} Parquet files"
        print(f"left as found in the output, since not written by this program: {which}",
              file=sys.stderr)
    return set(open_answers(store, answers).to_table(columns=["path"])["path"].to_pylist())


def fetch(batch):
    """A batch of paths with the bytes of each image, null where they cannot be had."""
    stores, images = {}, []     # opening an object store takes longer than fetching an image
    for path in map(as_path, batch["path"].to_pylist()):
        folder, _, name = path.rpartition("/")
        try:
            if folder not in stores:
                stores[folder] = locate(folder or "/")
            store, inside = stores[folder]
            with store.open_input_stream(os.fsencode(f"{inside}/{name}")) as file:
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
        images = zip(map(as_path, batch["path"].to_pylist()), batch["image"].to_pylist())
        answers = [digits.try_to_read(path, path if image is None else image, self.reader)[1]
                   for path, image in images]
        confidences = [[digit["confidence"] for digit in answer["digits"]] for answer in answers]
        return pyarrow.table({
            "path": batch["path"], "text": [answer["text"] for answer in answers],
            "lowest_confidence": [min(each, default=None) for each in confidences],
            "sure": [min(each, default=0) >= digits.SURE for each in confidences],
            "error": [answer["error"] for answer in answers]}, schema=SCHEMA)


def connect(address, model, folder):
    """Join the Ray cluster at `address`, or start one; workers get the scripts and the networks."""
    for script in (__file__, digits.__file__):
        shutil.copy(script, folder)
    shutil.copy(model, Path(folder) / MODEL)
    models = Path(folder, digits.INK_FINDERS[0].parent.name)    # where the script looks for them
    models.mkdir()
    for path in digits.INK_FINDERS:
        shutil.copy(path, models)
    here = {} if address else {"include_dashboard": False, "object_store_memory": STORE}
    logging.disable(logging.WARNING)        # of what Ray Data does, line by line
    act = "join" if address else "start"
    with digits.explained(f"cannot {act} a Ray cluster ({{}}); see: ray status"):
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
    answers.write_parquet(folder, filesystem=store, filename_provider=AnswerNames(),
                          min_rows_per_file=ROWS)


def find_work(args):
    """File system and folder of the output, all images' paths as text, and those not read yet."""
    with digits.explained(f"cannot keep answers in {args.output} ({{}}); name another folder"):
        store, folder = locate(args.output)
        if store.get_file_info(folder).is_file:
            raise ValueError("a file")
        done = find_answers(store, folder)
    paths = dict.fromkeys(as_text(path) for source in args.images for path in find_images(source))
    return store, folder, paths, [path for path in paths if path not in done]


def run(args):
    """Read what is not read yet; the exit code, 1 if any image could not be read."""
    digits.log_to_stderr(logging.INFO)
    model = digits.open_reader(args.model, Path("models")).path
    store, folder, paths, left = find_work(args)
    print(f"{len(paths):,} images, {len(paths) - len(left):,} of them read before", file=sys.stderr)
    start = time.monotonic()
    if left:
        with tempfile.TemporaryDirectory() as sent, contextlib.redirect_stdout(sys.stderr):
            connect(args.address, model, sent)      # Ray tells on stdout of workers that die
            with digits.explained("reading broke off ({}); start it again with the same output"):
                read(left, store, folder, args.workers or int(ray.cluster_resources()["CPU"]))
    answers = open_answers(store, sort_files(store, folder)[0])
    failed = answers.count_rows(filter=~pyarrow.dataset.field("error").is_null())
    print(f"{len(left):,} images read in {time.monotonic() - start:.0f} s; "
          f"{answers.count_rows():,} answers in {args.output}, {failed:,} of them errors",
          file=sys.stderr)
    return int(failed > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="+", metavar="IMAGES",
                        help="files, folders, globs, or URIs of such")
    parser.add_argument("--output", required=True, metavar="FOLDER",
                        help="for the answers, or its URI")
    parser.add_argument("--address",
                        help="of a running Ray cluster, or auto; else one is started here")
    parser.add_argument("--workers", type=digits.whole(1), metavar="N",
                        help="readers (one per core)")
    parser.add_argument("--model", default="pretrained",
                        help="a saved network, or its path (pretrained)")
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

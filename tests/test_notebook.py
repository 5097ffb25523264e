"""The notebook: runs from top to bottom, and stands committed with the outputs of a real run."""
import re

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

PATH = ROOT / "handwritten_digit_recognition.ipynb"


@pytest.fixture(scope="module")
def notebook():
    """The notebook as it is committed."""
    return nbformat.read(PATH, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook):
    """All that the cells printed, as one text."""
    return "".join(output.text for cell in code_cells(notebook) for output in cell.outputs
                   if output.output_type == "stream")


def pictures(notebook):
    """The number of pictures that the cells show."""
    outputs = (output for cell in code_cells(notebook) for output in cell.outputs)
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_it_is_committed_with_the_outputs_of_a_real_run(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    text = printed(notebook)
    assert "MNIST (60000, 28, 28)" in text and "epoch 10/10" in text and "epoch 20/20" in text
    assert float(re.search(r"accuracy (\d+\.\d+)%, loss", text)[1]) > 98
    assert pictures(notebook) >= 9
    assert not re.search(r"/(?:home|tmp|root|work|Users)/", nbformat.writes(notebook))


def test_it_runs_on_drawn_digits(notebook):
    """With few epochs, and every cell as it is but for the settings."""
    settings, = (cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", ()))
    before = settings.source
    settings.source = re.sub(r"\d+(?=[,}])", "1", before).replace('"mnist"', '"strokes"')
    assert settings.source != before
    for cell in code_cells(notebook):
        cell.outputs = []
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": ROOT}}).execute()
    text = printed(notebook)
    assert "drawn digits, not MNIST" in text and "epoch 1/1" in text and pictures(notebook) >= 9
    assert re.search(r"dense +4 \(\d", text) and re.search(r"best +4 \(\d", text)

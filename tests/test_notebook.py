"""The notebook: runs from top to bottom, and stands committed with the outputs of a real run."""
import math
import re

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

import mnist_digit_classifier as digits

PATH = ROOT / "handwritten_digit_recognition.ipynb"
# Images to learn and to test, not 60,000 and 10,000
FEWER = "digits.draw_dataset = lambda draw=digits.draw_dataset: draw(1500, 200)"


@pytest.fixture
def notebook():
    """The notebook as it is committed."""
    return nbformat.read(PATH, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook):
    """All that the cells printed, as one text."""
    return "".join(output.text for cell in code_cells(notebook) for output in cell.outputs
                   if output.output_type == "stream")


def shown(notebook, kind):
    """What the cells show of a kind, such as image/png."""
    outputs = (output for cell in code_cells(notebook) for output in cell.outputs)
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def told(notebook):
    """All that it says between the cells, every break of a line as a space."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return " ".join(" ".join(texts).split())


def test_it_is_committed_with_the_outputs_of_a_real_run(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs
                if output.output_type == "error"]
    text = printed(notebook)
    assert "MNIST (60000, 28, 28)" in text and "epoch 10/10" in text and "epoch 20/20" in text
    assert float(re.search(r"accuracy (\d+\.\d+)%, loss", text)[1]) > 98
    assert len(shown(notebook, "image/png")) >= 9
    assert not re.search(r"/(?:home|tmp|root|work|Users)/", nbformat.writes(notebook))
    assert not [cell for cell in cells if "execution" in cell.metadata]
    assert PATH.stat().st_size < 1_200_000


def test_its_figures_are_the_scripts(notebook):
    """Those of the text, and the parameters that the summary shows, without the optimiser's."""
    held_out = math.ceil(60_000 * digits.VALIDATION)
    parameters = digits.NETWORKS["dense"].parameters
    text, summary = told(notebook), "".join(shown(notebook, "text/html"))
    assert f"60,000 are for learning; {held_out:,} of them" in text
    assert f"It learns {60_000 - held_out:,} images" in text
    assert f"the {held_out:,} held-out images" in text
    assert f"learns {digits.BESIDES:,} digits that the script draws besides" in text
    assert digits.CLEAN_EPOCHS == 0.3 and "Only the last three tenths of the epochs" in text
    assert re.findall(r"Total params: .*?([\d,]+)</span>", summary) == [f"{parameters:,}"]
    assert f"{digits.NETWORKS['dense-128'].parameters:,} parameters" in printed(notebook)
    settings, = (cell.source for cell in code_cells(notebook) if cell.metadata.get("tags"))
    epochs = {name: int(count) for name, count in re.findall(r'"([\w-]+)": (\d+)', settings)}
    assert epochs == {name: digits.NETWORKS[name].epochs for name in ("dense", "dense-128")}


def test_it_learns_mnist_alone_and_touches_the_test_set_once(notebook):
    code = "\n".join(cell.source for cell in code_cells(notebook))
    name = re.search(r'data\._replace\(name="(.+)"\)', code)[1]
    data = digits.Dataset(*[None] * 4, name)
    assert {digits.count_besides(network, data, False)
            for network in ("dense", "dense-128")} == {digits.Besides()}
    assert f"on {name}: accuracy" in printed(notebook)
    assert code.count("straighten(data.x_test)") == 1
    chosen = re.search(r"chosen: (\S+)", printed(notebook))[1]
    reached = dict(re.findall(r"(?m)^(\S+) +\S+ parameters, validation accuracy (\S+)%",
                              printed(notebook)))
    assert reached[chosen] == max(reached.values()) and len(reached) == 2
    assert f"\n{chosen} on {name}: accuracy" in printed(notebook)


def test_it_runs_on_drawn_digits(notebook):
    """With few epochs and images, and every cell as it is but for the settings."""
    settings, = (cell for cell in code_cells(notebook)
                 if "parameters" in cell.metadata.get("tags", ()))
    before = settings.source
    fewer_epochs = re.sub(r"\d+(?=[,}])", "2", before)
    settings.source = fewer_epochs.replace('"mnist"', '"strokes"') + f"\n{FEWER}"
    assert settings.source.count('": 2') == 2 and '"strokes"' in settings.source
    for cell in code_cells(notebook):
        cell.outputs = []
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": ROOT}}).execute()
    text = printed(notebook)
    assert "drawn digits, not MNIST" in text and "epoch 2/2" in text
    assert len(shown(notebook, "image/png")) >= 9
    assert re.search(r"dense +4 \(\d", text) and re.search(r"best +4 \(\d", text)

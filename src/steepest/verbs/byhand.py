"""``byhand``: every number worked out, with the files that are asked for. Nothing heavy is imported here."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UserError
from ..storage import write_durably
from .settings import takes

if TYPE_CHECKING:
    from ..byhand.answer_key import AnswerKey
    from ..byhand.backpropagation import Backprop
    from ..byhand.cross_entropy import SoftmaxWork
    from ..byhand.grading import Grade
    from ..byhand.maps import Maps
    from ..byhand.sizes import SizeRow, Window
    from ..byhand.stepping import Stepping
    from ..byhand.windows import Swept
    from ..models import LayerTable

Numbers = str | float | Sequence[float]  # as typed, with commas between, or as they are
Place = Path | str | None
Topic = Literal["backprop", "convolution", "pooling", "softmax", "step", "size"]
IMAGE = "1 2 3 0; 4 5 6 1; 7 8 9 2; 0 1 0 1"  # where none is given


@takes(kinds=False)
def backprop(
    network: Place = None,
    *,
    sizes: Numbers | None = None,
    inputs: Numbers | None = None,
    targets: Numbers | None = None,
    weights: Numbers | None = None,
    biases: Numbers | bool | None = None,
    activation: str | None = None,
    output: str | None = None,
    lr: float = 1.0,
    steps: int = 1,
    seed: int = 0,
    csv: Place = None,
    html: Place = None,
    svg: Place = None,
) -> "Backprop":
    """Work backpropagation through a small dense network, with every derivative's chain.

    Without options: the published 2-2-2 worksheet, beside what was published.

    Example: `steepest byhand backprop --sizes 2,3,2 --activation tanh --output softmax --steps 5 --html net.html`

    Args:
        network: A TOML file with any of the values below.
        sizes: Neurons of each layer, inputs first.
        inputs, targets: Numbers between commas.
        weights: w1,w2,...: layer by layer, neuron by neuron.
        biases: b1,b2,..., or `yes` to have them drawn.
        activation: sigmoid, tanh or relu.
        output: sigmoid, tanh, relu, linear, or softmax with cross-entropy.
        lr: The learning rate.
        steps: Rows of the table.
        seed: Of numbers that you do not give.
        csv: Write every row and column here.
        html: Write a page here whose cells tell their formulas.
        svg: Write a drawing of the network here.

    Raises:
        UserError: a value is none, or a file cannot be written.
    """
    from ..byhand.backpropagation import backprop as work
    from ..byhand.backpropagation import check_backprop, drawn_network
    from ..byhand.dense import make_network, read_network
    from ..content.svg import svg_of
    from ..pages.byhand.page import backprop_page
    from ..pages.byhand.text import rows_csv

    typed = {"sizes": sizes, "inputs": inputs, "targets": targets, "weights": weights}
    typed |= {"biases": biases, "activation": activation, "output": output}
    given = read_network(Path(network)) if network else {}
    given |= {name: _setting(name, each) for name, each in typed.items() if each is not None}
    made = make_network(given, seed=seed, where=str(network or ""))
    run = work(made, lr=lr, steps=steps)
    _write(csv, lambda: rows_csv(run))
    _write(html, lambda: backprop_page(run, check_backprop(run)))
    _write(svg, lambda: f"{svg_of(drawn_network(run.network, run.rows[0]))}\n")
    return run


def _setting(name: str, given: Any) -> Any:
    """Return what was given for a network as its file would hold it."""
    if name in ("activation", "output") or (name == "biases" and isinstance(given, bool)):
        return given
    if name == "biases" and given in ("yes", "no"):
        return given == "yes"
    if name == "sizes":
        return [int(each) for each in numbers(given, name, whole=True)]
    return numbers(given, name)


@takes(kinds=False)
def softmax(logits: Numbers, *, label: int = 1) -> "SoftmaxWork":
    """Work the cross-entropy of logits and its gradient, beside finite differences and autograd.

    Example: `steepest byhand softmax 2,1,0.1 --label 2`

    Args:
        logits: Numbers between commas.
        label: The true class, counted from 1.

    >>> len(softmax([2, 1, 0.1], label=2).machine)
    3
    """
    from ..byhand.cross_entropy import softmax as work

    return work(numbers(logits, "logits"), label)


@takes(kinds=False)
def step(
    rule: str,
    *,
    steps: int = 1,
    lr: float | None = None,
    start: Numbers | None = None,
    curvature: Numbers | None = None,
    centre: Numbers | None = None,
) -> "Stepping":
    """Work an optimizer's steps on E = sum of h (w - c)^2 / 2, line by line of its formula.

    Example: `steepest byhand step adam --steps 3 --start 1,1 --curvature 1,10`

    Args:
        rule: An optimizer, such as adam or momentum:beta=0.8.
        steps: How many.
        lr: Without it the rule's own.
        start, curvature, centre: Numbers between commas, as many each: w, h and c.

    >>> step("sgd", lr=0.5).lr
    0.5
    """
    from ..byhand.stepping import Bowl, stepping

    given = {"start": start, "curvature": curvature, "centre": centre}
    chosen = {name: tuple(numbers(each, name)) for name, each in given.items() if each is not None}
    lengths = [len(each) for each in chosen.values()] or [2]
    usual = {"start": 1.0, "curvature": 1.0, "centre": 0.0}
    if "curvature" not in chosen and lengths[0] == len(Bowl().curvature):
        chosen["curvature"] = Bowl().curvature
    filled = {name: chosen.get(name, (value,) * lengths[0]) for name, value in usual.items()}
    return stepping(rule, Bowl(**filled), steps=steps, lr=lr)


@takes(kinds=False)
def convolution(
    *,
    matrix: str | None = None,
    digit: int | None = None,
    image: Place = None,
    fit: int | None = None,
    index: int = 0,
    kernel: str | Sequence[str] | None = None,
    bias: Numbers | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    out: Place = None,
) -> "Swept":
    """Work a convolution window by window: the products, the sum and the bias.

    Example: `steepest byhand convolution --matrix "1 2 3; 4 5 6; 7 8 9" --kernel "1 0; 0 -1" --bias 0.5`

    Args:
        matrix: An image typed in: "1 2; 3 4", `|` between channels.
        digit: A digit of mnist5k.
        image: An image file.
        fit: Resize the file's central square to this side.
        index: Which of the test images of that digit.
        kernel: edge, blur, sharpen, ..., random:SIZE:SEED, or typed in; several give several filters.
        bias: One number a filter.
        stride, padding, dilation: In pixels.
        out: Folder for the pictures and the CSV.

    Raises:
        UserError: an image or a kernel cannot be used.
    """
    from ..byhand.maps import make_kernel
    from ..byhand.windows import convolution as work

    maps = _image(matrix, digit, image, fit=fit, index=index)
    kernels = [kernel] if isinstance(kernel, str) else kernel or ["edge"]
    made = [make_kernel(each, len(maps)) for each in kernels]
    biases = numbers(bias, "bias") if bias is not None else []
    return _drawn(work(maps, made, bias=biases, stride=stride, padding=padding, dilation=dilation), out)


@takes(kinds=False)
def pooling(
    *,
    matrix: str | None = None,
    digit: int | None = None,
    image: Place = None,
    fit: int | None = None,
    index: int = 0,
    kind: Literal["max", "average"] = "max",
    kernel: int = 2,
    stride: int = 0,
    padding: int = 0,
    dilation: int = 1,
    out: Place = None,
) -> "Swept":
    """Work max- or average-pooling window by window.

    Example: `steepest byhand pooling --digit 7 --kernel 4 --out pooled`

    Args:
        matrix: An image typed in: "1 2; 3 4", `|` between channels.
        digit: A digit of mnist5k.
        image: An image file.
        fit: Resize the file's central square to this side.
        index: Which of the test images of that digit.
        kind: What is taken of a window.
        kernel: Side of the window.
        stride: 0 stands for the window's side.
        padding, dilation: In pixels.
        out: Folder for the pictures and the CSV.

    Raises:
        UserError: an image cannot be used.
    """
    from ..byhand.windows import pooling as work

    maps = _image(matrix, digit, image, fit=fit, index=index)
    return _drawn(work(maps, kernel, kind=kind, stride=stride, padding=padding, dilation=dilation), out)


def _image(matrix: str | None, digit: int | None, image: Place, *, fit: int | None, index: int) -> "Maps":
    from ..byhand.maps import digit_image, read_image, read_maps

    if sum(each is not None for each in (matrix, digit, image)) > 1:
        raise UserError("Give one image: matrix, digit or image.")
    if fit is not None and (image is None or fit < 1):
        raise UserError("fit is the side in pixels, 1 or more, that an image is resized to.")
    if image is not None:
        return read_image(Path(image), fit)
    if digit is not None:
        return digit_image(digit, index)
    return read_maps(matrix if matrix is not None else IMAGE)


def _drawn(done: "Swept", out: Place) -> "Swept":
    if out:
        from ..byhand.windows import library_result
        from ..content.png import file_of
        from ..pages.byhand.pictures import overview_figure, windows_figure
        from ..pages.byhand.text import result_csv

        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "overview.png", lambda: file_of(overview_figure(done, library_result(done))))
        _write(folder / "windows.png", lambda: file_of(windows_figure(done)))
        _write(folder / "windows.csv", lambda: result_csv(done))
    return done


@takes(kinds=False)
def count(model: str, *, input: str | None = None, classes: int | None = None) -> "LayerTable":
    """Count a network's parameters layer by layer, each as a sum of products.

    Example: `steepest byhand count cnn-guide`

    Args:
        model: A named model or a notation.
        input: Channels x height x width.
        classes: Adapt a named model.

    >>> count("cnn-guide").derivation
    '320 + 18,496 + 401,536 + 1,290 = 421,642'
    """
    from ..models.shapes import show

    return show(model, input=input, classes=classes)


@takes(kinds=False)
def size(
    model: str | None = None,
    *,
    input: str | int | None = None,
    kernel: Numbers | None = None,
    stride: Numbers = "1",
    padding: Numbers = "0",
    dilation: Numbers = "1",
) -> "tuple[SizeRow, ...]":
    """Work output sizes and receptive fields, of a network or of typed numbers.

    Example: `steepest byhand size --input 28 --kernel 5 --stride 2 --padding 1`

    Args:
        model: A named model or a notation; or give numbers.
        input: Pixels of a side; for a model channels x height x width.
        kernel: Of each layer, between commas.
        stride, padding, dilation: As many, or one for all.

    >>> size(input=28, kernel=5, stride=2, padding=1)[0].size
    '(28 - 5 + 2 x 1) // 2 + 1 = 13'
    """
    from ..byhand.sizes import size_rows, typed_sizes
    from ..models.shapes import parse_shape

    if (model is None) == (kernel is None):
        raise UserError("Give a model (`byhand size cnn-guide`), or numbers: --input 28 --kernel 5.")
    if model is not None:
        return size_rows(model, parse_shape(str(input)) if input else None)
    side = numbers(input or "28", "input", whole=True)[0]
    return typed_sizes(int(side), _windows(kernel or "", stride, padding, dilation))


def _windows(kernel: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers) -> "list[Window]":
    from ..byhand.sizes import Window

    columns = [kernels := numbers(kernel, "kernel", whole=True)]
    for name, given in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        typed = numbers(given, name, whole=True)
        if len(typed) not in (1, len(kernels)):
            raise UserError(
                f"{name} has {len(typed)} numbers; give one, or one for each of {len(kernels)} kernels."
            )
        columns.append(typed * (len(kernels) if len(typed) == 1 else 1))
    return [Window(*map(int, each)) for each in zip(*columns, strict=True)]


@takes(kinds=False)
def worksheet(*, topic: Topic, out: Path | str, students: int = 1, seed: int = 0, digits: int = 4) -> "AnswerKey":
    """Write exercise sheets with small numbers, every student's own, and their key.

    Print worksheets.html from a browser; `grade` takes key.json and the filled-in answers.csv.

    Example: `steepest byhand worksheet --topic backprop --seed 7 --students 30 --out sheets`

    Args:
        topic: What is practised.
        out: A new folder.
        students: How many sheets.
        seed: Of the numbers.
        digits: Significant digits of an answer.

    Raises:
        UserError: there is no such topic, or the folder is not empty.
    """
    from ..byhand.answer_key import draw_key

    key, folder = draw_key(topic, seed=seed, students=students, digits=digits), Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{out} is not an empty folder: students may have written into it. Take another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sheet_files(key).items():
        write_durably(folder / name, text)
    return key


def sheet_files(key: "AnswerKey") -> dict[str, str]:
    """Return the files of a folder of worksheets, by name."""
    from ..byhand.answer_key import key_csv, key_json
    from ..pages.byhand.page import sheets_page

    return {
        "worksheets.html": sheets_page(key),
        "answers.csv": key_csv(key, filled=False),
        "key.html": sheets_page(key, filled=True),
        "key.json": key_json(key),
        "key.csv": key_csv(key),
    }


@takes(kinds=False)
def grade(key: Path | str, answers: Path | str, *, csv: Place = None) -> "tuple[Grade, ...]":
    """Find each student's first wrong cell and the slip behind it.

    What is worked out rightly from an earlier wrong value is not held against a student.

    Example: `steepest byhand grade sheets/key.json sheets/answers.csv`

    Args:
        key: key.json of the worksheets.
        answers: A CSV: student,cell,answer; or a row a student, a column a cell.
        csv: Write every cell's verdict here.

    Raises:
        UserError: a file cannot be read.
    """
    from ..byhand.answer_key import read_answers, read_key
    from ..byhand.grading import grade as work
    from ..pages.byhand.text import grades_csv

    known = read_key(Path(key))
    grades = work(known, read_answers(Path(answers), known))
    _write(csv, lambda: grades_csv(grades))
    return grades


def numbers(given: Numbers, name: str, *, whole: bool = False) -> list[float]:
    """Return numbers, given as they are or typed with commas between.

    Raises:
        UserError: one of them is none.

    >>> numbers("1, 2", "sizes"), numbers((1, 0.5), "weights")
    ([1.0, 2.0], [1.0, 0.5])
    """
    if isinstance(given, str):
        parts = re.split(r"[\s,]+", given.strip())
    else:
        parts = list(map(str, given if isinstance(given, Sequence) else [given]))
    pattern = r"[+-]?\d+" if whole else r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
    for each in parts:
        if not re.fullmatch(pattern, each):
            kind = "whole number" if whole else "number"
            raise UserError(f"`{each}` in {name} is no {kind}. Write them between commas: {name} 1,2.")
    return [float(each) for each in parts]


def _write(path: Place, content: Callable[[], str | bytes]) -> None:
    """Write a file where one is asked for; its folder must be there."""
    if path is None:
        return
    if not Path(path).parent.is_dir():
        raise UserError(f"There is no folder {Path(path).parent}.")
    write_durably(Path(path), content())

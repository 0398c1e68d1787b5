"""`steepest byhand convolution`, `pooling`, `count` and `size`: windows, sizes and parameters worked out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..errors import UserError
from .byhand_words import Json, numbers, write

if TYPE_CHECKING:
    from ..byhand.maps import Maps
    from ..byhand.windows import Swept

Typed = Annotated[
    str | None, Parameter(help='An image typed in: "1 2; 3 4", `|` between channels.')
]
Digit = Annotated[int | None, Parameter(help="A digit of mnist5k.")]
ImageFile = Annotated[Path | None, Parameter(help="An image file.")]
Fit = Annotated[int | None, Parameter(help="Resize the file's central square to this side.")]
Index = Annotated[int, Parameter(help="Which of the test images of that digit.")]
Shown = Annotated[int, Parameter(help="How many windows to work out.")]
Out = Annotated[Path | None, Parameter(help="Folder for the pictures and the CSV.")]


def convolution(
    *,
    matrix: Typed = None,
    digit: Digit = None,
    image: ImageFile = None,
    fit: Fit = None,
    index: Index = 0,
    kernel: Annotated[
        list[str] | None,
        Parameter(
            help="edge, blur, sharpen, ..., random:SIZE:SEED, or typed in; several give several filters."
        ),
    ] = None,
    bias: Annotated[str | None, Parameter(help="One number a filter.")] = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    windows: Shown = 4,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Work a convolution window by window: the products, the sum and the bias.

    Example: `steepest byhand convolution --matrix "1 2 3; 4 5 6; 7 8 9" --kernel "1 0; 0 -1" --bias 0.5`
    """
    from ..byhand.maps import make_kernel
    from ..byhand.windows import convolution as work_convolution

    maps = _image(matrix, digit, image, fit, index)
    kernels = [make_kernel(each, len(maps)) for each in kernel or ["edge"]]
    biases = numbers(bias, "bias") if bias is not None else []
    done = work_convolution(
        maps, kernels, bias=biases, stride=stride, padding=padding, dilation=dilation
    )
    _show_windows(done, windows, out, as_json)


def pooling(
    *,
    matrix: Typed = None,
    digit: Digit = None,
    image: ImageFile = None,
    fit: Fit = None,
    index: Index = 0,
    kind: Literal["max", "average"] = "max",
    kernel: Annotated[int, Parameter(help="Side of the window.")] = 2,
    stride: Annotated[int, Parameter(help="0 stands for the window's side.")] = 0,
    padding: int = 0,
    dilation: int = 1,
    windows: Shown = 4,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Work max- or average-pooling window by window.

    Example: `steepest byhand pooling --digit 7 --kernel 4 --out pooled`
    """
    from ..byhand.windows import pooling as work_pooling

    maps = _image(matrix, digit, image, fit, index)
    done = work_pooling(maps, kernel, kind=kind, stride=stride, padding=padding, dilation=dilation)
    _show_windows(done, windows, out, as_json)


def _image(
    matrix: str | None, digit: int | None, image: Path | None, fit: int | None, index: int
) -> "Maps":
    from ..byhand.maps import digit_image, read_image, read_maps

    given = [each is not None for each in (matrix, digit, image)]
    if sum(given) > 1:
        raise UserError("Give one image: --matrix, --digit or --image.")
    if fit is not None and (image is None or fit < 1):
        raise UserError("--fit is the side in pixels, 1 or more, that an --image is resized to.")
    if image is not None:
        return read_image(image, fit)
    if digit is not None:
        return digit_image(digit, index)
    return read_maps(matrix if matrix is not None else "1 2 3 0; 4 5 6 1; 7 8 9 2; 0 1 0 1")


def _show_windows(done: "Swept", most: int, out: Path | None, as_json: bool) -> None:
    from ..byhand.windows_check import check_windows, library_result
    from ..reporting.byhand_text import result_csv, windows_text

    if most < 0:
        raise UserError(f"--windows must be 0 or more, not {most}.")
    check = check_windows(done)
    if out:
        from ..reporting.byhand_pictures import overview_figure, windows_figure

        out.mkdir(parents=True, exist_ok=True)
        overview_figure(done, library_result(done)).savefig(out / "overview.png")
        windows_figure(done).savefig(out / "windows.png")
        write(out / "windows.csv", result_csv(done))
    if as_json:
        shown = [str(window.cell) for window in done.telling(most)]
        print(json.dumps({"result": done.result, "windows": shown, "check": check.as_json()}))
        return
    print(f"{windows_text(done, most)}\n{check}")


def count(
    model: Annotated[str, Parameter(help="A named model or a notation.")],
    /,
    *,
    input_: Annotated[
        str | None, Parameter(name="--input", help="channels x height x width.")
    ] = None,
    classes: Annotated[int | None, Parameter(help="Adapt a named model.")] = None,
    as_json: Json = False,
) -> None:
    """Count a network's parameters layer by layer, each as a sum of products.

    Example: `steepest byhand count cnn-guide`
    """
    from ..byhand.sizes import counted, parse_shape

    table = counted(model, parse_shape(input_) if input_ else None, classes)
    if as_json:
        print(json.dumps(table.as_json()))
        return
    learning = [row for row in table.rows if row.parameters]
    width = max((len(row.token) for row in learning), default=0)
    for row in learning:
        print(f"{row.token:<{width}}  {row.kind}: {row.derivation}")
    print(f"in all: {table.derivation}")


def size(
    model: Annotated[
        str | None, Parameter(help="A named model or a notation; or give numbers.")
    ] = None,
    /,
    *,
    input_: Annotated[
        str | None,
        Parameter(name="--input", help="Pixels of a side; for a model channels x height x width."),
    ] = None,
    kernel: Annotated[str | None, Parameter(help="Of each layer, between commas.")] = None,
    stride: Annotated[str, Parameter(help="As many, or one for all.")] = "1",
    padding: Annotated[str, Parameter(help="As many, or one for all.")] = "0",
    dilation: Annotated[str, Parameter(help="As many, or one for all.")] = "1",
    as_json: Json = False,
) -> None:
    """Work output sizes and receptive fields, of a network or of typed numbers.

    Example: `steepest byhand size --input 28 --kernel 5 --stride 2 --padding 1`
    """
    from ..byhand.sizes import parse_shape, size_rows, typed_sizes
    from ..reporting.byhand_text import sizes_text

    if (model is None) == (kernel is None):
        raise UserError(
            "Give a model (`byhand size cnn-guide`), or numbers: --input 28 --kernel 5."
        )
    if model is not None:
        rows = size_rows(model, parse_shape(input_) if input_ else None)
    else:
        (side,) = numbers(input_ or "28", "input", whole=True)[:1]
        rows = typed_sizes(int(side), _windows(kernel or "", stride, padding, dilation))
    print(json.dumps({"layers": [vars(row) for row in rows]}) if as_json else sizes_text(rows))


def _windows(kernel: str, stride: str, padding: str, dilation: str) -> list[Any]:
    from ..byhand.sizes import Window

    kernels = numbers(kernel, "kernel", whole=True)
    columns = [kernels]
    for name, text in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        typed = numbers(text, name, whole=True)
        if len(typed) not in (1, len(kernels)):
            raise UserError(
                f"--{name} has {len(typed)} numbers; give one, or one for each of {len(kernels)} kernels."
            )
        columns.append(typed * (len(kernels) if len(typed) == 1 else 1))
    return [Window(*map(int, each)) for each in zip(*columns, strict=True)]

"""`steepest byhand backprop`, `softmax` and `step`: derivatives and updates worked out."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .byhand_words import Json, Numbers, numbers, table_json, write

if TYPE_CHECKING:
    from ..byhand.backprop import Backprop
    from ..byhand.table import Check


def backprop(
    *,
    network: Annotated[
        Path | None, Parameter(help="A TOML file with any of the values below.")
    ] = None,
    sizes: Annotated[str | None, Parameter(help="Neurons of each layer, inputs first.")] = None,
    inputs: Numbers = None,
    targets: Numbers = None,
    weights: Annotated[
        str | None, Parameter(help="w1,w2,...: layer by layer, neuron by neuron.")
    ] = None,
    biases: Annotated[str | None, Parameter(help="b1,b2,..., or `yes` to have them drawn.")] = None,
    activation: Annotated[str | None, Parameter(help="sigmoid, tanh or relu.")] = None,
    output: Annotated[
        str | None, Parameter(help="sigmoid, tanh, relu, linear, or softmax with cross-entropy.")
    ] = None,
    lr: Annotated[float, Parameter(help="The learning rate.")] = 1.0,
    steps: Annotated[int, Parameter(help="Rows of the table.")] = 1,
    rates: Annotated[
        str | None, Parameter(help="Also E in the last row for each of these rates.")
    ] = None,
    columns: Annotated[
        str | None, Parameter(help="Quantities to show for several rows: E,w1,dE/dw1.")
    ] = None,
    seed: Annotated[int, Parameter(help="Of numbers that you do not give.")] = 0,
    csv: Annotated[Path | None, Parameter(help="Write every row and column here.")] = None,
    html: Annotated[
        Path | None, Parameter(help="Write a page here whose cells tell their formulas.")
    ] = None,
    svg: Annotated[Path | None, Parameter(help="Write a drawing of the network here.")] = None,
    as_json: Json = False,
) -> None:
    """Work backpropagation through a small dense network, with every derivative's chain.

    Without options: the published 2-2-2 worksheet, beside what was published.

    Example: `steepest byhand backprop --sizes 2,3,2 --activation tanh --output softmax --steps 5 --html net.html`
    """
    from ..byhand.backprop import backprop as work_backprop
    from ..byhand.backprop_check import check_backprop
    from ..byhand.dense import DEFAULT, make_network, read_network

    typed = {"sizes": sizes, "inputs": inputs, "targets": targets, "weights": weights}
    typed |= {"biases": biases, "activation": activation, "output": output}
    settings = (read_network(network) if network else {}) | _settings(typed)
    made = make_network(settings, seed=seed, where=str(network or ""))
    run = work_backprop(made, lr=lr, steps=steps)
    check = check_backprop(run)
    _write_backprop(run, check, csv, html, svg)
    last = _errors_by_rate(run, rates)
    if as_json:
        record = {"network": vars(made), "lr": lr, "rows": [row.values for row in run.rows]}
        print(json.dumps(record | {"check": check.as_json(), "rates": last}))
        return
    _print_backprop(run, check, columns, published=made == DEFAULT)
    for rate, error in last.items():
        print(f"lr {rate}: E in row {steps} = {error:.6g}")


def _settings(typed: dict[str, str | None]) -> dict[str, Any]:
    """Return what was typed on the command line as a network's settings, without what was not typed."""
    words: dict[str, Any] = {"yes": True, "no": False}
    settings: dict[str, Any] = {}
    for name, text in typed.items():
        if text is None:
            continue
        if name in ("activation", "output"):
            settings[name] = text
        elif name == "biases" and text in words:
            settings[name] = words[text]
        elif name == "sizes":
            settings[name] = [int(each) for each in numbers(text, name, whole=True)]
        else:
            settings[name] = numbers(text, name)
    return settings


def _write_backprop(
    run: "Backprop", check: "Check", csv: Path | None, html: Path | None, svg: Path | None
) -> None:
    from ..reporting.byhand_drawing import network_drawing
    from ..reporting.byhand_page import backprop_page
    from ..reporting.byhand_text import rows_csv

    if csv:
        write(csv, rows_csv(run))
    if html:
        write(html, backprop_page(run, check))
    if svg:
        write(svg, network_drawing(run.network, run.rows[0]) + "\n")


def _errors_by_rate(run: "Backprop", rates: str | None) -> dict[str, float]:
    from ..byhand.backprop import backprop as work_backprop

    chosen = numbers(rates, "rates") if rates else []
    return {
        f"{rate:g}": work_backprop(run.network, lr=rate, steps=len(run.rows)).rows[-1].values["E"]
        for rate in chosen
    }


def _print_backprop(
    run: "Backprop", check: "Check", columns: str | None, *, published: bool
) -> None:
    from ..byhand.backprop_check import MACHINE, autograd_values
    from ..byhand.published import FIRST_ROW, differing
    from ..byhand.table import check as check_table
    from ..reporting.byhand_text import given_text, rows_text, table_text

    first = run.rows[0]
    print(f"{run.network}, lr {run.lr:g}\n{given_text(first.given)}")
    machine = check_table(first, autograd_values(run.at(0), run.lr), MACHINE)
    print(table_text(first, machine, FIRST_ROW if published else None))
    if published and (wrong := differing(first.values)):
        names = " and ".join(first[name].label for name in wrong)
        print(
            f"published {names} are wrong: that sheet took the derivative at h2 from a_h1 instead of a_h2"
        )
    if len(run.rows) > 1:
        print("\n" + rows_text(run, _columns(run, columns)))
    print(check)


def _columns(run: "Backprop", columns: str | None) -> list[str]:
    from ..errors import UnknownName

    if columns is None:
        last = run.network.sizes[-1]
        outputs = [f"a_o{k + 1}" for k in range(last)]
        return ["E", *outputs, *(name for name in run.columns if re.fullmatch(r"[wb]\d+", name))]
    chosen = [each.strip().replace("/", "_") for each in columns.split(",")]
    for each in chosen:
        if each not in run.columns:
            raise UnknownName("quantity", each, run.columns)
    return chosen


def softmax(
    logits: Annotated[str, Parameter(help="Numbers between commas.")],
    /,
    *,
    label: Annotated[int, Parameter(help="The true class, counted from 1.")] = 1,
    as_json: Json = False,
) -> None:
    """Work the cross-entropy of logits and its gradient, beside finite differences and autograd.

    Example: `steepest byhand softmax 2,1,0.1 --label 2`
    """
    from ..byhand.softmax import softmax as work_softmax
    from ..reporting.byhand_text import softmax_text

    done = work_softmax(numbers(logits, "logits"), label)
    if as_json:
        print(
            table_json(
                done.table, done.check, finite_differences=done.differences, autograd=done.machine
            )
        )
        return
    print(softmax_text(done))


def step(
    rule: Annotated[str, Parameter(help="An optimizer, such as adam or momentum:beta=0.8.")],
    /,
    *,
    steps: int = 1,
    lr: Annotated[float | None, Parameter(help="Without it the rule's own.")] = None,
    start: Numbers = None,
    curvature: Numbers = None,
    centre: Numbers = None,
    as_json: Json = False,
) -> None:
    """Work an optimizer's steps on E = sum of h (w - c)^2 / 2, line by line of its formula.

    Example: `steepest byhand step adam --steps 3 --start 1,1 --curvature 1,10`
    """
    from ..byhand.stepping import Bowl, stepping
    from ..reporting.byhand_text import stepping_text

    given = {"start": start, "curvature": curvature, "centre": centre}
    chosen = {name: tuple(numbers(text, name)) for name, text in given.items() if text is not None}
    lengths = [len(each) for each in chosen.values()] or [2]
    usual = {"start": 1.0, "curvature": 1.0, "centre": 0.0}
    if "curvature" not in chosen and lengths[0] == len(Bowl().curvature):
        chosen["curvature"] = Bowl().curvature
    filled = {name: chosen.get(name, (value,) * lengths[0]) for name, value in usual.items()}
    done = stepping(rule, Bowl(**filled), steps=steps, lr=lr)
    if as_json:
        print(table_json(done.table, done.check, rule=rule, lr=done.lr, objective=str(done.bowl)))
        return
    print(stepping_text(done))

"""What every parser says of inputs changed at random: an answer or an error of ours, soon, and nothing else."""

import json
import resource
import shutil
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import Random
from typing import Any

from .casework import Case, Fault, Part, Setting, Tally, apart, chunks
from .corpus import ARGUMENTS, FORCED, IMAGE_FORMATS, TEXTS, TOML
from .material import finished_comparison, finished_run, inside
from .mutations import mutated, mutated_bytes, mutated_json

INPUTS, CHUNK = 100_000, 500
LONGEST = 1.0  # seconds of one input, of the processor
BROKEN_OFF, HANGING = 5, 120  # seconds of the processor, and by the clock, after which an input is broken off
MEMORY = 6 << 30  # bytes of address space: an input that asks for more fails instead of the machine

SLOW = "took more than"

Draw = Callable[[Random], Any]  # an input
Parse = Callable[[Any], Any]


@dataclass(frozen=True)
class Parser:
    """A parser, and where its inputs come from.

    Args:
        name: for the table.
        share: of all inputs, beside the others' shares.
        inputs: draws an input.
        parse: takes it; whatever it raises that is no SteepestError is a fault.
    """

    name: str
    share: float
    inputs: Draw
    parse: Parse


class TooLong(BaseException):
    """An input was broken off."""


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases: some hundred inputs of a parser each."""
    root = (setting.folder / "fuzzing").resolve()
    known = parsers(root)
    total, shares = setting.count or INPUTS, sum(each.share for each in known)
    for each in known:
        for number, count in chunks(max(1, round(total * each.share / shares)), CHUNK):
            key = f"{each.name} {number}"
            work = partial(tried, each, root, count, f"{setting.seed}/{key}")
            yield Case(key, each.name, apart(work))


PART = Part(
    "fuzzing",
    "Inputs changed at random",
    "Every parser gets inputs that are nearly right: texts, files and whole commands with pieces taken away, "
    "doubled, swapped, or replaced by what is odd (huge numbers, NaN, escape codes, nests, other scripts' "
    "digits). It must give an answer or an error of steepest's own, within one second of processor time; a "
    "command must end with a documented exit code and print no control character that came from outside.",
    cases,
)


def tried(parser: Parser, root: Path, count: int, seed: str) -> Tally:
    """Give a parser so many inputs."""
    draw, faults, notes = Random(seed), list[Fault](), list[str]()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(0)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _break_off)
    with inside(root):
        for _ in range(count):
            given = parser.inputs(draw)
            note, fault = one(parser.parse, given)
            if fault and fault.what.startswith(SLOW):  # once more: the first of a kind loads what it needs
                note, fault = one(parser.parse, given)
            notes.append(note)
            if fault:
                faults.append(fault)
                _keep(root / "failed", parser.name, given)
    return Tally(count, tuple(faults), tuple(notes))


def one(parse: Parse, given: Any) -> tuple[str, Fault | None]:
    """Give one input; return what came in a word, and the fault."""
    from steepest.errors import SteepestError

    start = time.process_time()
    signal.alarm(HANGING)
    signal.setitimer(signal.ITIMER_PROF, BROKEN_OFF)
    what, note = "", "answers"
    try:
        parse(given)
    except SteepestError as error:
        note = "refusals"
        if type(error) is SteepestError:
            what = "SteepestError, which says that the fault is ours"
    except Wrong as wrong:
        what = str(wrong)
    except TooLong:
        what = f"broken off after {BROKEN_OFF} s of the processor"
    except BaseException as error:
        what = f"{type(error).__name__} in {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    spent = time.process_time() - start
    if not what and spent > LONGEST:
        what = f"{SLOW} {LONGEST:g} s"
    return note, Fault(what, repr(given)[:300]) if what else None


def _keep(folder: Path, name: str, given: Any) -> None:
    """Keep an input that failed, for whoever mends it."""
    content = (
        given
        if isinstance(given, bytes)
        else (given if isinstance(given, str) else json.dumps(given)).encode(errors="surrogatepass")
    )
    folder.mkdir(exist_ok=True)
    (folder / f"{name.replace(' ', '-')}-{sha256(content).hexdigest()[:8]}").write_bytes(content)


class Wrong(Exception):
    """What an input led to, which must not be."""


def _break_off(number: int, frame: Any) -> None:
    raise TooLong


def _place(error: BaseException) -> str:
    """Return the last place of the package that an error passed."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "steepest" in Path(code.co_filename).parts:
            place = f"{Path(code.co_filename).name}: {code.co_name}"
        trace = trace.tb_next
    return place


def parsers(root: Path) -> list[Parser]:
    """Return every parser; what they read lies in a folder, made where it is not."""
    with inside(root):
        return [*text_parsers(), *file_parsers(root), Parser("commands", 12, _arguments, partial(_command, root))]


def text_parsers() -> list[Parser]:
    """Return the parsers of what is typed."""
    import torch

    from steepest.byhand.maps import make_kernel, read_maps, read_matrix
    from steepest.config import Config
    from steepest.data import Augmentation
    from steepest.data.folder_scan import scan
    from steepest.errors import SteepestError
    from steepest.models.modules import normalization
    from steepest.models.shapes import parse_shape, show
    from steepest.optimizers import choose
    from steepest.specification import Specification
    from steepest.training.preparation import class_weights_of
    from steepest.training.schedules import choose_schedule
    from steepest.verbs.byhand import numbers

    labels = torch.tensor([0, 1, 2])
    known: dict[str, tuple[float, Parse]] = {
        "model": (10, lambda text: show(text, input="1x8x8")),
        "optimizer": (10, choose),
        "specification": (3, Specification.parse),
        "schedule": (4, choose_schedule),
        "augmentation": (6, lambda text: Augmentation.parse(text).check(8, 8)),
        "image_size": (2, lambda text: Config(image_size=text).size),
        "class_weights": (2, lambda text: class_weights_of(text, labels, 3)),
        "normalize": (2, lambda text: normalization(text, 1)),
        "shape": (2, parse_shape),
        "matrix": (3, read_matrix),
        "maps": (2, read_maps),
        "kernel": (3, lambda text: make_kernel(text, 1)),
        "numbers": (2, lambda text: numbers(text, "weights")),
        "data": (2, lambda text: _data(scan, text)),
    }
    for name, (_, parse) in known.items():  # what is loaded at its first use is loaded here
        for text in TEXTS[name]:
            with suppress(SteepestError):
                parse(text)
    return [Parser(name, share, partial(_text, TEXTS[name]), parse) for name, (share, parse) in known.items()]


def _text(corpus: Sequence[str], draw: Random) -> str:
    return mutated(draw.choice(corpus), corpus, draw)


def _data(scan: Callable[[Path], Any], text: str) -> Any:
    """Load what a text names, unless that would reach for the network."""
    from steepest.data import load
    from steepest.data.table import TABLE

    if text.partition(":")[0].casefold() in TABLE:
        return None
    return load(text)


def file_parsers(root: Path) -> list[Parser]:
    """Return the parsers of files: each input is written to a file of a folder and read there."""
    import steepest
    from steepest.byhand.answer_key import draw_key, key_csv, key_json, read_answers, read_key
    from steepest.byhand.dense import read_network
    from steepest.comparison.folder import read_entries
    from steepest.config import Config
    from steepest.data.decoding import read_picture
    from steepest.experiments.reading import read_experiment
    from steepest.runs import Run
    from steepest.runs.restoring import read_table
    from steepest.storage import read_record, read_tensors

    run = finished_run(root)
    claim, asked = root / "claim.json", finished_comparison(root) / "asked.json"
    tensors, table = (run / "best.safetensors").read_bytes(), (run / "metrics.csv").read_text()
    environment = json.loads((run / "environment.json").read_text())
    copied, entries = root / "copied", root / "entries"
    if not copied.is_dir():
        shutil.copytree(run, copied)
    entries.mkdir(exist_ok=True)
    key = draw_key("step", seed=0, students=2)
    (root / "right-key.json").write_text(key_json(key))
    right = read_key(root / "right-key.json")
    record = json.loads(key_json(key))

    def placed(name: str, parse: Callable[[Path], Any]) -> Parse:
        def work(content: str | bytes) -> Any:
            data = content.encode(errors="surrogatepass") if isinstance(content, str) else content
            (root / name).write_bytes(data)
            return parse(root / name)

        return work

    csv_texts, tables = [key_csv(key)], [table]
    images = _images()
    return [
        Parser("config.toml", 6, partial(_text, TOML["config"]), placed("c.toml", Config.read)),
        Parser("experiment.toml", 5, partial(_text, TOML["experiment"]), placed("e.toml", read_experiment)),
        Parser("network.toml", 3, partial(_text, TOML["network"]), placed("n.toml", read_network)),
        Parser(
            *("claim.json", 6, partial(mutated_json, json.loads(claim.read_text()))),
            placed("c.json", lambda path: steepest.verify(path, sample=0, progress=False)),
        ),
        Parser(
            *("environment.json", 4, partial(mutated_json, environment)),
            placed("copied/environment.json", lambda path: Run(path.parent).network("best")),
        ),
        Parser("metrics.csv", 3, partial(_text, tables), placed("copied/metrics.csv", read_table)),
        Parser(
            "asked.json",
            3,
            partial(mutated_json, json.loads(asked.read_text())),
            placed("entries/asked.json", lambda p: read_entries(p.parent)),
        ),
        Parser("key.json", 3, partial(mutated_json, record), placed("k.json", read_key)),
        Parser(
            "answers.csv", 2, partial(_text, csv_texts), placed("a.csv", lambda path: read_answers(path, right))
        ),
        Parser("safetensors", 5, partial(mutated_bytes, tensors), placed("t.safetensors", read_tensors)),
        Parser(
            "safetensors' heads", 3, partial(mutated_bytes, tensors[:900]), placed("h.safetensors", read_record)
        ),
        *(
            Parser(f"{kind} image", 2, partial(mutated_bytes, content), placed(f"i-{kind}", read_picture))
            for kind, content in images.items()
        ),
    ]


def _images() -> dict[str, bytes]:
    """Return a small picture in each format."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    found = {}
    for kind in IMAGE_FORMATS:
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        found[kind] = buffer.getvalue()
    return found


def _arguments(draw: Random) -> list[str]:
    """Return a command: one of the corpus with words changed, taken away, doubled or exchanged.

    What would train for long is kept from it by data that is not there.
    """
    words = list(draw.choice(ARGUMENTS))
    everything = [word for each in ARGUMENTS for word in each]
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(words)) if words else 0
        kind = draw.randrange(5)
        if kind == 0 and words:
            words[place] = mutated(words[place], everything, draw)
        elif kind == 1 and words:
            del words[place]
        elif kind == 2:
            words.insert(place, draw.choice(everything))
        elif kind == 3 and words:
            words[place] = draw.choice(everything)
        else:
            words.insert(place, mutated(draw.choice(everything), everything, draw))
    words = [word.replace("\0", "") for word in words]  # no argument can hold it
    return [*words, *FORCED] if words and words[0].casefold() in ("train", "compare", "tune") else words


NOT_RUN = ("fetch", "reproduce", "explain", "verify", "doctor", "race", "check")  # minutes, or the network
CODES = (0, 2, 3, 4, 5, 75, 130)
LINES = 12  # a notation's error has three, a list of damaged files ten


def _command(root: Path, words: list[str]) -> Any:
    """Carry out a command in this process, and hold what it printed and how it ended to what is promised."""
    from steepest.cli import run

    if any(word.casefold() in NOT_RUN for word in words[:2]):
        return
    streams = [TextIOWrapper(BytesIO(), "utf-8", "backslashreplace", write_through=True) for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        try:
            code: Any = run(words)
        except SystemExit as stop:
            code = stop.code
    said = [each.buffer.getvalue().decode(errors="replace") for each in streams]
    if code not in CODES:
        raise Wrong(f"exit code {code}: {said[1][-200:]}")
    if any("\x1b" in each or "\x07" in each for each in said) or "\u202e" in said[1]:
        raise Wrong(f"a control character on the terminal (exit {code})")
    if code and len(said[1].splitlines()) > LINES:
        raise Wrong(f"more than {LINES} lines of error")

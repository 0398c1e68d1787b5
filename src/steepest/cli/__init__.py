"""The command line; nothing heavy is imported until a verb runs.

Exit codes: ``EXIT_CODES`` in ``errors.py``.
"""

import errno
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Literal, get_args, get_origin

from cyclopts import App, CoercionError, CycloptsError, UnknownOptionError

from ..errors import (
    INTERRUPTED,
    IntegrityError,
    Interrupted,
    SteepestError,
    StoppedError,
    UserError,
    exit_codes_sentence,
    find_name,
    nearest_names,
    printable_lines,
    trouble,
)
from .ending import Terminated
from .options import PRINTED, print_json
from .streams import hear_in_vain, hush, make_plain

SPINS = "1000"  # rounds before a waiting thread sleeps: see docs/log.md
OURS = "a fault of steepest, not yours. Please report it with the lines above."

VERBS = {
    "train": "Train a model and record the run.",
    "evaluate": "Measure a run on images it has not seen, and write its report.",
    "predict": "Tell what is on image files.",
    "runs": "List the runs there are.",
    "compare": "Say whether one optimizer, or value of any setting, beats another.",
    "tune": "Find an optimizer's settings on validation images.",
    "verify": "Check a claim or a run by training it again.",
    "data": "List, fetch, add and show datasets.",
    "models": "List the named models; show any model's layers.",
    "optimizers": "List, explain, race and check optimizers.",
    "byhand": "Work backprop, convolution, softmax and steps out by hand, and check them.",
    "reproduce": "Reproduce published experiments, and say which of their figures agree.",
    "explain": "Show what a trained network looks at, and which labels look wrong.",
    "report": "Write a run's report.html and pictures again.",
    "doctor": "Say what this machine has and lacks.",
}
START = "Start with:  steepest train digits-cnn --data mnist5k   then:  steepest evaluate RUN"
OPTIONS = ("--help", "--version")
EXPORT = (
    "No verb exports a network yet. A run's best.safetensors holds its weights, and "
    "`steepest.Run.open(RUN).network()` is the torch module with them."
)
GROUPS = {"byhand", "data", "models", "optimizers", "runs"}  # verbs with verbs of their own
HOMES = {**dict.fromkeys(("evaluate", "explain", "predict", "report"), "runs"), "tune": "compare"}  # their files


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its code."""
    # A thread that waits shall spin some microseconds and then sleep. By default it spins far longer, which on
    # a busy machine made two threads 3 to 20 times slower than one. It counts only before torch is loaded.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    arguments = sys.argv[1:] if arguments is None else arguments
    make_plain()
    sys.unraisablehook = hear_in_vain
    code: object = INTERRUPTED
    try:
        code = run(arguments)
    except SystemExit as stop:
        code = stop.code
    except KeyboardInterrupt:  # a second one, while the first was answered
        pass
    except Exception as error:
        code = SteepestError.exit_code
        traceback.print_exc()
        ours = SteepestError(f"{type(error).__name__}: {OURS}")
        _tell(ours, arguments)
        complain(str(ours), ours.exit_code)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left is the interpreter's own end
    sys.exit(code)  # type: ignore[arg-type]


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code. Errors and warnings become one line each on standard error.

    Under ``--json`` an error is an object on standard output too, unless the command printed its own before.
    """
    warnings.showwarning = _note
    PRINTED.clear()
    error: SteepestError
    try:
        _carry_out(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        hush()
        return 0
    except SystemExit as stop:  # the verb has said a word of its own
        if isinstance(stop.__context__, BrokenPipeError):  # of the library that prints the help
            return 0
        if stop.code == INTERRUPTED:
            _tell(Interrupted("Stopped."), arguments)
        raise
    except KeyboardInterrupt:
        error = Interrupted("Stopped.")
    except Terminated:
        error = StoppedError("Terminated.")
    except SteepestError as fault:
        error = fault
    except (OSError, MemoryError, RecursionError, RuntimeError, ImportError) as fault:
        error = _of_the_system(fault)
    else:
        return 0
    _tell(error, arguments)
    return complain(str(error), error.exit_code)


def _carry_out(arguments: Sequence[str]) -> None:
    _refuse_nowhere()
    verb = arguments[0] if arguments else "--help"
    if not verb.startswith("-"):
        if verb == "export":
            raise UserError(EXPORT)
        known = (*VERBS, *OPTIONS)
        verb = find_name("verb", verb, known, "`steepest --help` explains them.")
        arguments = [verb, *arguments[1:]]
    app = application(verb)
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        whose = f" {verb}" if verb in VERBS else ""
        raise UserError(f"{_usage(error)} See steepest{whose} --help.") from error


def _usage(error: CycloptsError) -> str:
    """Return what is wrong with a command's flags, with our own idea of what was meant."""
    said, cut, _ = one_line(str(error)).partition(" Did you mean ")
    asked, known = "", list[str]()
    if isinstance(error, UnknownOptionError):
        asked = error.token.keyword or error.token.value
        known = list(chain.from_iterable(each.names for each in error.argument_collection if each.parse))
    elif isinstance(error, CoercionError) and get_origin(error.target_type) is Literal:
        asked = error.token.value if error.token else ""
        known = list(map(str, get_args(error.target_type)))
    if not known:
        return said + cut + _
    near = nearest_names(asked.partition("=")[0], known, most=1)
    quote = "" if asked.startswith("-") else '"'
    return f"{said} Did you mean {quote}{near[0]}{quote}?" if near else said


def _of_the_system(error: Exception) -> SteepestError:
    """Return an error of the system as one of ours; a fault of ours goes on as it is."""
    where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    if isinstance(error, OSError) and error.errno == errno.EIO:
        return IntegrityError(f"{where}the device cannot be read or written: {error.strerror}.")
    if isinstance(error, OSError) and not hush():
        return StoppedError(f"Standard output cannot be written: {error.strerror}.")
    if why := trouble(error):
        return StoppedError(f"{where}{why} Then give the same command again.")
    if isinstance(error, RecursionError):
        return UserError("What was given is nested too deeply.")
    if not isinstance(error, OSError):
        raise error
    return UserError(f"{where}{error.strerror or error}.")


def _refuse_nowhere() -> None:
    """Refuse to work in a folder that is gone, before a library that is loaded there ends the process."""
    try:
        Path.cwd()
    except OSError as error:
        raise UserError("The folder in which this command was started is gone. Change to another one.") from error


def _tell(error: SteepestError, arguments: Iterable[str]) -> None:
    if "--json" not in arguments or PRINTED:
        return
    told = {"kind": type(error).__name__, "message": str(error), "exit_code": error.exit_code}
    with suppress(OSError):  # standard output may be what is full
        print_json("error", {"error": told})


def application(asked: str) -> App:
    """Return the command line, in which nothing but the verb that is asked for will be imported.

    In the list of verbs each has its sentence; the one asked for explains itself in full.
    """
    app = App(
        name="steepest",
        help="Train, compare and take apart small image classifiers.",
        help_epilogue=f"{START}\n\n{exit_codes_sentence()}",
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,  # ours says a word
    )
    for verb, sentence in VERBS.items():
        attribute = "app" if verb in GROUPS else verb
        own = None if verb == asked else sentence
        app.command(f"steepest.cli.{HOMES.get(verb, verb)}:{attribute}", name=verb, help=own)
    return app


def _note(message: Warning | str, *_: object, **__: object) -> None:
    complain(f"note: {message}", 0)


def complain(message: str, code: int) -> int:
    """Print an error on standard error and return its code."""
    with suppress(OSError):  # the terminal may be gone
        print(f"steepest: {printable_lines(message)}", file=sys.stderr)
    if code:
        hush()
    return code


def one_line(text: str) -> str:
    """Return text without line breaks."""
    return " ".join(text.split())

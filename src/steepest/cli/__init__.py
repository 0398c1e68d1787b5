"""The command line: one file per verb; nothing heavy is imported until a verb runs.

Exit codes: 0 done, 1 our fault, 2 the user's, 3 integrity, 4 diverged, 75 stopped but resumable, 130 Ctrl-C.
"""

import errno
import os
import sys
import warnings
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ..errors import DISK_FULL, SteepestError, StoppedError, UnknownName

INTERRUPTED = 130
SPINS = "1000"  # rounds before a waiting thread sleeps: see docs/log.md
USAGE = 2
UNUSABLE = (  # paths that the user gave
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP),
)

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
GROUPS = {"byhand", "data", "models", "optimizers", "runs"}  # verbs with verbs of their own


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its code."""
    # A thread that waits shall spin some microseconds and then sleep. By default it spins far longer, which on
    # a busy machine made two threads 3 to 20 times slower than one. It counts only before torch is loaded.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code. Errors and warnings become one line each on standard error."""
    warnings.showwarning = _note
    verb = arguments[0] if arguments else "--help"
    try:
        app = application(verb)
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        whose = f" {verb}" if verb in VERBS else ""
        return complain(f"{one_line(str(error))} See steepest{whose} --help.", USAGE)
    except SteepestError as error:
        return complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return complain("Stopped.", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.errno not in (*DISK_FULL, *UNUSABLE):
            raise
        where = f" at {error.filename}" if error.filename else ""
        code = StoppedError.exit_code if error.errno in DISK_FULL else USAGE
        return complain(f"{error.strerror}{where}.", code)
    return 0


def application(asked: str) -> App:
    """Return the command line, in which nothing but the verb that is asked for will be imported.

    In the list of verbs each has its sentence; the one asked for explains itself in full.

    Raises:
        UnknownName: there is no such verb.
    """
    if not (asked in VERBS or asked.startswith("-")):
        raise UnknownName("verb", asked, VERBS, "`steepest --help` explains them.")
    app = App(
        name="steepest",
        help="Train, compare and take apart small image classifiers.",
        help_epilogue="Start with:  steepest train digits-cnn --data mnist5k   then:  steepest evaluate RUN",
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,  # ours says a word
    )
    for verb, sentence in VERBS.items():
        attribute = "app" if verb in GROUPS else verb
        own = None if verb == asked else sentence
        app.command(f"steepest.cli.{verb}:{attribute}", name=verb, help=own)
    return app


def _note(message: Warning | str, *_: object, **__: object) -> None:
    complain(f"note: {message}", 0)


def complain(message: str, code: int) -> int:
    """Print an error on standard error and return its code."""
    print(f"steepest: {message}", file=sys.stderr)
    return code


def one_line(text: str) -> str:
    """Return text without line breaks."""
    return " ".join(text.split())

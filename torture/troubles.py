"""The table of faults of the system: what goes wrong around a command, and what it must make of it.

Each is a Bash script in an empty folder: ``train`` trains into ``run``, ``begin`` does so in the shell's stead,
``into`` trains into another folder, ``pictures_of`` on other pictures; ``steepest`` is the command.
"""

import signal
from dataclasses import dataclass

CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
SPACE = "mkdir small; mount -t tmpfs -o size={size} tmpfs small; mkdir small/run; ln -s small/run run\n"
KILLED = (
    "begin & until [ -e run/last.safetensors ] || ! kill -0 $! 2> /dev/null; do sleep 0.01; done\n"
    "kill -9 $!; wait $! 2> /dev/null\n"
)
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@dataclass(frozen=True)
class Trouble:
    """A fault of the system, and what a command must make of it.

    Args:
        codes: what it may end with.
        script: in Bash.
        after: ``same``: resumed, it is as if nothing had been; ``whole``: it is so at once where the code is 0.
        mounts: whether the script mounts something.
        needs: a file without which it cannot be tried.
    """

    name: str
    codes: tuple[int, ...]
    script: str
    after: str = ""
    mounts: bool = False
    needs: str = ""


def _mounted(name: str, codes: tuple[int, ...], script: str, after: str = "") -> Trouble:
    return Trouble(name, codes, script, after, mounts=True)


def _dated(name: str, when: str, before: str = "", command: str = "train") -> Trouble:
    script = f"{before}FAKETIME='@{when}' LD_PRELOAD={CLOCK} {command}"
    return Trouble(name, (0,), script, "whole", needs=CLOCK)


GO_ON = (
    "train; code=$?; mount -o remount,size=9m small\n"
    "steepest train --resume run > again 2>&1 || echo resumed with $? $(cat again)\n"
    "rm run; mv small/run run; exit $code"
)
READ_ONLY = "train 2> first && mount --bind run run && mount -o remount,bind,ro run && "
NO_CACHE = "unset STEEPEST_DATA XDG_CACHE_HOME; "
DISKS = (
    _mounted("disk full before the first byte", (75,), SPACE.format(size="4k") + "train"),
    *(
        _mounted(f"disk full: {size}", (75,), SPACE.format(size=size) + GO_ON, "whole")
        for size in ("24k", "48k", "80k", "140k")
    ),
    Trouble("standard output on a full disk", (0, 75), "train > /dev/full", "same"),
    Trouble("a table on a full disk", (75,), "steepest optimizers list > /dev/full"),
    Trouble("JSON on a full disk", (75,), "steepest optimizers list --json > /dev/full"),
    Trouble("files of 2 KB at most (ulimit -f)", (2, 75), "(ulimit -f 2; train)", "same"),
    _mounted("read-only place of the run", (2,), "mkdir ro; mount -t tmpfs -o ro tmpfs ro; into ro/run"),
    _mounted("read-only run: evaluate", (2,), READ_ONLY + "steepest evaluate run"),
    _mounted(
        *("read-only run: list, predict", (0,)),
        READ_ONLY + "steepest runs list . > listed && steepest predict run pictures/test/class0/000.png",
    ),
    _mounted(
        *("read-only home", (0,)),
        f"mkdir ro; mount -t tmpfs -o ro tmpfs ro; {NO_CACHE}export HOME=$PWD/ro; train",
        "whole",
    ),
    _mounted(
        "HOME unset", (0,), f"mount -t tmpfs tmpfs ~/.cache 2> /dev/null; {NO_CACHE}unset HOME; train", "whole"
    ),
    Trouble("HOME is nowhere", (0,), f"{NO_CACHE}export HOME=/proc/nowhere; train", "whole"),
    Trouble("the folder of data is a file", (0, 2), "touch file; export STEEPEST_DATA=$PWD/file; train", "whole"),
    Trouble("no temporary folder", (0,), "export TMPDIR=/nonexistent; train", "whole"),
    _mounted(
        *("a full temporary folder", (0,)),
        "mkdir t; mount -t tmpfs -o size=4k tmpfs t; head -c 9000 /dev/zero > t/x 2> /dev/null; "
        "export TMPDIR=$PWD/t; train",
        "whole",
    ),
    # not "whole": torch learns of the processor there, and takes other kernels
    _mounted("/proc is empty", (0,), "mount -t tmpfs tmpfs /proc; train"),
)
CLOCKS = (
    _dated("the clock says 2001", "2001-01-01 00:00:00"),
    _dated("the clock says 1969", "1969-06-01 00:00:00"),
    _dated("the clock set back before a resume", "2001-01-01 00:00:00", KILLED, "steepest train --resume run"),
)
NO_UTF8, ESCAPES = "$'r\\xff\\xfe'", "$'r\\e[31mx\\e]0;t\\a'"
PATHS = (
    Trouble("a line break in the path", (0, 2), "into $'r\\nx'"),
    Trouble("escape codes in the path", (0, 2), f"into {ESCAPES}"),
    Trouble("escape codes in what is not there", (2,), f"steepest evaluate {ESCAPES}"),
    Trouble("bytes in the path that are no UTF-8", (0, 2), f"into {NO_UTF8}"),
    Trouble("such a run evaluated", (0, 2), f"into {NO_UTF8} 2> first; steepest evaluate {NO_UTF8}"),
    Trouble("such a run gone on with", (0, 2), f"into {NO_UTF8} 2> first; steepest train --resume {NO_UTF8}"),
    Trouble(
        *("such a picture predicted", (0, 2)),
        "train 2> first; cp pictures/test/class0/000.png $'p\\xff.png'; steepest predict run $'p\\xff.png'",
    ),
    Trouble("such a folder of pictures", (0, 2), "cp -r pictures/ $'p\\xff'; pictures_of $'p\\xff'"),
    Trouble(
        *("escape codes in a class's name", (0, 2)),
        "cp -r pictures/ p; for s in train test; do mv p/$s/class0 p/$s/$'\\e[31m'; done\n"
        "pictures_of p && steepest evaluate run",
    ),
    Trouble("a name of 300 letters", (2,), "into $(printf 'a%.0s' {1..300})"),
    Trouble("the run is a file", (2,), "touch run; train"),
    Trouble("the run is a link that leads nowhere", (2,), "ln -s /proc/nowhere/run run; train"),
    Trouble("the run in a device", (2,), "into /dev/null/run"),
    Trouble("the run in /proc", (2,), "into /proc/run"),
    Trouble("the working folder is gone: a table", (0,), "mkdir d; cd d; rmdir ../d; steepest optimizers list"),
    Trouble(
        "the working folder is gone: train", (0, 2), "R=$PWD; mkdir d; cd d; rmdir ../d; into $R/run", "whole"
    ),
    Trouble("the working folder is gone: a new run", (2,), "mkdir d; cd d; rmdir ../d; into run"),
    Trouble(
        *("the pictures are gone when it is measured", (2, 3)),
        "cp -r pictures/ p; pictures_of p 2> first; rm -r p cache; steepest evaluate run",
    ),
)
STREAMS = (
    Trouble("nothing at all", (0,), "train", "whole"),
    Trouble("resume of a finished run", (0,), "train 2> first && steepest train --resume run", "whole"),
    Trouble("a table into head", (0,), "steepest optimizers list | head -1 > first; exit ${PIPESTATUS[0]}"),
    Trouble("JSON into a closed pipe", (0,), "steepest optimizers list --json | true; exit ${PIPESTATUS[0]}"),
    Trouble("help into a closed pipe", (0,), "steepest train --help | true; exit ${PIPESTATUS[0]}"),
    Trouble("train into a closed pipe", (0,), "train | true; exit ${PIPESTATUS[0]}", "whole"),
    Trouble("train, both outputs into a closed pipe", (0,), "train 2>&1 | true; exit ${PIPESTATUS[0]}", "whole"),
    Trouble("standard output closed", (0,), "train >&-", "whole"),
    Trouble("standard error closed", (0,), "train 2>&-", "whole"),
    Trouble("both closed", (0,), "train >&- 2>&-", "whole"),
    Trouble("all three closed", (0,), "train <&- >&- 2>&-", "whole"),
    Trouble("a table, standard output closed", (0, 2, 75), "steepest optimizers list >&-"),
    Trouble("an error, standard error closed", (2,), "steepest optimizers show nothing 2>&-"),
    Trouble(
        *("an ASCII terminal: train", (0,)),
        "export LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii; train",
        "whole",
    ),
    Trouble(
        *("an ASCII terminal: tables", (0,)),
        "export PYTHONIOENCODING=ascii; steepest optimizers list && steepest models list && steepest --help",
    ),
    Trouble(
        *("an ASCII terminal: evaluate", (0,)),
        "train 2> first; export LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii; steepest evaluate run",
    ),
    Trouble("an unknown time zone and language", (0,), "export TZ=:nowhere LC_ALL=xx_YY.UTF-8; train", "whole"),
)
LIMITS = (
    Trouble("250 MB of memory (ulimit -v)", (1, 2, 75), "ulimit -v 250000; train"),
    Trouble("600 MB of memory", (0, 1, 2, 75), "(ulimit -v 600000; train)", "same"),
    Trouble("8 open files (ulimit -n)", (0, 1, 2, 75), "(ulimit -n 8; train)", "same"),
    Trouble("16 open files", (0, 1, 2, 75), "(ulimit -n 16; train)", "same"),
    Trouble("2 seconds of processor (ulimit -t)", (0, 152, 137), "(ulimit -t 2; train)", "same"),
    Trouble(
        *("two resume it at once", (0,)),
        KILLED + "steepest train --resume run 2> one & steepest train --resume run 2> two; a=$?; wait $!; b=$?\n"
        "for c in $a $b; do [ $c = 0 ] || [ $c = 2 ] || exit $c; done; [ $a = 0 ] || [ $b = 0 ]",
        "whole",
    ),
)
SCRIPTS = {"streams": STREAMS, "limits": LIMITS, "paths": PATHS, "clocks": CLOCKS, "disks": DISKS}


@dataclass(frozen=True)
class Press:
    """Signals to a run while it trains.

    Args:
        signals: each with the seconds before it; -1 stands for the first save.
        codes: what it may end with.
        before: words before the command.
    """

    name: str
    signals: tuple[tuple[float, signal.Signals], ...]
    codes: tuple[int, ...]
    before: tuple[str, ...] = ()


PRESSES = (
    *(Press(f"Ctrl-C {wait} s after the start", ((wait, INT),), (130,)) for wait in (0.5, 1, 2)),
    Press("Ctrl-C", ((-1, INT),), (130,)),
    Press("Ctrl-C twice", ((-1, INT), (0, INT)), (130,)),
    *(Press(f"Ctrl-C twice, {wait} s between", ((-1, INT), (wait, INT)), (130,)) for wait in (0.001, 0.02, 0.2)),
    Press("Ctrl-C six times", ((-1, INT), *((0.01, INT),) * 5), (130,)),
    Press("SIGTERM", ((-1, TERM),), (75,)),
    Press("SIGTERM twice", ((-1, TERM), (0.005, TERM)), (75,)),
    Press("SIGHUP", ((-1, HUP),), (75,)),
    Press("SIGTERM, then Ctrl-C", ((-1, TERM), (0.005, INT)), (75, 130)),
    Press("SIGHUP under nohup", ((-1, HUP),), (0,), ("nohup",)),
    Press("stopped and continued", ((-1, signal.SIGSTOP), (1, signal.SIGCONT)), (0,)),
)

"""What goes wrong in a worker arrives in the driver as what it was."""

import errno
import pickle
from pathlib import Path

import pytest

from steepest.config import Config
from steepest.errors import DivergedError, IntegrityError, SteepestError, StoppedError, UserError
from steepest.sweeping import Job, LocalEngine, sweep
from steepest.sweeping.engine import Failure, Task
from steepest.sweeping.ready import Place
from sweeping_fakes import rule_file

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


def test_what_a_user_s_rule_raises_names_its_run_and_line(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, "raise ZeroDivisionError('by hand')")
    outcomes = sweep([Job(config.with_(optimizer=rule, seed=7))], folder, engine=HERE)
    with pytest.raises(SteepestError) as caught:
        list(outcomes)
    line = str(caught.value)
    assert line.startswith("The run with model F5-R-F2, data stripes, optimizer ")
    assert "seed 7 failed. ZeroDivisionError: by hand, in " in line
    assert line.endswith("mine.py, line 6")
    assert "Traceback" in caught.value.__notes__[0]
    assert type(caught.value).exit_code == 1


def test_an_error_of_ours_in_a_worker_keeps_its_kind(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, "from steepest.errors import UserError; raise UserError('not like this')")
    with pytest.raises(UserError, match=r"seed 0 failed\. not like this"):
        list(sweep([Job(config.with_(optimizer=rule))], folder, engine=HERE))


def test_a_full_disk_in_a_worker_is_a_full_disk_here(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, f"raise OSError({errno.ENOSPC}, 'No space left on device')")
    with pytest.raises(OSError, match="No space left") as caught:
        list(sweep([Job(config.with_(optimizer=rule))], folder, engine=HERE))
    assert caught.value.errno == errno.ENOSPC


def caught(error: Exception) -> Exception:
    """Return the error as it is after it was raised, with a traceback."""
    with pytest.raises(type(error)) as found:
        raise error
    return found.value


@pytest.mark.parametrize("kind", [SteepestError, UserError, IntegrityError, DivergedError, StoppedError])
def test_each_kind_of_ours_arrives_as_its_kind_with_its_words(kind: type[SteepestError], config: Config) -> None:
    failure = pickle.loads(pickle.dumps(Failure.of(caught(kind("no room")))))
    error = failure.exception(Job(config.with_(seed=4)))
    assert type(error) is kind
    assert str(error).startswith("The run with model F5-R-F2, data stripes")
    assert str(error).endswith("failed. no room")
    assert "seed 4" in str(error)
    (note,) = error.__notes__
    assert note.startswith("In the worker:\nTraceback")


def test_a_stranger_s_exception_is_told_with_its_place_and_is_ours_to_answer_for(config: Config) -> None:
    failure = Failure.of(caught(KeyError("w")))
    assert failure.exit_code is None
    assert failure.line.startswith("KeyError: 'w', in ")
    assert f"{Path(__file__).name}, line " in failure.line
    assert type(failure.exception(Job(config))) is SteepestError


LACKS = [(OSError(n, "No room"), n) for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE)]
OUT_OF_MEMORY = [
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("std::bad_alloc"),
]


@pytest.mark.parametrize(
    ("raised", "number"), [*LACKS, *((each, errno.ENOMEM) for each in OUT_OF_MEMORY)], ids=repr
)
def test_what_the_machine_lacks_arrives_as_the_system_s_own_error(
    raised: Exception, number: int, config: Config
) -> None:
    error = Failure.of(caught(raised)).exception(Job(config))
    assert isinstance(error, OSError)
    assert error.errno == number


def test_another_error_of_the_system_is_no_full_disk(config: Config) -> None:
    failure = Failure.of(caught(FileNotFoundError(errno.ENOENT, "No such file", "x")))
    assert failure.disk is None
    assert type(failure.exception(Job(config))) is SteepestError


def test_a_task_s_path_is_the_folder_of_its_key(config: Config, folder: Path) -> None:
    assert Task(Job(config), "abc", folder, Place(), {}).path == folder / "abc"

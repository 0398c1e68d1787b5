import inspect
import subprocess
import sys

import pytest

import steepest

CLASSES = "Classifier Comparison Config Dataset Evaluation Predictions Run Split SteepestError"
VERBS = "compare evaluate explain predict report reproduce train tune verify"
ROOMS = "byhand data judge models optimizers runs"
NAMES = sorted([*CLASSES.split(), *VERBS.split(), *ROOMS.split(), "__version__", "build", "load"])


def test_the_public_names_are_these() -> None:
    assert dir(steepest) == NAMES
    assert steepest.__all__ == NAMES


@pytest.mark.parametrize("name", [each for each in NAMES if each != "__version__"])
def test_every_public_name_is_there_and_documented_with_a_sentence(name: str) -> None:
    value = getattr(steepest, name)
    text = inspect.getdoc(value)
    assert text
    assert text.splitlines()[0].endswith(".")
    if inspect.isclass(value):
        members = [each for each in vars(value).items() if not each[0].startswith("_")]
        bare = [key for key, each in members if callable(each) and not inspect.getdoc(each)]
        assert not bare


def test_the_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert steepest.__version__ == version("steepest")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="classifer"):
        steepest.classifer  # noqa: B018


def test_the_rooms_have_their_verbs_from_the_first_moment() -> None:
    program = (
        "import steepest; steepest.models.show('mlp'), steepest.optimizers.show('adam'), steepest.data.fetch, "
        "steepest.byhand.softmax([1, 2]), steepest.runs.list_runs, steepest.judge, steepest.optimizers.race"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def loaded(program: str) -> set[str]:
    """Return the heavy packages that a fresh process has loaded after a program."""
    heavy = ("torch", "numpy", "sklearn", "matplotlib", "PIL", "scipy", "safetensors", "pandas")
    tell = f"\nimport sys; print('\\nloaded:', *[n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program + tell], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


def test_importing_steepest_loads_nothing_heavy() -> None:
    assert loaded("import steepest; steepest.__version__; dir(steepest)") == set()
    assert loaded("from steepest import Config; Config()") == set()
    assert "torch" in loaded("import steepest; steepest.load")


LIGHT = [
    [],
    ["--help"],
    ["--version"],
    *([verb, "--help"] for verb in ("train", "evaluate", "predict", "report", "doctor", "data")),
    *([verb, "--help"] for verb in ("compare", "tune", "verify")),
    ["runs", "list", "--help"],
    ["models", "show", "--help"],
    ["trian"],
    ["train", "--epoch", "3"],
    ["train", "--epochs", "many"],
    ["train", "--epochs", "-1"],
    ["train", "--config", "nowhere.toml"],
    ["train", "--patience", "3"],
    ["train", "mlp", "--resume", "x"],
    ["evaluate"],
    ["evaluate", "x", "--split", "tst"],
]


def test_help_and_usage_errors_never_load_torch() -> None:
    program = (
        "import sys\n"
        "from steepest.cli import run\n"
        f"for arguments in {LIGHT!r}:\n"
        "    run(arguments)\n"
        "    assert not {'torch', 'sklearn', 'matplotlib', 'scipy'} & set(sys.modules), arguments\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr.splitlines()[-1]
    assert len(done.stderr.splitlines()) == 9  # the nine that are errors, a line each

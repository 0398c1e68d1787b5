from steepest.comparison.folder import default_folder
from steepest.comparison.question import question_of
from steepest.config import Config


def folder(*sides: str, base: Config | None = None, **asked: object) -> str:
    return default_folder(question_of(sides, base or Config(), **asked)).as_posix()  # type: ignore[arg-type]


def test_the_same_sides_share_a_folder_whatever_the_number_of_seeds():
    first = folder("adam", "sgd")
    assert first.startswith("comparisons/mnist5k-mlp-optimizer-")
    assert folder("adam", "sgd", studies=8, trials=4, target=0.9) == first
    assert folder("adam", "sgd", base=Config(seed=5)) == first


def test_other_sides_or_settings_have_another():
    folders = [
        folder("adam", "sgd"),
        folder("adam", "sgd", fixed=True),
        folder("adam", "momentum"),
        folder("adam", "sgd", base=Config(epochs=6)),
        folder("mlp", "lenet5", vary="model"),
    ]
    assert len(set(folders)) == len(folders)
    assert folders[-1].startswith("comparisons/mnist5k-model-")

import pytest

from steepest.reporting.wording import duration, number, printable


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_a_duration_is_never_sixty_of_the_smaller_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_loss_that_is_no_number_is_said_in_words() -> None:
    assert [number(x) for x in (float("nan"), float("inf"), 2)] == [
        "not a number",
        "infinite",
        "2.0000",
    ]


def test_nothing_invisible_is_left_in_a_strangers_name() -> None:
    assert printable("a\x1b[31m\u202eb\udc80\nc") == "a\\x1b[31m\\u202eb\\udc80\\nc"


def test_letters_of_every_script_stay() -> None:
    assert printable("猫 é नि 👩\u200d🔬") == "猫 é नि 👩\u200d🔬"

import pytest

from steepest.content.content import Share, Table
from steepest.content.text import (
    aligned,
    columns_of,
    csv_text,
    duration,
    number,
    printable,
    shortened,
    table_lines,
)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (3599.6, "1 h 0 min"), (90061, "25 h 1 min")],
)
def test_a_duration_is_never_sixty_of_the_smaller_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_loss_that_is_no_number_is_said_in_words() -> None:
    assert [number(x) for x in (float("nan"), float("inf"), 2)] == ["not a number", "infinite", "2.0000"]


def test_nothing_invisible_is_left_in_a_strangers_name() -> None:
    assert printable("a\x1b[31m\u202eb\udc80\nc") == "a\\x1b[31m\\u202eb\\udc80\\nc"


def test_letters_of_every_script_stay() -> None:
    assert printable("猫 é नि 👩\u200d🔬") == "猫 é नि 👩\u200d🔬"


def test_wide_letters_take_two_columns_and_accents_none() -> None:
    assert [columns_of(text) for text in ("cat", "猫猫", "e\u0301")] == [3, 4, 1]


def test_a_wide_text_is_cut_to_the_columns_there_are() -> None:
    assert shortened("猫猫猫猫", 7) == "猫猫.."
    assert shortened("cat", 3) == "cat"


def test_columns_line_up_under_wide_letters() -> None:
    lines = aligned([("猫", 5), ("horse", 10)], words=1)
    assert lines == ["猫      5", "horse  10"]
    assert columns_of(lines[0]) == columns_of(lines[1])


def test_bars_give_way_where_the_terminal_is_narrow() -> None:
    table = Table("", ("class", "F1", ""), (("cat", "80.0%", Share(0.8)),))
    assert table_lines(table, 80)[1] == "cat    80.0%  ################...."
    assert table_lines(table, 20)[1] == "cat    80.0%"


def test_words_between_numbers_stand_to_the_left() -> None:
    rows = [("a", "1", "yes", "10"), ("b", "10", "no", "1")]
    assert aligned(rows, [True, False, True, False]) == ["a   1  yes  10", "b  10  no    1"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+9", "'+9"),
        ("-neg", "'-neg"),
        ("-1+2", "'-1+2"),
        ("@x", "'@x"),
        ("|x", "'|x"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("-0.5", "-0.5"),
        ("-1e-05", "-1e-05"),
        (-2, "-2"),
        ("a=b", "a=b"),
        ("", '""'),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: object, written: str) -> None:
    assert csv_text([[cell]]) == f"{written}\n"

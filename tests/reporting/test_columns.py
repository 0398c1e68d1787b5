from steepest.reporting.columns import aligned, columns_of, shortened


def test_wide_letters_take_two_columns_and_accents_none() -> None:
    assert [columns_of(text) for text in ("cat", "猫猫", "e\u0301")] == [3, 4, 1]


def test_a_wide_text_is_cut_to_the_columns_there_are() -> None:
    assert shortened("猫猫猫猫", 7) == "猫猫.."
    assert shortened("cat", 3) == "cat"


def test_columns_line_up_under_wide_letters() -> None:
    lines = aligned([("猫", 5), ("horse", 10)], words=1)
    assert lines == ["猫      5", "horse  10"]
    assert columns_of(lines[0]) == columns_of(lines[1])

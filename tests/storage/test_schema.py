import os
from pathlib import Path

import pytest

from steepest.errors import IntegrityError, UserError
from steepest.storage.schema import flag, maybe, number, one_of, plain, read_json, record, rows, table, text, whole

ANY = plain(5, 100)
SHAPE = record(
    {"count": whole(1, 9), "share": number(0, 1), "name": text(5), "on": flag},
    {"last": maybe(one_of("a", "b")), "rows": rows(whole(), most=2), "table": table(text(3), flag, least=1)},
)
GOOD = '{"count": 3, "share": 0.5, "name": "me", "on": true'


def read(path: Path, content: str | bytes, kind: object = ANY) -> object:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_json(path, kind, "claim")  # type: ignore[arg-type]


def test_what_is_of_its_kind_is_returned(tmp_path):
    more = ', "last": null, "rows": [1, 2], "table": {"x": false}}'
    assert read(tmp_path / "a.json", GOOD + more, SHAPE) == {
        **{"count": 3, "share": 0.5, "name": "me", "on": True},
        **{"last": None, "rows": [1, 2], "table": {"x": False}},
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deep"),
        ("[" * 6 + "]" * 6, "nested less deep"),
        ("[1e400]", "the number 1e400 is not finite"),
        ("[NaN]", "the number NaN is not finite"),
        ("[-Infinity]", "the number -Infinity is not finite"),
        ("9" * 5_000, "is beyond any that can be"),
        ('{"a": 1, "a": 2}', "the key 'a' comes twice"),
        (b"\xff\xfe", "it is no JSON"),
        (b"\0" * 9, "it is no JSON"),
        ('["\\ud800"]', r"\[0\]|'0' is '.ud800'"),
        ('["\\u0000"]', "that can be written"),
        ('["' + "x" * 101 + '"]', "text of at most 100 characters"),
    ],
)
def test_json_with_tricks_is_refused_in_a_line(content, said, tmp_path):
    with pytest.raises(IntegrityError, match=said) as refused:
        read(tmp_path / "a.json", content)
    assert str(refused.value).startswith(f"{tmp_path / 'a.json'} is damaged or no claim: ")
    assert len(str(refused.value)) < len(str(tmp_path)) + 250


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"count": 3}', "share is missing"),
        (GOOD + ', "more": 1}', "more is no field that can be there"),
        (GOOD.replace("3", "10") + "}", "count is 10, and must be a whole number from 1 to 9"),
        (GOOD.replace("3", "3.0") + "}", "count is 3.0, and must be a whole number"),
        (GOOD.replace("3", "true") + "}", "count is True, and must be a whole number"),
        (GOOD.replace("0.5", "1.5") + "}", "share is 1.5, and must be a number from 0 to 1"),
        (GOOD.replace("0.5", "true") + "}", "share is True, and must be a number"),
        (GOOD.replace('"me"', "[1, 2]") + "}", "name is a list of 2, and must be text"),
        (GOOD.replace("true", "1") + "}", "on is 1, and must be true or false"),
        (GOOD + ', "last": "c"}', "last is 'c', and must be a or b"),
        (GOOD + ', "rows": [1, 2, 3]}', "rows is a list of 3, and must be a list of 0 to 2"),
        (GOOD + ', "rows": [1, null]}', r"rows\[1\] is null, and must be a whole number"),
        (GOOD + ', "table": {}}', "table is a table of 0, and must be a table of 1 or more"),
        (GOOD + ', "table": {"long": true}}', "a key of table is 'long', and must be text"),
        (GOOD + ', "table": {"x y": 1}}', r"table\.'x y'|a key of table"),
    ],
)
def test_a_field_that_is_none_is_named_with_what_came_and_what_must_be(content, said, tmp_path):
    with pytest.raises(IntegrityError, match=said):
        read(tmp_path / "a.json", content, SHAPE)


def test_what_is_no_file_is_the_users_path_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, said in [
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "is a pipe or a device"),
        (Path("/dev/zero"), "is a pipe or a device"),
        (tmp_path / "none", "There is no claim"),
        (tmp_path / "a.json" / "b", "There is no claim|cannot be opened"),
        (tmp_path / ("x" * 300), "cannot be opened"),
        (Path("a\0b"), "There is no claim|cannot be opened"),
    ]:
        with pytest.raises(UserError, match=said):
            read_json(path, ANY, "claim")


def test_a_file_beyond_the_bound_is_not_read(tmp_path):
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(10 << 30)
    with pytest.raises(IntegrityError, match="10,737,418,240 bytes, and at most 33,554,432 can be"):
        read_json(tmp_path / "huge.json", ANY, "claim")

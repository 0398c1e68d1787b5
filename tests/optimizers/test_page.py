"""docs/optimizers.md is what the registry says now."""

import pytest

from steepest.optimizers.describing import describe, registered
from write_optimizer_docs import PAGE, PICTURES, fingerprint, mark_of, page, picture_name

ADVICE = "run `make docs`: the rules have changed since the page was written"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), ADVICE


@pytest.mark.parametrize("name", registered())
def test_every_rule_has_its_picture_of_the_code_as_it_is(name):
    content = (PICTURES / picture_name(name)).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 30_000
    assert mark_of(describe(name)) in PAGE.read_text(), ADVICE


def test_the_fingerprint_is_of_the_code_and_not_of_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr("write_optimizer_docs.ROOM", tmp_path)
    marks = []
    for source in ('"""One."""\nx = 1\n', '"""Two."""\nx = 1  # why\n', '"""One."""\nx = 2\n'):
        (tmp_path / "family.py").write_text(source)
        marks.append(fingerprint("family"))
    assert marks[0] == marks[1] != marks[2]

import re
from html import unescape

import pytest

from content_fakes import CONTENTS, TABLE
from steepest.content.content import Page, Section, Table, Text
from steepest.content.html import content_html, fragment_html, page_html, replaced


@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: each.kind)
def test_every_kind_of_content_is_drawn_with_its_title(content) -> None:
    html = content_html(content)
    assert content.title in html
    if getattr(content, "note", ""):
        assert content.note in html


def test_a_marked_cell_is_marked_and_only_it() -> None:
    html = content_html(TABLE)
    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", html) == ["0.5"]
    assert "1,234" in html


def test_columns_of_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    html = content_html(Table("T", ("a", "b", "c"), (("x", "98.3%", "98 points"), ("y", "−1,2", ""))))
    kinds = re.findall(r"<th scope=\"col\"( class=\"n\")?>", html)
    assert [bool(each) for each in kinds] == [False, True, False]


def test_a_long_table_is_folded() -> None:
    long = Table("Long", ("k",), tuple((k,) for k in range(68)))
    assert "<summary>68 rows</summary>" in content_html(long)
    assert "<details>" not in content_html(TABLE)


FIRST = Section("First part", (Text("", ("One.",)),))
SLOT = Section("Comes and goes", (Text("", ("Here.",)),), slot=True)
LAST = Section("Last", (Text("", ("Three.",)),))


def made(*sections: Section) -> str:
    return page_html(Page("T <i>", "H & H", (Text("", ("Head.",), "note"),), sections), "Us")


def test_a_page_has_its_policy_its_parts_and_links_to_them() -> None:
    text = made(FIRST, LAST)
    assert "default-src 'none'" in unescape(text)
    assert "script-src" not in text
    assert "<title>T &lt;i&gt;</title>" in text
    assert '<a href="#first-part">First part</a><a href="#last">Last</a>' in text
    assert '<section id="first-part"><h2>First part</h2>' in text
    assert '<p class="note" role="note">Head.</p>' in text
    assert text.endswith("<footer>Us.</footer></body></html>\n")


def test_a_page_of_one_part_has_no_links() -> None:
    assert "<nav" not in made(FIRST)


def test_a_part_that_comes_and_goes_gives_the_page_that_would_be_written_anew() -> None:
    empty = Section(SLOT.title, (), slot=True)
    without, with_it = made(FIRST, empty, LAST), made(FIRST, SLOT, LAST)
    assert "Comes and goes" not in without
    assert replaced(without, SLOT) == with_it
    assert replaced(with_it, empty) == without


def test_a_page_without_a_slot_is_left_alone() -> None:
    assert replaced(made(FIRST), SLOT) is None


def test_a_name_cannot_spell_a_slot() -> None:
    text = made(Section("<!--explanation-->x<!--/explanation-->", FIRST.contents), SLOT)
    assert replaced(text, SLOT) == text


def test_a_fragment_folds_its_parts_and_leaves_the_empty_ones_out() -> None:
    text = fragment_html(Page("T", "H", (), (FIRST, Section("Empty", ()))))
    assert "<b>H</b>" in text
    assert "<details><summary>First part</summary>" in text
    assert "Empty" not in text

"""The page says N of M for each part and group, and lists every kind of failure."""

import json

from torture.page import write_page

RECORD = {
    **{"part": "flips", "title": "Flips", "about": "What is done.", "command": "python -m torture --part flips"},
    **{"date": "2026-01-02", "machine": "Linux", "seed": 3, "program": "abc", "seconds": 130},
    **{"trials": 1200, "failed": 1, "complete": True},
    "groups": {"run: a|b": {"trials": 1200, "failed": 1, "notes": {"detected": 1199}}},
    "faults": [{"group": "run", "what": "SILENT", "times": 1, "seen": "bit `7` [x](y) \x1b[31m"}],
}


def test_the_page_has_counts_dates_commands_and_failures(tmp_path):
    (tmp_path / "flips.json").write_text(json.dumps(RECORD))
    write_page(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "| Flips | 1,199 of 1,200 | 1 | 2026-01-02 | `python -m torture --part flips` |" in page
    assert "stopped before" not in page
    assert "Seed 3, 2 min, Linux, program abc." in page
    assert "| run: a¦b | 1,199 of 1,200 | 1 | 1,199 detected |" in page
    assert "| run | SILENT | 1 | bit '7' [x] (y) ·[31m |" in page


def test_a_part_without_failures_has_no_table_of_them(tmp_path):
    (tmp_path / "kills.json").write_text(json.dumps({**RECORD, "faults": [], "failed": 0, "complete": False}))
    write_page(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "what failed" not in page
    assert "stopped before its end" in page

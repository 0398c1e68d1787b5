import json
import re
from html import unescape

import pytest

from steepest.byhand.answer_key import draw_key
from steepest.byhand.backpropagation import backprop, check_backprop
from steepest.byhand.dense import DEFAULT
from steepest.byhand.formula import numbers
from steepest.pages.byhand.page import MOST_ROWS, backprop_page, sheets_page


@pytest.fixture(scope="module")
def page():
    run = backprop(DEFAULT, steps=3)
    return run, backprop_page(run, check_backprop(run))


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])


def test_the_page_has_a_cell_for_every_quantity_of_every_step(page):
    run, text = page
    body = text.split("<tbody>")[1].split("</tbody>")[0]
    assert body.count("<td") == 3 * len(run.columns)
    assert "117 of 117 values against torch autograd" in text


def test_the_page_s_pieces_spell_the_formula_of_each_cell(page):
    run, text = page
    data = data_of(text)
    labels = [column["label"] for column in data["columns"]]
    place = labels.index("dE/da_h1")
    column = data["columns"][place]
    spelled = "".join(labels[p] if isinstance(p, int) else p for p in column["pieces"])
    assert spelled == run.rows[0]["dE_da_h1"].symbols
    assert column["chain"] == "dE/do1 · do1/da_h1 + dE/do2 · do2/da_h1"
    assert data["rows"][1][place] == run.rows[1].values["dE_da_h1"]
    assert data["machine"][place][1] == pytest.approx(data["rows"][1][place], abs=1e-12)


def test_the_page_asks_the_network_for_nothing(page):
    _, text = page
    assert "default-src 'none'" in unescape(text)
    assert not re.search(r'(src|href)="', text)
    assert set(re.findall(r"https?://[^\"' ]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_a_long_run_shows_its_first_rows_and_says_so():
    run = backprop(DEFAULT, steps=MOST_ROWS + 2)
    text = backprop_page(run, check_backprop(run))
    assert "2 more rows: see the CSV." in text
    assert len(data_of(text)["rows"]) == MOST_ROWS


@pytest.mark.slow
@pytest.mark.browser
def test_a_cell_shows_its_formula_by_mouse_and_keyboard(page, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    run, text = page
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    column = list(data_of(text)["columns"])
    place = [each["label"] for each in column].index("dE/dw5")
    with playwright.sync_playwright() as driver:
        browser = _browser(driver)
        tab = browser.new_page()
        faults = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text))
        tab.goto(path.as_uri())
        cells = tab.locator(".grid tbody tr").nth(1).locator("td")
        cells.nth(place).hover()
        said = tab.locator(".how").inner_text()
        line = run.rows[1]["dE_dw5"]
        assert "dE/do1 · do1/dw5" in said
        assert line.symbols in said
        assert numbers(line.line.formula, run.rows[1].values) in said
        cells.nth(place).click()
        tab.keyboard.press("ArrowUp")
        assert tab.locator(".how b").inner_text().startswith("step 1: dE/dw5 =")
        tab.keyboard.press("Home")
        assert "given" in tab.locator(".how").inner_text()
        browser.close()
    assert not faults


def _browser(driver):
    from shutil import which

    found = which("chromium") or which("chromium-browser") or which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine")
    return driver.chromium.launch(executable_path=found, args=["--no-sandbox"])


def test_sheets_have_a_page_a_student_with_blanks_and_the_key_has_answers():
    key = draw_key("convolution", seed=1, students=3)
    blank, filled = sheets_page(key), sheets_page(key, filled=True)
    assert blank.count("<article") == filled.count("<article") == 3
    cells = [cell for each in key.exercises.values() for cell in each.answers]
    assert re.findall(r'data-cell="(\w+)"', blank) == cells
    assert "<span></span>" in blank
    assert "<span></span>" not in filled
    assert "break-after: page" in blank

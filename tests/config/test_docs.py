"""The documentation: complete, with links that lead somewhere and light pictures."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
PICTURE_BYTES = 200_000
# How many requirements each group has.
GROUPS = {"P": 5, "R": 6, "H": 3, "L": 3, "C": 8, "M": 3, "I": 5, "S": 2, "V": 2}
GROUPS |= {"M1.": 14, "M2.": 12}
CELL = re.compile(r"(?<!\\)\|")


def requirements() -> list[list[str]]:
    """Return the cells of every row of the requirements' tables."""
    rows = []
    for line in (DOCS / "requirements.md").read_text().splitlines():
        cells = [cell.strip() for cell in CELL.split(line)[1:-1]]
        if cells and re.fullmatch(r"[A-Z]\d+(\.\d+)?", cells[0]):
            rows.append(cells)
    return rows


def test_every_requirement_is_there_once():
    expected = {f"{g}{n}" for g, last in GROUPS.items() for n in range(1, last + 1)}
    ids = [row[0] for row in requirements()]
    assert len(ids) == len(set(ids))
    assert set(ids) == expected


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row[0])
def test_requirement_is_one_sentence_with_place_test_and_state(row):
    _id, sentence, place, test, state = row
    assert sentence.endswith(".")
    assert ". " not in sentence, "one sentence"
    assert place
    assert re.match(r"(done|partly: |planned)", state)
    if not state.startswith("planned"):
        assert test != "none yet", "only what a test proves is done"


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row[0])
def test_proof_of_requirement_exists(row):
    for path in re.findall(r"`([^`]+)`", row[3]):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_pictures_are_light_and_shown():
    text = "".join(page.read_text() for page in PAGES)
    for picture in DOCS.glob("images/*"):
        assert picture.stat().st_size <= PICTURE_BYTES, picture.name
        assert picture.name in text, f"{picture.name} is shown nowhere"

# SPDX-License-Identifier: Apache-2.0
"""The pages that a reader looks for are there, and the guide's steps are all answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
INDEX = (DOCS / "index.md").read_text(encoding="utf-8")
# What somebody wants, and the page for it.
WANTED = {
    "begin": "quick-start",
    "compare with the guide": "guide-side-by-side",
    "see how it fits together": "how-it-fits-together",
    "know what differs from the guide": "deviations",
    "add a site": "how-to/add-a-client-site",
    "add a namespace": "how-to/add-an-fl-namespace",
    "use an external store or database": "how-to/use-external-services",
    "install without internet": "how-to/install-without-internet",
    "upgrade and roll back": "how-to/upgrade",
    "recover from a fault": "how-to/recover",
    "bring own images": "how-to/bring-your-own-images",
    "know the rooms": "architecture",
    "look after it next": "change-this-collection",
}


@pytest.mark.parametrize("wish", WANTED)
def test_there_is_a_page_for_it_and_the_site_leads_there(wish: str) -> None:
    assert (DOCS / f"{WANTED[wish]}.md").is_file()
    assert f"\n{WANTED[wish]}\n" in INDEX


def test_every_page_is_reached() -> None:
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")} - {"index"}
    assert {page for page in pages if f"\n{page}\n" not in INDEX} == set()


def test_each_step_of_the_guide_has_a_row_with_an_answer() -> None:
    rows = re.findall(r"^\| (\d+|node) \| (.+?) \| (.+?) \|$", (DOCS / "guide-side-by-side.md").read_text(encoding="utf-8"), re.MULTILINE)
    numbers = [int(number) for number, _step, _answer in rows if number != "node"]
    # The last two steps of a client are others without a cluster.
    assert numbers == [*range(1, 43), 41, 42, 43, 44, 45]
    assert len(rows) - len(numbers) == 3
    roles = {path.name for path in (ROOT / "roles").iterdir()} - {"nsfl_lab", "nsfl_images"}
    answers = "\n".join(answer for _number, _step, answer in rows)
    assert {role for role in roles if role not in answers} == set()


def test_the_picture_is_on_its_page_and_names_what_the_catalogue_has() -> None:
    picture = (DOCS / "platform.svg").read_text(encoding="utf-8")
    assert "platform.svg" in (DOCS / "how-it-fits-together.md").read_text(encoding="utf-8")
    for part in ("job scheduler", "model manager", "client selector", "proxy", "coordinator", "task manager", "executor", "30091", "22000"):
        assert part in picture

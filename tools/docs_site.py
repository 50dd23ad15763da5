# SPDX-License-Identifier: Apache-2.0
"""Builds the documentation site in build/docs, every warning an error.

The pages of docs/ and the READMEs are written to be read in the checkout too, so their links are those of the checkout;
here they become links of the site. The reference is generated: plugins and roles by antsibull-docs, settings and playbooks below.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from option_tables import BEGIN, table

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
SOURCE, SITE, WORK = BUILD / "docs-source", BUILD / "docs", BUILD / "docs-work"
COLLECTIONS = WORK / "collections"
BIN = Path(sys.executable).parent
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
ROLES = sorted(path.parent.name for path in ROOT.glob("roles/*/README.md"))


def pages() -> dict[str, str]:
    """Place in the checkout of each page that people write, and its place in the site."""
    written = {str(path.relative_to(ROOT)): str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    roles = {f"roles/{role}/README.md": f"roles/{role}.md" for role in ROLES}
    return {**written, **roles, "README.md": "overview.md", "docs/platform.svg": "platform.svg"}


def moved(text: str, page: str, places: dict[str, str]) -> str:
    """The page with its links turned into those of the site; what the site does not have is named only."""

    def link(found: re.Match[str]) -> str:
        target, _hash, anchor = found["target"].partition("#")
        if not target or "://" in target:
            return found.group()
        wanted = os.path.normpath(os.path.join(os.path.dirname(page), target))
        if not (ROOT / wanted).exists():
            raise SystemExit(f"{page}: the link to {target} leads nowhere")
        if wanted not in places:
            return found["text"]
        place = os.path.relpath(places[wanted], os.path.dirname(places[page]) or ".")
        return f"{found['picture']}[{found['text']}]({place}{'#' + anchor if anchor else ''})"

    return LINK.sub(link, text)


def write(place: str, text: str) -> None:
    """One page of the site's source."""
    path = SOURCE / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def written_pages() -> None:
    """Pages that people write. A role's README ends where the table of its settings begins: the reference has it in full."""
    places = pages()
    for page, place in places.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        if not place.endswith(".md"):
            write(place, text)
        elif page.startswith("roles/"):
            role = Path(place).stem
            settings = f"All of them, with types and defaults: [{role}](../reference/{role}_role.rst).\n"
            write(place, moved(text.partition(BEGIN)[0], page, places) + settings)
        else:
            write(place, moved(text, page, places))


def settings_page() -> str:
    """The settings that several roles share."""
    specs = yaml.safe_load((ROOT / "meta" / "shared_variables.yml").read_text(encoding="utf-8"))["argument_specs"]
    said = "Written once in the inventory; each role takes them as the default of a setting of its own."
    return f"# Shared settings\n\n{said}\n\n{table(specs['shared']['options'])}\n"


def playbooks_page() -> str:
    """Each playbook with what its first comment says."""
    rows = ["# Playbooks", "", "| playbook | what it does |", "| --- | --- |"]
    for path in sorted(ROOT.glob("playbooks/*.yml")):
        head = path.read_text(encoding="utf-8").partition("---\n")[0].splitlines()
        said = [line.lstrip("# ") for line in head if "SPDX" not in line and not line.startswith("#   ")]
        rows.append(f"| `neursafe.fl.{path.stem}` | {' '.join(said).replace('|', chr(92) + '|')} |")
    return "\n".join(rows) + "\n"


def lean_specs(role: str) -> str:
    """A role's spec in which only `main` lists the settings: all entry points take the same ones, and one list is enough to read."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    for name, spec in specs["argument_specs"].items():
        if name != "main" and spec.pop("options", None):
            told = spec["description"] if isinstance(spec["description"], list) else [spec["description"]]
            linked = [re.sub(r"\bO\((nsfl_\w+)\)", rf"O(neursafe.fl.{role}#role:main:\1)", text) for text in told]
            spec["description"] = [*linked, "Takes the settings of the entry point C(main)."]
    return str(yaml.safe_dump(specs, sort_keys=False, allow_unicode=True))


def lean_collection() -> Path:
    """The collection with lean specs, everything else by links. Returns the folder to find it below."""
    collection = COLLECTIONS / "ansible_collections" / "neursafe" / "fl"
    collection.mkdir(parents=True)
    for name in ("galaxy.yml", "meta", "playbooks", "plugins", "docs"):
        (collection / name).symlink_to(ROOT / name)
    for role in ROLES:
        for path in (ROOT / "roles" / role).iterdir():
            (collection / "roles" / role / "meta").mkdir(parents=True, exist_ok=True)
            if path.name != "meta":
                (collection / "roles" / role / path.name).symlink_to(path)
        (collection / "roles" / role / "meta" / "argument_specs.yml").write_text(lean_specs(role), encoding="utf-8")
        (collection / "roles" / role / "meta" / "main.yml").symlink_to(ROOT / "roles" / role / "meta" / "main.yml")
    return COLLECTIONS


def reference() -> None:
    """Modules, filters, lookups, roles and so on, by antsibull-docs."""
    folder = SOURCE / "reference"
    folder.mkdir(mode=0o755)
    libraries = next(BIN.parent.glob("lib/python3*/site-packages"))
    command = [str(BIN / "antsibull-docs"), "collection", "--use-current", "--fail-on-error", "--squash-hierarchy", "--no-breadcrumbs"]
    command += ["--no-add-antsibull-docs-version", "--dest-dir", str(folder), "neursafe.fl"]
    where = {"ANSIBLE_COLLECTIONS_PATH": f"{lean_collection()}:{libraries}", "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **where}, check=True)
    write("reference/settings.md", settings_page())
    write("reference/playbooks.md", playbooks_page())


def main() -> int:
    """Collect the pages, then have Sphinx build them."""
    for folder in (SOURCE, SITE, WORK):
        shutil.rmtree(folder, ignore_errors=True)
    SOURCE.mkdir(parents=True, mode=0o755)
    written_pages()
    reference()
    shutil.copy(ROOT / "docs" / "conf.py", SOURCE)
    command = [str(BIN / "sphinx-build"), "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "2"]
    command += ["--doctree-dir", str(WORK / "doctrees"), str(SOURCE), str(SITE)]
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        print(f"docs: {len(list(SITE.rglob('*.html')))} pages, start at {(SITE / 'index.html').relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())

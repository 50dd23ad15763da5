# SPDX-License-Identifier: Apache-2.0
"""Writes the table of settings into each role's README.md, between its two markers, from the role's argument spec.

python tools/option_tables.py          # write
python tools/option_tables.py --check  # fail when a README is out of date
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- settings: generated from meta/argument_specs.yml -->", "<!-- end of settings -->"
MARKUP = re.compile(r"[VOCMPRU]\(([^)]*)\)")


def text(value: Any) -> str:
    """A description or a default as one cell of a table."""
    joined = " ".join(value) if isinstance(value, list) else str(value)
    return MARKUP.sub(r"`\1`", " ".join(joined.split())).replace("|", r"\|")


def with_templates(options: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The options with the defaults that a spec cannot hold: its schema refuses a template where a number or a boolean is due."""
    return {name: {"default": defaults[name], **option} if name in defaults else option for name, option in options.items()}


def default(option: dict[str, Any]) -> str:
    """The default as it would be written in an inventory."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    value = yaml.safe_dump(option["default"], default_flow_style=True, width=1000, allow_unicode=True).removesuffix("\n...\n").strip()
    return f"`{text(value)}`"


def rows(options: dict[str, Any], prefix: str = "") -> list[str]:
    """One row for each option; the keys of a nested option follow it with its name in front."""
    lines = []
    for name, option in options.items():
        kind = option.get("type", "str") + (f" of {option['elements']}" if "elements" in option else "")
        choices = f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}." if "choices" in option else ""
        lines.append(f"| `{prefix}{name}` | {kind} | {default(option)} | {text(option.get('description', ''))}{choices} |")
        lines += rows(option.get("options", {}), f"{prefix}{name}{'[]' if option.get('elements') else ''}.")
    return lines


def table(options: dict[str, Any]) -> str:
    """The whole table."""
    return "\n".join(["| setting | type | default | meaning |", "| --- | --- | --- | --- |", *rows(options)])


def updated(readme: str, options: dict[str, Any]) -> str:
    """The README with a fresh table between the markers."""
    head, _, rest = readme.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    return f"{head}{BEGIN}\n{table(options)}\n{END}{tail}"


def main(check: bool) -> int:
    """Write or compare all READMEs."""
    stale = []
    for spec in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = spec.parents[1] / "README.md"
        before = readme.read_text(encoding="utf-8")
        options = yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"]["main"].get("options", {})
        defaults = yaml.safe_load((spec.parents[1] / "defaults" / "main.yml").read_text(encoding="utf-8"))
        after = updated(before, with_templates(options, defaults))
        if after != before:
            stale.append(str(readme.relative_to(ROOT)))
            if not check:
                readme.write_text(after, encoding="utf-8")
    if check and stale:
        print(f"out of date, run `python tools/option_tables.py`: {', '.join(stale)}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

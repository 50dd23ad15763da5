# SPDX-License-Identifier: Apache-2.0
"""Draws docs/platform.svg from the text docs/platform.yml.

python tools/picture.py          # draw
python tools/picture.py --check  # fail when the picture is out of date
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml

ROOT = Path(__file__).resolve().parents[1]
SOURCE, PICTURE = ROOT / "docs" / "platform.yml", ROOT / "docs" / "platform.svg"
STEP = 17  # pixels of one step of the grid
LINE = 15  # pixels from one line of text to the next
BACKGROUND, INK, FRAME = "#ffffff", "#1f2933", "#9aa5b1"
FILL = {"component": "#e3f0fb", "job": "#fdf1d8", "store": "#e6f4ea"}
# Words stay readable where a line passes under them.
HALO = 'stroke="#ffffff" stroke-width="3" stroke-opacity="0.6" paint-order="stroke"'
STROKE = {"call": "#1f5f99", "data": "#2f7d4f", "setup": "#8a5a00"}

Point = tuple[float, float]


def defaults() -> dict[str, Any]:
    """The default of each setting that has one, shared ones and those of roles."""
    found: dict[str, Any] = {}
    for path in [*ROOT.glob("roles/*/meta/argument_specs.yml"), ROOT / "meta" / "shared_variables.yml"]:
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found |= {name: option["default"] for name, option in spec.get("options", {}).items() if "default" in option}
    return found


def filled(text: str, values: dict[str, Any]) -> str:
    """The text with each {setting} replaced by its default; an unknown one is an error."""
    return escape(re.sub(r"\{(nsfl_\w+)\}", lambda found: str(values[found.group(1)]), text))


def pixels(place: Sequence[float]) -> Point:
    """A place of the grid in pixels."""
    return place[0] * STEP, place[1] * STEP


def words(place: Point, text: str, size: int = 12, weight: str = "normal", anchor: str = "middle", ink: str = INK) -> str:
    """One line of text."""
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{ink}" {HALO}'
    return f'<text x="{place[0]:g}" y="{place[1]:g}" {style}>{text}</text>'


def rectangle(item: dict[str, Any], fill: str, extra: str) -> str:
    """The outline of a frame or a box."""
    (x, y), (width, height) = pixels(item["at"]), pixels(item["size"])
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{fill}" {extra}/>'


def frame(item: dict[str, Any]) -> Iterator[str]:
    """A room with boxes in it, its name in the corner."""
    x, y = pixels(item["at"])
    yield rectangle(item, "none", f'stroke="{FRAME}" stroke-dasharray="5 4"')
    yield words((x + 8, y + LINE), escape(item["text"]), 12, "bold", "start", "#52606d")


def box(item: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """A program or a store with its name, and under it what there is to say."""
    (x, y), (width, height) = pixels(item["at"]), pixels(item["size"])
    yield rectangle(item, FILL[item.get("kind", "component")], f'stroke="{INK}"')
    top = y + (height - LINE * len(item["text"])) / 2 + LINE * 0.75
    for number, line in enumerate(item["text"]):
        yield words((x + width / 2, top + number * LINE), filled(line, values), 12 if number else 13, "normal" if number else "bold")


def end(name: str | list[float], boxes: dict[str, dict[str, Any]]) -> Point:
    """Where an arrow begins or ends: `proxy.r3` is on the right side, 3 tenths down."""
    if not isinstance(name, str):
        return pixels(name)
    key, _dot, place = name.partition(".")
    (x, y), (width, height) = pixels(boxes[key]["at"]), pixels(boxes[key]["size"])
    along = int(place[1:]) / 10
    return {
        "l": (x, y + height * along),
        "r": (x + width, y + height * along),
        "t": (x + width * along, y),
        "b": (x + width * along, y + height),
    }[place[0]]


def arrow(item: dict[str, Any], boxes: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A line over its points, and what it carries."""
    kind = item.get("kind", "call")
    points = [end(item["from"], boxes), *map(pixels, item.get("via", [])), end(item["to"], boxes)]
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{STROKE[kind]}" stroke-width="1.5" marker-end="url(#{kind})"/>'
    if "text" in item:
        yield words(pixels(item["text_at"]), escape(item["text"]), 11, ink=STROKE[kind])


def marker(kind: str) -> str:
    """The head of an arrow."""
    shape = f'<path d="M0,0 L8,4 L0,8 z" fill="{STROKE[kind]}"/>'
    return f'<marker id="{kind}" markerWidth="8" markerHeight="8" refX="8" refY="4" orient="auto">{shape}</marker>'


def legend(items: list[dict[str, Any]]) -> Iterator[str]:
    """What the colours of the arrows mean, above everything else."""
    for number, item in enumerate(items):
        x, y = pixels((17 + 14 * number, 1.1))
        yield f'<line x1="{x:g}" y1="{y:g}" x2="{x + 28:g}" y2="{y:g}" stroke="{STROKE[item["kind"]]}" stroke-width="3"/>'
        yield words((x + 36, y + 4), escape(item["text"]), anchor="start")


def drawn(source: str) -> str:
    """The whole picture; it has the licence of its text, which is the first line there."""
    picture, licence = yaml.safe_load(source), source.splitlines()[0].removeprefix("# ")
    values, boxes = defaults(), {item["id"]: item for item in picture["boxes"]}
    width, height = pixels(picture["size"])
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="Helvetica, Arial, sans-serif">',
        f"<!-- {licence} -->",
        "<!-- Drawn by tools/picture.py from docs/platform.yml. -->",
        f"<title>{escape(picture['title'])}</title>",
        f"<defs>{''.join(map(marker, STROKE))}</defs>",
        f'<rect width="100%" height="100%" fill="{BACKGROUND}"/>',
        *(line for item in picture["frames"] for line in frame(item)),
        *(line for item in picture["boxes"] for line in box(item, values)),
        *(line for item in picture["arrows"] for line in arrow(item, boxes)),
        *legend(picture["legend"]),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def main(check: bool) -> int:
    """Draw, or compare."""
    after = drawn(SOURCE.read_text(encoding="utf-8"))
    stale = not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != after
    if check and stale:
        print("docs/platform.svg is out of date, run `python tools/picture.py`")
    elif stale:
        PICTURE.write_text(after, encoding="utf-8")
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a configuration file: JSON as the guide prints it, that is with comments and commas too many."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem

# Comments as in shell, in JavaScript, and over several lines.
_BLANK = re.compile(r"(?:[\s\ufeff]+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_PYTHON = {"True": True, "False": False, "None": None}
_WORD = re.compile(r"[^\s,\]}#]+")
_DEEPEST = 20
LARGEST = 250_000


class ConfigSyntaxError(ValueError):
    """The text cannot be read beyond this place."""

    def __init__(self, line: int, column: int, what: str, fix: str) -> None:
        super().__init__(f"line {line}, column {column}: {what}; {fix}")


@dataclass
class ConfigText:
    """A text that was read: its value, the line of each path, and what was mended or is wrong."""

    value: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_text(text: str) -> ConfigText:
    """Read it all; raises ConfigSyntaxError where there is no telling what is meant."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.found = text, 0, ConfigText()
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        # json knows numbers, strings and words; what it lacks is comments, commas too many, and where it found what.
        self.scalar = json.JSONDecoder()

    def read(self) -> ConfigText:
        if len(self.text) > LARGEST:
            raise self._error(f"it has more than {LARGEST} characters", "write the guide's configuration, which has a few thousand")
        self._skip()
        if self.at == len(self.text):
            raise self._error("there is nothing in it", "write the guide's configuration, which begins with {")
        self.found.value = self._value("", 0)
        self._skip()
        if self.at < len(self.text):
            raise self._error(f"{self._shown()} stands after the end", "remove it, or the bracket that closes too early")
        return self.found

    def _value(self, path: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise self._error("it is nested too deep", "write the guide's configuration")
        self.found.lines.setdefault(path, self._line())
        start = self.text[self.at : self.at + 1]
        if start == "{":
            return self._map(path, depth)
        return self._list(path, depth) if start == "[" else self._scalar(path)

    def _map(self, path: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        self._step("{")
        while not self._closed("}", path):
            line, key = self._line(), self._key()
            below = f"{path}.{key}" if path else key
            if key in result:
                what = f"stands twice, in lines {self.found.lines[below]} and {line}"
                self.found.problems.append(Problem(below, what, "keep one of them"))
            self.found.lines[below] = line
            if not self._step(":"):
                raise self._error(f"{self._shown()} stands where the colon after {key} belongs", f'write "{key}": VALUE')
            result[key] = self._value(below, depth + 1)
            self._separator("}", below)
        return result

    def _list(self, path: str, depth: int) -> list[Any]:
        result: list[Any] = []
        self._step("[")
        while not self._closed("]", path):
            below = f"{path}[{len(result)}]"
            result.append(self._value(below, depth + 1))
            self._separator("]", below)
        return result

    def _key(self) -> str:
        if self.text[self.at : self.at + 1] != '"':
            raise self._error(f"{self._shown()} stands where a name belongs", "write each name in double quotes")
        return str(self._scalar(""))

    def _scalar(self, path: str) -> Any:
        word = _WORD.match(self.text, self.at)
        if word and word.group() in _PYTHON:
            self.at = word.end()
            right = json.dumps(_PYTHON[word.group()])
            self.found.notices.append(f"{path}: {word.group()} is written {right} in JSON; taken as {right}")
            return _PYTHON[word.group()]
        try:
            value, end = self.scalar.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            raise self._scalar_error(error) from None
        except ValueError:
            raise self._error("the number is too long", "write a number of a few digits") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(f"{self._shown()} is no value", "write a number, a text in double quotes, true or false")
        self.at = end
        return value

    def _scalar_error(self, error: json.JSONDecodeError) -> ConfigSyntaxError:
        if self.text[self.at : self.at + 1] != '"':
            return self._error(f"{self._shown()} is no value", "write texts in double quotes, and true, false and numbers without")
        if "control character" in error.msg:
            return self._error("the text in quotes does not end in its line", "write the closing double quote")
        return self._error(f"the text in quotes is broken ({error.msg})", "close it with a double quote, and write a backslash twice")

    def _separator(self, closing: str, path: str) -> None:
        """The comma after a value. What may stand there is so little that a forgotten one can be told of and read over."""
        if self._step(",") or self.text[self.at : self.at + 1] in (closing, ""):
            return
        if self.text[self.at : self.at + 1] in ('"', "{", "["):
            self.found.problems.append(Problem(path, "has no comma after it", "put one there, for another entry follows"))
            return
        raise self._error(f"{self._shown()} stands after {path}", f"write a comma, or {closing} to close")

    def _closed(self, closing: str, path: str) -> bool:
        self._skip()
        if self.at == len(self.text):
            raise self._error(f"{path or 'the configuration'} is not closed", f"write the missing {closing}")
        return self._step(closing)

    def _step(self, mark: str) -> bool:
        """Over `mark`, and the blanks around it, if it is what comes next."""
        self._skip()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += 1
        self._skip()
        return True

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _line(self) -> int:
        return bisect_right(self.line_starts, self.at)

    def _shown(self) -> str:
        word = _WORD.match(self.text, self.at)
        return repr(word.group()[:30] if word else self.text[self.at : self.at + 1]) if self.at < len(self.text) else "the end"

    def _error(self, what: str, fix: str) -> ConfigSyntaxError:
        return ConfigSyntaxError(self._line(), self.at - self.text.rfind("\n", 0, self.at), what, fix)

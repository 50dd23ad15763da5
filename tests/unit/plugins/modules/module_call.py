# SPDX-License-Identifier: Apache-2.0
"""Calls a module's main() as Ansible would, and reads what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args


def answer_of(module: Any, capsys: pytest.CaptureFixture[str], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The module's result, failed or not."""
    with patch_module_args(dict(arguments)), pytest.raises(SystemExit):
        module.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result

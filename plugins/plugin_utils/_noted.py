# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preflight has noted of a host, which playbooks/preflight.yml keeps in one variable until something is to be done with it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

LOOK = "__nsfl_preflight"


def noted(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts of a host; one that is a fact of its own by now is newer."""
    return ChainMap(variables, variables.get(LOOK, {}).get("facts", {}))  # type: ignore[arg-type]

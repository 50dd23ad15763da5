# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes' quantities (500m, 64Mi, 2e3), and the requests and limits that are made of them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?")
_BINARY = {f"{sign}i": Decimal(1024) ** power for power, sign in enumerate("KMGTPE", 1)}
_DECIMAL = {sign: Decimal(1000) ** power for sign, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)}
_RESOURCE = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PARTS = ("requests", "limits")


def amount(value: Any) -> Decimal | None:
    """What a quantity amounts to; nothing where it is none."""
    found = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if not found or not isinstance(value, (str, int, float)):
        return None
    number, unit = Decimal(found.group(1)), found.group(2) or ""
    if unit[:1] in "eE" and unit[1:]:
        return number * Decimal(10) ** int(unit[1:]) if unit[1:] != "i" else number * _BINARY[unit]
    return number * ({**_BINARY, **_DECIMAL}[unit] if unit else 1)


def resources_problem(value: Any) -> tuple[str, str] | None:
    """What the API server would refuse of a container's resources, with the cure."""
    if not isinstance(value, dict):
        return "it is no map", "write requests and limits, such as {requests: {cpu: 100m, memory: 128Mi}}"
    for part, entries in value.items():
        if part not in _PARTS:
            return f"there is no part {str(part)[:40]!r}", "write requests or limits"
        if not isinstance(entries, dict):
            return f"{part} is no map", "write it like {cpu: 100m, memory: 128Mi}"
        for name, quantity in entries.items():
            if not _RESOURCE.fullmatch(str(name)):
                return (
                    f"{str(name)[:40]!r} is no name of a resource",
                    "write cpu, memory, or one of the nodes' such as nvidia.com/gpu",
                )
            if amount(quantity) is None:
                return f"{part}.{name} is {str(quantity)[:40]!r}, which is no quantity", "write it like 500m, 2, 64Mi or 1G"
    requests, limits = (value.get(part) or {} for part in _PARTS)
    for name, quantity in requests.items():
        if name in limits and (amount(quantity) or 0) > (amount(limits[name]) or 0):
            return f"more {name} is requested ({quantity}) than the limit allows ({limits[name]})", "raise the limit, or lower the request"
    return None

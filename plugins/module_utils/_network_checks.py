# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the settings that network policies are made of, for all three that make some."""

from __future__ import annotations

from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check


def _ports(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, list) or not value:
        return f"{check.shown(value)} is no list of ports", "write at least one, such as [443, 6443]"
    return next((verdict for verdict in map(check.port, value) if verdict), None)


NETWORK = {"k8s.network_policies": check.boolean, "k8s.kubernetes_ports": _ports}

# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that all our objects carry."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree

_MANAGER = "neursafe.fl"


def labels(tree: Tree, name: str, component: str) -> dict[str, str]:
    """The labels of an object; `instance` is what tells our objects from everybody else's."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": str(tree["instance"]),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "neursafe-fl",
        "app.kubernetes.io/managed-by": _MANAGER,
        "app.kubernetes.io/version": str(tree["version"]),
    }

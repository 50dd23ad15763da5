# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image each component runs: the user's own, else what was built or mirrored, else the guide's name for it."""

from __future__ import annotations

from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._catalogue import CLIENT, SERVER

NAMES = {
    **{component.key: component.image for component in (*SERVER, *CLIENT)},
    "coordinator": "nsfl-coordinator",
    # Of the successor only.
    "data_server": "nsfl-data-server",
    "executor": "nsfl-client-cpu",
    "cli": "nsfl-cli",
}


def component_images(
    manifest: dict[str, Any], own: dict[str, str] | None = None, registry: str = "", tag: str = "latest"
) -> dict[str, str]:
    """Reference of each component's image."""
    prefix = f"{registry.rstrip('/')}/" if registry else ""
    given = {key: str(value) for key, value in (own or {}).items() if value}
    return {key: given.get(key) or _built(manifest, name) or f"{prefix}{name}:{tag}" for key, name in NAMES.items()}


def _built(manifest: dict[str, Any], name: str) -> str:
    """The reference by digest; a manifest may also map names to plain references."""
    entry = manifest.get(name)
    return str(entry.get("reference", "")) if isinstance(entry, dict) else str(entry or "")

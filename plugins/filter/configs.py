# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the deployment guide's own configuration files say. Each filter's documentation is the file NAME.yml beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._config import read_config


def client_config(text: str) -> dict[str, Any]:
    """All that is found in the text of a client_config.json."""
    return asdict(read_config(text, "client"))


def server_config(text: str) -> dict[str, Any]:
    """All that is found in the text of a server_config.json."""
    return asdict(read_config(text, "server"))


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_config": client_config, "server_config": server_config}

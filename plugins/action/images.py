# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module images, without a process of its own on the controller while it only looks; builds outlive a run that is cut short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.neursafe.fl.plugins.modules import images
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    module = images

    def suits(self, arguments: Mapping[str, Any]) -> bool:
        return arguments.get("state") == "checked"

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module tree, without a process of its own on the controller."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.modules import tree
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    module = tree

# SPDX-License-Identifier: Apache-2.0
"""Sphinx's settings for the site. tools/docs_site.py collects the pages and runs Sphinx."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

project = "neursafe.fl"
author = "The neursafe.fl maintainers"
copyright = author

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
html_use_index = False
# The reference speaks of Ansible's own plugins too; they are documented there.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
PLUGIN = re.compile(r"ansible_collections\.(\w+)\.(\w+)\.(\w+_(?:module|filter|lookup|callback|connection|inventory|role))")
# Labels of Ansible's guides that the generated pages use.
GUIDES = {
    "action_plugins": "plugins/action.html",
    "callback_plugins": "plugins/callback.html",
    "inventory_plugins": "plugins/inventory.html",
    "ansible_configuration_settings_locations": "reference_appendices/config.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "check_mode_dry": "playbook_guide/playbooks_checkmode.html",
    "diff_mode": "playbook_guide/playbooks_checkmode.html",
    "general_precedence_rules": "reference_appendices/general_precedence.html",
}


def ansible_reference(app: Any, env: Any, node: Any, contnode: nodes.Node) -> nodes.reference | None:
    """A link into Ansible's documentation for what is not documented here; None leaves the warning to Sphinx."""
    target = str(node.get("reftarget", ""))
    found = PLUGIN.match(target)
    place = f"collections/{'/'.join(found.groups())}.html" if found else GUIDES.get(target)
    if place is None or target.startswith("ansible_collections.neursafe"):
        return None
    return nodes.reference("", "", contnode, internal=False, refuri=f"{ANSIBLE}/{place}")


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("missing-reference", ansible_reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check the settings of a host, and go through the preflights of roles, in one task
version_added: 0.1.0
description:
  - Looks at each setting of the host on its own, as P(neursafe.fl.setting_problems#lookup) does, then goes through C(tasks/preflight.yml)
    of each of O(roles), as C(include_role) with C(tasks_from=preflight) would. Changes nothing.
  - Ansible starts a process for every task of every host. Here the tasks share one, so that a host costs little more than the modules that
    it is asked by.
  - A preflight may set facts, ask modules of this collection, show something, include further files of its role, and fail. Modules run on
    the host, or with C(delegate_to=localhost) within this process, with the Python that Ansible itself uses. Anything else is an error.
  - A role whose provider is not known is passed over. A check that cannot be made is one problem among the others.
options:
  roles:
    description: Names of roles of this collection, without the collection's.
    type: list
    elements: str
    required: true
  tasks_from:
    description:
      - Which file in the folder C(tasks) of each role is gone through, without C(.yml).
      - What is said here of a preflight holds for any of them.
    type: str
    default: preflight
  secure_logging:
    description:
      - Whether what is asked and answered is hidden, because there are secrets in it. Why a host cannot be reached is shown, which it
        is not with C(no_log) on the task.
    type: bool
    default: true
extends_documentation_fragment: [neursafe.fl.attributes.reading]
notes:
  - Give the task C(become=true) where a module of a preflight asks for it; a module that does not ask for it runs without.
  - A role's own variables and facts are seen as within the role; C(vars) of the play are, those of other roles are not.
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Look
  neursafe.fl.preflight:
    roles: [nsfl_shared_storage, nsfl_directories]
  become: true
  register: look

- name: Note what was found
  ansible.builtin.set_fact:
  args: "{{ look.facts }}"
"""

RETURN = r"""
facts:
  description:
    - What the preflights have noted and registered, by name, for M(ansible.builtin.set_fact). Secrets may be in it.
    - Problems are in C(__nsfl_inventory_problems), in C(__ROLE_problems), and in C(__ROLE_check_problems) where a check could not be made;
      P(neursafe.fl.host_problems#filter) gathers them.
  returned: always
  type: dict
calls:
  description: How many modules were run on the host.
  returned: always
  type: int
"""

#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_lock
short_description: One run at a time
version_added: 0.1.0
description:
  - Takes a lock for the rest of this run of C(ansible-playbook), or fails and says who has it, where, and since when. Asked again by the
    same run it does nothing.
  - With a cluster the lock is a Lease of C(coordination.k8s.io), so that it holds for all controllers. A process that is left behind on the
    controller renews it every 15 seconds and deletes it when the run is over, however it ended.
  - Where there is no kubeconfig, the lock is a file in C(~/.cache/neursafe-fl/locks), and holds for this controller.
  - The lock of a run that was killed is taken over, at once on the controller of that run, and elsewhere 60 seconds after its last sign
    of life. The clock that counts is that of the API server.
  - A cluster that does not answer, or does not know the user, is no failure here; what then needs it fails.
options:
  name:
    description: Name of the lock.
    type: str
    required: true
  namespace:
    description: Namespace of the Lease, which has to be there.
    type: str
    default: default
extends_documentation_fragment:
  - neursafe.fl.kubeconfig
attributes:
  check_mode:
    description: Does nothing, and says nothing.
    support: full
  diff_mode:
    description: Nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
notes:
  - Runs on the controller only.
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Have no other run at work meanwhile
  neursafe.fl.run_lock:
    name: nsfl-server
"""

RETURN = r""" # """

#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoints
short_description: Ask several endpoints at once whether they answer as they should
version_added: 0.1.0
description:
  - Sends one HTTP request, or opens one TCP connection, to each of a list of endpoints, all at the same time, and again until each
    answers as it should or the time is up.
  - Fails with one line for each endpoint that does not, with what it answered instead.
  - In check mode it asks once and never fails, because an earlier task may only have predicted what would answer.
options:
  wait:
    description: Seconds in which to ask again, once a second, before an endpoint that does not answer as it should is given up.
    type: int
    default: 0
extends_documentation_fragment:
  - neursafe.fl.endpoints
  - neursafe.fl.attributes.reading
attributes:
  check_mode:
    description: Asks once instead of waiting, and fails for nothing.
notes:
  - Proxies of the environment are not used, since these are ways inside the site.
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Ask the components
  neursafe.fl.endpoints:
    checks:
      - {name: job scheduler, url: "http://192.0.2.10:30083/api/v1/health"}
      - {name: proxy, url: "tcp://192.0.2.10:30091"}
    wait: 10
"""

RETURN = r"""
answers:
  description: For each endpoint C(name), C(url), C(status) (0 where there is none) and C(trouble), which is empty when all is well.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._endpoints import OPTIONS, ask_all, silent


def main() -> None:
    module = AnsibleModule(argument_spec={**OPTIONS, "wait": {"type": "int", "default": 0}}, supports_check_mode=True)
    answers = ask_all(module.params, 0 if module.check_mode else module.params["wait"])
    troubles = silent(answers)
    if troubles and not module.check_mode:
        module.fail_json(msg="\n".join(troubles), answers=answers)
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_proof
short_description: Prove that a service takes a new secret and refuses the old one
version_added: 0.1.0
description:
  - Asks each service twice, with the new secret and with the old one, and fails with a line for each that does not take the first and
    refuse the second, or does not answer. Changes nothing.
options:
  checks:
    description: The secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      secret:
        description: Its name, for messages.
        type: str
        required: true
      type:
        description:
          - The kind of service.
          - With V(tls), the secrets are certificates of authorities (PEM), and the server has to be known by the new one only.
        type: str
        choices: [http, kubernetes, mongodb, postgresql, s3, tls]
        required: true
      address:
        description: >-
          Where the service is, a URL, or C(HOST:PORT) for a database; with O(checks[].type=tls) a URL, whose scheme is C(postgresql) for a
          server that has to be asked for TLS first.
        type: str
        default: ''
      user:
        description: Whose secret it is.
        type: str
        default: ''
      header:
        description: With type V(http), the header that the secret is sent in. Without one it is basic authentication.
        type: str
        default: ''
      headers:
        description: With type V(http), further headers.
        type: dict
        default: {}
      database:
        description: The database to log in to.
        type: str
        default: ''
      sslmode:
        description: How TLS is used with a database.
        type: str
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
        default: prefer
      region:
        description: The region of an object store.
        type: str
        default: ''
      ca_path:
        description: File with the authority of the server's certificate.
        type: path
      validate_certs:
        description: Whether a certificate has to hold.
        type: bool
        default: true
      selector:
        description: >-
          With type V(http), labels of pods, one of which is asked through the Kubernetes API, at the port of O(checks[].address), open to
          others or not.
        type: str
        default: ''
      namespace:
        description: The Kubernetes namespace of those pods.
        type: str
        default: default
      kubeconfig:
        description: >-
          The kubeconfig of somebody who may ask for a review of tokens, with type V(kubernetes), or list pods and forward their ports, with
          O(checks[].selector).
        type: path
      context:
        description: Its context.
        type: str
      current:
        description: The new secret.
        type: str
        required: true
      former:
        description: The old one.
        type: str
        required: true
  wait:
    description: Seconds in which to ask again; an API server believes in a token for some seconds after it is gone.
    type: int
    default: 30
extends_documentation_fragment: [neursafe.fl.attributes.reading]
attributes:
  check_mode:
    description: Asks nothing, because an earlier task may only have predicted what a service takes.
requirements:
  - The client libraries of the services that are asked (kubernetes, minio, psycopg2, pymongo).
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Prove that the registry refuses the old password
  neursafe.fl.secret_proof:
    checks:
      - secret: registry_password
        type: http
        address: https://registry.example.org/v2/
        user: nsfl
        current: "{{ lookup('neursafe.fl.secret', 'registry_password') }}"
        former: "{{ lookup('neursafe.fl.secret', 'registry_password', former=true) }}"
"""

RETURN = r"""
proven:
  description: The names of the secrets.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._secret_proof import SERVICES, troubles

CHECK = {
    "secret": {"type": "str", "required": True, "no_log": False},
    "type": {"type": "str", "choices": list(SERVICES), "required": True},
    "address": {"type": "str", "default": ""},
    "user": {"type": "str", "default": ""},
    "header": {"type": "str", "default": ""},
    "headers": {"type": "dict", "default": {}},
    "database": {"type": "str", "default": ""},
    "sslmode": {"type": "str", "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"], "default": "prefer"},
    "region": {"type": "str", "default": ""},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "selector": {"type": "str", "default": ""},
    "namespace": {"type": "str", "default": "default"},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "current": {"type": "str", "required": True, "no_log": True},
    "former": {"type": "str", "required": True, "no_log": True},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "dict", "required": True, "options": CHECK},
            "wait": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    names = [check["secret"] for check in module.params["checks"]]
    if module.check_mode:
        module.exit_json(changed=False, proven=[])
    found = troubles(module.params["checks"], module.params["wait"])
    if found:
        module.fail_json(msg="\n".join(found))
    module.exit_json(changed=False, proven=names)


if __name__ == "__main__":
    main()

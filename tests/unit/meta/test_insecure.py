# SPDX-License-Identifier: Apache-2.0
"""Nothing passes over a certificate unless a setting that says so in its name is given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PASSED_OVER = re.compile(
    r"validate_certs: *['\"]?(false|no)\b|no_check_certificate|verify=False|CERT_NONE|insecureSkipVerify|--insecure\b|tls-verify=false"
    r"|ssl_verify_hostname=0|sslmode['\"]?: *['\"]?(disable|allow)\b|check_hostname = False"
)
# The one word for it, where registries have one of their own.
LOUD = re.compile(r"nsfl_insecure|_insecure\b")
# In Python: what reads the option that a role's setting becomes.
BEHIND_AN_OPTION = {
    "plugins/modules/host_image.py": 'if params["insecure"]',
    "plugins/module_utils/_endpoints.py": 'if not params["validate_certs"]',
    "plugins/module_utils/_image_builder.py": "if self.insecure",
    "plugins/module_utils/_image_mirror.py": "if registry.is_insecure",
    "plugins/module_utils/_job_files.py": "if validate_certs",
    "plugins/module_utils/_object_store_api.py": "if validate_certs",
    "plugins/module_utils/_registry.py": "if not self.validate_certs",
    # As the user's kubeconfig says.
    "plugins/module_utils/_kubeconfig.py": "insecure-skip-tls-verify",
    # Reads what a server shows that was refused, says nothing to it and closes.
    "plugins/module_utils/_peer.py": "getpeercert",
}


def found(*folders: str) -> dict[str, list[str]]:
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix not in (".pyc", ".md")]
    lines = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="ignore").splitlines() for path in files}
    return {name: wrong for name, text in lines.items() if (wrong := [line for line in text if PASSED_OVER.search(line)])}


def test_roles_playbooks_and_inventories() -> None:
    quiet = {name: [line for line in lines if not LOUD.search(line)] for name, lines in found("roles", "playbooks", "inventories").items()}
    assert {name: lines for name, lines in quiet.items() if lines} == {}


def test_plugins() -> None:
    assert found("plugins").keys() == BEHIND_AN_OPTION.keys()
    for name, condition in BEHIND_AN_OPTION.items():
        assert condition in (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("path", sorted((ROOT / "roles").glob("*/defaults/main.yml")), ids=lambda path: path.parts[-3])
def test_each_roles_setting_follows_the_one_for_all(path: Path) -> None:
    defaults: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    own = {name: value for name, value in defaults.items() if name.endswith(("_validate_certs", "_insecure"))}
    allowed = (False, "{{ not nsfl_insecure | default(false) | bool }}")
    assert {name: value for name, value in own.items() if value not in allowed} == {}

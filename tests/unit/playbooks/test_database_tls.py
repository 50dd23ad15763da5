# SPDX-License-Identifier: Apache-2.0
"""What the one look at a host asks of an installed MongoDB or FerretDB: that it has certificate and key, and has read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.neursafe.fl.plugins.plugin_utils._role_preflight import RolePreflight

KEY = {"state": "file", "mode": "0600", "sensitive": True}
MONGOD, FERRETDB = "/etc/neursafe_fl/mongodb", "/etc/neursafe_fl/ferretdb"


class Look:
    """One preflight, and what it has asked."""

    def __init__(self, folder: Path, provider: str, found: dict[str, Any] | None = None, **settings: Any) -> None:
        variables = {
            "nsfl_secrets_file": str(folder / "secrets.yml"),
            "nsfl_address": "192.0.2.7",
            "nsfl_db_type": "mongo",
            "nsfl_database_provider": provider,
            "nsfl_database_ferretdb_binary_file": "/bin/true",
            "inventory_hostname": "node-1",
            "groups": {"nsfl_database": ["node-1"]},
            "ansible_managed": "managed",
            "ansible_check_mode": False,
            "ansible_diff_mode": False,
            **settings,
        }
        self.asked: dict[str, dict[str, Any]] = {}
        self._host = {
            "ports": {},
            "paths": {"/bin/true": {"exists": True}},
            "systemd": True,
            "differences": [],
            "commands": {"go": ""},
            **(found or {}),
        }
        self.looks = RolePreflight("nsfl_database", DataLoader(), variables, self._ask, print)
        self.looks.go()

    def _ask(self, name: str, arguments: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
        self.asked.setdefault(name, arguments)
        said = self._host if name == "host_info" else {"problems": [], "installed": True, "up_to_date": True}
        return {"changed": False, **said}

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        return {entry["path"]: entry for tree in self.asked["host_info"]["trees"] if tree["root"] == "/etc" for entry in tree["entries"]}

    @property
    def read(self) -> set[str]:
        (unit,) = self.asked["host_info"]["units"]
        return set(unit["files"])

    @property
    def settings(self) -> str:
        return str(
            self.files[{True: "/etc/mongod.conf", False: "/etc/neursafe_fl/ferretdb.env"}["/etc/mongod.conf" in self.files]]["content"]
        )


def test_ferretdb_takes_tls_only(tmp_path: Path) -> None:
    look = Look(tmp_path, "ferretdb")
    key, certificate = look.files[f"{FERRETDB}/server.key"], look.files[f"{FERRETDB}/server.crt"]
    assert key.items() >= {**KEY, "owner": "nsfl-ferretdb", "group": "nsfl-ferretdb"}.items() and "PRIVATE KEY" in key["content"]
    assert "BEGIN CERTIFICATE" in certificate["content"] and "PRIVATE" not in certificate["content"]
    assert {f"{FERRETDB}/server.key", f"{FERRETDB}/server.crt"} < look.read
    lines = look.settings.splitlines()
    assert 'FERRETDB_LISTEN_ADDR=""' in lines and 'FERRETDB_LISTEN_TLS=":27017"' in lines
    assert f'FERRETDB_LISTEN_TLS_CERT_FILE="{FERRETDB}/server.crt"' in lines and "TLS_CA_FILE" not in look.settings


def test_mongod_takes_tls_only(tmp_path: Path) -> None:
    look = Look(tmp_path, "mongodb")
    pem = look.files[f"{MONGOD}/server.pem"]
    assert pem.items() >= {**KEY, "owner": "mongodb", "group": "mongodb"}.items()
    assert "PRIVATE KEY" in pem["content"] and "BEGIN CERTIFICATE" in pem["content"]
    assert {f"{MONGOD}/server.pem", f"{MONGOD}/ca.crt"} < look.read
    assert yaml.safe_load(look.settings)["net"]["tls"] == {
        "mode": "requireTLS",
        "certificateKeyFile": f"{MONGOD}/server.pem",
        "CAFile": f"{MONGOD}/ca.crt",
        "allowConnectionsWithoutCertificates": True,
    }


@pytest.mark.parametrize("provider", ["ferretdb", "mongodb"])
def test_without_tls_its_files_go(tmp_path: Path, provider: str) -> None:
    look = Look(tmp_path, provider, nsfl_tls=False)
    assert look.files[f"/etc/neursafe_fl/{provider}"] == {"path": f"/etc/neursafe_fl/{provider}", "state": "absent", "recursive": True}
    assert not [path for path in {*look.files, *look.read} if path.startswith(f"/etc/neursafe_fl/{provider}/")]
    assert "tls:" not in look.settings and "LISTEN_TLS" not in look.settings
    assert provider == "mongodb" or 'FERRETDB_LISTEN_ADDR=":27017"' in look.settings
    asked = look.asked["mongodb_schema"]
    assert asked["sslmode"] == "prefer" and "ca_cert" not in {name for name, value in asked.items() if "omit" not in str(value)}
    assert not (tmp_path / ".nsfl-ca").exists()


@pytest.mark.parametrize(
    ("provider", "mode", "ca"), [("ferretdb", "verify-full", "{tmp}/.nsfl-ca/ca.crt"), ("mongodb", "verify-ca", f"{MONGOD}/ca.crt")]
)
def test_the_module_checks_the_certificate(tmp_path: Path, provider: str, mode: str, ca: str) -> None:
    """A mongod is asked by 127.0.0.1, which is no name in its certificate."""
    asked = Look(tmp_path, provider).asked["mongodb_schema"]
    assert (asked["sslmode"], asked["ca_cert"]) == (mode, ca.replace("{tmp}", str(tmp_path)))
    assert asked["restart_due"] is False


@pytest.mark.parametrize(("ports", "due"), [({"27017": {"unit": "nsfl-ferretdb.service"}}, True), ({}, False)])
def test_a_server_that_runs_otherwise_is_restarted_first(tmp_path: Path, ports: dict[str, Any], due: bool) -> None:
    look = Look(tmp_path, "ferretdb", {"ports": ports, "differences": [f"{FERRETDB}/server.crt"]})
    assert look.asked["mongodb_schema"]["restart_due"] is due
    assert look.looks.facts["__nsfl_database_at_rest"] is False


@pytest.mark.parametrize("provider", ["ferretdb", "mongodb"])
def test_another_certificate_is_another_content(tmp_path: Path, provider: str) -> None:
    def shown() -> list[str]:
        return [entry["content"] for path, entry in Look(tmp_path, provider).files.items() if "/server." in path]

    first = shown()
    assert shown() == first
    (tmp_path / ".nsfl-ca" / "database-node-1.pem").unlink()
    assert not set(shown()) & set(first)


def test_settings_that_do_not_go_together_are_a_problem(tmp_path: Path) -> None:
    look = Look(tmp_path, "ferretdb", nsfl_database_tls=False)
    assert look.asked == {} and "nsfl_database_tls: the server is to have no TLS" in str(look.looks.facts)

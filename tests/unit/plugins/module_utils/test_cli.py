# SPDX-License-Identifier: Apache-2.0
"""What nsfl-ctl would stumble over is told before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._cli import problems

SETTINGS: dict[str, Any] = {
    "layout": "hostpath",
    "api_server": "192.0.2.21:30084",
    "api_tls": True,
    "api_plain_port": False,
    "api_plain_http": False,
    "data_server": "http://192.0.2.10:9000",
    "data_tls": False,
    "data_plain_port": False,
    "data_plain_http": False,
    "user": "nsfl",
    "password": "secret-key",
    "certificate": "",
    "owner": "root",
    "wrapper": True,
    "wrapper_path": "/usr/local/bin/nsfl-ctl",
    "engine": "podman",
    "engine_install": True,
    "image": "registry.example.org:5000/nsfl-cli:latest",
}
PLAIN = {"api_server": "192.0.2.21:30083", "api_tls": False, "api_plain_port": True, "api_plain_http": True}
PVC = {"layout": "pvc", "data_server": "192.0.2.21:30089", "data_tls": True}
PLAIN_PVC = {**PVC, "data_server": "192.0.2.21:30088", "data_tls": False, "data_plain_port": True, "data_plain_http": True}
HOST: dict[str, Any] = {"commands": {"podman": ""}, "paths": {}}


def test_sound_settings() -> None:
    assert problems(SETTINGS, HOST) == problems({**SETTINGS, **PVC}, HOST) == []
    assert problems({**SETTINGS, **PLAIN_PVC}, HOST) == problems({**SETTINGS, **PLAIN, **PLAIN_PVC, "wrapper": False}, HOST) == []
    # The tool of the layout pvc loses letters of such a name; its relay does not.
    assert problems({**SETTINGS, **PVC, "data_server": "hospital.example.org:30089"}, HOST) == []
    assert problems({**SETTINGS, **PLAIN}, HOST) == problems({**SETTINGS, **PLAIN, "wrapper": False}, HOST) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"api_server": "http://192.0.2.21:30083"}, "nsfl_cli_api_server: 'http://192.0.2.21:30083' is no HOST:PORT"),
        ({"data_server": "192.0.2.10:9000"}, "nsfl_cli_data_server: '192.0.2.10:9000' is no URL; write it with its scheme"),
        ({**PVC, "data_server": "http://192.0.2.21:30088"}, "nsfl_cli_data_server: 'http://192.0.2.21:30088' is no HOST:PORT"),
        (
            {**PVC, "data_server": "hospital.example.org:30088", "data_tls": False},
            "nsfl_cli_data_server: nsfl-ctl would read 'hospital",
        ),
        ({"password": ""}, "nsfl_cli_password: it is empty"),
        ({"password": "a\nb"}, "nsfl_cli_password: it has a line break in it"),
        ({"owner": "alice"}, "nsfl_cli_owner: alice has no use of root's images in podman; set nsfl_cli_engine: docker"),
        ({"certificate": "ca.pem"}, "nsfl_cli_certificate: 'ca.pem' is no absolute path"),
        ({"certificate": "/etc/ca.pem"}, "nsfl_cli_certificate: /etc/ca.pem is no file of this host"),
        ({"engine_install": False}, "nsfl_cli_engine: podman is not installed"),
        ({**PLAIN, "api_plain_http": False}, "nsfl_cli_api_tls: it is false, and the platform does not take plain HTTP, so that nothing"),
        ({**PLAIN, "api_tls": True}, "nsfl_cli_api_server: 192.0.2.21:30083 is the port of plain HTTP; write that of HTTPS"),
        ({"wrapper": False}, "nsfl_cli_wrapper: it is false, and an nsfl-ctl of the host's own speaks nothing but plain HTTP"),
        (
            {**PLAIN_PVC, "data_plain_http": False},
            "nsfl_cli_data_tls: it is false, and the platform does not take plain HTTP, so that nothing answers at 192.0.2.21:30088",
        ),
        (
            {**PLAIN_PVC, "data_tls": True},
            "nsfl_cli_data_server: 192.0.2.21:30088 is the port of plain HTTP; write that of HTTPS, or set nsfl_cli_data_tls: false",
        ),
        (
            {**PLAIN, **PVC, "wrapper": False},
            "nsfl_cli_wrapper: it is false, and an nsfl-ctl of the host's own speaks nothing but plain HTTP to the data server",
        ),
    ],
)
def test_each_mistake_is_told_with_its_remedy(changes: dict[str, Any], told: str) -> None:
    found = problems({**SETTINGS, **changes}, HOST)
    assert [problem for problem in found if problem.startswith(told)] == found
    assert len(found) == 1 and "; " in found[0]


def test_no_secret_is_told() -> None:
    assert not [problem for problem in problems({**SETTINGS, "password": "hush\nhush"}, HOST) if "hush" in problem]


def test_an_account_of_its_own_with_docker() -> None:
    assert problems({**SETTINGS, "owner": "alice", "engine": "docker"}, {"commands": {"docker": "/usr/bin/docker"}, "paths": {}}) == []

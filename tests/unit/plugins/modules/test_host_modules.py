# SPDX-License-Identifier: Apache-2.0
"""host_info, shared_tree_probe, systemd_unit and s3fs_mounts, as far as a machine without systemd can show them."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _host_state, _mounts, _s3fs, _systemd
from ansible_collections.neursafe.fl.plugins.modules import host_info, s3fs_mounts, shared_tree_probe, systemd_unit
from module_call import answer_of


def call(capsys, module, check=False, **options):
    return answer_of(module, capsys, {"_ansible_check_mode": check, "_ansible_diff": True, **options})


def test_host_info_names_the_listener_and_what_lies_on_a_path(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = call(
            capsys,
            host_info,
            ports=[port, 1],
            paths=[str(tmp_path), str(tmp_path / "file"), str(tmp_path / "no/such")],
            commands=["sh", "no-such-program"],
            versions=["bash", "no-such-program"],
        )
    assert told["changed"] is False and told["ports"] == {str(port): told["ports"][str(port)]}
    assert told["ports"][str(port)]["pid"] == os.getpid()
    folder, file, missing = (told["paths"][str(tmp_path / part)] for part in (".", "file", "no/such"))
    assert folder["kind"] == "directory" and folder["entries"] == ["file"] and folder["free_mb"] > 0 and not folder["trouble"]
    assert file["kind"] == "file" and missing["exists"] is False and missing["free_mb"] > 0
    assert told["commands"]["sh"].endswith("/sh") and told["commands"]["no-such-program"] == ""
    assert told["versions"]["bash"][0].isdigit() and told["versions"]["no-such-program"] == ""


def test_host_info_tells_what_is_not_as_given(capsys, tmp_path, monkeypatch):
    (tmp_path / "kept").write_text("a")
    (tmp_path / "edited").write_text("b")
    entries = [{"path": name, "state": "file", "content": "a"} for name in ("kept", "edited", "new")]
    program = tmp_path / "program"
    program.write_bytes(b"x" * 3_000_000)
    program.chmod(0o755)
    right = hashlib.sha256(program.read_bytes()).hexdigest()
    wanted = {"accounts": ["root", "no-such-user"], "trees": [{"root": str(tmp_path), "entries": entries}]}
    told = call(capsys, host_info, programs=[{"path": str(program), "sha256": right}], **wanted)["differences"]
    assert told == ["account no-such-user", *(["/".join((str(tmp_path), name)) for name in ("edited", "new")])]
    assert (tmp_path / "edited").read_text() == "b" and not (tmp_path / "new").exists()


@pytest.mark.parametrize("spoil", ["content", "mode", "unknown", "gone"])
def test_a_program_that_is_not_as_installed_differs(capsys, tmp_path, spoil):
    program = tmp_path / "program"
    program.write_text("x")
    program.chmod(0o700 if spoil == "mode" else 0o755)
    sums = {"content": "0" * 64, "unknown": ""}
    wanted = [{"path": str(program), "sha256": sums.get(spoil, hashlib.sha256(b"x").hexdigest())}]
    if spoil == "gone":
        program.unlink()
    assert call(capsys, host_info, programs=wanted)["differences"] == [str(program)]


def test_a_unit_differs_by_what_would_be_asked_of_systemctl(capsys, monkeypatch):
    running = _systemd.Unit("a.service", True, "active", "running", "enabled", 7, 1, False, "/bin/a -x")
    monkeypatch.setattr(_systemd, "show", lambda names: {"a.service": running, "b.timer": _systemd.Unit("b.timer")})
    monkeypatch.setattr(_systemd, "running_command", lambda pid: "/bin/a -y")
    units = [{"name": "a.service", "same_command": True}, {"name": "b.timer", "state": "stopped", "enabled": False}]
    assert call(capsys, host_info, units=units)["differences"] == ["a.service: restart (it runs with other options)"]
    assert call(capsys, host_info, units=[{"name": "a.service"}])["differences"] == []
    missing = call(capsys, host_info, units=[{"name": "b.timer"}])["differences"]
    assert missing == ["b.timer: enable (at boot)", "b.timer: restart (it is inactive)"]


def test_a_mount_differs_by_its_source(capsys):
    table = Path("/proc/self/mountinfo").read_text().splitlines()
    root = {"path": "/", "source": next(line.split(" - ")[1].split()[1] for line in table if line.split()[4] == "/")}
    wanted = [root, {"path": "/", "source": "bucket"}, {"path": "/no/such", "source": "bucket"}]
    assert call(capsys, host_info, mounts=wanted)["differences"] == ["mount /", "mount /no/such"]


def test_f13_a_file_of_another_host_that_is_seen_late_is_waited_for(capsys, tmp_path):
    late = threading.Timer(1.2, (tmp_path / ".nsfl-verify-abc123").write_text, ("abc123",))
    late.start()
    told = call(capsys, shared_tree_probe, action="read", timeout=20, paths=[str(tmp_path)], word="abc123")
    late.join()
    assert not told.get("failed") and told["seconds"][str(tmp_path)] > 1


def test_f07_mounts_that_hang_are_waited_for_side_by_side(monkeypatch):
    together = threading.Barrier(3, timeout=30)  # breaks when one is asked after the other

    def probe(point, timeout):
        together.wait()
        return f"{point} does not answer within {timeout} s"

    monkeypatch.setattr(_mounts, "probe", probe)
    assert list(_mounts.probes(["/b", "/a", "/c", "/a"], 5)) == ["/a", "/b", "/c"]


def test_f46_selinux_is_read_from_the_kernel(tmp_path):
    assert _host_state.selinux(str(tmp_path)) == {"enforcing": False, "off": []}
    (tmp_path / "booleans").mkdir()
    (tmp_path / "enforce").write_text("1")
    (tmp_path / "booleans" / "virt_sandbox_use_fusefs").write_text("0 0")
    assert _host_state.selinux(str(tmp_path)) == {"enforcing": True, "off": ["virt_sandbox_use_fusefs"]}


def test_what_is_written_is_read_and_taken_away(capsys, tmp_path):
    folders = [str(tmp_path / name) for name in ("a", "b")]
    for folder in folders:
        os.mkdir(folder)
    word = {"paths": folders, "word": "abc123"}
    missing = call(capsys, shared_tree_probe, action="read", timeout=1, **word)
    assert missing["failed"] and "not seen within 1 s" in missing["msg"]
    assert not call(capsys, shared_tree_probe, action="write", **word).get("failed")
    assert set(call(capsys, shared_tree_probe, action="read", **word)["seconds"]) == set(folders)
    call(capsys, shared_tree_probe, action="remove", **word)
    assert os.listdir(folders[0]) == []
    assert "lower-case" in call(capsys, shared_tree_probe, action="write", paths=folders, word="../x")["msg"]
    assert "cannot write" in call(capsys, shared_tree_probe, action="write", paths=[str(tmp_path / "none")], word="abc")["msg"]


@pytest.fixture
def units(monkeypatch):
    """systemd, as a table: `systemctl` calls change it the way systemd would."""
    table: dict[str, Any] = {}
    calls: list[Any] = []

    def show(names):
        return {name: table.get(name, _systemd.Unit(name=name)) for name in names}

    def run(*words, timeout=120):
        calls.append(words)
        for name in (word for word in words[2:] if word in table):
            old = table[name]
            changes = {
                "enable": {"enabled": "enabled"},
                "disable": {"enabled": "disabled"},
                "restart": {"active": "active"},
                "stop": {"active": "inactive"},
            }
            table[name] = _systemd.Unit(**{**old.__dict__, **changes.get(words[1], {})})
        return type("Done", (), {"returncode": 0, "stdout": "its last words", "stderr": ""})()

    monkeypatch.setattr(_systemd, "show", show)
    monkeypatch.setattr(_systemd, "call", run)
    return table, calls


def test_a_unit_is_enabled_started_and_then_left_alone(capsys, units):
    table, calls = units
    table["x.service"] = _systemd.Unit(name="x.service", found=True)
    assert call(capsys, systemd_unit, check=True, name="x.service")["changed"] and calls == []
    assert len(call(capsys, systemd_unit, name="x.service")["changes"]) == 2
    assert table["x.service"].running and call(capsys, systemd_unit, name="x.service")["changed"] is False
    assert call(capsys, systemd_unit, name="x.service", restart=True)["changes"] == ["restart (its files changed)"]
    assert len(call(capsys, systemd_unit, name="x.service", state="stopped", enabled=False)["changes"]) == 2
    assert call(capsys, systemd_unit, name="x.service", state="stopped", enabled=False)["changed"] is False


def test_a_missing_unit_is_predicted_in_check_mode_and_refused_otherwise(capsys, units):
    assert call(capsys, systemd_unit, check=True, name="y.service")["changed"]
    assert "knows no such unit" in call(capsys, systemd_unit, name="y.service")["msg"]
    assert call(capsys, systemd_unit, name="y.service", state="stopped", enabled=False)["changed"] is False


def test_a_unit_that_is_not_ready_is_explained(capsys, units):
    table, _calls = units
    table["x.service"] = _systemd.Unit(name="x.service", found=True, active="active", enabled="enabled")
    told = call(capsys, systemd_unit, name="x.service", health_url="http://127.0.0.1:9/health", timeout=0)
    assert "not ready within 0 s (" in told["msg"] and "Connection refused" in told["msg"] and "its last words" in told["msg"]


def test_health_is_what_the_address_answers(capsys):
    class Sick(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503 if self.path == "/sick" else 200)
            self.end_headers()

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Sick) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        assert systemd_unit.answer(f"{base}/well", None) == "" and "503" in systemd_unit.answer(f"{base}/sick", None)
        server.shutdown()


def test_mounts_of_an_empty_host_are_predicted(capsys, units, tmp_path):
    told = call(capsys, s3fs_mounts, check=True, root=str(tmp_path), buckets=["default", "models"])
    assert told["changes"] == ["mount default (it is inactive)", "mount models (it is inactive)"] and told["mounts"] == []
    assert "knows no such template" in call(capsys, s3fs_mounts, root=str(tmp_path), buckets=["default"])["msg"]


def test_a_store_that_is_away_is_named_and_no_mount_is_touched(capsys, units, tmp_path):
    table, calls = units
    table["nsfl-s3fs@default.service"] = _systemd.Unit(name="nsfl-s3fs@default.service", found=True)
    told = call(capsys, s3fs_mounts, root=str(tmp_path), buckets=["default"], endpoint="http://127.0.0.1:9")
    assert "does not reach the object store" in told["msg"] and calls == []


def test_local_files_are_not_hidden(capsys, units, tmp_path):
    table, calls = units
    table["nsfl-s3fs@default.service"] = _systemd.Unit(name="nsfl-s3fs@default.service", found=True)
    (tmp_path / "default").mkdir()
    (tmp_path / "default/precious").write_text("")
    assert "precious" in call(capsys, s3fs_mounts, root=str(tmp_path), buckets=["default"])["msg"] and calls == []


def test_unwanted_instances_go_only_with_prune(capsys, units, tmp_path, monkeypatch):
    table, _calls = units
    name = "nsfl-s3fs@old.service"
    table[name] = _systemd.Unit(name=name, found=True, active="active", enabled="enabled")
    monkeypatch.setattr(_s3fs, "instances", lambda _template: {"old"})
    assert call(capsys, s3fs_mounts, root=str(tmp_path), buckets=[])["changed"] is False
    assert call(capsys, s3fs_mounts, root=str(tmp_path), buckets=[], prune=True)["changes"] == ["unmount old"]
    assert not table[name].running and table[name].enabled == "disabled"
    assert call(capsys, s3fs_mounts, root=str(tmp_path), buckets=[], prune=True)["changed"] is False

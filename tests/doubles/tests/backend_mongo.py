# SPDX-License-Identifier: Apache-2.0
"""MongoDB's protocol with logins over TLS, spoken by a FerretDB in a folder and at a port of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from .machinery import ROOT, free_port, open_port, wait_until

BUILD = ROOT.parents[1] / "roles/nsfl_database/files"


class Mongo:
    @staticmethod
    def program() -> str:
        """FerretDB from the pinned module, built once; empty where there is no Go for that."""
        pin = b"".join((BUILD / "ferretdb" / name).read_bytes() for name in ("go.mod", "go.sum"))
        built = Path("~/.cache/neursafe-fl/ferretdb").expanduser() / f"ferretdb-tests-{hashlib.sha256(pin).hexdigest()[:12]}"
        if not built.exists() and shutil.which("go"):
            subprocess.run([BUILD / "build-ferretdb.sh", BUILD / "ferretdb", built], check=True, capture_output=True)
        return str(built) if built.exists() else ""

    def __init__(self, certificates: Path) -> None:
        """With server.crt, server.key and ca.crt in that folder; as on a host of the platform, it takes nothing without TLS."""
        from pymongo import MongoClient

        port = free_port()
        self.place = f"127.0.0.1:{port}"
        self.address = f"mongodb://{self.place}/?tls=true&tlsCAFile={certificates}/ca.crt"
        files = [f"--listen-tls-cert-file={certificates}/server.crt", f"--listen-tls-key-file={certificates}/server.key"]
        self._folder = tempfile.mkdtemp(prefix="nsfl-doubles-mongo-")
        options = ["--handler=sqlite", f"--sqlite-url=file:{self._folder}/", f"--state-dir={self._folder}", "--debug-addr=-"]
        login = ["--test-enable-new-auth", "--setup-database=admin", "--setup-username=admin", "--telemetry=disable"]
        self._server = subprocess.Popen(
            [self.program(), *options, *login, "--listen-addr=", f"--listen-tls={self.place}", *files],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "FERRETDB_SETUP_PASSWORD": "admin"},
        )
        wait_until("FerretDB", lambda: open_port(port))
        self._client: Any = MongoClient(self.address, username="admin", password="admin", authSource="admin")

    def database(self, name: str) -> Any:
        return self._client[name]

    def create_database(self) -> dict[str, str]:
        """A fresh database with the three collections and its own user; the environment that points at it."""
        name = f"fl_{uuid.uuid4().hex[:8]}"
        for collection in ("jobs", "models", "tasks"):
            self._client[name].create_collection(collection)
        self._client[name].command("createUser", "fl", pwd="secret", roles=[])
        return {"DB_TYPE": "mongo", "DB_ADDRESS": self.address, "DB_NAME": name, "DB_USERNAME": "fl", "DB_PASSWORD": "secret"}

    def drop_database(self, name: str) -> None:
        self._client[name].command("dropUser", "fl")
        self._client.drop_database(name)

    def stop(self) -> None:
        self._client.close()
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder)

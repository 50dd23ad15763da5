# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL and a real MinIO, each in a folder and at a port of its own."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from .machinery import free_port, open_port, wait_until


class PostgreSQL:
    def __init__(self, certificate: str = "", key: str = "") -> None:
        self.port = free_port()
        self._folder = folder = Path(tempfile.mkdtemp(prefix="nsfl-doubles-postgres-"))
        # PostgreSQL refuses to run as root.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        (folder / "password").write_text("admin")
        if self._as:
            shutil.chown(folder, "postgres", "postgres")
        data = str(folder / "data")
        self._run("initdb", "-D", data, "-A", "scram-sha-256", "-U", "admin", f"--pwfile={folder}/password")
        tls = self._shown(certificate, key) if certificate else []
        self._server = subprocess.Popen(
            [*self._as, self.program("postgres"), "-D", data, "-p", str(self.port), "-k", "", "-h", "127.0.0.1", "-F", *tls],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        wait_until("PostgreSQL", lambda: open_port(self.port))
        wait_until("PostgreSQL", self._try_login)

    def _shown(self, certificate: str, key: str) -> list[str]:
        """With a certificate it takes no connection without TLS."""
        for name, text in (("server.crt", certificate), ("server.key", key)):
            path = self._folder / name
            path.touch(0o600)
            path.write_text(text)
            if self._as:
                shutil.chown(path, "postgres", "postgres")
        (self._folder / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        return [f"--{name}={value}" for name, value in self._settings().items()]

    def _settings(self) -> dict[str, str]:
        return {"ssl": "on", "ssl_cert_file": f"{self._folder}/server.crt", "ssl_key_file": f"{self._folder}/server.key"}

    @staticmethod
    def program(name: str) -> str:
        return next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), "")

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run([*self._as, self.program(name), *arguments], check=True, capture_output=True, cwd=self._folder)

    def _try_login(self) -> bool:
        try:
            self.sql("postgres", "select 1")
            return True
        except Exception:
            return False

    def sql(self, database: str, *statements: str) -> None:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname=database, user="admin", password="admin")
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def create_database(self) -> str:
        name = f"fl_{uuid.uuid4().hex[:8]}"
        self.sql(
            "postgres",
            "do $$ begin create role fl login password 'secret'; exception when duplicate_object then null; end $$",
            f"create database {name} owner fl",
        )
        self.sql(
            name,
            *(f"create table {table} (id serial primary key, data jsonb)" for table in ("jobs", "models", "tasks")),
            *(f"alter table {table} owner to fl" for table in ("jobs", "models", "tasks")),
        )
        return name

    def drop_database(self, name: str) -> None:
        self.sql("postgres", f"drop database {name} with (force)")

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder)


class S3:
    """A real MinIO in a folder of its own."""

    @staticmethod
    def program() -> str:
        cached = os.path.expanduser("~/.cache/neursafe-fl/bin/minio")
        return shutil.which("minio") or (cached if os.access(cached, os.X_OK) else "")

    def __init__(self) -> None:
        import boto3

        port = free_port()
        self._folder = tempfile.mkdtemp(prefix="nsfl-doubles-minio-")
        self.endpoint = f"http://127.0.0.1:{port}"
        self._server = subprocess.Popen(
            [self.program(), "server", "--quiet", "--address", f"127.0.0.1:{port}", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "MINIO_ROOT_USER": "admin", "MINIO_ROOT_PASSWORD": "password1"},
        )
        wait_until("MinIO", lambda: open_port(port))
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id="admin", region_name="us-east-1", aws_secret_access_key="password1"
        )

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder)

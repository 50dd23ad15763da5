# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one job to the state that is asked for."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._api import Api, ApiError
from ansible_collections.neursafe.fl.plugins.module_utils._job import (
    ACTIVE_STATES,
    complete_config,
    config_problems,
    differing_keys,
    state_of,
)
from ansible_collections.neursafe.fl.plugins.module_utils._job_files import JobFiles, local_files


class Job:
    """In check mode it only reads."""

    def __init__(self, params: dict[str, Any], api: Api, files: JobFiles | None, check_mode: bool) -> None:
        self.p = params
        self.api = api
        self.files = files
        self.check_mode = check_mode
        self.changed = False
        self.uploaded: list[str] = []
        self.removed: list[str] = []

    def read(self) -> dict[str, Any] | None:
        return self.api.job(self.p["namespace"], self.p["id"])

    def change(self, function: Any, *args: Any) -> None:
        self.changed = True
        if not self.check_mode:
            function(*args)

    def wanted_config(self) -> dict[str, Any]:
        given = self.p["config"]
        names: list[str] = []
        if self.p["src"]:
            names = local_files(self.p["src"])
            if given is None and "config.json" in names:
                try:
                    given = json.loads((Path(self.p["src"]) / "config.json").read_text(encoding="utf-8"))
                except ValueError as error:
                    raise ApiError(f"src: config.json is not strict JSON (no comments, no trailing commas): {error}") from error
        return {} if given is None else complete_config(self.p["id"], given, names)

    def present(self, existing: dict[str, Any] | None) -> None:
        config = self.wanted_config()
        if existing is None and not config:
            raise ApiError(f"config: needed, because there is no job {self.p['namespace']}/{self.p['id']} yet")
        problems = config_problems(config) if config else []
        if problems:
            raise ApiError("; ".join(problems))
        keys = differing_keys(existing, config) if existing else []
        pending = self.files.differing(self.p["src"], self.p["id"]) if self.files and self.p["src"] else []
        if (keys or pending) and state_of(existing) in ACTIVE_STATES:
            raise ApiError(
                f"the job is {state_of(existing)} and differs in {', '.join(keys + pending)}; stop it first, or choose another id"
            )
        if pending and self.files:
            self.uploaded = pending
            self.change(self.files.upload, self.p["src"], self.p["id"], pending)
        if existing is None:
            self.change(self._create, config)
        elif keys:
            self.change(self.api.update_job, self.p["namespace"], config)

    def _create(self, config: dict[str, Any]) -> None:
        model = config.get("model_path")
        if self.files and model and model not in self.files.names(model):
            raise ApiError(
                f"config.model_path: there is no object {self.files.prefix}{model} in bucket {self.files.bucket} at {self.files.endpoint}; "
                "if a program wrote it below the mount, it wrote to a local folder: the bucket was not mounted there"
            )
        try:
            self.api.create_job(self.p["namespace"], config)
        except ApiError as error:
            # The answer may be lost although the job was made.
            if error.status is not None or self.read() is None:
                raise

    def started(self, existing: dict[str, Any] | None) -> None:
        self.present(existing)
        if state_of(existing) in ("STOPPED", "FAILED"):
            self.change(self.api.start_job, self.p["namespace"], self.p["id"])

    def stopped(self, existing: dict[str, Any] | None) -> None:
        if state_of(existing) in ACTIVE_STATES and state_of(existing) != "STOPPING":
            self.change(self.api.stop_job, self.p["namespace"], self.p["id"])

    def absent(self, existing: dict[str, Any] | None) -> None:
        if existing is not None:
            self.stopped(existing)
            if state_of(existing) in ACTIVE_STATES and not self.check_mode:
                self._at_rest()
            self.change(self.api.delete_job, self.p["namespace"], self.p["id"])
        if self.p["purge"] and self.files:
            output = (existing or {}).get("output") or (self.p["config"] or {}).get("output")
            self.removed = self.files.of_job(self.p["id"], output)
            if self.removed:
                self.change(self.files.remove, self.removed)
            if self.p["configs_path"]:
                self._remove_configs(self.files)

    def _remove_configs(self, files: JobFiles) -> None:
        bucket, _slash, folder = self.p["configs_path"].strip("/").partition("/")
        system = files.of_bucket(bucket)
        names = list(system.names("/".join(part for part in (folder, f"{self.p['namespace']}-{self.p['id']}") if part) + "/"))
        if names:
            self.removed = [*self.removed, *(f"{bucket}/{name}" for name in names)]
            self.change(system.remove, names)

    def _at_rest(self, seconds: float = 30.0) -> None:
        """Deleting a job under the scheduler's hands leaves its pod behind."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and state_of(self.read()) in ACTIVE_STATES:
            time.sleep(self.p["poll"])

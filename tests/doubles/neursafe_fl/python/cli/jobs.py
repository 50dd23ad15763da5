# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: nsfl-ctl create, get, start, stop and delete job."""

from __future__ import annotations

import argparse
import glob
import json
import os
from typing import Any

from neursafe_fl.python.cli.config import CliError, Config


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def create(args: argparse.Namespace, config: Config) -> None:
    """The files first, even when there is nothing to upload; the namespace must be there."""
    parts = _parts(args)
    job = _read(parts["config"])
    prefix = f"fl-{job['id']}"
    store = config.store()
    for path, key in _files(parts):
        store.upload(path, args.namespace, f"{prefix}/{key}")
    if parts.get("model"):
        job["model_path"] = f"{prefix}/model/{os.path.basename(parts['model'])}"
    if parts.get("scripts"):
        if not isinstance(job.get("scripts"), dict):
            raise CliError("with a scripts folder config.json needs a scripts map")
        job["scripts"]["path"] = f"{prefix}/scripts"
    if parts.get("extender"):
        job.setdefault("extender", {})["script_path"] = f"{prefix}/extender"
    config.api("POST", f"/namespaces/{args.namespace}/jobs", job)
    print("create job success.")


def _parts(args: argparse.Namespace) -> dict[str, str]:
    """Where the job's parts lie: one folder of fixed shape, or one by one."""
    if not args.workspace:
        if not args.config:
            raise CliError("-w or -f is required")
        return {key: getattr(args, key) for key in ("config", "model", "scripts", "extender") if getattr(args, key)}
    parts = {"config": os.path.join(args.workspace, "config.json")}
    job = _read(parts["config"])
    found = [path for kind in ("h5", "pth") for path in glob.glob(os.path.join(args.workspace, "model", f"*.{kind}"))]
    if len(found) == 1:
        parts["model"] = found[0]
    elif found or not (job.get("model_id") or job.get("checkpoint_id")):
        raise CliError(f"model/ must hold one *.h5 or *.pth, not {len(found)}")
    for key in ("scripts", "extender"):
        if os.path.isdir(os.path.join(args.workspace, key)):
            parts[key] = os.path.join(args.workspace, key)
    return parts


def _files(parts: dict[str, str]) -> list[tuple[str, str]]:
    files = [(parts["config"], "config.json")]
    if parts.get("model"):
        files.append((parts["model"], f"model/{os.path.basename(parts['model'])}"))
    for key in ("scripts", "extender"):
        for folder, _folders, names in os.walk(parts.get(key, "")) if parts.get(key) else ():
            for name in names:
                path = os.path.join(folder, name)
                files.append((path, f"{key}/{os.path.relpath(path, parts[key])}"))
    return files


def get(args: argparse.Namespace, config: Config) -> None:
    *given, namespace = args.words
    if args.workspace or args.config:
        job_id = _read(args.config or os.path.join(args.workspace, "config.json"))["id"]
    else:
        job_id = given[0] if given else None
    path = f"/namespaces/{namespace}/jobs"
    jobs = [config.api("GET", f"{path}/{job_id}")] if job_id else config.api("GET", path)["jobs"]
    if args.output:
        for job in jobs:
            if job["status"]["state"] == "FINISHED":
                job["metrics"] = _metrics(config, namespace, job)
        print(json.dumps(jobs[0] if job_id else jobs, indent=2))  # JSON is YAML, too
        return
    print(f"{'id':30}{'status':12}{'progress':10}create time")
    for job in jobs:
        print(f"{job['id']:30}{job['status']['state']:12}{job['status']['progress']:<10}{job['create_time']}")


def _metrics(config: Config, namespace: str, job: dict[str, Any]) -> Any:
    store, output = config.store(), job["output"].strip("/")
    versions = sorted(name for name in store.folders(namespace, output) if name.startswith(f"fl_{job['id']}_output_V"))
    return json.loads(store.read(namespace, f"{output}/{versions[-1]}/metrics.json")) if versions else None


def start(args: argparse.Namespace, config: Config) -> None:
    config.api("PUT", f"/namespaces/{args.namespace}/jobs/{args.id}:start")
    print("start job success.")


def stop(args: argparse.Namespace, config: Config) -> None:
    config.api("PUT", f"/namespaces/{args.namespace}/jobs/{args.id}:stop")
    print("stop job success.")


def delete(args: argparse.Namespace, config: Config) -> None:
    config.api("DELETE", f"/namespaces/{args.namespace}/jobs/{args.id}")
    print("delete job success.")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a federated job is: its names, its states, its configuration. Pure functions."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check

FINAL_STATES = ("FINISHED", "FAILED", "STOPPED")
ACTIVE_STATES = ("QUEUING", "STARTING", "PENDING", "RUNNING", "STOPPING")
RUNTIMES = ("tensorflow", "pytorch")
COORDINATOR_PORT = 50051

# Pod and Service names are made of the id: "<namespace>-<id>" for the coordinator, and in cluster mode
# "evaluate-<id>-<port>-<round>-<14 digits>-<n>" for the executors. Longer ids are accepted by the job scheduler,
# which then crash-loops until somebody deletes the row from the database.
ID_LIMIT = 27
NAME_LIMIT = 63
_ID = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")


def name_problems(namespace: str, job_id: str) -> list[str]:
    """Why these names cannot be used; empty when they can."""
    problems = []
    for setting, value in (("namespace", namespace), ("id", job_id)):
        if not _ID.match(value):
            problems.append(f"{setting}: {value!r} is not a name; use lower-case letters, digits and inner hyphens")
    if len(job_id) > ID_LIMIT:
        problems.append(
            f"id: {job_id!r} has {len(job_id)} characters; shorten it to {ID_LIMIT}, because names of Kubernetes Services are made of it"
        )
    if len(namespace) + 1 + len(job_id) > NAME_LIMIT:
        problems.append(
            f"id: '{namespace}-{job_id}' has {len(namespace) + 1 + len(job_id)} characters; a Service name has at most {NAME_LIMIT}, "
            "and the job scheduler would crash over it again and again"
        )
    if namespace[:1].isdigit():
        problems.append(f"namespace: {namespace!r} starts with a digit; the coordinator's Service name, which begins with it, may not")
    return problems


def config_problems(config: dict[str, Any]) -> list[str]:
    """What the components would only complain about later, or not at all."""
    problems = []
    if config.get("runtime") not in RUNTIMES:
        problems.append(f"config.runtime: {config.get('runtime')!r} is unknown; use one of {', '.join(RUNTIMES)}")
    if not isinstance(config.get("output"), str) or not config["output"].strip("/"):
        problems.append("config.output: missing; name a folder relative to the FL namespace, it is made on demand")
    elif ".." in config["output"].split("/"):
        problems.append(f"config.output: {config['output']!r} leaves the FL namespace; name a folder below it")
    if not (config.get("task_entry") or config.get("scripts")):
        problems.append("config.task_entry: missing; name a task entry of the clients, or give scripts that travel with the job")
    if not any(config.get(key) for key in ("model_path", "model_id", "checkpoint_id")):
        problems.append("config.model_path: missing; give an initial model in src/model, or config.model_id or config.checkpoint_id")
    if not isinstance(config.get("port"), int):
        problems.append(f"config.port: {config.get('port')!r} is not an integer; {COORDINATOR_PORT} is usual")
    parameters = config.get("hyper_parameters") or {}
    wanted, needed = parameters.get("client_num", 1), parameters.get("threshold_client_num", 1)
    if isinstance(wanted, int) and isinstance(needed, int) and needed > wanted:
        problems.append(
            f"config.hyper_parameters.threshold_client_num: {needed} is more than client_num {wanted}; no round could ever succeed"
        )
    return problems


def complete_config(job_id: str, config: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """The configuration to post: id, what the coordinator needs but the API does not ask for, and paths of the uploaded files."""
    full = {"description": f"Federated job {job_id}", "port": COORDINATOR_PORT, **config, "id": job_id}
    prefix = f"fl-{job_id}"
    models = [name for name in files if re.match(r"model/[^/]+\.(h5|pth)\Z", name)]
    if models and not any(full.get(key) for key in ("model_path", "model_id", "checkpoint_id")):
        full["model_path"] = f"{prefix}/{models[0]}"
    if isinstance(full.get("scripts"), dict) and any(name.startswith("scripts/") for name in files):
        full["scripts"] = {**full["scripts"], "path": f"{prefix}/scripts"}
    if isinstance(full.get("extender"), dict) and any(name.startswith("extender/") for name in files):
        full["extender"] = {**full["extender"], "script_path": f"{prefix}/extender"}
    return full


def differing_keys(existing: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Keys of the wanted configuration that the existing job has otherwise; keys that the platform adds do not count."""
    return sorted(key for key, value in wanted.items() if existing.get(key) != value)


def state_of(job: dict[str, Any] | None) -> str:
    if job is None:
        return "ABSENT"
    status = job.get("status")
    return str((status or {}).get("state", "UNKNOWN")) if isinstance(status, dict) else "UNKNOWN"


def progress_of(job: dict[str, Any] | None) -> int:
    try:
        return int(((job or {}).get("status") or {}).get("progress") or 0)
    except (TypeError, ValueError):
        return 0


def reason_of(job: dict[str, Any] | None) -> str:
    return str(((job or {}).get("status") or {}).get("reason") or "")


def progress_line(namespace: str, job_id: str, state: str, progress: int, reason: str, seconds: float) -> str:
    """What a person wants to read while waiting."""
    line = f"job {namespace}/{job_id} {state}"
    if state == "RUNNING":
        line += f" {progress} %"
    if reason and state != "FINISHED":
        line += f" ({reason})"
    return f"{line} after {seconds:.0f} s"


def rounds(metrics: Any, key: str = "loss") -> list[float]:
    """One metric, round by round, from the metrics.json of a job: a list of records, or a map of rounds, or of metrics."""
    if isinstance(metrics, dict):
        if isinstance(metrics.get(key), list):
            return [float(value) for value in metrics[key]]
        numbered = sorted((int(name), value) for name, value in metrics.items() if re.fullmatch(r"\d+", str(name)))
        if not numbered:
            nested = (rounds(value, key) for value in metrics.values() if isinstance(value, (dict, list)))
            return next((found for found in nested if found), [])
        metrics = [value for _number, value in numbered]
    records = [record for record in metrics if isinstance(record, dict)] if isinstance(metrics, list) else []
    # What was measured on held-out data says more, but only rounds that evaluate have it.
    for part in ("evaluate", "train", None):
        found = [record.get(part, {}) if part else record for record in records]
        values = [item[key] for item in found if isinstance(item, dict) and isinstance(item.get(key), (int, float))]
        if records and len(values) == len(records):
            return [float(value) for value in values]
    return []


def summary(job_id: str, losses: list[float], clients: int) -> str:
    """One line that says what a finished job achieved."""
    if not losses:
        return f"job {job_id} FINISHED: {clients} clients (its metrics.json names no loss)"
    walk = " → ".join(f"{value:.2f}" for value in losses)
    return f"job {job_id} FINISHED: {len(losses)} rounds, loss {walk}, {clients} clients"


def clients_of(metrics: Any) -> int | None:
    """How many clients took part in the last round, where the metrics say so."""
    recorded = metrics.get("rounds") if isinstance(metrics, dict) else None
    last = recorded[-1] if isinstance(recorded, list) and recorded else None
    count = last.get("clients") if isinstance(last, dict) else None
    return count if isinstance(count, int) else None


def job_summary(result: dict[str, Any], clients: int) -> str:
    """The line for a result of the module job; `clients` stands in where the metrics do not say how many there were."""
    job_id = str((result.get("job") or {}).get("id", ""))
    return summary(job_id, result.get("losses") or [], clients_of(result.get("metrics")) or clients)


def _place_problem(value: str) -> tuple[str, str] | None:
    """An address to which paths are added."""
    verdict: tuple[str, str] | None = check.url(value)
    if verdict and verdict != check.ACCOUNT:
        return f"{check.shown(value)} is no URL", "give it with its scheme and port, such as http://192.0.2.10:30083"
    if not verdict and not re.match(r"https?://[^/?#]+/?\Z", value):
        return f"{check.shown(value)} has a path", "give scheme, host and port only"
    return verdict


def verification_problems(settings: dict[str, Any], prefix: str = "nsfl_verify_") -> list[str]:
    """What is wrong with the settings of the verification, each as "<setting>: <what>; <fix>"."""
    names = name_problems(settings["namespace"], f"{settings['id_prefix']}-00000000")
    found = [prefix + re.sub("^id: ", "id_prefix: ", problem) for problem in names]
    found += [
        f"{prefix}{key}: {verdict[0]}; {verdict[1]}" for key in ("api_url", "s3_endpoint") if (verdict := _place_problem(settings[key]))
    ]
    if settings["clients"] < 1:
        found.append(f"{prefix}clients: {settings['clients']} clients cannot finish a job; say how many are expected to take part")
    if not 1 <= settings["threshold"] <= max(1, settings["clients"]):
        found.append(f"{prefix}threshold: {settings['threshold']} is not between 1 and {prefix}clients; no round could succeed")
    found += [
        f"{prefix}{key}: {settings[key]} is not positive; give a whole number"
        for key in ("rounds", "round_timeout", "wait_timeout")
        if settings[key] < 1
    ]
    if settings["framework"] in RUNTIMES and settings["framework"] != settings["runtime"]:
        found.append(f"{prefix}runtime: {settings['runtime']!r}, but the scripts are for {settings['framework']}; make them agree")
    return found

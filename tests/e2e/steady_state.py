# SPDX-License-Identifier: Apache-2.0
"""The state of a platform without what is different in each platform, and the data that no fault may take."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO

from platform_hands import STATE, object_store, psql
from platform_state import changes, platform_state

# What Kubernetes gives each object anew.
GIVEN = ("uid", "creationTimestamp", "generation", "selfLink")
GIVEN_SPEC = ("clusterIP", "clusterIPs", "healthCheckNodePort")
REVISION = "deployment.kubernetes.io/revision"
LAST_USED = "kubernetes.io/legacy-token-last-used"
# A verifier has a random salt.
VERIFIER = re.compile(r"SCRAM-SHA-256\S+")

BUCKETS = {"default": 20, "models": 5}
# Components read the other tables as soon as they start.
ROWS = ("tasks", "nsfl_task_metas")


def lasting_state() -> dict[str, str]:
    """What two platforms of the same settings and secrets have in common: files, database, objects, buckets, image digests."""
    state = {part: _lasting(part, text) for part, text in platform_state().items() if part != "kubeconfig"}
    # A build of the same content has a digest of its own; each must be that of the manifest, whose names are made of the content.
    images = json.loads((STATE / "images.json").read_text(encoding="utf-8"))
    state["images.json"] = "\n".join(sorted(image["image"] for image in images.values()))
    for image in images.values():
        state = {part: text.replace(image["reference"], image["image"]) for part, text in state.items()}
    state["buckets"] = "\n".join(sorted(bucket.name for bucket in object_store().list_buckets()))
    return state


def _lasting(part: str, text: str) -> str:
    if part == "database":
        return VERIFIER.sub("SCRAM", text)
    if not text.startswith("{"):
        return text
    item = json.loads(text)
    metadata = {key: value for key, value in item["metadata"].items() if key not in GIVEN}
    metadata["annotations"] = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if key != REVISION and not key.endswith(".uid")
    }
    if item.get("type") == "kubernetes.io/service-account-token":
        item["data"] = sorted(item.get("data") or {})
        # The API server notes the day on it, once it has seen the token.
        metadata["labels"] = {key: value for key, value in metadata["labels"].items() if key != LAST_USED}
    if part.startswith("Service "):
        item["spec"] = {key: value for key, value in item["spec"].items() if key not in GIVEN_SPEC}
    return json.dumps({**item, "metadata": metadata, "secrets": None}, sort_keys=True)


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """The parts that differ; of objects without secrets, with what differs."""
    found = changes(before, after)
    for part in found:
        if not part.startswith("Secret") and before.get(part, "").startswith("{") and after.get(part, "").startswith("{"):
            one, other = (json.dumps(json.loads(text), indent=1, sort_keys=True).splitlines() for text in (before[part], after[part]))
            found[part] = [line for line in one if line not in other] + [line for line in other if line not in one]
    return found


def put_data() -> None:
    """Files of known content in buckets, and a row in tables that are empty."""
    store = object_store()
    for bucket, count in BUCKETS.items():
        for number in range(count):
            content = hashlib.sha256(f"{bucket}/{number}".encode()).digest() * (1 + number * 64)
            store.put_object(bucket, f"fault-data/{number}.bin", BytesIO(content), len(content))
    for table in ROWS:
        psql(f"INSERT INTO {table} (data) SELECT jsonb_build_object($$fault$$, $$data$$) WHERE NOT EXISTS (SELECT FROM {table})")


def _tables() -> list[str]:
    return psql("SELECT tablename FROM pg_tables WHERE schemaname = $$public$$ ORDER BY 1").split()


def data() -> dict[str, str]:
    """A digest of each object and of the rows of each table."""
    store, found = object_store(), {}
    for bucket in BUCKETS:
        for item in store.list_objects(bucket, prefix="fault-data/", recursive=True):
            answer = store.get_object(bucket, item.object_name)
            found[f"{bucket}/{item.object_name}"] = hashlib.sha256(answer.read()).hexdigest()
            answer.close()
    for table in _tables():
        found[table] = psql(f"SELECT md5(string_agg(t::text, $$,$$ ORDER BY t::text)) FROM {table} t").strip()
    return found

# SPDX-License-Identifier: Apache-2.0
"""Any settings that are accepted make objects that are sound, the same ones each time, and leave the settings as they were."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import task_manager_setup
from corpus import problems, quick_checksums
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from soundness import Object, faults

# From the edges of what is legal: the longest, the shortest, and all signs that there are.
LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
SERVICE = st.from_regex(r"[a-z]([-a-z0-9]{0,52}[a-z0-9])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=1, max_size=3).map(".".join)
TABLE = st.from_regex(r"[a-z_][a-z0-9_]{0,62}", fullmatch=True)
WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,30}", fullmatch=True)
PATH = st.lists(WORD, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
BELOW = st.lists(WORD, min_size=1, max_size=3).map("/".join)
PORT = st.integers(1, 65535)
NODE_PORT = st.integers(30000, 32767)
HOST = st.one_of(st.ip_addresses(v=4).map(str), st.from_regex(r"[a-z]([-a-z0-9]{0,30}[a-z0-9])?(\.[a-z]{2,6}){0,2}", fullmatch=True))
ADDRESS = st.tuples(HOST, PORT).map(lambda pair: f"{pair[0]}:{pair[1]}")
# What a client announces is no address of the server itself.
OUTSIDE = ADDRESS.filter(lambda text: not text.startswith(("0.0.0.0", "127.", "localhost")))
DIGEST = st.from_regex(r"@sha256:[0-9a-f]{64}", fullmatch=True)
REGISTRY = st.one_of(st.just(""), ADDRESS.map(lambda text: f"{text}/"))
TAG = st.one_of(st.just(""), st.from_regex(r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True), DIGEST)
IMAGE = st.tuples(REGISTRY, st.from_regex(r"([a-z0-9]{1,9}/)?[a-z0-9]{1,9}([._-][a-z0-9]{1,9}){0,2}", fullmatch=True), TAG).map("".join)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
PLAIN = st.one_of(TEXT, st.integers(), st.booleans(), st.floats(allow_nan=False))
OPTIONS = st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True), PLAIN, max_size=4)
QUANTITY = st.tuples(st.integers(1, 999), st.sampled_from(("", "m", "k", "M", "G", "Ki", "Mi", "Gi"))).map(
    lambda pair: f"{pair[0]}{pair[1]}"
)
RESOURCES = st.dictionaries(
    st.sampled_from(("requests", "limits")), st.dictionaries(st.sampled_from(("cpu", "memory")), QUANTITY, max_size=2), max_size=1
)
SECRET = st.one_of(st.just(""), TEXT.filter(bool))
LEVEL = st.sampled_from(("debug", "info", "warning", "error", "fatal"))


# Without shrinking, which would take minutes: what was drawn is told as it is.
ALWAYS_THE_SAME = settings(
    deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)


def component(**more: Any) -> st.SearchStrategy[Object]:
    return st.fixed_dictionaries({"image": IMAGE, "options": OPTIONS, "resources": RESOURCES, **more})


SERVER = st.fixed_dictionaries(
    {
        "names": st.lists(SERVICE, min_size=5, max_size=5, unique=True),
        "node_ports": st.lists(NODE_PORT, min_size=3, max_size=3, unique=True),
        "parts": st.tuples(*[component() for _number in range(5)]),
        "external": st.tuples(st.booleans(), st.booleans()),
        "namespace": LABEL,
        "layout": st.sampled_from(("hostpath", "pvc")),
        "secrets": st.tuples(SECRET, SECRET, SECRET),
        "paths": st.tuples(PATH, PATH, PATH),
        "below": st.tuples(BELOW, BELOW),
        "tables": st.tuples(TABLE, TABLE),
        "address": ADDRESS,
        "claim": LABEL,
        "log_level": LEVEL,
    }
)
KEYS = ("job_scheduler", "client_selector", "model_manager", "proxy", "data_server")
# Names of Secrets that are ours; one that the job scheduler's account would have too is refused.
SECRETS = ("nsfl.db", "nsfl.s3", "nsfl.data")


def server(drawn: Object) -> Object:
    """Settings of the server from what was drawn."""
    parts = {key: {**part, "service_name": name} for key, part, name in zip(KEYS, drawn["parts"], drawn["names"], strict=True)}
    grpc, http, data = drawn["node_ports"]
    parts["proxy"] |= {"grpc_port": grpc, "http_port": http, "external": drawn["external"][0], "http_external": drawn["external"][1]}
    parts["proxy"] |= {"token": "token"}
    parts["data_server"]["port"] = data
    for key, path, kind in zip(
        ("job_scheduler", "client_selector", "proxy"), drawn["paths"], ("workspace", "config", "config"), strict=True
    ):
        parts[key]["volumes"] = {kind: {"source": path}}
    parts["job_scheduler"] |= {"coordinator_configs_dir": drawn["below"][0], "db_collection_name": drawn["tables"][0]}
    parts["model_manager"] |= {"models_dir": drawn["below"][1], "db_collection_name": drawn["tables"][1]}
    accounts = [
        {"username": "user" if secret else "", "password": secret, "secret_key_ref": {"name": name}}
        for secret, name in zip(drawn["secrets"], SECRETS, strict=True)
    ]
    parts["data_server"] |= accounts[2]
    return {
        **parts,
        "layout": drawn["layout"],
        "coordinator": {"image": drawn["parts"][0]["image"]},
        "k8s": {"namespace": drawn["namespace"], "cluster_dns": "10.96.0.10"},
        "db": {"address": drawn["address"], **accounts[0]},
        "storage": {
            **accounts[1],
            "backend": {"type": "posix", "pvc": drawn["claim"]},
            "claim": {"create": True, "path": drawn["paths"][0]},
        },
        "others": {"log_level": drawn["log_level"]},
    }


CLIENT = st.fixed_dictionaries(
    {
        "layout": st.sampled_from(("hostpath", "pvc")),
        "task_manager": component(
            service_name=SERVICE,
            port=NODE_PORT,
            external=st.booleans(),
            server_address=ADDRESS,
            external_address=OUTSIDE,
            runtime=st.lists(st.sampled_from(("tensorflow", "pytorch")), min_size=1, max_size=2),
            storage_quota=st.integers(1, 10**9),
            registration=st.booleans(),
            db_collection_name=TABLE,
            setup=st.dictionaries(WORD, PLAIN, max_size=3),
        ),
        "folders": st.lists(PATH, min_size=7, max_size=7, unique=True),
        "names": st.lists(LABEL.map(lambda name: f"x{name}"[:63].rstrip("-")), min_size=2, max_size=2, unique=True),
        "namespace": LABEL,
        "password": SECRET,
        "address": ADDRESS,
        "kubectl_image": IMAGE,
    }
)


def client(drawn: Object) -> Object:
    """Settings of a client from what was drawn."""
    folders = drawn["folders"]
    five = zip(("lmdb", "workspace", "datasets", "task-configs", "config"), folders, strict=False)
    extra = [{"name": name, "source": path} for name, path in zip(drawn["names"], folders[5:], strict=True)]
    own = {"volumes": {name: {"source": path} for name, path in five}, "extra_volumes": extra}
    return {
        "layout": drawn["layout"],
        "instance": "instance",
        "task_manager": {**drawn["task_manager"], **own},
        "k8s": {"namespace": drawn["namespace"], "kubectl_image": drawn["kubectl_image"]},
        "db": {"address": drawn["address"], "username": "user" if drawn["password"] else "", "password": drawn["password"]},
        "storage": {"backend": {"type": "posix", "pvc": "nsfl-pvc"}},
    }


def free(tree: Object) -> frozenset[str]:
    """The variables whose text is the user's own."""
    return frozenset(str(name) for part in tree.values() if isinstance(part, dict) for name in part.get("options") or ())


@settings(ALWAYS_THE_SAME, max_examples=100)
@given(SERVER)
def test_any_legal_server_is_accepted_and_sound(drawn: Object) -> None:
    tree = server(drawn)
    before = deepcopy(tree)
    assert problems("server", tree) == []
    with quick_checksums():
        objects = server_objects(tree)
        assert faults(objects, free(tree)) == []
        assert server_objects(tree) == objects
    assert tree == before


@settings(ALWAYS_THE_SAME, max_examples=100)
@given(CLIENT)
def test_any_legal_client_is_accepted_and_sound(drawn: Object) -> None:
    tree = client(drawn)
    before = deepcopy(tree)
    assert problems("client", tree) == []
    with quick_checksums():
        objects = client_objects(tree)
        assert faults(objects, free(tree)) == []
        assert client_objects(tree) == objects
    assert isinstance(json.loads(task_manager_setup(tree))["storage_quota"], int) or "storage_quota" in tree["task_manager"]["setup"]
    assert tree == before


API_SERVER = st.fixed_dictionaries(
    {
        "provider": st.sampled_from(("traefik", "ingress", "nodeport")),
        "fl_namespaces": st.lists(st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True), min_size=1, max_size=5, unique=True),
        "names": st.lists(SERVICE, min_size=4, max_size=4, unique=True),
        "ports": st.lists(NODE_PORT, min_size=5, max_size=5, unique=True),
        "data": st.booleans(),
        "image": IMAGE,
        "hosts": st.lists(DOMAIN.filter(lambda text: not text.replace(".", "").isdecimal()), max_size=3, unique=True),
        "annotations": st.dictionaries(WORD.filter(lambda text: text[-1].isalnum()), TEXT, max_size=3),
        "resources": RESOURCES,
        "namespace": LABEL,
    }
)


@settings(ALWAYS_THE_SAME, max_examples=80)
@given(API_SERVER)
def test_any_legal_api_server_is_accepted_and_sound(drawn: Object) -> None:
    http, https, models, data, data_https = drawn["ports"]
    # Nobody else has HTTPS for the data server.
    serves_data = drawn["data"] and drawn["provider"] == "traefik"
    tree = {
        "provider": drawn["provider"],
        "fl_namespaces": drawn["fl_namespaces"],
        "job_scheduler": {"service_name": drawn["names"][0]},
        "model_manager": {"service_name": drawn["names"][1], "node_port": models},
        "data_server": {"service_name": drawn["names"][3], "port": data, "https": serves_data, "https_port": data_https},
        "api_server": {key: drawn[key] for key in ("image", "hosts", "annotations", "resources")}
        | {"service_name": drawn["names"][2], "http_port": http, "https_port": https, "tls_secret": "tls" if serves_data else ""},
        "k8s": {"namespace": drawn["namespace"]},
    }
    assert problems("api_server", tree) == []
    texts = frozenset(drawn["annotations"])
    objects = api_server_objects(tree)
    assert [fault for fault in faults(objects, texts) if "a template in" not in fault] == []

# SPDX-License-Identifier: Apache-2.0
"""The example inventory passes every check of the playbooks and becomes the objects that one expects, without any host."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings
from example_site import BIN, EXAMPLE, ROOT, Site, copied


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return copied(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def checked(site: Site) -> Site:
    """The site after a run with nothing changed about it."""
    run = site.run()
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
    assert "hush" not in run.stdout + run.stderr
    return site


def settings() -> Iterator[tuple[Path, str, Any]]:
    for path in sorted([*EXAMPLE.glob("group_vars/**/*.yml"), *EXAMPLE.glob("host_vars/*.yml")]):
        for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            yield path, name, value


def test_every_setting_is_known_and_says_more_than_its_default() -> None:
    for path, name, value in settings():
        assert value != known_settings()[name].get("default"), f"{path}: {name} is a default"
        assert "{{" not in str(value) or "lookup(" in str(value), f"{path}: {name} is derived; derive it in the role"


def test_no_secret_stands_in_the_inventory() -> None:
    for path, name, value in settings():
        if "password" in name or "secret_key" in name:
            assert str(value).startswith("{{ lookup("), f"{path}: {name}"


def test_the_checks_generate_no_secret(checked: Site) -> None:
    assert not (checked.inventory / ".nsfl-secrets.yml").exists()


def test_each_host_was_looked_at_for_what_it_is_to_run(checked: Site) -> None:
    paths = {path for asked in checked.asked("host_info") for path in asked.get("paths", [])}
    assert {"/srv/minio", "/mnt/neursafe_fl/cardiology", "/mnt/neursafe_fl/nsfl-system", "/workspace/neursafe_fl/task_manager"} <= paths
    (database,) = checked.asked("postgresql_schema")
    assert database["database"] == "neursafe_fl"
    assert database["server"]["networks"] == ["192.0.2.0/24", "10.244.0.0/16"]
    (images,) = checked.asked("images")
    assert (images["registry_username"], images["registry_password"]) == ("neursafe", "hush")


def test_the_objects_are_those_of_this_site(checked: Site) -> None:
    calls = list(checked.asked("kube_plan"))
    assert {(call["kubeconfig"], call["context"]) for call in calls} == {("~/.kube/research", "research")}
    objects = [item for call in calls for item in call["objects"]]
    images = {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["image"]
        for item in objects
        if item["kind"] == "Deployment"
    }
    assert set(images) == {
        "nsfl-job-scheduler",
        "nsfl-client-selector",
        "nsfl-model-manager",
        "nsfl-proxy",
        "nsfl-api-server",
        "nsfl-task-manager",
    }
    assert all(image.startswith("registry.example.org:5000/") for image in images.values()), images
    text = json.dumps(objects)
    assert "fl.example.org" in text
    assert "192.0.2.10:5432" in text
    assert "stroke-registry" in text


@pytest.fixture(scope="module")
def with_cli(site: Site) -> Site:
    """The same site, where one of the hosts has the product's command."""
    other = Site(site.folder, site.folder / "cli")
    shutil.copytree(EXAMPLE, other.inventory)
    hosts = yaml.safe_load((EXAMPLE / "hosts.yml").read_text(encoding="utf-8"))
    hosts["all"]["children"]["nsfl_cli"] = {"hosts": {"ward-1": None}}
    (other.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    return other


def test_the_api_takes_plain_http_only_where_it_is_said(checked: Site) -> None:
    assert checked.ports_of("nsfl-api-server") == [30084]
    # Without HTTPS it has to be said.
    refused = checked.run("-e", "nsfl_api_server_provider=nodeport")
    assert refused.returncode != 0
    assert "nsfl_api_plain_http: false leaves no way in, since plain NodePorts speak nothing else; set it to true" in refused.stdout


def test_the_data_server_is_open_only_where_something_needs_it(site: Site, with_cli: Site) -> None:
    assert site.run("-e", "nsfl_layout=pvc", "-e", "nsfl_api_plain_http=true").returncode == 0
    assert site.ports_of("nsfl-data-server") == []
    assert site.ports_of("nsfl-api-server") == [30083, 30084]
    assert with_cli.run("-e", "nsfl_layout=pvc").returncode == 0
    # The product's command is no reason for plain HTTP, neither at the API server nor at the data server.
    assert with_cli.ports_of("nsfl-data-server") == []
    assert with_cli.ports_of("nsfl-api-server") == [30084, 30089]
    assert [rule["host"] for rule in with_cli.spec_of("Ingress", "nsfl-data-server")["rules"]] == ["fl.example.org"]
    checks = {check["url"]: check for call in with_cli.asked("kube_plan") for check in call.get("checks") or []}
    assert checks["https://fl.example.org:30089/"]["status"] == [401]


def test_who_has_no_https_for_the_data_server_says_so(with_cli: Site) -> None:
    refused = with_cli.run("-e", "nsfl_layout=pvc", "-e", "nsfl_api_server_provider=ingress")
    assert refused.returncode != 0
    assert "nsfl_api_server_data_server_https: the data server is to be reached over HTTPS, and ingress has none for it" in refused.stdout
    # Without TLS that is said already.
    assert with_cli.run("-e", '{"nsfl_layout": "pvc", "nsfl_api_server_provider": "ingress", "nsfl_tls": false}').returncode == 0
    assert with_cli.ports_of("nsfl-data-server") == [30088]


def test_what_a_site_may_forget_is_told_in_one_run(site: Site) -> None:
    run = site.run("-e", '{"nsfl_images_source_tree": "", "nsfl_registry": "https://registry.example.org"}', NSFL_REGISTRY_PASSWORD="")
    assert run.returncode != 0
    assert "nsfl_registry_password: the account has no password; set nsfl_registry_password" in run.stdout
    assert "nsfl_images_source_tree: no source tree is given; set it to a checkout" in run.stdout
    assert "nsfl_registry: 'https://registry.example.org' has a scheme; give HOST:PORT" in run.stdout


def test_a_store_of_somebody_else_is_asked_though_no_host_runs_it(site: Site) -> None:
    other = Site(site.folder, site.folder / "external")
    shutil.copytree(EXAMPLE, other.inventory)
    hosts = yaml.safe_load((EXAMPLE / "hosts.yml").read_text(encoding="utf-8"))
    for group in ("nsfl_object_store", "nsfl_database"):
        del hosts["all"]["children"][group]
    (other.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    external = {"nsfl_object_store_provider": "external", "nsfl_s3_endpoint": "http://127.0.0.1:1", "nsfl_s3_secret_key": "hush-hush"}
    run = other.run("-e", json.dumps({**external, "nsfl_database_provider": "external", "nsfl_db_address": "192.0.2.9:5432"}))
    assert "localhost - nsfl_s3_endpoint: nothing answers at http://127.0.0.1:1" in run.stdout
    assert run.returncode != 0 and "hush" not in run.stdout
    assert next(other.asked("postgresql_schema"))["login_host"] == "192.0.2.9"


@pytest.mark.parametrize(
    ("provider", "address", "first_user", "setting"),
    [("mongodb", "127.0.0.1:27017", True, "authorization: enabled"), ("ferretdb", "192.0.2.10:27017", False, "NEW_AUTH=")],
)
def test_one_setting_makes_it_mongodb_for_all_roles(site: Site, provider: str, address: str, first_user: bool, setting: str) -> None:
    chosen = {"nsfl_db_type": "mongo"} if provider == "mongodb" else {"nsfl_db_type": "mongo", "nsfl_database_provider": provider}
    run = site.run("-e", json.dumps(chosen))
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
    (asked,) = site.asked("mongodb_schema")
    assert (asked["login_host"], asked["first_user"], asked["login_database"]) == (address, first_user, "admin")
    assert [one["name"] for one in asked["collections"]] == ["jobs", "models", "tasks", "nsfl_task_metas"]
    assert list(site.asked("postgresql_schema")) == []
    files = [entry for look in site.asked("host_info") for tree in look.get("trees", []) for entry in tree["entries"]]
    # From the first start on nobody is let in without a password.
    assert any(setting in entry.get("content", "") for entry in files)
    (container,) = site.spec_of("Deployment", "nsfl-job-scheduler")["template"]["spec"]["containers"]
    values = {entry["name"]: entry.get("value") for entry in container["env"]}
    # With TLS, and by whom the server is known, though nobody has written a word of it.
    known = "mongodb://192.0.2.10:27017/?tls=true&tlsCAFile=/etc/nsfl-ca/database.crt"
    assert (values["DB_TYPE"], values["DB_ADDRESS"]) == ("mongo", known)
    assert asked["sslmode"].startswith("verify-") and asked["ca_cert"].endswith("/ca.crt")
    assert any("PRIVATE KEY" in entry.get("content", "") for entry in files)


def test_a_configuration_file_of_the_guide_says_what_the_inventory_does_not(site: Site) -> None:
    config = ROOT / "tests" / "unit" / "configs" / "server-2022-own-names.json"
    run = site.run("-e", f"nsfl_server_config={config}", "-e", "nsfl_proxy_grpc_port=31009")
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
    objects = [item for call in site.asked("kube_plan") for item in call["objects"]]
    deployments = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in objects if item["kind"] == "Deployment"}
    assert {"jobs", "picker", "shelf", "gate"} <= set(deployments)
    values = {entry["name"]: entry.get("value") for entry in deployments["jobs"]["containers"][0]["env"]}
    # No bucket can be called coordinator_configs, and only buckets are mounted.
    assert (values["DB_ADDRESS"], values["TEMP_DIR"]) == ("192.0.2.32:5432", "nsfl-system/coordinator_configs")
    assert site.ports_of("gate-external") == [31009]
    paths = {path for asked in site.asked("host_info") for path in asked.get("paths", [])}
    assert {"/mnt/nsfl/selector", "/mnt/nsfl/proxy", "/mnt/nsfl/weights", "/mnt/nsfl/cardiology"} <= paths
    # What both say is told of, and so is a backend that the inventory has a host for.
    assert "the inventory's nsfl_proxy_grpc_port says something else, and holds" in run.stdout
    assert "192.0.2.32:5432 is no address of the group nsfl_database (192.0.2.10), and holds; set nsfl_db_address" in run.stdout


def test_a_bad_configuration_file_is_told_of_before_anything_else(site: Site) -> None:
    config = ROOT / "tests" / "unit" / "configs" / "bad-server-ports.json"
    run = site.run("-e", f"nsfl_server_config={config}")
    assert run.returncode == 2 and list(site.asked("host_info")) == []
    assert "client_selector.port (line 17): 1023 is no usable port" in run.stdout and run.stdout.count("fatal: ") == 1


def test_the_layout_that_is_only_rendered_is_refused_with_the_reason_and_another_one(site: Site) -> None:
    run = site.run("-e", f"nsfl_server_config={ROOT / 'tests/unit/configs/server-2024-bucket.json'}")
    assert run.returncode == 2 and "nsfl_layout: with s3pod each pod mounts the bucket itself" in run.stdout
    assert "use pvc, a claim over the bucket that s3fs mounts on the nodes" in run.stdout


def test_the_successors_configuration_file_is_one_bucket_with_a_claim_over_it(site: Site) -> None:
    run = site.run("-e", f"nsfl_server_config={ROOT / 'tests/unit/configs/server-2024-claim.json'}")
    assert run.returncode == 0, run.stdout[-3000:]
    objects = {(item["kind"], item["metadata"]["name"]): item for asked in site.asked("kube_plan") for item in asked["objects"]}
    assert objects["PersistentVolume", "nsfl-pvc.fl"]["spec"]["hostPath"]["path"] == "/mnt/neursafe_fl/nsfl"
    assert objects["PersistentVolumeClaim", "nsfl-pvc"]["metadata"]["namespace"] == "fl"
    trees = [tree for asked in site.asked("host_info") for tree in asked.get("trees", []) if tree["root"] == "/mnt/neursafe_fl/nsfl"]
    assert {"default", "system", "system/models", "system/selector", "system/proxy", "system/coordinator_configs"} <= {
        entry["path"] for entry in trees[0]["entries"]
    }
    mounts = {mount["path"] for asked in site.asked("host_info") for mount in asked.get("mounts") or []}
    assert mounts == {"/mnt/neursafe_fl/nsfl"}


def test_a_claim_of_somebody_else_is_asked_for(site: Site) -> None:
    ran = site.run("-e", "nsfl_layout=pvc", "-e", "nsfl_claim=theirs", "-e", "nsfl_server_create_claim=false")
    assert ran.returncode == 0, ran.stdout
    asked = list(site.asked("kube_plan"))
    needed = [item for one in asked for item in one.get("needed") or [] if item["kind"] == "PersistentVolumeClaim"]
    names = {item["setting"]: item["metadata"]["name"] for item in needed}
    assert names == {"nsfl_server_backend.pvc": "theirs", "nsfl_client_backend.pvc": "theirs"}
    assert not any(item["kind"].startswith("PersistentVolume") for one in asked for item in one["objects"])


def test_the_secrets_may_be_vaulted(site: Site) -> None:
    (site.folder / "password").write_text("canary")
    vault = [str(BIN / "ansible-vault"), "encrypt", "--vault-password-file", str(site.folder / "password")]
    secrets = site.inventory / "group_vars" / "all" / "secrets.yml"
    secrets.write_text("nsfl_registry_password: from-the-vault\n")
    generated = site.inventory / ".nsfl-secrets.yml"
    generated.write_text("".join(f"{name}: generated-{name}\n" for name in ("s3_root_password", "s3_secret_key", "database_password")))
    subprocess.run([*vault, str(secrets), str(generated)], check=True, capture_output=True)
    run = site.run("--vault-password-file", str(site.folder / "password"))
    assert run.returncode == 0, run.stdout[-3000:]
    assert next(site.asked("images"))["registry_password"] == "from-the-vault"
    assert "generated-database_password" in str(list(site.asked("postgresql_schema")))
    assert "from-the-vault" not in run.stdout and "generated-" not in run.stdout

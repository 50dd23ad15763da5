# SPDX-License-Identifier: Apache-2.0
"""Asks the lab's services, without the collection, whether they take a secret; and looks where secrets may have got to."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from minio import Minio
from minio.error import S3Error
from platform_hands import LAB, NETWORK, STATE, hosts, kubectl, of_registry, status_inside, trusting

NODE = NETWORK[11]
HEALTH = f"https://{NODE}:30084/api/v1/health"
# Where Kubernetes, its containers and the kernel keep their own; what the collection writes is elsewhere.
FOLDERS = (
    "/etc /usr/local /root /home /tmp /var/tmp /var/log /var/lib/neursafe_fl /opt /srv /mnt/neursafe_fl /workspace /run/systemd /run/nsfl*"
)


def secrets() -> dict[str, str]:
    """Those of the file, and the token that the cluster keeps."""
    found = yaml.safe_load((STATE / "secrets.yml").read_text(encoding="utf-8"))
    token = json.loads(kubectl("get", "secret", "nsfl-job-scheduler-token", "-o", "json"))["data"]["token"]
    return {**found, "service_account_token": base64.b64decode(token).decode()}


def _s3(user: str) -> Callable[[str], bool]:
    def taken(secret: str) -> bool:
        try:
            Minio(f"{NODE}:9000", user, secret, http_client=trusting()).list_buckets()
        except S3Error as error:
            assert error.code in ("SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied"), error
            return error.code == "AccessDenied"
        return True

    return taken


def _status(url: str, context: ssl.SSLContext | None = None, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def basic(secret: str) -> str:
    """The header of the platform's user."""
    return "Basic " + base64.b64encode(f"nsfl:{secret}".encode()).decode()


def _registry(secret: str) -> bool:
    return {200: True, 401: False}[of_registry(f"localhost:{on_registry_port()}/v2/", Authorization=basic(secret)).status]


def _api(secret: str) -> bool:
    context = ssl.create_default_context(cadata=authority())
    return {200: True, 401: False}[_status(HEALTH, context, Authorization=basic(secret))]


def on_registry_port() -> str:
    listed = subprocess.run(["docker", "port", f"{LAB}-node-1", "5000"], capture_output=True, text=True, check=True).stdout
    return listed.split()[0].rsplit(":", 1)[1]


def _proxy(secret: str) -> bool:
    answer = status_inside("nsfl-proxy", "30092/api/v1/internal/routers", token=secret, **{"module-id": "nobody"})
    return {200: True, 404: True, 401: False}[answer]


def _database(secret: str) -> bool:
    """Over the network; the password goes in by a pipe."""
    script = f"read -r PGPASSWORD; export PGPASSWORD; psql -h {NODE} -U nsfl -d neursafe_fl -qtAc 'select 1'"
    command = ["docker", "exec", "-i", f"{LAB}-node-1", "bash", "-c", script]
    result = subprocess.run(command, input=f"{secret}\n", capture_output=True, text=True, check=False)
    assert result.returncode == 0 or "password authentication failed" in result.stderr, result.stderr
    return result.returncode == 0


def _token(secret: str) -> bool:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": secret}}
    command = ["kubectl", "--kubeconfig", str(STATE / "kubeconfig"), "create", "-o", "json", "-f", "-"]
    command[0] = str(STATE.parent / "bin" / "kubectl")
    answer = subprocess.run(command, input=json.dumps(review), capture_output=True, text=True, check=True).stdout
    return bool(json.loads(answer)["status"].get("authenticated"))


TAKEN: dict[str, Callable[[str], bool]] = {
    "s3_root_password": _s3("nsfl-root"),
    "s3_secret_key": _s3("nsfl"),
    "database_password": _database,
    "registry_password": _registry,
    "proxy_token": _proxy,
    "api_password": _api,
    "service_account_token": _token,
}


def standing(values: dict[str, str], names: Iterable[str] = tuple(TAKEN)) -> dict[str, bool]:
    """Which of these values are taken now."""
    return {name: TAKEN[name](values[name]) for name in names}


def authority() -> str:
    """The certificate of the authority that the platform's services are known by now."""
    return (STATE / ".nsfl-ca" / "ca.crt").read_text(encoding="utf-8")


def known_by(certificate: str) -> dict[str, bool]:
    """Which services are known by this authority, asked with openssl."""
    services = {
        "registry": (5000, ()),
        "object store": (9000, ()),
        "database": (5432, ("-starttls", "postgres")),
        "API server": (30084, ()),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".crt") as file:
        file.write(certificate)
        file.flush()
        looks = ["openssl", "s_client", "-verify_return_error", "-no-CApath", "-no-CAstore", "-CAfile", file.name, "-connect"]
        calls = {name: [*looks, f"{NODE}:{port}", *more] for name, (port, more) in services.items()}
        done = {
            name: subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            for name, call in calls.items()
        }
    # Also where it is refused afterwards.
    assert all("Certificate chain" in result.stdout for result in done.values()), done
    return {name: result.returncode == 0 for name, result in done.items()}


def trusted_still(certificate: str) -> list[str]:
    """Files of the hosts, and objects of the cluster, with this authority in them."""
    line = certificate.splitlines()[2]
    found = []
    for host in hosts():
        listed = subprocess.run(
            ["docker", "exec", f"{LAB}-{host}", "bash", "-c", f"grep -rIlF {line} {FOLDERS} 2>/dev/null"],
            capture_output=True,
            text=True,
            check=False,
        )
        found += [f"{host}: {path}" for path in listed.stdout.splitlines()]
    for item in json.loads(kubectl("get", "secrets,configmaps", "-A", "-o", "json"))["items"]:
        values = [
            base64.b64decode(value).decode("utf-8", "replace") if item["kind"] == "Secret" else value
            for value in (item.get("data") or {}).values()
        ]
        if any(line in value for value in values):
            found.append(f"{item['kind']} {item['metadata']['name']}")
    return found


def spellings(values: Iterable[str]) -> list[str]:
    """Each value as it is, and as it is in the data of a Secret; of an account at the registry, too."""
    plain = [value for value in values if value]
    return plain + [base64.b64encode(value.encode()).decode() for value in plain + [f"nsfl:{value}" for value in plain]]


def found_on_hosts(words: Iterable[str]) -> list[str]:
    """Files that hold one of them and that more than their owner may read, and journals that name one."""
    script = f"""
cat > /run/words; chmod 600 /run/words
grep -rIlFf /run/words {FOLDERS} 2>/dev/null | while read -r file; do
  [ "$(stat -c %a "$file")" = 600 ] || echo "$file"
done
journalctl --no-pager -o cat | grep -qFf /run/words && echo journal
rm /run/words
"""
    found = []
    for host in hosts():
        command = ["docker", "exec", "-i", f"{LAB}-{host}", "bash", "-c", script]
        listed = subprocess.run(command, input="\n".join(words), capture_output=True, text=True, check=False).stdout
        found += [f"{host}: {line}" for line in listed.splitlines()]
    return found


def _health() -> bool:
    """With whichever password counts now. Whether the certificate holds is shown elsewhere: here the authority may be under renewal."""
    anyone = ssl._create_unverified_context()
    for password in _values_now("api_password"):
        try:
            if _status(HEALTH, anyone, Authorization=basic(password)) == 200:
                return True
        except OSError:
            return False
    return False


class Watch:
    """What was seen during a run: when the API was not healthy, and command lines with one of the words."""

    def __init__(self, words: Callable[[], list[str]]) -> None:
        self._words = words
        self._over = threading.Event()
        self.outages: list[float] = []
        self.leaks: set[str] = set()
        self.samples = 0

    def sample_health(self) -> None:
        down = None
        while not self._over.wait(0.1):
            now = time.monotonic()
            if _health():
                if down is not None:
                    self.outages.append(now - down)
                down = None
            elif down is None:
                down = now
        if down is not None:
            self.outages.append(time.monotonic() - down)

    def sample_processes(self) -> None:
        """All containers' processes are this machine's, too."""
        while not self._over.wait(0.3):
            words = [word.encode() for word in self._words()]
            self.samples += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                if any(word in line for word in words):
                    self.leaks.add(line.replace(b"\0", b" ")[:80].decode("utf-8", "replace"))

    @property
    def longest(self) -> float:
        return round(max(self.outages, default=0.0), 1)


@contextmanager
def watch(words: Callable[[], list[str]]) -> Iterator[Watch]:
    """Samples until the end of the block."""
    seen = Watch(words)
    threads = [threading.Thread(target=target) for target in (seen.sample_health, seen.sample_processes)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        seen._over.set()
        for thread in threads:
            thread.join()


def everything_now() -> list[str]:
    """What must not be seen anywhere: secrets of now and those under renewal."""
    return spellings(_values_now())


def _values_now(wanted: str = "") -> list[str]:
    """One secret, or each: the values of now and those under renewal."""
    values: list[str] = []
    for name in ("secrets.yml", "secrets.yml.rotation"):
        try:
            read = yaml.safe_load((STATE / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        for key, value in read.items():
            if wanted in ("", key):
                values += value.values() if isinstance(value, dict) else [value]
    return values

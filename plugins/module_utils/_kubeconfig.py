# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig becomes what an HTTPS connection needs: URL, TLS context, headers."""

from __future__ import annotations

import json
import os
import ssl
import tempfile
import typing as t
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError

try:
    import yaml
except ImportError:  # reported by read_access, with the name of what is missing
    yaml = None  # type: ignore[assignment]

_IN_CLUSTER = "/var/run/secrets/kubernetes.io/serviceaccount"


class KubeconfigError(OptionError):
    """A kubeconfig that leads nowhere: what is wrong and in which file."""

    option = "kubeconfig"


@dataclass
class Access:
    """The way to an API server."""

    server: str
    tls: ssl.SSLContext
    headers: dict[str, str] = field(default_factory=dict)
    server_name: str = ""

    @property
    def path(self) -> str:
        """The path of the URL, for servers that live below one."""
        return urlsplit(self.server).path.rstrip("/")


def read_access(kubeconfig: str | None, context: str | None) -> Access:
    """The access that a kubeconfig gives, or the pod's own where there is none."""
    path = os.path.expanduser(kubeconfig or os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or "~/.kube/config")
    if not kubeconfig and not os.path.exists(path) and os.path.exists(f"{_IN_CLUSTER}/token"):
        return _pod_access()
    config = _load(path)
    name = context or config.get("current-context")
    if not name:
        raise KubeconfigError(f"{path} names no current context; set one, or give the context", "context")
    entry = _named(config, "contexts", str(name), path).get("context") or {}
    cluster = _named(config, "clusters", str(entry.get("cluster")), path).get("cluster") or {}
    user = (_named(config, "users", str(entry.get("user")), path).get("user") or {}) if entry.get("user") else {}
    if not cluster.get("server"):
        raise KubeconfigError(f"{path}: cluster {entry.get('cluster')} has no server")
    base = os.path.dirname(os.path.abspath(path))
    try:
        user = {**user, **_from_command(user["exec"])} if user.get("exec") else user
        tls = _tls(cluster, user, base)
        headers = _headers(user, base)
    except (OSError, ValueError, ssl.SSLError) as error:
        raise KubeconfigError(f"{path}, context {name}: {error}") from error
    return Access(str(cluster["server"]).rstrip("/"), tls, headers, str(cluster.get("tls-server-name") or ""))


def _load(path: str) -> dict[str, t.Any]:
    if yaml is None:
        raise KubeconfigError("the Python library PyYAML is missing on the host that runs this module")
    try:
        with open(path, encoding="utf-8") as stream:
            config = yaml.safe_load(stream)
    except OSError as error:
        raise KubeconfigError(f"cannot read the kubeconfig {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise KubeconfigError(f"the kubeconfig {path} is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(config, dict):
        raise KubeconfigError(f"the kubeconfig {path} is empty")
    return config


def _named(config: dict[str, t.Any], section: str, name: str, path: str) -> dict[str, t.Any]:
    entries = [item for item in config.get(section) or [] if isinstance(item, dict)]
    for item in entries:
        if item.get("name") == name:
            return item
    known = ", ".join(str(item.get("name")) for item in entries) or "none"
    raise KubeconfigError(f"{path} has no {section[:-1]} {name}; it has {known}", "context" if section == "contexts" else "")


def _pod_access() -> Access:
    with open(f"{_IN_CLUSTER}/token", encoding="utf-8") as stream:
        token = stream.read().strip()
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    tls = ssl.create_default_context(cafile=f"{_IN_CLUSTER}/ca.crt")
    return Access(f"https://{host}:{port}", tls, {"Authorization": f"Bearer {token}"})


def _content(entry: dict[str, t.Any], key: str, base: str) -> bytes:
    """The value of `<key>-data`, or of the file that `<key>` names."""
    if entry.get(f"{key}-data"):
        return b64decode(entry[f"{key}-data"])
    if entry.get(key):
        with open(os.path.join(base, os.path.expanduser(entry[key])), "rb") as stream:
            return stream.read()
    return b""


def _tls(cluster: dict[str, t.Any], user: dict[str, t.Any], base: str) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority", base).decode()
    tls = ssl.create_default_context(cadata=authority or None)
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    certificate, key = _content(user, "client-certificate", base), _content(user, "client-key", base)
    if certificate and key:
        # The standard library reads certificates from files only; this one is gone again at once.
        with tempfile.NamedTemporaryFile() as stream:
            stream.write(certificate.rstrip() + b"\n" + key)
            stream.flush()
            tls.load_cert_chain(stream.name)
    return tls


def _headers(user: dict[str, t.Any], base: str) -> dict[str, str]:
    token = user.get("token")
    if not token and user.get("tokenFile"):
        with open(os.path.join(base, user["tokenFile"]), encoding="utf-8") as stream:
            token = stream.read().strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
    return {}


def _from_command(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """Credentials of a plugin, as most managed clusters have them."""
    environment = {**os.environ, **{str(item["name"]): str(item["value"]) for item in entry.get("env") or []}}
    info = {"apiVersion": entry.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(info)
    words = [str(entry.get("command")), *(str(item) for item in entry.get("args") or [])]
    done = programs.run(words, timeout=60, env=environment)
    if done.returncode != 0:
        raise ValueError(f"{words[0]} gave no credentials: {done.stderr.strip()[-300:]}")
    status = json.loads(done.stdout).get("status") or {}
    data: dict[str, t.Any] = {"token": status.get("token")}
    for ours, theirs in (("client-certificate-data", "clientCertificateData"), ("client-key-data", "clientKeyData")):
        if status.get(theirs):
            data[ours] = b64encode(status[theirs].encode()).decode()
    return data

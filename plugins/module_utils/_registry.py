# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few calls of the registry API that a content-addressed rerun needs: is this tag there, what digest, name it again."""

from __future__ import annotations

import base64
import json
import re
import ssl
import typing as t
import urllib.request
from dataclasses import dataclass, field
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError
from ansible_collections.neursafe.fl.plugins.module_utils._peer import shown
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference, is_loopback

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_WAY = 5
Challenge = tuple[str, dict[str, str]]
MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class RegistryError(OptionError):
    """A registry refused, failed or could not be reached; the text says what to do about it."""

    option = "registry"


@dataclass
class Registry:
    """One registry, asked over HTTP(S) with no, basic or bearer authentication, whichever it demands."""

    host: str
    username: str = ""
    password: str = field(default="", repr=False)
    scheme: str = "auto"
    validate_certs: bool = True
    ca_path: str | None = None
    timeout: int = 10
    _challenge: Challenge | None = field(default=None, repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)
    _opener: urllib.request.OpenerDirector | None = field(default=None, repr=False)

    @property
    def is_insecure(self) -> bool:
        """Whether nothing proves that the registry is the one that is meant."""
        return self.base_url.startswith("http://") or not self.validate_certs

    @property
    def base_url(self) -> str:
        """Docker's own rule: plain HTTP on the loopback interface only, unless the scheme is given."""
        scheme = self.scheme if self.scheme != "auto" else ("http" if is_loopback(self.host) else "https")
        host = "registry-1.docker.io" if self.host == "docker.io" else self.host
        return f"{scheme}://{host}"

    def ping(self) -> Challenge:
        """Which authentication is wanted, asked once; raises when there is no registry or the account is refused."""
        if self._challenge is not None:
            return self._challenge
        status, headers, _body = self._request("GET", "/v2/", {})
        if status in (200, 401):
            self._challenge = _parse_challenge(headers.get("www-authenticate", "")) if status == 401 else ("none", {})
        else:
            raise self._no_registry(status)
        if self._challenge[0] == "basic":
            self._check(*self._request("GET", "/v2/", self._basic())[:2], "log in")
        return self._challenge

    def _no_registry(self, status: int) -> RegistryError:
        # Servers of Go's library say so to plain HTTP on a port of TLS, and registries are written in Go.
        if status == 400 and self.base_url.startswith("http://"):
            return RegistryError(f"registry {self.host} refuses plain HTTP; set this to https if it has a certificate", "registry_scheme")
        return RegistryError(f"{self.base_url}/v2/ answers HTTP {status}; it is no image registry; correct the address")

    def digest(self, reference: Reference) -> str | None:
        """The digest that a tag points to, or None when the registry has no such tag."""
        path = f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag}"
        headers = {"Accept": ", ".join(MANIFEST_TYPES), **self._authorisation(reference.repository, "pull")}
        status, answer, _body = self._request("HEAD", path, headers)
        if status == 404:
            return None
        self._check(status, answer, f"look for {reference}")
        return answer.get("docker-content-digest") or None

    def retag(self, reference: Reference, tag: str) -> None:
        """Give an image that the registry has another tag there; no layer moves."""
        kind, body = self.manifest(reference, "pull,push")
        headers = {"Content-Type": kind, **self._authorisation(reference.repository, "pull,push")}
        status, answer, _body = self._request("PUT", f"/v2/{reference.repository}/manifests/{tag}", headers, body)
        self._check(status, answer, f"write the tag {tag} of {reference}")

    def manifest(self, reference: Reference, actions: str = "pull") -> tuple[str, bytes]:
        """Type and content of a manifest."""
        path = f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag}"
        headers = {"Accept": ", ".join(MANIFEST_TYPES), **self._authorisation(reference.repository, actions)}
        status, answer, body = self._request("GET", path, headers)
        if status == 404:
            raise RegistryError(f"registry {self.host} has no image {reference}; build it or correct the reference")
        self._check(status, answer, f"read {reference}")
        return answer.get("content-type", MANIFEST_TYPES[-1]), body

    def blob(self, repository: str, digest: str) -> t.Any:
        """The answer that a layer or a configuration is read from, as it comes; to be closed."""
        first = url = f"{self.base_url}/v2/{repository}/blobs/{digest}"
        headers = self._authorisation(repository, "pull")
        for step in range(_LONGEST_WAY):
            try:
                return self._open(_HttpRequest(url, headers=headers))
            except HTTPError as error:
                place = urljoin(url, error.headers.get("location", ""))
                if error.code == 401 and self._tokens and not step:
                    # Of an image with large layers, the last is asked for when the token has expired.
                    self._tokens.clear()
                    headers = self._authorisation(repository, "pull")
                elif error.code in _REDIRECTS and place != url:
                    # Another host, which many registries keep their layers on, does not get to see the account.
                    headers = headers if urlsplit(place)[:2] == urlsplit(first)[:2] else {}
                    url = place
                else:
                    self._check(error.code, {}, f"give {digest} of {repository}")
            except (URLError, OSError, ValueError) as error:
                raise self._unreachable(error) from error
        raise RegistryError(f"registry {self.host} sends from place to place instead of giving {digest} of {repository}; look at its log")

    def _check(self, status: int, headers: t.Mapping[str, str], doing: str) -> None:
        if status in (401, 403):
            who, cure = (f"user {self.username!r}", "correct") if self.username else ("no user", "give")
            text = f"registry {self.host} refuses to {doing}: HTTP {status} for {who}; {cure} the registry's user name and password"
            raise RegistryError(text, "registry_password")
        if status == 429:
            raise RegistryError(f"registry {self.host} limits requests (HTTP 429) on {doing}; try again later")
        if status >= 300:
            raise RegistryError(f"registry {self.host} fails to {doing}: HTTP {status}; look at its log")

    def _authorisation(self, repository: str, actions: str) -> dict[str, str]:
        kind, values = self.ping()
        if kind == "basic":
            return self._basic()
        if kind == "bearer":
            return {"Authorization": f"Bearer {self._token(values, repository, actions)}"}
        return {}

    def _basic(self) -> dict[str, str]:
        if not self.username:
            return {}
        account = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {account}"}

    def _token(self, values: dict[str, str], repository: str, actions: str) -> str:
        scope = f"repository:{repository}:{actions}"
        if scope not in self._tokens:
            query = urlencode({"service": values.get("service", ""), "scope": scope})
            status, headers, body = self._request("GET", f"{values.get('realm', '')}?{query}", self._basic())
            self._check(status, headers, "log in")
            answer = json.loads(body)
            self._tokens[scope] = answer.get("token") or answer.get("access_token") or ""
        return self._tokens[scope]

    def _request(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        url = path if "://" in path else self.base_url + path
        request = _HttpRequest(url, data=body, headers=headers, method=method)
        try:
            with self._open(request) as answer:
                return answer.status, _lower(answer.headers), answer.read()
        except HTTPError as error:
            return error.code, _lower(error.headers), b""
        except (URLError, OSError, ValueError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> RegistryError:
        if trouble := _certificate_trouble(error, self.base_url):
            return RegistryError(f"registry {self.host}: {trouble[0]}", trouble[1])
        text = f"cannot be reached at {self.base_url}: {getattr(error, 'reason', error)}; start it, or correct the address"
        return RegistryError(f"registry {self.host} {text}")

    def _open(self, request: urllib.request.Request) -> t.Any:
        # One opener for all requests: the trust store is read once, which is most of what a request costs otherwise.
        if self._opener is None:
            context = self._context()
            proxies: dict[str, str] | None = {} if is_loopback(self.host) else None
            self._opener = urllib.request.build_opener(
                urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context), _NoRedirect()
            )
        return self._opener.open(request, timeout=self.timeout)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_path)
        except (OSError, ssl.SSLError) as error:
            text = f"{self.ca_path} is no file of certificates ({error.strerror or error}); name one in PEM form"
            raise RegistryError(text, "registry_ca_path") from error
        if not self.validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _certificate_trouble(error: Exception, url: str) -> tuple[str, str] | None:
    """What to say of a failed handshake, and the option to change."""
    reason = str(getattr(error, "reason", error))
    if "WRONG_VERSION_NUMBER" in reason:
        return "it speaks plain HTTP; set this to http if that is meant", "registry_scheme"
    if "CERTIFICATE_VERIFY_FAILED" not in reason:
        return None
    told = "; ".join(filter(None, (reason, shown(url))))
    if "Hostname mismatch" in reason or "IP address mismatch" in reason:
        return f"its certificate is for another name ({told}); name the registry as its certificate does", "registry"
    if "has expired" in reason or "not yet valid" in reason:
        return f"its certificate does not hold now ({told}); have it renewed, or set the clock right", "registry"
    return f"its certificate is not trusted ({told}); give the file of the authority that signed it", "registry_ca_path"


class _HttpRequest(urllib.request.Request):
    """A registry names the address of its token service: that may not be a file or anything else but HTTP."""

    def __init__(self, url: str, **named: t.Any) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no HTTP address")
        super().__init__(url, **named)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A manifest is where it is; following would hand the account to another host."""

    def redirect_request(self, *_arguments: t.Any, **_named: t.Any) -> None:
        return None


def _lower(headers: t.Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _parse_challenge(header: str) -> Challenge:
    kind, _blank, rest = header.partition(" ")
    return kind.lower() or "none", dict(_CHALLENGE.findall(rest))

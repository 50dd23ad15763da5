# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST API of job scheduler and model manager, as the API server serves it. One exception type: ApiError."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from ansible.module_utils.urls import open_url

_BODY_SHOWN = 300


class ApiError(Exception):
    """Whatever went wrong on the way; `status` is the HTTP code, or None when nobody answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def _reason(body: str) -> str:
    """The component's own words if there are any, else the start of whatever came back."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:_BODY_SHOWN]
    if isinstance(parsed, dict) and parsed.get("reason"):
        return str(parsed["reason"])
    return json.dumps(parsed)[:_BODY_SHOWN]


def _of_the_way_in(body: str) -> bool:
    """Whether a 404 is the ingress controller's own. It has no route while no pod of the component is ready; the components answer JSON."""
    return "page not found" in body.lower() or "<html" in body.lower()


class Api:
    """One API server; `url` without a path, e.g. http://10.0.0.1:30083."""

    def __init__(
        self, url: str, timeout: int = 10, validate_certs: bool = True, ca_path: str | None = None, account: tuple[str, str] | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.validate_certs = validate_certs
        self.ca_path = ca_path
        self.account = account

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request; the parsed JSON of the answer, or its text where it is no JSON."""
        where = f"{method} {self.url}{path}"
        try:
            answer = open_url(
                self.url + path,
                method=method,
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                timeout=self.timeout,
                validate_certs=self.validate_certs,
                ca_path=self.ca_path,
                url_username=self.account[0] if self.account else None,
                url_password=self.account[1] if self.account else None,
                # Without it the question is sent twice, the first time to be refused.
                force_basic_auth=self.account is not None,
                use_proxy=True,
            )
            text = answer.read().decode("utf-8", "replace")
        except HTTPError as error:
            body = error.read().decode("utf-8", "replace")
            reason = _reason(body)
            if error.code == 404 and _of_the_way_in(body):
                raise ApiError(f"{where}: no answer: the API server has nothing behind this path; is the component ready?") from error
            raise ApiError(f"{where}: HTTP {error.code}: {reason or error.reason}", error.code) from error
        except (TimeoutError, URLError, OSError, ValueError) as error:
            raise ApiError(f"{where}: no answer: {getattr(error, 'reason', None) or error}") from error
        try:
            return json.loads(text)
        except ValueError:
            return text

    # -- job scheduler

    def health(self) -> Any:
        return self.request("GET", "/api/v1/health")

    def job(self, namespace: str, job_id: str) -> dict[str, Any] | None:
        """The job, or None when there is none of that name."""
        try:
            found = self.request("GET", self._job_path(namespace, job_id))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        if not isinstance(found, dict):
            raise ApiError(f"GET {self.url}{self._job_path(namespace, job_id)}: no job but {str(found)[:80]!r}; is this the API server?")
        return found

    def jobs(self, namespace: str) -> list[dict[str, Any]]:
        try:
            found = self.request("GET", f"/api/v1/namespaces/{quote(namespace)}/jobs")
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        listed = found.get("jobs") if isinstance(found, dict) else found
        return [item for item in listed or [] if isinstance(item, dict)]

    def create_job(self, namespace: str, config: dict[str, Any]) -> None:
        self.request("POST", f"/api/v1/namespaces/{quote(namespace)}/jobs", config)

    def update_job(self, namespace: str, config: dict[str, Any]) -> None:
        self.request("PUT", self._job_path(namespace, config["id"]), config)

    def start_job(self, namespace: str, job_id: str) -> None:
        self.request("PUT", self._job_path(namespace, job_id) + ":start")

    def stop_job(self, namespace: str, job_id: str) -> None:
        self.request("PUT", self._job_path(namespace, job_id) + ":stop")

    def delete_job(self, namespace: str, job_id: str) -> None:
        self.request("DELETE", self._job_path(namespace, job_id))

    # -- model manager

    def models(self, namespace: str) -> list[Any]:
        """Models of a namespace; the model manager answers 404 with JSON while there is none yet."""
        try:
            found = self.request("GET", f"/api/v1/namespaces/{quote(namespace)}/models")
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        listed = found.get("models", found) if isinstance(found, dict) else found
        return listed if isinstance(listed, list) else [listed]

    @staticmethod
    def _job_path(namespace: str, job_id: str) -> str:
        return f"/api/v1/namespaces/{quote(namespace)}/jobs/{quote(job_id)}"

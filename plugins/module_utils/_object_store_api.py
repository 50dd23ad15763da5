# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""The requests to an S3 endpoint and to MinIO's admin API, with bounds, and their failures in words."""

from __future__ import annotations

import datetime
import email.utils
import json
import os
import typing as t
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._object_store import Observed, Wanted, degraded_parts
from ansible_collections.neursafe.fl.plugins.module_utils._peer import shown

try:
    import urllib3
    from minio import Minio, MinioAdmin
    from minio.credentials import StaticProvider
    from minio.error import InvalidResponseError, MinioAdminException, S3Error, ServerError

    class _Tries(urllib3.Retry):
        """Of requests that were refused or met a busy store. One that hangs is not waited for again."""

        def increment(
            self,
            method: str | None = None,
            url: str | None = None,
            response: t.Any = None,
            error: Exception | None = None,
            _pool: t.Any = None,
            _stacktrace: t.Any = None,
        ) -> t.Any:
            refused = isinstance(error, urllib3.exceptions.NewConnectionError)
            if isinstance(error, (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ConnectTimeoutError)) and not refused:
                raise error
            return super().increment(method, url, response, error, _pool, _stacktrace)

    IMPORT_PROBLEM = ""
except ImportError as error:  # the module says which package is missing
    IMPORT_PROBLEM = str(error)

# Options of the modules that speak to a store, documented in the fragment `s3`.
OPTIONS: dict[str, dict[str, t.Any]] = {
    "endpoint": {"type": "str", "required": True},
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "region": {"type": "str", "default": "us-east-1"},
    "ca_path": {"type": "str", "default": ""},
    "validate_certs": {"type": "bool", "default": True},
    "labels": {"type": "dict", "default": {}},
}
_TRIES = 4
_AGAIN = (500, 502, 503, 504)
_BUSY_CODES = ("SlowDown", "ServiceUnavailable", "XMinioServerNotInitialized")
_KEY_CODES = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "XMinioInvalidCredentials")


class StoreError(Exception):
    """A request failed for a reason that the text explains. `unreachable`: nothing answered at the endpoint."""

    def __init__(self, text: str, unreachable: bool = False) -> None:
        super().__init__(text)
        self.unreachable = unreachable


class Store:
    """One endpoint, spoken to with one pair of keys."""

    def __init__(
        self, endpoint: str, access_key: str, secret_key: str, region: str, ca_path: str, validate_certs: bool, timeout: float
    ) -> None:
        parts = urlsplit(endpoint)
        self.endpoint, self.region, self.timeout = endpoint, region, timeout
        self._place, self._secure = parts.netloc, parts.scheme == "https"
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(5.0, timeout), read=timeout),
            cert_reqs="CERT_REQUIRED" if validate_certs else "CERT_NONE",
            ca_certs=ca_path or None,
            retries=_Tries(total=_TRIES - 1, backoff_factor=0.3, status_forcelist=_AGAIN, raise_on_status=False),
        )
        self._validate_certs = validate_certs
        self.s3 = self._client(access_key, secret_key)
        self.admin = MinioAdmin(
            endpoint=self._place,
            credentials=StaticProvider(access_key, secret_key),
            region=region,
            secure=self._secure,
            http_client=self._http,
        )

    def _client(self, access_key: str, secret_key: str) -> Minio:
        return Minio(
            endpoint=self._place,
            access_key=access_key,
            secret_key=secret_key,
            secure=self._secure,
            region=self.region,
            http_client=self._http,
        )

    # -- reading --------------------------------------------------------------------------------------------------
    def observe(self, wanted: Wanted, secret_key: str) -> Observed:
        buckets = self._buckets(wanted)
        if not wanted.user:
            return Observed(buckets=buckets)
        user = self._maybe(lambda: json.loads(self.admin.user_info(wanted.user)), "XMinioAdminNoSuchUser")
        policy = self._maybe(lambda: json.loads(self.admin.policy_info(wanted.policy_name)), "XMinioAdminNoSuchPolicy")
        degraded = self._degraded()
        if user is None:
            return Observed(buckets=buckets, policy=policy, degraded=degraded)
        return Observed(
            buckets=buckets,
            user_exists=True,
            user_enabled=user.get("status") == "enabled",
            user_policies=frozenset(name for name in str(user.get("policyName") or "").split(",") if name),
            key_works=not wanted.absent and self.key_works(wanted.user, secret_key),
            policy=policy,
            degraded=degraded,
        )

    def _degraded(self) -> tuple[str, ...]:
        """A user administrator need not have the right to ask after servers."""
        try:
            found: tuple[str, ...] = degraded_parts(json.loads(self.admin.info()))
        except MinioAdminException:
            return ()
        return found

    def _buckets(self, wanted: Wanted) -> frozenset[str]:
        """All buckets; where listing is not allowed to these keys, those of the wanted ones that answer."""
        try:
            return frozenset(bucket.name for bucket in self.s3.list_buckets())
        except S3Error as error:
            if error.code != "AccessDenied":
                raise
        return frozenset(name for name in wanted.buckets if self.s3.bucket_exists(name))

    def key_works(self, access_key: str, secret_key: str) -> bool:
        """The admin API never tells a secret, so a signed request has to: refused rights mean an accepted signature."""
        try:
            self._client(access_key, secret_key).list_buckets()
        except S3Error as error:
            if error.code in _KEY_CODES:
                return False
            if error.code != "AccessDenied":
                raise
        return True

    def _maybe(self, read: t.Callable[[], t.Any], absent_code: str) -> t.Any:
        try:
            return read()
        except MinioAdminException as error:
            if _admin_code(error) == absent_code:
                return None
            raise

    # -- writing --------------------------------------------------------------------------------------------------
    def perform(self, do: str, name: str, wanted: Wanted, secret_key: str) -> None:
        if do == "make_bucket":
            try:
                self.s3.make_bucket(name, self.region or None)
            except S3Error as error:
                if error.code != "BucketAlreadyOwnedByYou":
                    raise
        elif do == "put_policy":
            self.admin.policy_add(name, policy=dict(wanted.policy or {}))
        elif do == "put_user":
            self.admin.user_add(name, secret_key)
        elif do == "attach_policy":
            self.admin.attach_policy([name], user=wanted.user)
        elif do == "remove_user":
            self.admin.user_remove(name)
        elif do == "remove_policy":
            self.admin.policy_remove(name)


def _admin_code(error: Exception) -> str:
    try:
        return str(json.loads(error._body).get("Code", ""))  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        return ""


def _clock_offset(error: Exception) -> str:
    """How far the store's clock (its Date header) is from this machine's, in words."""
    response = getattr(error, "response", None)
    stamp = getattr(response, "headers", {}).get("Date") if response is not None else None
    if not stamp:
        return ""
    there = email.utils.parsedate_to_datetime(stamp)
    seconds = (there - datetime.datetime.now(datetime.UTC)).total_seconds()
    return f" (its clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's)"


def store_of(params: dict[str, t.Any]) -> Store:
    """The endpoint of a module's options."""
    names = ("endpoint", "access_key", "secret_key", "region", "ca_path", "validate_certs", "timeout")
    return Store(**{name: params[name] for name in names})


def not_there_yet(error: Exception, params: dict[str, t.Any], check_mode: bool) -> str:
    """Why a store is silent that, in check mode, an earlier task has perhaps only predicted; every other failure is raised, explained."""
    trouble = explain(error, params["endpoint"], params["labels"], params["ca_path"] or "")
    if not (check_mode and trouble.unreachable):
        raise trouble from error
    return str(trouble)


def _tls_trouble(error: Exception, place: str, endpoint: str, ca_path: str) -> StoreError:
    if ca_path and not os.path.isfile(ca_path):
        return StoreError(f"{place}: there is no file {ca_path} with the CA of {endpoint}; name one that is there", unreachable=True)
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return StoreError(
            f"{place}: what answers at {endpoint} speaks no TLS ({_short(error)}); correct one or the other", unreachable=True
        )
    told = "; ".join(filter(None, (_short(error), shown(endpoint))))
    return StoreError(
        f"{place}: the certificate of {endpoint} is not accepted ({told}); give the CA that signed it, or correct the host name"
    )


def explain(error: Exception, endpoint: str, labels: t.Mapping[str, str], ca_path: str = "") -> StoreError:
    """Setting, cause and cure for a failed request. `labels` says what the caller's settings are called."""
    keys = f"{labels.get('access_key', 'access_key')} / {labels.get('secret_key', 'secret_key')}"
    place = labels.get("endpoint", "endpoint")
    code = error.code if isinstance(error, S3Error) else _admin_code(error)
    if code in _KEY_CODES:
        why = "no user of that access key exists" if code == "InvalidAccessKeyId" else "the secret key is another"
        return StoreError(
            f"{keys}: {endpoint} refuses the keys ({code}: {why}); correct them, or look at the keys the server was started with"
        )
    if code == "RequestTimeTooSkewed":
        return StoreError(
            f"{place}: {endpoint} refuses the request because of the clock{_clock_offset(error)}; "
            "signatures are valid for 15 minutes, so set both clocks (chrony or systemd-timesyncd) and run again"
        )
    if code in _BUSY_CODES:
        return StoreError(f"{place}: {endpoint} is busy, or not ready yet ({code}, {_TRIES} times); look at its log, or run again later")
    if code == "AccessDenied":
        return StoreError(f"{keys}: the keys are right but may not do this at {endpoint} (AccessDenied); use an administrator's keys")
    if code in ("BucketAlreadyExists",):
        return StoreError(f"buckets: a bucket of that name belongs to somebody else at {endpoint} ({error}); choose another name")
    if isinstance(error, MinioAdminException):
        return StoreError(
            f"{place}: {endpoint} does not answer MinIO's admin requests ({error}); "
            "if it is not MinIO, make the user there by hand and leave it out here (nsfl_object_store_manage_user: false)"
        )
    if isinstance(error, (S3Error, InvalidResponseError, ServerError)):
        return StoreError(
            f"{place}: {endpoint} answers with an error ({error}); is it an S3 endpoint, and its API port, not its console's?"
        )
    if isinstance(error, urllib3.exceptions.HTTPError):
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, urllib3.exceptions.SSLError):
            return _tls_trouble(reason, place, endpoint, ca_path)
        return StoreError(f"{place}: nothing answers at {endpoint} ({_short(reason)}); {_look_at(reason)}", unreachable=True)
    return StoreError(f"{endpoint}: {type(error).__name__}: {error}")


def _look_at(reason: Exception) -> str:
    """Where the cause of a silence is to be looked for, by how the request ended."""
    # Some of urllib3's refusals are of the class of its time-outs too, for the sake of old callers.
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return "is the server running and the port open?"
    if isinstance(reason, urllib3.exceptions.ConnectTimeoutError):
        return "not even a refusal comes back, so look for a firewall that drops the port, or a host that is off"
    if isinstance(reason, urllib3.exceptions.ReadTimeoutError):
        return "it takes the connection and says nothing, so the server hangs: look at its log and at its disks, and start it anew"
    return "is the server running and the port open?"


def _short(reason: object) -> str:
    """urllib3 puts an object's address before the cause; only the cause helps."""
    told = getattr(reason, "args", ())
    # Of a time-out it is the second of two words.
    text = str(told[-1] if told and isinstance(told[-1], str) else reason)
    return text.rsplit(">: ", 1)[-1].rsplit("): ", 1)[-1]


def failures() -> tuple[type[Exception], ...]:
    return (S3Error, MinioAdminException, InvalidResponseError, ServerError, urllib3.exceptions.HTTPError, ValueError)

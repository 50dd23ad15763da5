# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's files in the bucket of its FL namespace: what goes up, what comes out, and what is left to remove."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._api import ApiError
from ansible_collections.neursafe.fl.plugins.module_utils._telling import telling

_PARTS = ("model", "scripts", "extender")


def local_files(src: str) -> list[str]:
    """Relative paths below a job folder that travel with the job, sorted; config.json is posted, not uploaded alone."""
    root = Path(src)
    found = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and (name == "config.json" or name.split("/")[0] in _PARTS):
            found.append(name)
    return found


def latest_output(names: list[str], output: str, job_id: str) -> str | None:
    """Of all object names, the metrics.json of the job's newest run: <output>/fl_<id>_output_V<n>/metrics.json."""
    folder = re.escape(output.strip("/"))
    pattern = re.compile(rf"{folder}/fl_{re.escape(job_id)}_output_V(\d+)/metrics\.json\Z")
    runs = [(int(found.group(1)), name) for name in names if (found := pattern.match(name))]
    return max(runs)[1] if runs else None


def _place(name: str, within: str) -> tuple[str, str]:
    """The bucket, and the prefix that all its objects have."""
    return (within, f"{name}/") if within else (name, "")


class JobFiles:
    """The FL namespace, a bucket or with `within` a folder of that bucket, seen through the minio SDK; errors come as ApiError."""

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        namespace: str,
        region: str,
        within: str = "",
        validate_certs: bool = True,
        ca_path: str = "",
    ) -> None:
        import minio
        import urllib3

        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ApiError(f"s3_endpoint: {endpoint!r} is no URL; write it with its scheme, e.g. http://10.0.0.1:9000")
        self._errors = (minio.error.MinioException, urllib3.exceptions.HTTPError, OSError)
        self.bucket, self.prefix = _place(namespace, within)
        self._within = within
        self.endpoint = endpoint
        # The SDK's own default waits for minutes before it says that nobody is there.
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=30),
            retries=urllib3.Retry(total=2, backoff_factor=0.3),
            cert_reqs="CERT_REQUIRED" if validate_certs else "CERT_NONE",
            ca_certs=ca_path or None,
        )
        self._client = minio.Minio(
            parts.netloc, access_key=access_key, secret_key=secret_key, secure=parts.scheme == "https", region=region, http_client=pool
        )

    def of_bucket(self, name: str) -> JobFiles:
        """The same endpoint and user, another bucket, or another folder where one bucket holds all."""
        other = copy.copy(self)
        other.bucket, other.prefix = _place(name, self._within)
        return other

    def _call(self, what: str, function: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except self._errors as error:
            raise ApiError(f"{what} in bucket {self.bucket} at {self.endpoint}: {error}") from error

    def names(self, prefix: str) -> dict[str, str]:
        """Object names below a prefix, each with its etag. Names are those within the FL namespace."""
        whole = f"{self.prefix}{prefix}"
        listed = self._call("list objects", lambda: list(self._client.list_objects(self.bucket, prefix=whole, recursive=True)))
        return {item.object_name.removeprefix(self.prefix): (item.etag or "").strip('"') for item in listed}

    def differing(self, src: str, job_id: str) -> list[str]:
        """Files of the job folder that the bucket has not, or has otherwise."""
        there = self.names(f"fl-{job_id}/")
        return [
            name
            for name in local_files(src)
            if there.get(f"fl-{job_id}/{name}") != hashlib.md5((Path(src) / name).read_bytes(), usedforsecurity=False).hexdigest()
        ]

    def upload(self, src: str, job_id: str, names: list[str]) -> None:
        for name in telling("upload files of the job", names, len(names)):
            content = (Path(src) / name).read_bytes()
            key = f"{self.prefix}fl-{job_id}/{name}"
            self._call("write object", self._client.put_object, self.bucket, key, io.BytesIO(content), len(content))

    def metrics(self, output: str, job_id: str) -> Any:
        """What the job measured, or None when it wrote nothing."""
        name = latest_output(list(self.names(f"{output.strip('/')}/")), output, job_id)
        if name is None:
            return None
        answer = self._call("read object", self._client.get_object, self.bucket, f"{self.prefix}{name}")
        try:
            return json.loads(answer.read())
        except ValueError as error:
            raise ApiError(f"{self.bucket}/{self.prefix}{name} is no JSON: {error}") from error
        finally:
            answer.close()
            answer.release_conn()

    def of_job(self, job_id: str, output: str | None) -> list[str]:
        """Objects that only this job put there: its folder, and its own runs within its output folder."""
        names = list(self.names(f"fl-{job_id}/"))
        if output and output.strip("/"):
            folder = output.strip("/")
            below = self.names(f"{folder}/")
            run = re.compile(rf"{re.escape(folder)}/fl_{re.escape(job_id)}_output_V\d+/")
            mine = [name for name in below if run.match(name)]
            # The folder's own object goes too, once nothing else is in it.
            if set(below) <= {f"{folder}/", *mine}:
                mine = list(below)
            names += mine
        return names

    def remove(self, names: list[str]) -> None:
        # Deepest first, so that a mounted bucket never shows a folder without its parent.
        for name in sorted(names, key=lambda item: -item.count("/")):
            self._call("remove object", self._client.remove_object, self.bucket, f"{self.prefix}{name}")

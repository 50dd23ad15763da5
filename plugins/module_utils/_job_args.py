# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that job and job_info share, and what is made of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._api import Api, ApiError
from ansible_collections.neursafe.fl.plugins.module_utils._job_files import JobFiles
from ansible_collections.neursafe.fl.plugins.module_utils._job_pods import JobPods
from ansible_collections.neursafe.fl.plugins.module_utils._kube import KubeError


def common_arguments() -> dict[str, dict[str, Any]]:
    return {
        "api_url": {"type": "str", "required": True},
        "api_timeout": {"type": "int", "default": 10},
        "api_username": {"type": "str"},
        "api_password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "namespace": {"type": "str", "default": "default"},
        "s3_endpoint": {"type": "str"},
        "s3_access_key": {"type": "str", "no_log": False},
        "s3_secret_key": {"type": "str", "no_log": True},
        "s3_ca_path": {"type": "path"},
        "s3_region": {"type": "str", "default": "us-east-1"},
        "s3_bucket": {"type": "str"},
        "kubeconfig": {"type": "path"},
        "context": {"type": "str"},
        "pod_namespace": {"type": "str", "default": "default"},
        "poll": {"type": "float", "default": 1.0},
    }


REQUIRED_TOGETHER = [("s3_endpoint", "s3_access_key", "s3_secret_key"), ("api_username", "api_password")]


def api_of(params: dict[str, Any]) -> Api:
    account = (params["api_username"], params["api_password"]) if params["api_password"] else None
    return Api(params["api_url"], params["api_timeout"], params["validate_certs"], params["ca_path"], account)


def files_of(params: dict[str, Any]) -> JobFiles | None:
    """The bucket of the FL namespace, or None when no S3 endpoint is given."""
    if not params["s3_endpoint"]:
        return None
    try:
        account = (params["s3_endpoint"], params["s3_access_key"], params["s3_secret_key"])
        trust = (params["validate_certs"], params["s3_ca_path"] or "")
        return JobFiles(*account, params["namespace"], params["s3_region"], params["s3_bucket"] or "", *trust)
    except ImportError as error:
        raise ApiError(f"the Python library minio is needed for s3_endpoint: {error}") from error


def pods_of(params: dict[str, Any]) -> JobPods | None:
    """The pods of the job, or None when no cluster is given."""
    if not params["kubeconfig"]:
        return None
    try:
        return JobPods(params["kubeconfig"], params["context"], params["pod_namespace"])
    except KubeError as error:
        raise ApiError(f"kubeconfig: {error}") from error

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that job and job_info share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description: URL of the API server, without a path.
    type: str
    required: true
  api_timeout:
    description: Seconds to wait for one answer of the API server.
    type: int
    default: 10
  api_username:
    description: User of the API server, where it asks for one, as P(neursafe.fl.nsfl_api_server#role) has it do over HTTPS.
    type: str
  api_password:
    description: Password of that user.
    type: str
  validate_certs:
    description: Whether certificates must be valid, of the API server and of O(s3_endpoint).
    type: bool
    default: true
  ca_path:
    description: File with the CA certificates that the API server's certificate is checked against. Without it those of the system.
    type: path
  namespace:
    description: The FL namespace of the job (a bucket, or with O(s3_bucket) a folder); not a Kubernetes namespace.
    type: str
    default: default
  s3_endpoint:
    description: URL of the S3 endpoint that holds the bucket.
    type: str
  s3_access_key:
    description: Access key of a user who may read and write that bucket.
    type: str
  s3_secret_key:
    description: Secret key of that user.
    type: str
  s3_ca_path:
    description: The same for O(s3_endpoint).
    type: path
  s3_region:
    description: Region of the endpoint.
    type: str
    default: us-east-1
  s3_bucket:
    description: The one bucket in which FL namespaces are folders. Without it each is a bucket of its own.
    type: str
  kubeconfig:
    description:
      - A kubeconfig of the cluster in which coordinator and executors run.
      - With it, their events and logs are gathered, for explaining what went wrong. Without, they are not.
    type: path
  context:
    description: Context within O(kubeconfig).
    type: str
  pod_namespace:
    description: The Kubernetes namespace in which coordinator and executors run.
    type: str
    default: default
  poll:
    description: Seconds between two looks at the job.
    type: float
    default: 1.0
requirements:
  - minio (for O(s3_endpoint))
  - PyYAML (for O(kubeconfig))
"""

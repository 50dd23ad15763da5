# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the client SDK: import neursafe_fl as nsfl. A stand-in, not the product."""

from neursafe_fl.python.sdk import (
    commit_metrics,
    commit_weights,
    create_optimizer,
    get_dataset_path,
    get_file,
    get_parameter,
    get_parameters,
    load_weights,
    put_file,
    put_parameter,
    put_parameters,
)

__all__ = [
    "commit_metrics",
    "commit_weights",
    "create_optimizer",
    "get_dataset_path",
    "get_file",
    "get_parameter",
    "get_parameters",
    "load_weights",
    "put_file",
    "put_parameter",
    "put_parameters",
]

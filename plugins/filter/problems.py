# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with settings, and with what a role's preflight saw. Each filter's documentation is the file NAME.yml beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import (
    _api_server_checks,
    _cli,
    _client_checks,
    _database_inputs,
    _directories,
    _image_inputs,
    _job,
    _lab,
    _object_store_preflight,
    _server_checks,
    _shared_storage,
    _standalone,
)
from ansible_collections.neursafe.fl.plugins.module_utils._problem_text import all_readable

FILTERS: dict[str, Callable[..., list[str]]] = {
    "api_server_problems": all_readable(_api_server_checks.api_server_problems),
    "cli_problems": all_readable(_cli.problems),
    "client_clashes": all_readable(_client_checks.client_clashes),
    "client_host_problems": all_readable(_standalone.host_problems),
    "client_problems": all_readable(_client_checks.client_problems),
    "client_task_problems": all_readable(_standalone.task_problems),
    "database_problems": all_readable(_database_inputs.problems),
    "directories_problems": all_readable(_directories.problems),
    "images_problems": all_readable(_image_inputs.problems),
    "lab_problems": all_readable(_lab.problems),
    "object_store_problems": all_readable(_object_store_preflight.problems),
    "server_problems": all_readable(_server_checks.server_problems),
    "shared_storage_problems": all_readable(_shared_storage.problems),
    "verification_problems": all_readable(_job.verification_problems),
}


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return dict(FILTERS)

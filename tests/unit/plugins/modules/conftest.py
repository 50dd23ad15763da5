# SPDX-License-Identifier: Apache-2.0
"""What tests of several modules need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kube_api_fake import KubeApi


@pytest.fixture
def api(tmp_path: Path) -> Iterator[KubeApi]:
    """A stand-in for the Kubernetes API."""
    fake = KubeApi(tmp_path)
    yield fake
    fake.stop()

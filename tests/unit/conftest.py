# SPDX-License-Identifier: Apache-2.0
"""Make the checkout importable as ansible_collections.neursafe.fl, wherever pytest is started."""

from __future__ import annotations

from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

_COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
_AnsibleCollectionFinder(paths=[str(_COLLECTIONS)])._install()

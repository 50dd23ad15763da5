# SPDX-License-Identifier: Apache-2.0
"""Verifiers are those of the standard, and belong to one password only."""

from __future__ import annotations

import base64

from ansible_collections.neursafe.fl.plugins.module_utils._scram import make_verifier, matches


def test_the_example_of_rfc_7677() -> None:
    verifier = make_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_verifier_belongs_to_its_password() -> None:
    verifier = make_verifier("pä:ss 'w%rd")
    assert matches(verifier, "pä:ss 'w%rd")
    assert not matches(verifier, "other")
    assert not matches(None, "other")
    assert not matches("md5d41d8cd98f00b204e9800998ecf8427e", "other")
    assert verifier != make_verifier("pä:ss 'w%rd")

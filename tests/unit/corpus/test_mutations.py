# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with settings: they are refused, in words, or they make objects that are sound. Never anything else."""

from __future__ import annotations

import pytest
from corpus import quick_checksums, within
from mutations import KINDS, SEED, mutations, outcome
from test_corpus import LONGEST, SENTENCE

COUNT = 400
CHUNK = 50


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_a_mutation_is_refused_in_words_or_makes_sound_objects(kind: str, first: int) -> None:
    wrong, outcomes = [], []
    for mutation in list(mutations(kind, first + CHUNK))[first:]:
        name = f"seed {SEED}, {kind} {mutation.number} ({mutation.what})"
        try:
            with within(5), quick_checksums():
                result = outcome(mutation)
        except Exception as error:  # whatever it is, the case that made it is to be told
            wrong.append(f"{name}: {type(error).__name__}: {error}")
            continue
        outcomes.append(bool(result.problems))
        wrong += [f"{name}: {fault}" for fault in result.faults]
        wrong += [f"{name}: said {text!r}" for text in result.problems if not SENTENCE.fullmatch(text) or len(text) > LONGEST]
        wrong += [f"{name}: shows a secret" for text in result.problems if "canary" in text]
    assert wrong == []
    # Neither is everything refused, nor is everything let through.
    assert any(outcomes)
    assert not all(outcomes)

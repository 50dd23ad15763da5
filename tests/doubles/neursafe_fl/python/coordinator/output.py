# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: what a job leaves in its output folder."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np


class Output:
    def __init__(self, config: dict[str, Any]) -> None:
        self._job = config["job_name"]
        self._suffix = os.path.splitext(config["model_path"])[1]
        self.checkpoints: list[dict[str, Any]] = []
        self.rounds: list[dict[str, Any]] = []
        # The output folder itself is the mount; the run's own folder is made here, once per run.
        version = 0
        while os.path.exists(self._folder(config["output"], version)):
            version += 1
        self.folder = self._folder(config["output"], version)
        os.makedirs(self.folder)

    def _folder(self, output: str, version: int) -> str:
        return os.path.join(output, f"fl_{self._job}_output_V{version}")

    def write_metrics(self, state: str) -> None:
        _write(os.path.join(self.folder, "metrics.json"), {"job": self._job, "state": state, "rounds": self.rounds})

    def save_checkpoint(self, number: int, weights: list[np.ndarray], evaluation: dict[str, float]) -> None:
        """Without an accuracy the checkpoint is written but not listed."""
        from neursafe_fl.doubles import save_arrays

        folder = os.path.join(self.folder, "checkpoints", f"checkpoint_v{number}")
        os.makedirs(folder)
        save_arrays(os.path.join(folder, f"checkpoint_{number}{self._suffix}"), weights)
        _write(os.path.join(folder, "metrics.json"), evaluation)
        if "accuracy" in evaluation:
            self.checkpoints.append({"id": f"{self._job}_{number}", "path": folder, "accuracy": evaluation["accuracy"]})


def _write(path: str, content: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)

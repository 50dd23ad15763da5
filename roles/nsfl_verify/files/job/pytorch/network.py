# SPDX-License-Identifier: Apache-2.0
"""The network of the guide's example, written for PyTorch, and its data."""

import neursafe_fl as nsfl
import numpy as np
import torch


def network():
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(28 * 28, 128), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(128, 10)
    )


def samples(part):
    with np.load(nsfl.get_dataset_path("nsfl_verify")) as data:
        images = torch.from_numpy((data["x_" + part] / 255.0).astype("float32"))
        return images, torch.from_numpy(data["y_" + part].astype("int64"))


def measure(model, x, y):
    model.eval()
    with torch.no_grad():
        scores = model(x)
        loss = torch.nn.functional.cross_entropy(scores, y)
        accuracy = (scores.argmax(dim=1) == y).float().mean()
    return {"sample_num": len(y), "loss": float(loss), "accuracy": float(accuracy)}

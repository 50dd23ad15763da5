# SPDX-License-Identifier: Apache-2.0
"""One round of local training."""

import argparse

import neursafe_fl as nsfl
import numpy as np
from neursafe_fl.doubles import SoftmaxModel

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=1)
epochs = parser.parse_known_args()[0].epochs

with np.load(nsfl.get_dataset_path("double_mnist")) as data:
    x, y = data["x_train"] / 255.0, data["y_train"]
model = SoftmaxModel(784, 10)
nsfl.load_weights(model)
model.fit(x, y, epochs=epochs, learning_rate=0.05)
loss, accuracy = model.evaluate(x, y)
nsfl.commit_weights(model)
nsfl.commit_metrics({"sample_num": len(y), "loss": loss, "accuracy": accuracy})

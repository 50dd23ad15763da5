# SPDX-License-Identifier: Apache-2.0
"""The global model on local test data."""

import neursafe_fl as nsfl
import numpy as np
from neursafe_fl.doubles import SoftmaxModel

with np.load(nsfl.get_dataset_path("double_mnist")) as data:
    x, y = data["x_test"] / 255.0, data["y_test"]
model = SoftmaxModel(784, 10)
nsfl.load_weights(model)
loss, accuracy = model.evaluate(x, y)
nsfl.commit_metrics({"sample_num": len(y), "loss": loss, "accuracy": accuracy})

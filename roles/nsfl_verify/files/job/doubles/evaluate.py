# SPDX-License-Identifier: Apache-2.0
"""Evaluate the model of all clients on this client's held-out data. For the test doubles."""

import neursafe_fl as nsfl
import numpy as np
from neursafe_fl.doubles import SoftmaxModel

with np.load(nsfl.get_dataset_path("nsfl_verify")) as data:
    x, y = data["x_test"] / 255.0, data["y_test"].astype(int)

model = SoftmaxModel(28 * 28, 10)
nsfl.load_weights(model)
loss, accuracy = model.evaluate(x, y)

nsfl.commit_metrics({"sample_num": len(x), "loss": float(loss), "accuracy": float(accuracy)})

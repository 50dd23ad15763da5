# SPDX-License-Identifier: Apache-2.0
"""Train one round on this client's data. For the test doubles."""

import neursafe_fl as nsfl
import numpy as np
from neursafe_fl.doubles import SoftmaxModel

with np.load(nsfl.get_dataset_path("nsfl_verify")) as data:
    x, y = data["x_train"] / 255.0, data["y_train"].astype(int)

model = SoftmaxModel(28 * 28, 10)
nsfl.load_weights(model)
model.fit(x, y, epochs=1, batch_size=32, learning_rate=0.2)
loss, accuracy = model.evaluate(x, y)

nsfl.commit_weights(model)
nsfl.commit_metrics({"sample_num": len(x), "loss": float(loss), "accuracy": float(accuracy)})

# SPDX-License-Identifier: Apache-2.0
"""Evaluate the model of all clients on this client's held-out data."""

import neursafe_fl as nsfl
from network import network, samples

x, y = samples("test")
model = network()
nsfl.load_weights(model)
loss, accuracy = model.evaluate(x, y, verbose=0)

nsfl.commit_metrics({"sample_num": len(x), "loss": float(loss), "accuracy": float(accuracy)})

# SPDX-License-Identifier: Apache-2.0
"""Evaluate the model of all clients on this client's held-out data."""

import neursafe_fl as nsfl
from network import measure, network, samples

x, y = samples("test")
model = network()
nsfl.load_weights(model)

nsfl.commit_metrics(measure(model, x, y))

# SPDX-License-Identifier: Apache-2.0
"""Write the initial model of the verification job: weights only, for the coordinator has no class of ours."""

import sys

import torch
from network import network

torch.save(network().state_dict(), sys.argv[1])

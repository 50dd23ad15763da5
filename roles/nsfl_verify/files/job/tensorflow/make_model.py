# SPDX-License-Identifier: Apache-2.0
"""Write the initial model of the verification job, a whole Keras model."""

import sys

from network import network

network().save(sys.argv[1])

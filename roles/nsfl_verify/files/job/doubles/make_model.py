# SPDX-License-Identifier: Apache-2.0
"""Write the initial model of the verification job. For the test doubles, whose images have numpy and no framework."""

import sys

from neursafe_fl.doubles import SoftmaxModel

SoftmaxModel(28 * 28, 10).save(sys.argv[1])

# SPDX-License-Identifier: Apache-2.0
"""Make the initial model with make_model.py, and put it where the job looks for it: write.py NAMESPACE_FOLDER PATH_BELOW_IT"""

import os
import shutil
import subprocess
import sys
import tempfile

folder, path = sys.argv[1:3]
if not os.path.isdir(folder):
    sys.exit(f"{folder} is not on this node: mount the namespace's bucket there")
if os.stat(folder).st_dev == os.stat(os.path.dirname(folder)).st_dev and not os.path.ismount(os.path.dirname(folder)):
    # Whatever is written now would lie on this node's disk, below the mount point.
    sys.exit(f"{folder} is not mounted on this node: mount the namespace's bucket there")

# Frameworks seek and rewrite while they save, which costs a lot on a mounted bucket.
local = os.path.join(tempfile.mkdtemp(), os.path.basename(path))
subprocess.check_call([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_model.py"), local])
target = os.path.join(folder, path)
if not os.path.isdir(os.path.dirname(target)):
    os.makedirs(os.path.dirname(target))
shutil.copyfile(local, target)
sys.stdout.write(f"{target}: {os.path.getsize(target)} bytes\n")

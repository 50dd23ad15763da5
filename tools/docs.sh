#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make docs` does: the tools of requirements/docs.txt, when they are missing, then the site in build/docs.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH

stamp=.venv/.requirements-docs
hash=$(sha256sum <requirements/docs.txt)
if [ "$(cat $stamp 2>/dev/null)" != "$hash" ]; then
    echo "docs: installing the tools of requirements/docs.txt into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
    echo "$hash" >$stamp
fi
exec .venv/bin/python tools/docs_site.py

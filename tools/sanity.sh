#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs ansible-test sanity on a copy of the collection's tracked and new files: ansible-test wants a real
# ansible_collections/neursafe/fl path inside a git tree, and refuses a link.
#   tools/sanity.sh [arguments of ansible-test sanity]
# The linters that ansible-core pins for its tests are installed once into environments below ~/.ansible/test/venv and reused.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
copy=$PWD/build/sanity/ansible_collections/neursafe/fl
rm -rf "$copy" && mkdir -p "$copy"
# The stand-ins and the tools are programs of this repository, which no managed host runs; ruff looks at them.
git ls-files -z --cached --others --exclude-standard -- ':!.venv' ':!tools' ':!bench' ':!.ci' ':!tests/doubles' ':!molecule' |
  while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done | xargs -0 cp --no-dereference --parents -t "$copy"
cache=$HOME/.ansible/test/cache
mkdir -p "$cache"
wanted=$(grep -hoE "pip='[0-9.]+'" "$bin"/../lib/python3*/site-packages/ansible_test/_internal/python_requirements.py | tr -dc '0-9.')
cp tools/get_pip_from_ensurepip.py "$cache/get_pip_${wanted//./_}.py"
cd "$copy"
git init -q . && git add -A
exec "$bin/ansible-test" sanity --color no "$@"

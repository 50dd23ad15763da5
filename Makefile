# Every command that a person types.
# SPDX-License-Identifier: Apache-2.0
.DEFAULT_GOAL := help
# Programs of .venv first; a login that leaves out the administrator's folders still has what they hold.
export PATH := $(CURDIR)/.venv/bin:$(PATH):/usr/sbin:/sbin
# What `make test` has no time for, in whole or in part: files of tests/e2e and scenarios of molecule. The first file takes the platform away
# and brings it back; it comes before those that renew the password of the lab's registry, which it would find on the hosts.
LONG = leave documented_commands mistakes rotate network_policies sops claim newest
LONG_SCENARIOS = nsfl_database_mongod nsfl_database_mongodb nsfl_images_mirror nsfl_object_store_distributed
# From bare hosts to bare hosts.
OWN_LAB = NSFL_LAB_NAME=nsfl-killed NSFL_LAB_SUBNET=10.252.0.0/24 NSFL_LAB_REGISTRY_PORT=5002
PLAYBOOK = ansible-playbook -i inventories/lab

.PHONY: help setup lab lab-down demo test lint unit docs bench faults

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## Install what is missing: host packages, .venv, the collection's link, a running Docker daemon
	@sh tools/setup.sh

lab: setup ## Make the one-machine platform, or heal it
	$(PLAYBOOK) playbooks/lab.yml

lab-down: setup ## Take the one-machine platform away (the cache of built programs stays)
	$(PLAYBOOK) playbooks/lab.yml -e nsfl_lab_state=absent

demo: lab ## Bring up the lab, provision the platform on it, and follow a federated job to FINISHED
	$(PLAYBOOK) playbooks/server.yml
	$(PLAYBOOK) playbooks/client.yml
	$(PLAYBOOK) playbooks/verify.yml

test: setup ## Run every check of tests/checks.toml; ends with "N passed, N failed"
	@.venv/bin/python tools/run_checks.py

lint: setup ## Run the linters
	@.venv/bin/python tools/run_checks.py lint

unit: setup ## Run the unit tests
	@.venv/bin/python tools/run_checks.py unit

docs: setup ## Build the documentation site in build/docs
	@tools/docs.sh

bench: setup ## Measure ours beside its peers and compare with the goals; BENCH=images runs one bench (docs/performance.md)
	@.venv/bin/python bench/ratio.py $(BENCH)

faults: setup ## Put faults on the lab's platform and see it recover, then take it all away; FAULTS="F07 or F31" some of them (docs/reliability.md)
	@mkdir -p build/logs
	@.venv/bin/pytest -q tests/faults -k "$(FAULTS)" --junitxml=build/logs/faults.xml
	@[ -n "$(FAULTS)" ] || .venv/bin/pytest -q $(LONG:%=tests/e2e/test_%.py)
	@[ -n "$(FAULTS)" ] || .venv/bin/molecule test --no-command-borders $(LONG_SCENARIOS:%=--scenario-name=%)
	@[ -n "$(FAULTS)" ] || $(OWN_LAB) .venv/bin/pytest -q tests/e2e/test_killed.py

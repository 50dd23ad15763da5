# Every command that a person types.
# SPDX-License-Identifier: Apache-2.0
.DEFAULT_GOAL := help
PLAYBOOK = .venv/bin/ansible-playbook -i inventories/lab

.PHONY: help setup lab lab-down

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## Install what is missing: host packages, .venv, the collection's link, a running Docker daemon
	@sh tools/setup.sh

lab: setup ## Make the one-machine platform, or heal it
	$(PLAYBOOK) playbooks/lab.yml

lab-down: setup ## Take the one-machine platform away (the cache of built programs stays)
	$(PLAYBOOK) playbooks/lab.yml -e nsfl_lab_state=absent

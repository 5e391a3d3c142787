# `make demo` and `make test` do all their set-up; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
ENVIRONMENT := tests/environments/make-env.sh

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# --- set-up -----------------------------------------------------------------

.venv/.stamp: tests/environments/dev.txt pyproject.toml $(ENVIRONMENT)
	@$(ENVIRONMENT) "$(CURDIR)/.venv" dev

.venv-upstream/.stamp: tests/environments/upstream.txt pyproject.toml $(ENVIRONMENT)
	@$(ENVIRONMENT) "$(CURDIR)/.venv-upstream" upstream

.venv-pyautogen/.stamp: tests/environments/pyautogen.txt pyproject.toml $(ENVIRONMENT)
	@$(ENVIRONMENT) "$(CURDIR)/.venv-pyautogen" pyautogen

.venv-foreign/.stamp: tests/environments/foreign.txt $(ENVIRONMENT)
	@$(ENVIRONMENT) "$(CURDIR)/.venv-foreign" foreign

.PHONY: setup
setup: .venv/.stamp ## Build .venv with everything in it

NODE_MODULES := docs/node_modules/.stamp sdk-typescript/node_modules/.stamp tests/node_modules/.stamp

%/node_modules/.stamp: %/package-lock.json tests/environments/need-node.sh
	@tests/environments/need-node.sh
	@echo "setup: installing the Node packages of $*"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: chromium
chromium:
	@tests/environments/need-chromium.sh

# --- the spec and what is generated from it -----------------------------------

.PHONY: generate
generate: .venv/.stamp ## Generate everything from spec/
	@.venv/bin/fastagency-generate

.PHONY: check
check: .venv/.stamp ## Fail when a generated file is not what spec/ says
	@.venv/bin/fastagency-generate check

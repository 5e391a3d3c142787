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

NODE_MODULES := docs/node_modules/.stamp sdk-typescript/node_modules/.stamp tests/node_modules/.stamp

%/node_modules/.stamp: %/package-lock.json tests/environments/need-node.sh
	@tests/environments/need-node.sh
	@echo "setup: installing the Node packages of $*"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

CLIENTS := build/go.stamp build/java.stamp build/ruby.stamp build/rust.stamp

build/go.stamp: sdk-go/go.sum sdk-go/tools/go.sum
build/java.stamp: sdk-java/pom.xml
build/rust.stamp: sdk-rust/Cargo.lock
build/%.stamp: tests/environments/set-up-client.sh tests/environments/need-language.sh
	@tests/environments/set-up-client.sh $*

.PHONY: environment
environment: .venv/.stamp ## Build .venv alone: the generator, the server, the Python client, the conformance suite

.PHONY: setup
setup: .venv/.stamp $(NODE_MODULES) $(CLIENTS) ## Build .venv, and find or install what each client's language needs

.PHONY: debian
debian:
	@tests/environments/need-debian.sh chromium curl

# --- the spec and what is generated from it -----------------------------------

.PHONY: generate
generate: .venv/.stamp ## Generate everything from spec/
	@.venv/bin/fastagency-generate

.PHONY: check
check: .venv/.stamp ## Fail when a generated file is not what spec/ says
	@.venv/bin/fastagency-generate check
	@$(PYTHON) -m conformance pages --check

.PHONY: lint-spec
lint-spec: .venv/.stamp docs/node_modules/.stamp ## Run the three linters over spec/
	@$(PYTHON) docs/lint_spec.py

.PHONY: docs
docs: .venv/.stamp docs/node_modules/.stamp ## Build the pages of the published spec
	@$(PYTHON) docs/build_site.py

.PHONY: sdk-typescript
sdk-typescript: sdk-typescript/node_modules/.stamp ## Build the TypeScript SDK and print the size of its core
	@cd sdk-typescript && npm run --silent build

# --- running it ----------------------------------------------------------------

.PHONY: demo
demo: generate sdk-typescript docs ## Generate the clients, start the server, hold a conversation
	@$(PYTHON) examples/demo.py

.PHONY: bench
bench: .venv/.stamp .venv-upstream/.stamp sdk-typescript $(CLIENTS) ## Measure the server beside FastAgency, and every client's codec
	@$(PYTHON) -m benchmarks

# --- proving it ----------------------------------------------------------------

.PHONY: lint
lint: .venv/.stamp sdk-typescript/node_modules/.stamp ## Run ruff, mypy, tsc and prettier (the other languages' linters run in the tests)
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@cd sdk-typescript && npm run --silent check

.PHONY: test
test: setup debian .venv-upstream/.stamp .venv-pyautogen/.stamp .venv-foreign/.stamp ## Run everything that continuous integration runs
	@$(MAKE) --no-print-directory check lint lint-spec sdk-typescript docs
	@echo "test: the whole suite, with autogen"
	@.venv/bin/pytest
	@echo "test: the AutoGen runtime, with pyautogen"
	@.venv-pyautogen/bin/pytest tests/autogen
	@echo "test: beside FastAgency and its older websockets"
	@.venv-upstream/bin/pytest tests/sdk_python tests/server

.PHONY: conformance
conformance: setup sdk-typescript .venv-upstream/.stamp ## Judge every client and every server, and write the pages about it
	@$(PYTHON) -m conformance all --results test-output/conformance.json --junit test-output/conformance.xml
	@$(PYTHON) -m conformance pages --results test-output/conformance.json

.PHONY: faults
faults: setup sdk-typescript ## Hold 500 conversations while their connections are cut, and count what went wrong
	@cd tests && ../$(PYTHON) -m faults

.PHONY: fuzz
fuzz: .venv/.stamp ## Try 2,000 orders of what clients do (make test tries 200)
	@FUZZ_EXAMPLES=2000 .venv/bin/pytest -q tests/fuzz -p no:logging

.PHONY: soak
soak: .venv/.stamp ## Hold 200,000 short conversations in a row, and see what they leave behind
	@$(PYTHON) -m benchmarks.soak

.PHONY: clean
clean: ## Remove what was built, the environments included
	rm -rf .venv .venv-* docs/node_modules sdk-typescript/node_modules tests/node_modules sdk-typescript/dist \
		server/fastagency_server/_site sdk-rust/target sdk-java/target build test-output

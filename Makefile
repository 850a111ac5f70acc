# Every command of the project. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup up demo analyst package test test-cloud quick torture fuzz bench check texts lock pictures release

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv from the hash-locked requirements (done by the others when needed)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tidemark needs Python 3.11, 3.12 or 3.13; none was found on the PATH. Name one: make up PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "[1/3] environment: .venv ($$($(PYTHON) --version))"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "[2/3] libraries: $$(grep -c '==' requirements.lock) locked packages (about 1.5 GB on disk)"
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements.lock
	@echo "[3/3] the tidemark command"
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .
	@# By a relative path: Python reads this file in the locale's encoding, and LC_ALL=C has no other letters than ASCII's.
	@echo ../../../.. > $$(echo .venv/lib/python3.*/site-packages/_editable_impl_tidemark.pth)
	@touch $@

up: $(READY) ## set everything up and run the bank (Ctrl-C ends it)
	@exec $(BIN)/tidemark up $(ARGS)

demo: $(READY) ## fill a running bank with a small town (200 customers, 90 days)
	@exec $(BIN)/tidemark demo $(ARGS)

analyst: $(READY) ## try a change of the dbt project beside production (shows how)
	@exec $(BIN)/tidemark analyst $(or $(ARGS),--help)

# A worker has a Postgres of its own; a file's tests stay together, for they share a bank.
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile
test: $(READY) ## set everything up and run all tests (ARGS="tests/users -k photo": some; WORKERS=0: one after the other)
	@$(PYTEST) --durations 40 $(ARGS)

# What asks for the form itself (a process for each instance, the services' own refusals) stays with `make test`.
CLOUD_TESTS = $(addprefix tests/e2e/test_,main_job.py authorisation.py history.py)
test-cloud: $(READY) ## run the end-to-end tests against the Lambda archives behind an emulated API Gateway
	@TIDEMARK_TEST_GATEWAY_FORM=cloud $(PYTEST) $(or $(ARGS),$(CLOUD_TESTS))

quick: $(READY) ## run the tests that take under two minutes in all: no whole bank, no dbt, no browser
	@$(PYTEST) -m "not slow and not browser" $(ARGS)

fuzz: $(READY) ## send a bank what no client should, look for a 5xx (ARGS="--requests 1000000", ARGS=--help)
	@exec $(BIN)/python -m tests.fuzz $(ARGS)

package: $(READY) ## build the archives for AWS Lambda (ARGS=--help: which, for what)
	@exec $(BIN)/tidemark package $(ARGS)

torture: $(READY) ## kill a bank's processes under 500,000 operations (ARGS=--help: how many, how long, seed)
	@exec $(BIN)/python -m tests.torture $(ARGS)

bench: $(READY) ## measure against pgbench, pgledger, psql, dlt and bare SQL (ARGS="ledger …", ARGS=--help)
	@$(BIN)/python -m tests.bench $(ARGS)

check: $(READY) ## lint, types, import rules, texts, dbt project, Dagster definitions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/deptry . --exclude "\.venv" --ignore DEP002,DEP004
	@$(BIN)/python -m ui.language check
	@$(BIN)/sqlfluff lint warehouse
	@export TIDEMARK_DBT_TARGET=$$(mktemp -d) && trap 'rm -rf $$TIDEMARK_DBT_TARGET' EXIT \
		&& $(BIN)/python -m pipelines.manifest && $(BIN)/dagster definitions validate -m pipelines.definitions

texts: $(READY) ## bring new texts of the app into ui/language/de.po, to be translated there
	@$(BIN)/python -m ui.language update

lock: ## resolve pyproject.toml again into requirements.lock (ARGS=--upgrade: with the newest versions)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-strip-extras \
		--group dev -o requirements.lock $(ARGS) pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-strip-extras \
		--python-version 3.11 -o infra/local/cloud/requirements.lock $(ARGS) infra/local/cloud/requirements.in

pictures: $(READY) ## make README's pictures anew from the running demo bank
	@$(BIN)/python -m tests.browser.pictures

release: $(READY) ## record what this version leaves for later ones: digests of its migrations, a small bank to upgrade
	@$(BIN)/python -m tests.upgrade.release

# `make run` starts the demo, `make test` runs the tests. Both need Python 3.11 or newer and nothing else.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PYTEST := $(BIN)/python -m pytest
PUBLISHED := .cache/published/.ready

.PHONY: help run test test-system test-all coverage specs drill bench lint format lock clean

help:
	@echo "make run       start Afteraction; without a configuration, its demo"
	@echo "make test      the tests that need nothing but Python"
	@echo "make test-all  all tests; needs PostgreSQL, Chromium, Redmine and Node with npm, and fails without them"
	@echo "make coverage  how much of the connectors their tests run; fails below 95 %"
	@echo "make specs     fetch the vendors' descriptions of their APIs, for the tests"
	@echo "make drill     the kill drill at full size"
	@echo "make bench     the benchmarks"
	@echo "make lint      ruff, mypy and the import contracts"
	@echo "make format    format the code"
	@echo "make lock      resolve the dependencies anew (UPGRADE=--upgrade for newer ones)"

run: $(VENV)/.ready
	@exec $(BIN)/afteraction up

test: $(VENV)/.ready-dev
	$(PYTEST) -n $(JOBS) --dist loadfile -m "not system and not drill"

# Processes are killed by the clock in the drills: they run alone.
test-system: $(VENV)/.ready-dev specs
	AFTERACTION_REQUIRE_SYSTEM=1 $(PYTEST) -n $(JOBS) --dist loadfile -m "system and not drill"
	AFTERACTION_REQUIRE_SYSTEM=1 $(PYTEST) -m drill

test-all: test test-system

# Connectors and stand-ins are counted by their own tests alone: what a whole house happens to run proves little of them.
COVERED := tests/connectors tests/connectors_* tests/sandbox tests/cli/test_sandbox.py
coverage: $(VENV)/.ready-dev
	@rm -rf .cache/coverage && mkdir -p .cache/coverage
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist loadfile -m "not system and not drill" $(COVERED)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage json --quiet -o .cache/coverage/report.json
	@$(BIN)/python -m tests.support.covered <.cache/coverage/report.json

# The vendors' own descriptions of their APIs: read by tests, never installed.
specs: .cache/contracts/.ready $(PUBLISHED)

.cache/contracts/.ready: tests/support/contracts.txt | $(VENV)/.ready-dev
	@$(PIP) download --no-deps --require-hashes --dest .cache/contracts -r tests/support/contracts.txt
	@touch $@

drill: $(VENV)/.ready-dev
	AFTERACTION_REQUIRE_SYSTEM=1 AFTERACTION_DRILL_SCALE=1 $(PYTEST) -m drill

bench: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 $(UPGRADE) pyproject.toml
lock: $(VENV)/.ready-dev
	$(COMPILE) --group dev -o requirements-dev.lock
	$(COMPILE) --group build -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# What follows does nothing while its stamp is newer than what it was made from.

$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$($$python --version)."; \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer that can make virtual environments was found." >&2; \
	echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it: make run PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Afteraction needs; this happens once."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "Installing what its tests and checks need; this happens once."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(PUBLISHED): tests/support/published.py | $(VENV)/.ready-dev
	@echo "Fetching what vendors publish about their APIs; this happens once."
	@$(BIN)/python -m tests.support.published
	@touch $@

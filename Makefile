# `make` lists what there is. Every command makes .venv first, from the lock; Python 3.11 or later is all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALL_SELF := $(PIP) --no-deps --no-build-isolation --editable .
# Modules are compiled once, and not again in each process of the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check lint types together alone unit fix hooks check-long faults bench load icons lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s%s\n", $$1, $$2 }' Makefile

run: $(VENV)/.run ## play: http://127.0.0.1:8000; with HOST=0.0.0.0 also others in your network
	$(BIN)/python -m server

# What measures runs alone, all else side by side, a file at a time: first those that take long (tests/conftest.py).
ALONE := tests/faults/test_hostile.py tests/bench
test: lint ## lint, types, import contracts, and every test
	@$(MAKE) --no-print-directory --jobs 2 types together
	@$(MAKE) --no-print-directory alone

together: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder $(addprefix --ignore ,$(ALONE))

alone: $(VENV)/.test
	$(BIN)/python -m pytest $(ALONE)

check: lint types ## lint, types and import contracts alone

lint: $(VENV)/.test
	$(BIN)/ruff format --check server tests
	$(BIN)/ruff check server tests
	$(BIN)/lint-imports --cache-dir .import_linter_cache

types: $(VENV)/.test
	$(BIN)/mypy

unit: $(VENV)/.test ## the tests that need no database and no browser: seconds
	$(BIN)/python -m pytest tests/unit

fix: $(VENV)/.test ## format the code, and mend what ruff can mend
	$(BIN)/ruff check --fix server tests
	$(BIN)/ruff format server tests

hooks: $(VENV)/.test ## have git run the checks before each commit
	$(BIN)/prek install

# Some of it: `make check-long LONG="--only simulation"`.
check-long: $(VENV)/.test ## the long forms of simulation, faults, attack, outage and benchmark: an hour, and a table
	$(BIN)/python -m tests.long $(LONG)

faults: $(VENV)/.test ## half an hour of everything breaking; then what attackers cost those who play
	$(BIN)/python -m tests.long --only faults hostile

# Some of it: `make bench BENCH="--only fanout_5000"`.
bench: $(VENV)/.test ## ours beside yardsticks, in one run: a table, and bench.json
	$(BIN)/python -m tests.bench $(BENCH)

# All options: `make load LOAD=--help`.
load: $(VENV)/.test ## load on a server that runs: LOAD="--url http://127.0.0.1:8000 --rate 2000"
	$(BIN)/python -m tests.load --spectators 5 --json load.json --html load.html $(LOAD)

icons: $(VENV)/.test ## write the icons of other formats anew, from the emblem; needs Chromium
	$(BIN)/python -m tests.browser.icons

# Exact versions with their hashes, for every supported Python.
lock: $(VENV)/.test ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade \
		--extra embedded --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade \
		--extra embedded --group build --group dev pyproject.toml --constraint requirements.lock --output-file requirements-dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade \
		pyproject.toml --constraint requirements.lock --output-file requirements-image.lock

# A .venv without pip, or left unfinished by an interruption, is of no use: it is made anew.
USABLE := $(shell [ -x $(BIN)/python ] && [ -e $(BIN)/pip ] && [ ! -e $(VENV)/.unfinished ] && echo yes)
$(VENV)/.made: $(if $(USABLE),,unusable)
ifndef USABLE
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; name it with PYTHON=…")'
	rm -rf $(VENV) && mkdir $(VENV) && touch $(VENV)/.unfinished
	$(PYTHON) -m venv $(VENV)
endif
	touch $@
.PHONY: unusable
unusable:

define INSTALL
	touch $(VENV)/.unfinished
	$(PIP) --require-hashes -r $<
	$(INSTALL_SELF)
	rm $(VENV)/.unfinished
endef

$(VENV)/.run: requirements.lock $(VENV)/.made
	$(INSTALL)
	touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.made
	$(INSTALL)
	touch $@ $(VENV)/.run

clean: ## remove what was installed and cached
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

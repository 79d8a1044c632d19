# `make run` plays, `make test` tests. Both make .venv first, from the lock, and need Python 3.11 or later alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALL_SELF := $(PIP) --no-deps --no-build-isolation --editable .

.PHONY: run test check unit faults load bench lock clean

run: $(VENV)/.run
	$(BIN)/python -m server

# Lint, types and import contracts, then the whole suite: side by side what mostly waits, then what wants the machine alone.
WAITING := tests/unit tests/integration tests/load
test: check
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile $(WAITING)
	$(BIN)/python -m pytest $(addprefix --ignore ,$(WAITING))

check: $(VENV)/.test
	$(BIN)/ruff format --check server tests
	$(BIN)/ruff check server tests
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache

# What needs no database and no browser: seconds.
unit: $(VENV)/.test
	$(BIN)/python -m pytest tests/unit

# The long form of tests/faults/test_short_run.py: half an hour of everything breaking, and a table of figures.
# Fewer or other faults: `python -m tests.faults --help`. Then, in two minutes, what those who mean harm cost others.
faults: $(VENV)/.test
	$(BIN)/python -m tests.faults --games 100 --spectators 3 --minutes 29 --moves 250000 --faults 300 \
		--think 0.2 --hold 4 --json faults.json
	$(BIN)/python -m tests.faults.hostile --json hostile.json

# Load on a server that runs: `make load LOAD="--url http://127.0.0.1:8000 --rate 2000"`; see --help.
load: $(VENV)/.test
	$(BIN)/python -m tests.load --spectators 5 --json load.json --html load.html $(LOAD)

# Ours beside yardsticks, in one run: a table, and bench.json. Some of it: `make bench BENCH="--only fanout_5000"`.
bench: $(VENV)/.test
	$(BIN)/python -m tests.bench $(BENCH)

# Writes the lock files anew from pyproject.toml: exact versions with their hashes, for every supported Python.
lock: $(VENV)/.test
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

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

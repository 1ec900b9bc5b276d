# `make` prints this list. Needs only make and Python >= 3.11; everything else comes into .venv.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
ZH := shared/cleanplate_shared/locale/zh.po
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench migration openapi messages

help:  ## Print this list
	@sed -n 's/^\([a-z]*\):.*##/  make \1 /p' $(MAKEFILE_LIST) | awk '{ n = $$2; $$1 = ""; $$2 = ""; printf "  make %-10s %s\n", n, $$0 }'

# The stamps remember what was installed, so that a second `make demo` starts at once.
.venv/.runs: pyproject.toml constraints.txt gateway/vendor.py gateway/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Cleanplate into .venv (once) ..." >&2
	@$(PIP) --editable .
	@touch $@

.venv/.develops: .venv/.runs
	@echo "Installing the tools for tests and checks into .venv (once) ..." >&2
	@$(PIP) --editable '.[dev]'
	@touch $@

.venv/.measures: .venv/.develops
	@echo "Installing what the benchmarks compare with into .venv (once) ..." >&2
	@$(PIP) --editable '.[dev,bench]'
	@touch $@

setup: .venv/.develops  ## Install everything for development into .venv

demo: .venv/.runs  ## A believable year of data at http://127.0.0.1:8000 (ARGS="--port 8001")
	@$(BIN)/cleanplate demo $(ARGS)

test: .venv/.develops  ## Run the whole test suite (ARGS="tests/menu -x")
	@$(BIN)/pytest $(ARGS)

check: .venv/.develops  ## Lint, types, import contracts, generated files up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cleanplate openapi --check

format: .venv/.develops  ## Put the code into its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: .venv/.measures  ## Measure (ONLY=forecast for one); prints a table, writes bench/results/
	@$(BIN)/python -m bench $(ONLY)

migration: .venv/.develops  ## Write a migration from the models (SERVICE=menu, or kernel; MESSAGE="why")
	@test -n "$(SERVICE)" -a -n "$(MESSAGE)" || { echo 'Say which and why: make migration SERVICE=menu MESSAGE="..."'; exit 2; }
	@$(BIN)/cleanplate migrate --new "$(MESSAGE)" --service $(SERVICE)

openapi: .venv/.develops  ## Write docs/openapi/ again
	@$(BIN)/cleanplate openapi

messages: .venv/.develops  ## Collect the sentences to translate into zh.po; say which have no Chinese yet
	@$(BIN)/pybabel -q extract -F babel.cfg -k msg -k _ --no-location --sort-output -o .venv/messages.pot .
	@$(BIN)/pybabel -q update -N --ignore-obsolete --ignore-pot-creation-date -w 100 -l zh -i .venv/messages.pot -o $(ZH)
	@sed '/^"\(Report-\|POT-\|PO-Rev\|Last-T\|Language-T\|Generated-\)/d' $(ZH) > .venv/zh.po && cp .venv/zh.po $(ZH)
	@$(BIN)/pytest -q tests/kernel/test_i18n.py

# Two commands on a fresh machine: `make demo` and `make test`. They need Python 3.11+ and make.
# Each makes the .venv it needs; a second call finds it and starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check docs bench clean

help:
	@echo "make demo   find the melting temperature of a crystal with LAMMPS (about a minute)"
	@echo "make test   every check and every test, the docs and the examples (about 8 minutes)"
	@echo "make check  the quick checks only (about a minute)"
	@echo "make docs   build the documentation into docs/_build/html"
	@echo "make bench  measure; the table goes to benchmarks/RESULTS.md"
	@echo "make clean  remove what these commands made"

demo: $(VENV)/demo.stamp
	$(BIN)/weft run examples/melting_point/melt.py --tolerance 0.01 --replicas 2
	@echo "the campaign is drawn in melting-point.png, and its numbers are in melting-point.json"

test: $(VENV)/dev.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" ./check
	PATH="$(CURDIR)/$(BIN):$$PATH" $(MAKE) --no-print-directory docs
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -q -m slow -rs

check: $(VENV)/dev.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" ./check

docs: $(VENV)/dev.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "documentation: docs/_build/html/index.html"

bench: $(VENV)/dev.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache melting-point.json melting-point.png

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Weftwork needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed: on Debian and Ubuntu, apt install python3-venv"; exit 2; }

$(VENV)/demo.stamp: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[demo]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[demo,dev]"
	@touch $@ $(VENV)/demo.stamp

# Everything runs in .venv, which is made when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHIPPED := runtime/tallygate/runtime/models/imdb.zip
STAMP := $(VENV)/.installed

.PHONY: setup run test check format bundle parity results gpu-report clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

# From the shipped checkpoint and the built-in corpus to predictions, step by step.
run: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/tour.sh

test: setup
	$(BIN)/python -m pytest

# On a machine with an NVIDIA GPU: the tests that need one, then docs/results/gpu.md and .json.
gpu-report: setup
	$(BIN)/python -m pytest -m gpu tests/gpu
	mkdir -p build && rm -rf build/gpu-bundle
	$(BIN)/tallygate export imdb --variants fp16,bf16 --out build/gpu-bundle
	$(BIN)/python benchmarks/gpu_report.py build/gpu-bundle

# The shipped bundle from the shipped checkpoint; needs the IMDB data (TALLYGATE_IMDB) for the gate.
bundle: setup
	rm -f $(SHIPPED)
	$(BIN)/tallygate export imdb --name tallygate-imdb --out $(SHIPPED)

# docs/parity.md, on the test split: the one command that reads it.
parity: setup
	$(BIN)/tallygate parity imdb --split test --report docs/parity.md

# docs/results.md, from the files in docs/results.
results: setup
	$(BIN)/python docs/results_page.py

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist runs .mypy_cache .pytest_cache .ruff_cache .hypothesis

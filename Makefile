# Everything runs in .venv, which is made when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHIPPED := runtime/tallygate/runtime/models/imdb.zip
STAMP := $(VENV)/.installed
# The C core, a distribution of its own; its build brings the compiler.
NATIVE := runtime/tallygate-native
NATIVE_STAMP := $(VENV)/.native
NATIVE_SOURCES := $(wildcard $(addprefix $(NATIVE)/,*.py *.toml include/*.h src/*.[ch] kernels/*.[ch] web/*.js web/src/* web/page/* tallygate_native/*.py)) \
  runtime/tallygate/runtime/unicode/unicode17.bin
# Tests run in so many processes, each file in one of them; 0: in this one.
WORKERS ?= 2
SEED ?= $(shell date +%s)

.PHONY: setup wheels run test proofs check format bundle parity results gpu-report clean

setup: $(STAMP) $(NATIVE_STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

$(NATIVE_STAMP): $(STAMP) $(NATIVE_SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./$(NATIVE)
	touch $(NATIVE_STAMP)

# The C core for all platforms, the program tallygate-run and the WebAssembly modules, into dist/native.
wheels: setup
	$(BIN)/python $(NATIVE)/wheels.py dist/native

# From the shipped checkpoint and the built-in corpus to predictions, step by step.
run: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/tour.sh

# The gate: the same examples in the same order every time, without what takes long.
test: setup
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

# What the gate leaves out: all that takes long, hypothesis drawing anew, tests in random order (SEED=N repeats one).
# What hypothesis finds stays in .hypothesis and is asked for first the next time; write it into the test as @example.
proofs: setup
	$(BIN)/python -m pytest --slow --hypothesis-profile=proofs -p randomly --randomly-seed=$(SEED)

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
	rm -rf $(VENV) build dist runs .mypy_cache .pytest_cache .ruff_cache

# The front door: every target sets up what it needs in .venv.
#   make demo    train and measure a digit classifier, and write its report
#   make test    the tests            make check   format, lint, types, layers, docs, map
#   make test-fast                    those tests that are not marked slow: under a minute
#   make fix     format and repair    make bench   the benchmarks     make docs   the generated pages
#   make map     the tree in figures, held against its limits
#   make properties, make mutants     longer studies of the by-hand results and of the optimizers' tests
#   make calibration                  how often the judge errs: the tables of docs/judge.md
#   make pool, make results           hours: real studies for the calibration; the verdicts of docs/results.md
#   make torture                      three hours: what tries to lose what is kept; docs/reliability.md
#   make reproduce                    hours: every published experiment, and docs/experiments.md

PYTHON ?= python3
PIP_ARGS ?=                       # such as --extra-index-url https://download.pytorch.org/whl/cpu
VENV := .venv
BIN := $(VENV)/bin
RUN := runs/demo
PYTEST_ARGS ?=

.PHONY: demo test test-fast check fix map docs bench properties mutants calibration pool results torture reproduce clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "steepest needs Python 3.11 or newer, and $(PYTHON) is not. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "This Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 2; }

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV), with the versions of constraints.txt (some minutes the first time) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e . || { \
	  echo "The installation failed. Without a network, put wheels of constraints.txt into a folder and call:"; \
	  echo "  make $(MAKECMDGOALS) PIP_ARGS='--no-index --find-links FOLDER'"; exit 2; }
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[dev]' || { \
	  echo "The development tools could not be installed; see the message above."; exit 2; }
	@touch $@

demo: $(VENV)/.installed
	@rm -rf $(RUN)
	@$(BIN)/steepest train --config demo.toml --out $(RUN)
	@$(BIN)/steepest evaluate $(RUN)

# one thread a process: two test processes with two threads each would get in each other's way
test: $(VENV)/.developed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

test-fast: $(VENV)/.developed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m "not slow" $(PYTEST_ARGS)

check: $(VENV)/.developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_layers.py
	$(BIN)/python scripts/map_house.py > /dev/null || { $(BIN)/python scripts/map_house.py; exit 1; }
	$(BIN)/python scripts/check_docs.py
	$(BIN)/python scripts/write_lessons.py --check
	$(BIN)/python scripts/write_experiments.py --check
	$(BIN)/python scripts/write_json_docs.py --check

fix: $(VENV)/.developed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# its limits are at the top of the script
map: $(BIN)/python
	@$(BIN)/python scripts/map_house.py

docs: $(VENV)/.developed
	$(BIN)/python scripts/write_optimizer_docs.py
	$(BIN)/python scripts/write_lessons.py
	$(BIN)/python scripts/write_experiments.py
	$(BIN)/python scripts/write_json_docs.py

bench: $(VENV)/.developed
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/training_loop.py
	$(BIN)/python benchmarks/optimizer_step.py
	$(BIN)/python benchmarks/sweep.py

# 10,000 random networks, images and rules: by hand against autograd
properties: $(VENV)/.developed
	$(BIN)/python scripts/byhand_properties.py

# flip a sign, an index or a constant in every optimizer's formula: does a test go red?
mutants: $(VENV)/.developed
	$(BIN)/python scripts/mutate_optimizers.py

# what promises break makes it fail; it draws from benchmarks/pool
calibration: $(VENV)/.developed
	OMP_NUM_THREADS=1 $(BIN)/python scripts/calibrate.py

pool: $(VENV)/.developed
	$(BIN)/python benchmarks/record_pool.py

results: $(VENV)/.developed
	$(BIN)/python scripts/write_results.py

$(VENV)/.tortured: $(VENV)/.developed
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[torture]' || \
	  echo "ckpt-chaos could not be installed: its part will say so."
	@touch $@

# a stopped one goes on; strace, unshare and libfaketime are of the system, and what lacks one says so
torture: $(VENV)/.tortured
	OMP_NUM_THREADS=1 $(BIN)/python -m torture

reproduce: $(VENV)/.developed
	$(BIN)/steepest reproduce all
	$(BIN)/python scripts/write_experiments.py

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

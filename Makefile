# Every target needs only Python 3.11+ and a package index: it makes .venv first.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
BENCH_STAMP := .venv/.ready-bench
FARM ?= ../shared/tools/feedfarm
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: setup demo run test check bench quality locale clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Vigie needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned packages into .venv ..."
	@$(PIP) pip
	@$(PIP) --group dev
	@$(PIP) --no-build-isolation -e .
	@touch $@

demo: $(STAMP)
	@$(BIN)/vigie demo

run: $(STAMP)
	@$(BIN)/vigie run

test: $(STAMP)
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_house.py

quality: $(STAMP)
	@test -n "$(DATA)" || { echo "make quality DATA=DIR: DIR holds labelled data (feeds/, ...)"; exit 2; }
	@$(BIN)/python -m tests.quality $(DATA) $(if $(JSON),--json)

bench: $(BENCH_STAMP)
	@FARM='$(FARM)' $(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) $(if $(JSON),--json)

$(BENCH_STAMP): $(STAMP)
	@echo "Installing the peers that Vigie is compared with ..."
	@$(PIP) --group bench
	@touch $@

locale: $(STAMP)
	@for po in bot/locale/*/LC_MESSAGES/vigie.po; do $(BIN)/pybabel -q compile -i $$po -o $${po%.po}.mo; done

clean:
	rm -rf .venv build *.egg-info

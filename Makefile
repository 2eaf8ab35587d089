# Every command a developer or user needs. Only python3 (3.11 or newer, with venv) and make must be there before.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
BENCH ?=
UPGRADE ?=

# pip's messages about itself are noise here, and an index needs no keyboard.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: run test check audit bench screenshots lock clean

run: $(VENV)/app.stamp  ## Serve the dashboard on 127.0.0.1; the sample organization is synced if there is no data.
	@$(BIN)/python scripts/first_sync.py
	@$(BIN)/python -m costlib.ui.serve --server.address 127.0.0.1 --server.headless true \
		--browser.gatherUsageStats false

test: $(VENV)/dev.stamp  ## Run every test, those in a real browser included.
	@$(BIN)/python -m tests.browser.chromium
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --junitxml build/tests.xml

check: $(VENV)/dev.stamp  ## Lint (flake8-bandit's rules too), format, types, import contracts, dependencies.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/python -m pip check

audit: $(VENV)/dev.stamp  ## Ask PyPI's advisories about every pinned package; needs pypi.org, which CI may not have.
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements.txt -r requirements-dev.txt

bench: $(VENV)/dev.stamp  ## Measure the budgets; BENCH=word runs the benches whose name has it.
	@$(BIN)/python -m tests.bench $(BENCH)

screenshots: $(VENV)/dev.stamp  ## Draw the pictures in docs/images from the sample organization.
	@$(BIN)/python -m tests.browser.chromium
	@$(BIN)/python -m tests.browser.screenshots

lock:  ## Pin every package from pyproject.toml; UPGRADE=1 takes the newest of everything.
	@$(PYTHON) -m venv $(VENV).lock
	@$(VENV).lock/bin/python -m pip install --quiet uv==0.13.9
	@UPGRADE=$(UPGRADE) $(VENV).lock/bin/python scripts/lock.py

clean:  ## Remove everything made here except data/.
	rm -rf $(VENV) $(VENV).lock build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than its requirements once they are installed, so that a second run starts at once.
$(VENV)/app.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This needs Python 3.11 or newer: install one and say which, as in: make PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing the pinned packages into $(VENV) (once; about a minute)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/app.stamp
	@echo "Installing the pinned test packages into $(VENV) (once; about a minute)."
	@$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

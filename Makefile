# Two commands matter: make demo, make test. Both set up what they need and may be run again.
.PHONY: setup demo test lint bench
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8080

setup: .venv/.runtime

.venv/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

demo: setup
	$(BIN)/shuanglian demo --port $(PORT)

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	sh tests/chromium.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -p -m pytest tests/bot & bot=$$!; \
	$(BIN)/coverage run -p -m pytest tests/handlers tests/scheduler tests/storage; rest=$$?; \
	wait $$bot && exit $$rest
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

bench: .venv/.dev
	$(BIN)/python -m bench

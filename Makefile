# Everything a developer does, by name. `make` alone lists it.
PYTHON := .venv/bin/python
BIN := .venv/bin
# where a running `make run` says what it runs with
SETTINGS = $${MOTORPOOL_DATA:-.motorpool}/settings.env
WITH_SETTINGS = test -f "$(SETTINGS)" || { echo "Start 'make run' first: this works on the database that it runs." >&2; exit 1; }; \
	set -a; . "$$(realpath "$(SETTINGS)")"; set +a;
# pytest's own words, as in: make test ARGS="tests/unit -k custody"
ARGS ?=
CHECKS := check-style check-format check-types check-arrows check-sql check-migrations
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.13 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup run test checks lint types format bench soak lock migrate demo-reset clean $(CHECKS)

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and node_modules as the lock files say (the others do it by themselves)
	@tools/setup.sh

run: setup ## run Motorpool and all it needs on this machine, until Ctrl-C
	@exec $(PYTHON) -m local

test: setup ## all checks, then all tests
	@status=0; \
	$(MAKE) --no-print-directory checks || status=1; \
	echo "== tests"; \
	$(BIN)/pytest -n 2 --ignore=tests/benchmarks $(ARGS) || status=1; \
	exit $$status

checks: setup ## all static checks, two at a time
	@$(MAKE) --no-print-directory --keep-going -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) $(CHECKS)

lint: setup ## style, arrows between the rooms, SQL
	@$(MAKE) --no-print-directory --keep-going check-style check-format check-arrows check-sql check-migrations

types: setup ## types, strictly
	@$(MAKE) --no-print-directory check-types

format: setup ## put the code into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: setup ## measure against the bars of the benchmarks
	@status=0; for file in tests/benchmarks/bench_*.py; do \
		name=$$(basename $$file .py); echo "== $$name"; \
		$(PYTHON) -m tests.benchmarks.$$name || status=1; \
	done; exit $$status

soak: setup ## a thousand clients for five minutes, cut off again and again (ARGS="--help" for others)
	@$(PYTHON) -m tests.soak $(ARGS)

lock: setup ## compile pyproject.toml into requirements.txt and requirements-dev.txt
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt

migrate: setup ## apply new migrations to the running database
	@$(WITH_SETTINGS) $(PYTHON) -m migrations up

demo-reset: setup ## make the demo data of the running database anew
	@$(WITH_SETTINGS) $(PYTHON) -m local.demo --reset

clean: ## throw away local data, logs and caches (not .venv, not node_modules)
	@test ! -f .motorpool/running.json || { echo "Stop 'make run' first (or delete .motorpool/running.json if it is not running)." >&2; exit 1; }
	rm -rf .motorpool .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage

check-style:
	@echo "== style"; $(BIN)/ruff check --quiet .

check-format:
	@echo "== format"; $(BIN)/ruff format --quiet --check .

check-types:
	@echo "== types"; $(BIN)/mypy --no-error-summary && $(BIN)/mypy --no-error-summary -p tests

check-arrows:
	@echo "== arrows"; out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out"; exit 1; }

check-sql:
	@echo "== SQL"; $(BIN)/sqlfluff lint --disable-progress-bar --nocolor shared/sql migrations

check-migrations:
	@echo "== migrations"; $(BIN)/squawk migrations/[0-9]*.sql

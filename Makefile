# Needs Python 3.11 or newer and make; everything else goes into .venv, in the versions locked in
# requirements/. Choose another Python with `make PYTHON=/path/to/python3 …`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

NEW_ENOUGH := import sys; raise SystemExit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
LOCKED := $(PIP) install --require-hashes
ITSELF := $(PIP) install --no-deps --no-build-isolation --editable .
OUT ?= report
# All tests, on all cores; tests of one file stay together. `make test PYTEST="tests/test_x.py -k name"`.
PYTEST ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# Expressions also run on Spark where there is Java; without Java those tests are skipped.
JAVA := $(shell command -v java 2>/dev/null)
TEST_READY := $(VENV)/.test $(if $(JAVA),$(VENV)/.spark)

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: report
report: $(VENV)/.report ## Make the demo report: a simulated tenant, its findings, pages in report/.
	$(BIN)/scimlytics demo --out $(OUT)

.PHONY: test
test: $(TEST_READY) ## Run the whole test suite.
	$(BIN)/python -m pytest $(PYTEST)

.PHONY: check
check: lint test ## Format, lint, types, floors and tests: all that a change must pass.

.PHONY: lint
lint: $(VENV)/.test ## The part of check that runs no test.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.test ## Format the code and mend what ruff can mend.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: docs
docs: $(VENV)/.test ## Write the generated parts of the documentation again.
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/causes.py
	$(BIN)/python docs/incidents.py
	$(BIN)/python docs/reliability.py

.PHONY: sample
sample: $(VENV)/.test ## Make data/sample again.
	@mkdir -p build data/sample
	rm -rf build/sample
	$(BIN)/scimlytics lab simulate --seed 1 --users 200 --days 30 --out build/sample
	rm -rf data/sample/evidence data/sample/truth.json
	mv build/sample/evidence build/sample/truth.json data/sample/

.PHONY: bench
bench: $(TEST_READY) ## Run the benchmarks: speed, memory, accuracy.
	@for file in $(filter-out benchmarks/figures.py,$(wildcard benchmarks/*.py)); do $(BIN)/python "$$file" || exit; done

.PHONY: scene
scene: $(VENV)/.test ## Play real scenes: a SCIM client, nginx with a limit, a SCIM server; needs nginx.
	$(BIN)/python -m tests.lab_scene

.PHONY: fuzz
fuzz: $(VENV)/.test ## Change input at random for SECONDS=60: only errors of our own may come of it.
	$(BIN)/python benchmarks/fuzz.py --seconds $(or $(SECONDS),60)

# Each figure is a line of docs/reliability.jsonl, and a row of docs/reliability.md.
.PHONY: campaigns
campaigns: $(VENV)/.test ## Bring about what may go wrong, in full: an hour or more; needs strace and nginx.
	@rm -f build/campaigns.jsonl; mkdir -p build
	@for name in crashes kills pulls peer; do \
	  $(BIN)/python benchmarks/$$name.py >> build/campaigns.jsonl || exit; done
	$(BIN)/python benchmarks/fuzz.py --seconds $(or $(SECONDS),600) >> build/campaigns.jsonl
	mv build/campaigns.jsonl docs/reliability.jsonl
	$(BIN)/python docs/reliability.py

.PHONY: mutate-rules
mutate-rules: $(VENV)/.test ## Take out each rule in turn: does a test notice? MUTANTS=--negated turns conditions round.
	$(BIN)/python -m tests.mutate_rules $(MUTANTS)

.PHONY: wheel
wheel: $(VENV)/.test ## Build the wheel into dist/.
	rm -rf dist
	$(BIN)/hatchling build -t wheel -d dist

.PHONY: clean
clean: ## Remove the environment, caches, builds and the demo report.
	rm -rf $(VENV) build dist report .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find scimlytics tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The environment. A stamp is older than its lock or pyproject.toml: install again.

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(NEW_ENOUGH)' || { echo \
	  "scimlytics needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.report: requirements/report.txt pyproject.toml | $(BIN)/python
	@echo "Installing what reports need, about 700 MB; once"
	@$(LOCKED) -r requirements/report.txt
	@$(ITSELF)
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(BIN)/python
	@echo "Installing what tests need, about 1 GB; once"
	@$(LOCKED) -r requirements/test.txt
	@$(ITSELF)
	@touch $@ $(VENV)/.report

$(VENV)/.spark: requirements/spark.txt | $(VENV)/.test
	@echo "Installing Spark, about 450 MB; once"
	@$(LOCKED) --no-build-isolation -r requirements/spark.txt
	@touch $@

# The locks hold versions and hashes for every platform and Python from 3.11, and name no index.
# `make lock` keeps what still fits; `make lock UPGRADE=--upgrade` takes the newest that fit.

COMPILE := .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
SPARK_EXTRA := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")

.PHONY: lock
lock: | $(BIN)/python ## Resolve the dependencies again and write requirements/*.txt.
	@test -x .cache/lock/bin/uv || { $(BIN)/python -m venv .cache/lock && \
	  .cache/lock/bin/python -m pip install -qq --disable-pip-version-check uv; }
	$(COMPILE) pyproject.toml requirements/build.in --extra jupyter --extra notify --extra test -o requirements/test.txt
	$(COMPILE) pyproject.toml requirements/build.in -c requirements/test.txt -o requirements/report.txt
	$(BIN)/python -c '$(SPARK_EXTRA)' | $(COMPILE) - --no-annotate -c requirements/test.txt -o requirements/spark.txt

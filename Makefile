# Everything a developer calls. `make` alone lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first Python that is new enough and can make environments; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
FRONTEND := app/frontend
DIST := app/static/dist

# An environment is known by what it was made from, not by the age of a file: a checkout changes ages.
RUN_HASH := $(shell { cat requirements.lock; grep -A3 '^.project.scripts' pyproject.toml; } 2>/dev/null | cksum | cut -d' ' -f1)
DEV_HASH := $(shell cat requirements-dev.lock 2>/dev/null | cksum | cut -d' ' -f1)
NODE_HASH := $(shell cat $(FRONTEND)/package.json $(FRONTEND)/package-lock.json requirements-node.lock 2>/dev/null | cksum | cut -d' ' -f1)
DIST_HASH := $(shell { echo $(NODE_HASH); cat $(FRONTEND)/build.mjs; find $(FRONTEND)/src -type f | LC_ALL=C sort | xargs cat; \
	grep -rhE --include='*.html' --include='*.py' --exclude-dir=node_modules 'icon' templates app | LC_ALL=C sort -u; } 2>/dev/null | cksum | cut -d' ' -f1)
RUN_OK := $(VENV)/run-$(RUN_HASH)
DEV_OK := $(VENV)/dev-$(RUN_HASH)-$(DEV_HASH)
NODE_OK := $(FRONTEND)/node_modules/ok-$(NODE_HASH)
DIST_OK := $(DIST)/ok-$(DIST_HASH)

PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# One sentence for the one failure that is not ours.
FETCH_FAILED = { grep -qiE 'connection|resolution|resolve|timed out|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT' $(1) \
	&& echo "The packages could not be fetched: no network connection. Details: $(1)" >&2 \
	|| { tail -n 15 $(1) >&2; echo "The packages could not be installed. Details: $(1)" >&2; }; exit 2; }

.PHONY: help setup run reset assets check format lint types imports
.PHONY: test test-deep test-unit screenshots bench migrate migration lock

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUN_OK) $(DEV_OK) $(DIST_OK) ## The environment from the lock files, and the front end
	@echo "Ready. Next: make run"

run: $(RUN_OK) $(DIST_OK) ## Web, worker and outside services on SQLite, with a demo ready to click
	@exec $(BIN)/casewright up

reset: ## Away with the data of `make run`
	@test ! -x $(BIN)/casewright || CASEWRIGHT_DATA_DIR=.casewright $(BIN)/casewright check-stopped
	rm -rf .casewright

assets: $(DIST_OK) ## The front end: app/frontend/src -> app/static/dist

check: lint types imports ## Format, lint, types, import contracts

format: $(DEV_OK) ## Mend what a machine can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lint: $(DEV_OK) ## Format and lint, mending nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(DEV_OK) ## mypy, strict
	@$(BIN)/mypy

imports: $(DEV_OK) ## The contracts of pyproject.toml
	@$(BIN)/lint-imports

test: $(DEV_OK) $(DIST_OK) ## Every test that a change must pass, on as many processes as WORKERS
	@$(BIN)/pytest -m "not deep" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-deep: $(DEV_OK) $(DIST_OK) ## Tests marked deep, and every property with two thousand examples
	@$(BIN)/pytest -m "deep or hypothesis" --hypothesis-profile deep -n $(WORKERS) --dist worksteal $(ARGS)

screenshots: $(DEV_OK) $(DIST_OK) ## Every page in both themes and sizes, into docs/screenshots
	@$(BIN)/python -m tests.browser.screenshots docs/screenshots

bench: $(DEV_OK) $(DIST_OK) ## What commands and lists cost, as ratios: make bench ARGS=--quick
	@$(BIN)/python -m bench $(ARGS)

test-unit: $(DEV_OK) ## Unit and architecture tests
	@$(BIN)/pytest -q tests/unit tests/architecture $(ARGS)

migrate: $(RUN_OK) ## Upgrade the database
	@$(BIN)/casewright db upgrade

migration: $(DEV_OK) ## A new numbered migration: make migration m="what changes"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="..."' >&2; exit 2; }
	@$(BIN)/casewright db migration "$(m)"
	@$(BIN)/ruff format -q migrations/versions

lock: ## The lock files anew from pyproject.toml (needs uv; UPGRADE=--upgrade takes newer versions)
	@uv=$$(command -v uv || echo $(BIN)/uv); test -x "$$uv" || { echo "uv is needed: pip install uv" >&2; exit 2; }; set -e; \
	lock="$$uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate $(UPGRADE)"; \
	$$lock pyproject.toml --group build -o requirements.lock; \
	$$lock --group pyproject.toml:dev -c requirements.lock -o requirements-dev.lock; \
	$$lock --group pyproject.toml:node -o requirements-node.lock

$(RUN_OK): | requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed: apt install python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(PYTHON) is older than Python 3.11: PYTHON=... names another" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) has no venv module: apt install python3-venv" >&2; exit 2; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock >$(VENV)/pip.log 2>&1 || $(call FETCH_FAILED,$(VENV)/pip.log)
	@$(PIP) install --no-deps --no-build-isolation -e . >$(VENV)/pip.log 2>&1 || $(call FETCH_FAILED,$(VENV)/pip.log)
	@touch $@

$(DEV_OK): $(RUN_OK) | requirements-dev.lock
	@if ls $(VENV)/dev-* >/dev/null 2>&1; then rm -f $(RUN_OK) && $(MAKE) $(RUN_OK); fi
	@echo "Adding the tools of a developer ..."
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-dev.lock >$(VENV)/pip.log 2>&1 \
		|| $(call FETCH_FAILED,$(VENV)/pip.log)
	@touch $@

# Node: the system's where it is new enough, else a wheel in an environment of its own.
NODE_PATH_DIR = $$(node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null && command -v npm >/dev/null \
	&& dirname "$$(command -v node)" || echo "$(CURDIR)/.venv-node/bin")

$(NODE_OK): $(RUN_OK) | $(FRONTEND)/package-lock.json
	@dir=$(NODE_PATH_DIR); case "$$dir" in *.venv-node/bin) test -x "$$dir/node" || { \
		echo "No Node 20 here: taking it from a wheel ..."; \
		$(BIN)/python -m venv --clear .venv-node && .venv-node/bin/python -m pip --disable-pip-version-check -q install \
		--require-hashes -r requirements-node.lock >$(VENV)/node.log 2>&1 || $(call FETCH_FAILED,$(VENV)/node.log); };; esac
	@echo "Fetching the front end's packages ..."
	@dir=$(NODE_PATH_DIR); cd $(FRONTEND) && PATH="$$dir:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		--fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 \
		>$(CURDIR)/$(VENV)/npm.log 2>&1 || $(call FETCH_FAILED,$(CURDIR)/$(VENV)/npm.log)
	@touch $@

$(DIST_OK): $(NODE_OK)
	@dir=$(NODE_PATH_DIR); cd $(FRONTEND) && PATH="$$dir:$$PATH" node build.mjs
	@touch $@

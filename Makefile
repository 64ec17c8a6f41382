# Everything one does with Boucle. `make` alone lists it. Python packages come from requirements/*.lock, by hash.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
# Nothing of ours or of theirs is compiled here: what has no wheel for this machine is refused at once.
INSTALL := $(UV) pip install --quiet --require-hashes --only-binary :all:
BUILD := $(UV) pip install --quiet --no-deps --build-constraints requirements/build.lock
MEMBERS := shared labels server field_app
PYPROJECTS := $(MEMBERS:%=%/pyproject.toml)
EDITABLE := $(MEMBERS:%=--editable ./%)
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

# ---------------------------------------------------------------- set-up, repeated only when a lock changes

.PHONY: setup
setup: .venv/.dev-ready tests/browser/node_modules/.ready ## everything a developer needs, into .venv

.tools/bin/uv: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Boucle needs Python 3.11 or newer: python3 --version")'
	@$(PYTHON) -m venv .tools || { echo 'python3 cannot make a venv: apt-get install python3-venv' >&2; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --no-python-downloads --python .tools/bin/python .venv

.venv/.run-ready: requirements/run.lock requirements/build.lock $(PYPROJECTS) | $(UV) $(BIN)/python
	@echo 'Installing what Boucle needs to run...'
	@$(INSTALL) --python $(BIN)/python -r requirements/run.lock
	@$(BUILD) --python $(BIN)/python $(EDITABLE)
	@touch $@

.venv/.dev-ready: requirements/dev.lock requirements/build.lock $(PYPROJECTS) | $(UV) $(BIN)/python
	@echo 'Installing what Boucle needs to be developed...'
	@$(INSTALL) --python $(BIN)/python -r requirements/dev.lock
	@$(BUILD) --python $(BIN)/python $(EDITABLE)
	@touch $@ .venv/.run-ready

# What drives the real browser of tests/browser comes from npm, by hash too.
tests/browser/node_modules/.ready: tests/browser/package-lock.json .venv/.dev-ready
	@echo 'Installing what drives the browser of the tests...'
	@cd tests/browser && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: machine
machine:
	@requirements/debian

# ---------------------------------------------------------------- use

.PHONY: install demo serve phone phone-check
install: .venv/.run-ready ## what a server needs to run, and nothing else, into .venv

PORT ?= $(or $(BOUCLE_PORT),8000)
DEMO_DATA ?= demo-data
demo: .venv/.run-ready ## a year of believable data, served on 127.0.0.1:8000 (PORT=8001: on another port)
	@$(BIN)/boucle demo --data $(DEMO_DATA) --port $(PORT)

serve: .venv/.run-ready ## your own data in ./boucle-data, served on 127.0.0.1:8000 (PORT=8001: on another port)
	@$(BIN)/boucle serve --port $(PORT)

PHONE_DATA ?= phone-data
DEMO_URL ?= http://127.0.0.1:$(PORT)
phone: phone-enrolled ## the field app in a window, against the server above
	@$(INSTALL) --python $(BIN)/python -r requirements/phone.lock
	@$(BIN)/boucle-field --data $(PHONE_DATA) run $(if $(wildcard $(DEMO_DATA)/labels.csv),--labels $(DEMO_DATA)/labels.csv)

# Where the demonstration is, a phone that is none yet becomes one of it; anywhere else the app asks to be enrolled.
.PHONY: phone-enrolled
phone-enrolled: .venv/.run-ready
	@if [ -d $(DEMO_DATA) ] && [ ! -e $(PHONE_DATA) ]; then \
		uri=$$(BOUCLE_DATA=$(DEMO_DATA) $(BIN)/boucle admin device enrol --name 'Téléphone de démonstration' --role chauffeur --url $(DEMO_URL) \
			| $(BIN)/python -c 'import json, sys; print(json.load(sys.stdin)["uri"])') && \
		$(BIN)/boucle-field --data $(PHONE_DATA) enrol "$$uri" >/dev/null && $(BIN)/boucle-field --data $(PHONE_DATA) sync || true; fi

phone-check: machine setup ## the field app's screens, run with frames from a folder: pictures in build/phone
	@KIVY_NO_CONSOLELOG=1 $(BIN)/python -m tests.screens.pictures build/phone

.PHONY: pictures
pictures: machine setup ## the pictures of the README, from the demonstration: docs/pictures
	@$(BIN)/python -m tests.pictures

# ---------------------------------------------------------------- prove

.PHONY: test check fix e2e alone night bench static
test: machine setup static alone ## everything CI runs, with its own set-up
	@$(PYTEST) -n $(WORKERS)

check: setup static ## format, lint, types, imports, generated pages, quick tests: about a minute
	@BOUCLE_CAMPAIGN=quick $(PYTEST) -q -n $(WORKERS) -m 'not slow and not postgres'

static: setup
	@$(BIN)/ruff format --check --quiet || { echo 'make fix puts the format right' >&2; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python -c 'from tests.house.sizes import report; print(report())'

fix: setup ## format, and what the linter can put right by itself
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format
	@$(BIN)/python docs/generate.py

docs: setup ## the pages in docs/ that are made from the code's own tables
	@$(BIN)/python docs/generate.py
.PHONY: docs

e2e: machine setup ## whole journeys, with the commands a person types
	@$(PYTEST) tests/e2e

alone: $(MEMBERS:%=alone-%) ## each package installed by itself, imported, its own tests run

night: machine setup ## the long campaigns: every seed, every fault
	@BOUCLE_CAMPAIGN=night $(PYTEST) -n $(WORKERS) --timeout 0

bench: setup ## repeatable measurements, each with its baseline
	@$(BIN)/python -m benchmarks

# The installer knows a folder by its pyproject.toml alone; without this it would hand out yesterday's build.
REFRESH := $(foreach package,boucle boucle-labels boucle-server boucle-field,--refresh-package $(package))

# What each package rests on: its own packages, then its own lock.
alone-shared: alone_needs := ./shared
alone-labels: alone_needs := ./shared ./labels
alone-server: alone_needs := ./shared ./labels ./server
alone-field_app: alone_needs := ./shared ./labels ./field_app

.PHONY: $(MEMBERS:%=alone-%)
$(MEMBERS:%=alone-%): alone-%: setup
	@rm -rf build/alone/$*
	@$(UV) venv --quiet --no-python-downloads --python .tools/bin/python build/alone/$*
	@$(if $(wildcard requirements/$*.lock),$(INSTALL) --python build/alone/$* -r requirements/$*.lock)
	@$(BUILD) --python build/alone/$* $(REFRESH) $(alone_needs)
	@build/alone/$*/bin/python tests/alone.py $*
	@$(INSTALL) --python build/alone/$* -r requirements/test.lock
	@BOUCLE_CAMPAIGN=quick build/alone/$*/bin/python -m pytest -q -n $(WORKERS) -m 'not slow and not postgres' tests/$*

# ---------------------------------------------------------------- locks

COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make lock' $(if $(upgrade),--upgrade) \
	--no-emit-package boucle --no-emit-package boucle-labels
SAME := $(COMPILE) --constraints requirements/dev.lock

.PHONY: lock
lock: $(UV) ## the exact versions again from the pyproject files (upgrade=yes takes newer ones)
	@$(COMPILE) --group bootstrap -o requirements/bootstrap.lock
	@$(COMPILE) $(PYPROJECTS) --extra app --extra postgres --extra print --group dev --group build -o requirements/dev.lock
	@$(SAME) --group build -o requirements/build.lock
	@$(SAME) --group test -o requirements/test.lock
	@$(SAME) $(PYPROJECTS) --extra postgres --extra print -o requirements/run.lock
	@$(SAME) field_app/pyproject.toml --extra app -o requirements/phone.lock
	@$(SAME) labels/pyproject.toml --extra print -o requirements/labels.lock
	@$(SAME) server/pyproject.toml --extra postgres -o requirements/server.lock
	@$(SAME) field_app/pyproject.toml -o requirements/field_app.lock

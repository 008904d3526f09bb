# One environment in .venv, made from requirements-dev.txt. Everything else is a command in it.

PYTHON ?= python3.13
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
SYNCED := $(VENV)/.synced
ADAPTERS := layers/domain/succotash/infrastructure
SQLFLUFF := "$(BIN)/sqlfluff" lint --disable-progress-bar --processes 2
# Lines are those of the files, which are shorter than what parts are filled into. What counts up to
# a limit, or deletes so many, needs no order.
AS_SENT := --exclude-rules \
  ambiguous.order_by_limit,layout.long_lines,layout.indent,layout.keyword_newline,references.keywords
# In the order of collection, which begins with the longest.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
# On PostgreSQL 15 too. Left out: what starts a server of its own version, and chance's events,
# which try the edge by statements that the others run as well.
REPEATED := -k "postgres and not local_postgres and not hostile_events" tests/contract tests/integration
WITHOUT_DOCKER := not sam_local and not browser and not smoke and not e2e and not simulation

export PATH := $(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help

help: ## list the commands
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | \
	  awk -F'\t' '{ printf "make %-11s %s\n", $$1, $$2 }'

run: dashboard ## start everything on this machine, with demo data (DEMO=0 without; PORT, SUCCOTASH_STORAGE)
	@"$(BIN)/python" -m local.run

test: dashboard ## run all tests that need no Docker
	"$(BIN)/python" -m pytest $(SIDE_BY_SIDE) -m "$(WITHOUT_DOCKER)"
	"$(BIN)/python" -m tests.older_postgres $(SIDE_BY_SIDE) $(REPEATED)

simulate: $(SYNCED) ## simulate populations as large as the laws of the models deserve
	"$(BIN)/python" -m pytest $(SIDE_BY_SIDE) -m simulation tests/unit
	"$(BIN)/python" -m local.simulated_shops --check
	"$(BIN)/python" -m local.simulated_campaigns --check
	"$(BIN)/python" -m local.campaigns_through_ledger --check --processes 2
	"$(BIN)/python" -m local.simulated_risk --check

check: $(SYNCED) ## check format, style, types, layers, template, SQL, locks, API document
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"
	"$(BIN)/cfn-lint" template.yaml
	"$(BIN)/sam" validate --lint
	"$(BIN)/python" -m local.statements .local/statements
	$(SQLFLUFF) --dialect postgres $(ADAPTERS)/postgres/migrations
	$(SQLFLUFF) --dialect postgres $(AS_SENT) .local/statements/postgres
	$(SQLFLUFF) --dialect sqlite $(ADAPTERS)/sqlite/schema.sql
	$(SQLFLUFF) --dialect sqlite $(AS_SENT) .local/statements/sqlite
	"$(BIN)/python" -m local.openapi --check
	"$(BIN)/python" -m local.dashboard --check
	"$(BIN)/python" -m local.client_models --check
	"$(BIN)/python" -m local.command_reference --check
	"$(BIN)/python" -m local.sample_shop --check
	"$(BIN)/python" -m local.locks --check
	"$(BIN)/python" -m local.model_report --check
	"$(BIN)/python" -m local.risk_report --check
	"$(BIN)/python" -m local.check_business_logic --check
	"$(BIN)/python" -m local.costs --check

dashboard: $(SYNCED) ## build the pages of dashboard/, unless nothing changed
	@"$(BIN)/python" -m local.dashboard

build: dashboard ## make what is deployed, in .aws-sam, and the demo data for sam local
	"$(BIN)/python" -m local.seed .local/seed.db
	"$(BIN)/sam" build --parameter-overrides Storage=sqlite

smoke: $(SYNCED) ## run what make build made, under a bare interpreter
	"$(BIN)/python" -m pytest $(SIDE_BY_SIDE) --ignore tests/smoke/test_arm64.py tests/smoke

smoke-arm64: $(SYNCED) ## build for arm64 and run it in an emulator, after make build
	local/arm64_python.sh
	ARCHITECTURE=arm64 "$(BIN)/sam" build --parameter-overrides Storage=sqlite --build-dir .local/arm64/build
	"$(BIN)/python" -m pytest -n 2 tests/smoke/test_arm64.py

sam-local: $(SYNCED) ## invoke every function with every event in Docker, after make build
	"$(BIN)/python" -m pytest -n 3 tests/sam_local

browser: dashboard ## use the hosted page and the dashboard in a real browser
	"$(BIN)/python" -m pytest tests/browser

e2e: $(SYNCED) ## clone, make run, stop, make run again
	"$(BIN)/python" -m pytest tests/e2e

docs: $(SYNCED) ## write the tables and plots of models, risk, campaigns, rules and costs in docs/
	"$(BIN)/python" -m local.model_report
	"$(BIN)/python" -m local.simulated_shops
	"$(BIN)/python" -m local.simulated_campaigns
	"$(BIN)/python" -m local.simulated_risk
	"$(BIN)/python" -m local.risk_report
	"$(BIN)/python" -m local.check_business_logic --write
	"$(BIN)/python" -m local.costs

screenshot: $(SYNCED) ## take the picture of the hosted page with Chromium
	"$(BIN)/python" -m local.screenshot

bench: $(SYNCED) ## measure
	for each in benchmarks/*.py; do \
	  PYTHONPATH=".:$$(printf '%s:' functions/*/)" OPENBLAS_NUM_THREADS=1 \
	    "$(BIN)/python" -m "benchmarks.$$(basename "$$each" .py)" || exit 1; \
	done

# Both read STACK, REGION, PARAMS, GUIDED and CONFIRM, which make puts into the environment.
deploy: $(SYNCED) ## deploy to AWS (STACK, REGION, PARAMS="Key=value ...", GUIDED=1 asks)
	@"$(BIN)/python" -m local.deploy deploy

destroy: $(SYNCED) ## remove what was deployed, and say what stays (STACK, REGION)
	@"$(BIN)/python" -m local.deploy destroy

lock: $(SYNCED) ## write the three lists of locked requirements from pyproject.toml
	"$(BIN)/python" -m local.locks

clean: ## remove what was made, the local data too
	rm -rf dashboard/node_modules functions/form_intake/dashboard
	rm -rf .aws-sam .local $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv is installed by its own line of the lock, then it installs the rest. The interpreter is
# written out in full by venv, so a shim that looks for .python-version serves too.
$(SYNCED): requirements-dev.txt client/pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.13 is needed: no $(PYTHON) on PATH" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ *--hash/p;}' requirements-dev.txt >$(VENV)/uv.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip sync --quiet --require-hashes requirements-dev.txt
	echo "$(CURDIR)/layers/domain" >$(VENV)/lib/python3.13/site-packages/succotash.pth
	VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip install --quiet --no-deps --editable client
	@touch $@

.PHONY: help run dashboard test simulate check build smoke smoke-arm64 sam-local browser e2e docs screenshot bench deploy destroy lock clean

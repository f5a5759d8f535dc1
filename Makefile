# The template's own targets. Each sets up what it needs: python3 >= 3.11, git and make are assumed, nothing else.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON3 ?= python3
VENV := $(CURDIR)/.venv
UV := $(or $(shell command -v uv),$(VENV)-uv/bin/uv)
BIN := $(VENV)/bin
PROJECT := <<cookiecutter.project_slug>>
# One environment for every generated project under test: their locks are the same file.
export PROJECT_VENV := $(CURDIR)/.venv-project
export PATH := $(dir $(UV)):$(PATH)
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PYTHONPATH
# ours alone: the project refuses what it does not take
MAKEOVERRIDES := $(filter-out ONLY=% UPGRADE=%,$(MAKEOVERRIDES))
IN_PROJECT = $(MAKE) --no-print-directory -C '$(PROJECT)' VENV=$(PROJECT_VENV) PACKAGE=
# the engine's tests, in the environment of projects, on the engine as it lies
AT_REST = $(CURDIR)/$(PROJECT)
TEST_ENGINE = cd tests/engine && PYTHONPATH='$(AT_REST)/engine:$(AT_REST)/src:$(AT_REST)' \
	$(PROJECT_VENV)/bin/python -m pytest -q

# Programs that no Python package holds, built from their Go modules, outside the checkout so that clones share them.
TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cookiecutter-mlops-level2
export TOOLS
export ACTIONLINT := v1.7.12
KSERVE := v0.16.0
export KSERVE_CRD = $(TOOLS)/kserve-$(KSERVE).yaml
export ACT := v0.2.89
GO_TOOLS := github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT) github.com/nektos/act@$(ACT)
# a module's program as TOOLS/name-version, unless it is there
INSTALLED = $(TOOLS)/$(subst @,-,$(notdir $(1)))
INSTALL = test -x $(call INSTALLED,$(1)) || { GOBIN=$(TOOLS) '$(GO)' install $(1) && \
	mv $(TOOLS)/$(firstword $(subst @, ,$(notdir $(1)))) $(call INSTALLED,$(1)); }
GO := $(or $(shell command -v go),$(wildcard /usr/local/go/bin/go))
MINIO := v0.0.0-20260212201848-7aac2a2c5b7c
export MINIO_BINARY = $(TOOLS)/minio-$(MINIO)/minio
# Feast's store on PostgreSQL needs its driver, which no environment of projects holds
PSYCOPG := 3.3.9
export PSYCOPG_FOLDER = $(TOOLS)/psycopg-$(PSYCOPG)

.PHONY: help engine-sums setup setup-project tools demo check test servers test-real test-long bench canary example \
	recording dashboard-picture lock cluster test-cluster cluster-down
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 } \
		/^## / { printf "%25s%s\n", "", substr($$0, 4) }' $(MAKEFILE_LIST)
$(VENV)-uv/bin/uv:
	@$(PYTHON3) -m venv $(VENV)-uv && $(VENV)-uv/bin/pip install --quiet 'uv>=0.9,<1'
$(BIN)/python: | $(UV)
	@$(PYTHON3) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
		f" stopped: $(PYTHON3) is {v[0]}.{v[1]}, Python 3.11 to 3.13 is needed: make ... PYTHON3=python3.12")'
	@$(UV) venv --quiet --allow-existing --python $(PYTHON3) $(VENV)
$(VENV)/.ready: requirements/dev.txt | $(BIN)/python $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@
engine-sums: ## write engine/SHA256SUMS, after every change of the engine
	@cd '$(PROJECT)/engine' && PYTHONPATH=. $(PYTHON3) -SBc \
		'from pathlib import Path; from level2.base import sums; sums.write(Path())'
setup: $(VENV)/.ready ## install the template's tools (uv included)
setup-project: setup ## install the environment in which generated projects are tested
	@$(IN_PROJECT) setup-dev
$(KSERVE_CRD):
	@mkdir -p '$(@D)'
	@folder=$$('$(GO)' mod download -json 'github.com/kserve/kserve@$(KSERVE)' | \
		sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p') && \
		install -m 644 "$$folder/config/crd/full/serving.kserve.io_inferenceservices.yaml" '$@'
tools: $(if $(GO),$(KSERVE_CRD)) ## install actionlint, act and KServe's schema, pinned; skipped without Go
	@$(if $(GO),$(foreach tool,$(GO_TOOLS),{ $(call INSTALL,$(tool)); } &&) :,echo \
		" tools     no Go here: the tests that need actionlint or act are skipped")
demo: setup ## generate a project into demo/ and run its whole loop, about a minute
	@$(BIN)/cookiecutter . --no-input --overwrite-if-exists --output-dir demo >/dev/null
	@echo " demo      project generated into demo/load-forecast"
	@$(MAKE) --no-print-directory -C demo/load-forecast run
	@echo " look      demo/load-forecast/reports/report.html · make -C demo/load-forecast ui"
check: setup-project tools ## run lint, types and fast tests, under two minutes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(IN_PROJECT) check
	@$(TEST_ENGINE) -m 'not slow and not long'
	@$(BIN)/pytest -q -n auto --dist loadfile -m 'not slow and not server and not cluster'
test: setup-project tools ## run every test that needs only Python and git
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(IN_PROJECT) test
	@$(TEST_ENGINE)
	@$(BIN)/pytest -q -n auto --dist loadfile -m 'not server and not cluster'
$(MINIO_BINARY):
	@test -n '$(GO)' || { echo \
		" stopped: Go is not installed: it builds MinIO, see docs/how-to/kubeflow-cluster.md" >&2; exit 1; }
	@echo " setup     MinIO $(MINIO) into $(@D), two to four minutes, once"
	@GOBIN='$(@D).part' '$(GO)' install 'github.com/minio/minio@$(MINIO)' && mkdir -p '$(@D)' && \
		mv '$(@D).part/minio' '$@' && rmdir '$(@D).part'
$(PSYCOPG_FOLDER): | setup-project
	@echo " setup     PostgreSQL's driver $(PSYCOPG) into $@"
	@rm -rf '$@.part' && $(UV) pip install --quiet --python $(PROJECT_VENV)/bin/python --target '$@.part' \
		'psycopg==$(PSYCOPG)' 'psycopg-pool==3.3.3' && mv '$@.part' '$@'
servers: $(MINIO_BINARY) $(PSYCOPG_FOLDER) ## install what make test-real starts:
## MinIO (needs Go), PostgreSQL's driver, the rest by apt-get
	@tests/support/install_servers.sh
test-real: setup-project tools servers ## run the tests against real servers
	@$(BIN)/pytest -q -n 2 --dist loadfile -m server
test-long: setup-project ## load-test the service at full size, 15 minutes:
## 50,000 generated requests, 256 clients, kills, champions
	@$(TEST_ENGINE) -n0 -s -m long
bench: setup-project ## measure against lower bounds and peers: benchmarks/results.json
	@$(BIN)/python benchmarks/run.py $(if $(ONLY),--only $(ONLY))
cluster: setup ## start a real Kubernetes with Katib: kind, or a node without Docker
	@tests/cluster/cluster.sh up
test-cluster: setup-project tools ## run the tests on that cluster
	@tests/cluster/cluster.sh test
cluster-down: ## end the cluster; nothing of it stays
	@tests/cluster/cluster.sh down
canary: ## run make test with the newest allowed dependencies; rewrites the locks
	@$(MAKE) --no-print-directory lock UPGRADE=yes
	@$(MAKE) --no-print-directory test
example: setup ## publish a generated project as a commit and tag:
## EXAMPLE_REPOSITORY=owner/name [EXAMPLE_TOKEN= TAG=]
	@PATH='$(BIN)':"$$PATH" .github/scripts/example.sh
# a generated project in a temporary folder
IN_FOLDER = folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/cookiecutter . --no-input --output-dir "$$folder" > /dev/null; project="$$folder/load-forecast";
AS_PROJECT = $(MAKE) --no-print-directory -C "$$project" VENV='$(PROJECT_VENV)' PACKAGE=
recording: setup-project ## record docs/images/loop-demo.svg from a real run, about a minute
	@$(IN_FOLDER) \
	$(AS_PROJECT) setup '$(PROJECT_VENV)/.serve' > /dev/null; \
	$(BIN)/python docs/images/record.py docs/images/loop-demo.svg "$$project" \
		make loop-demo VENV='$(PROJECT_VENV)' PACKAGE=
dashboard-picture: setup-project ## draw docs/images/dashboard.png from a service and a Prometheus, six minutes
	@$(IN_FOLDER) \
	$(AS_PROJECT) run '$(PROJECT_VENV)/.serve' > /dev/null; \
	PYTHONPATH=tests/support '$(PROJECT_VENV)/bin/python' docs/images/watched.py "$$project" \
		docs/images/dashboard.png
lock: setup ## compile requirements/*.txt from pyproject.toml (UPGRADE=yes: the newest)
	@$(UV) pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header $(if $(UPGRADE),--upgrade) -o requirements/dev.txt
	@$(IN_PROJECT) lock

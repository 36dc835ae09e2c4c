# Two commands do everything from a bare checkout: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
# Where it is set, as in many containers, each of hundreds of processes compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

# 3.11 is the oldest version that works, and so the one to develop with.
PYTHON ?= $(shell python3.11 -c '' 2>/dev/null && echo python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP_OPTIONS := --quiet --disable-pip-version-check
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' clusterimport/__init__.py)
IMAGE ?= clusterimport:$(VERSION)
BUILDER ?= docker
REVISION = $(shell git rev-parse HEAD 2>/dev/null)
LOCK := .venv-lock/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --universal --python-version 3.11

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) ## Create .venv with the locked dependencies

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "error: Python 3.11 to 3.14 is needed, and $(PYTHON) is another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: install $(if $(KUBECONTEXT),,envtest) ## Show the controller at work on a control plane of its own (ONCE=1: check and exit; KUBECONTEXT=kind-x: on that cluster)
	@KUBECONTEXT="$(KUBECONTEXT)" $(BIN)/python -m examples.demo

.PHONY: run
run: install ## Run the controller here, on the API server of your kubeconfig (ARGS=--probe-interval=0 ...)
	@$(BIN)/clusterimport run $(ARGS)

.PHONY: test
test: envtest lint types unit-all vectors integration ## Everything: lint, types, unit, golden and integration tests

.PHONY: check
check: lint types unit ## What needs no control plane, in under a minute

.PHONY: lint
lint: install ## Style, format and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

.PHONY: types
types: install ## Static types
	$(BIN)/mypy

# Two halves side by side, on two cores; what the second one says comes after the first one's. Who
# interrupts the first one (2), which alone hears of it, ends both.
define UNIT
@log=$$(mktemp) && trap 'kill $$other 2> /dev/null; rm -f "$$log"' EXIT; \
	$(BIN)/pytest --half=2 $(1) tests/unit > "$$log" 2>&1 & other=$$!; \
	$(BIN)/pytest --half=1 $(1) tests/unit; first=$$?; [ $$first != 2 ] || exit 2; \
	wait $$other; second=$$?; cat "$$log"; exit $$((first > second ? first : second))
endef

.PHONY: unit
unit: install ## Unit tests, in virtual time, but for those that take seconds each
	$(call UNIT,-m "not slow")

.PHONY: unit-all
unit-all: install ## All unit tests
	$(call UNIT)

.PHONY: vectors
vectors: install ## Templates and kubeconfigs against Go's committed answers
	$(BIN)/pytest tests/golden

.PHONY: golden
golden: install ## Ask Go again about the committed templates (CORPUS=file: add those of a file)
	@$(BIN)/python -m tests.golden.check $(if $(CORPUS),--corpus "$(CORPUS)")

.PHONY: golden-fuzz
golden-fuzz: install ## Random templates by Go and by us (N=20000 SEED=1)
	@$(BIN)/python -m tests.golden.fuzz --count $(or $(N),20000) --seed "$(or $(SEED),1)"

.PHONY: golden-kubeconfigs
golden-kubeconfigs: install ## Changed kubeconfigs: what client-go sees in what we write (N=20000 SEED=1)
	@$(BIN)/python -m tests.golden.kubeconfigs --count $(or $(N),20000) --seed "$(or $(SEED),1)"

.PHONY: structure-fuzz
structure-fuzz: install ## Random values against the structure of documents (N=20000 SEED=1)
	@$(BIN)/python -m tests.golden.structurefuzz --count $(or $(N),20000) --seed "$(or $(SEED),1)"

.PHONY: fuzz-watch
fuzz-watch: install ## Hostile lines of a watch, and lists, for the decoder (N=20000 SEED=1)
	@$(BIN)/python -m tests.fuzz --count $(or $(N),20000) --seed "$(or $(SEED),1)"

.PHONY: mutations
mutations: install ## What no test of the catalogue notices in a changed policy (PLATFORMS="kamaji ...")
	@$(BIN)/python -m development.mutations $(PLATFORMS)

.PHONY: docs
docs: install ## Write the tables of docs/ and of the chart's values from the code
	$(BIN)/python -m tests.golden.tables
	$(BIN)/python -m development.reference

.PHONY: site
site: ## Build the documents as a site, every link of it checked, in build/site
	$(PYTHON) -m venv .venv-site && .venv-site/bin/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-site.lock
	.venv-site/bin/python -m development.site build/pages
	NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs build --strict

# Attacks at full strength, which need a machine of their own to be judged fairly.
STRENGTH := $(addprefix tests/integration/test_,probe_shares.py metrics_listener.py noisy_neighbour.py)

# These wait more than they work, and some for a minute: three at a time keep two cores busy, and who is
# done takes of what another one has left.
.PHONY: integration
integration: install envtest ## Tests against a real API server
	$(BIN)/pytest -n 3 --dist worksteal $(addprefix --ignore=,$(STRENGTH)) tests/integration

.PHONY: integration-stutter
integration-stutter: install envtest ## The same, with controllers that stop for moments and go on (SEED=)
	$(BIN)/pytest -n 3 --dist worksteal --stutter="$(or $(SEED),1)" $(addprefix --ignore=,$(STRENGTH)) tests/integration

# What an older API server may do otherwise: take our types, watch, select, delete, print.
OLDEST := $(addprefix tests/integration/test_,platforms.py swap_told.py clusterpedia_crds.py install.py \
	label_selectors.py endings.py types.py kubectl.py health.py)

.PHONY: integration-oldest
integration-oldest: export CLUSTERIMPORT_KUBERNETES := oldest
integration-oldest: install envtest ## Some of them against the oldest Kubernetes that is supported
	$(BIN)/pytest -n 3 --dist worksteal $(OLDEST)

.PHONY: faults
faults: install envtest ## Faults on purpose, on a real API server, judged
	$(BIN)/pytest -n 4 --dist worksteal tests/faults

.PHONY: faults-all
faults-all: install envtest ## The same, with the controller killed at every write of a story
	FAULT_POINTS=0 $(BIN)/pytest -n 4 --dist worksteal tests/faults

.PHONY: faults-random
faults-random: install envtest ## Faults at moments that are drawn; what fails is made small (N=, SEED=, JOBS=)
	@$(BIN)/python -m tests.faults.plans --count $(or $(N),20) --seed "$(or $(SEED),1)" --jobs $(or $(JOBS),4)

.PHONY: soak
soak: install envtest ## Mixed load for hours, and whether anything grows (HOURS=, SEED=, OUT=)
	@$(BIN)/python -m tests.faults.soak --hours $(or $(HOURS),1) --seed "$(or $(SEED),1)" --out "$(or $(OUT),soak)"

.PHONY: tenants
tenants: install envtest ## Attacks of one tenant at full strength, on an idle machine
	$(BIN)/pytest $(STRENGTH)

.PHONY: bench
bench: install envtest ## Speed, memory and cost (SCENARIO=a,b N=1000 PEER=binary OUT=folder), see docs/performance.md
	@$(BIN)/python -m development.bench --scenario "$(SCENARIO)" --n "$(or $(N),1000)" --peer "$(PEER)" --out "$(OUT)"

.PHONY: bench-tenants
bench-tenants: install envtest ## What one tenant's clusters cost another one, and how fast a command starts
	$(BIN)/pytest tests/bench --ignore=tests/bench/test_noisy_neighbour.py

.PHONY: noisy-neighbour
noisy-neighbour: install envtest ## One tenant's attacks, what they cost another one (SECONDS=120 each, ATTACK=one)
	NOISY_SECONDS=$(or $(SECONDS),120) NOISY_ATTACK="$(ATTACK)" $(BIN)/pytest tests/bench/test_noisy_neighbour.py

.PHONY: bench-templates
bench-templates: install ## Speed of templates against Go's, by ratios with bounds
	@$(BIN)/python -m tests.bench.templates

.PHONY: envtest
envtest: install ## Build etcd, kube-apiserver and kube-controller-manager, once per user
	@$(BIN)/python -m development.controlplane.build

.PHONY: tools
tools: install ## Build helm and actionlint, once per user, without which their tests are skipped
	@$(BIN)/python -m development.gotools.building helm actionlint

.PHONY: wheel-check
wheel-check: install ## Build the wheel and run it from an environment with nothing else in it
	rm -rf build/lib build/bdist.* dist/*.whl .venv-wheel && $(BIN)/python -m build --wheel --no-isolation --outdir dist
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	.venv-wheel/bin/python -m pip install $(PIP_OPTIONS) --no-deps dist/*.whl
	cd / && export PATH=$(CURDIR)/.venv-wheel/bin:$$PATH && clusterimport --version && controller-manager --version && clusterimport catalogue show mcp && clusterimport manifests > /dev/null

.PHONY: image
image: ## Build the container image (BUILDER=docker, podman or buildah; PLATFORM=linux/amd64,linux/arm64)
	@command -v $(firstword $(BUILDER)) > /dev/null || \
		{ echo "error: there is no $(firstword $(BUILDER)) here: make image BUILDER=docker, podman or buildah" >&2; exit 1; }
	$(BUILDER) build $(if $(PLATFORM),--platform $(PLATFORM)) --tag $(IMAGE) --build-arg VERSION=$(VERSION) \
		--build-arg REVISION=$(REVISION) --build-arg CREATED=$(shell date -u +%Y-%m-%dT%H:%M:%SZ) .

.PHONY: image-check
image-check: install ## Build the image by buildah, without a registry, and run it
	$(BIN)/pytest -s tests/image

.PHONY: sbom
sbom: ## Write what the program is made of, as CycloneDX and as SPDX, to dist/
	rm -rf .venv-sbom && $(PYTHON) -m venv .venv-sbom && $(PYTHON) -m venv --without-pip .venv-sbom/program && mkdir -p dist
	.venv-sbom/bin/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-sbom.lock
	.venv-sbom/bin/python -m pip --python .venv-sbom/program/bin/python install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	.venv-sbom/bin/python -m development.sbom .venv-sbom/program dist

.PHONY: sdist
sdist: install ## Build the source distribution, with tests and documents
	$(BIN)/python -m build --sdist --no-isolation --outdir dist

.PHONY: sdist-check
sdist-check: sdist ## Check what the source distribution has, as a packager who has nothing else
	rm -rf build/sdist && mkdir -p build/sdist && tar -xzf dist/clusterimport-$(VERSION).tar.gz -C build/sdist --strip-components=1
	$(MAKE) -C build/sdist VENV=.venv check

.PHONY: version
version: ## Print the version
	@echo $(VERSION)

.PHONY: lock
lock: ## Resolve the dependencies again and write the lock files
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install $(PIP_OPTIONS) uv
	$(LOCK) pyproject.toml --extra uvloop -o requirements.lock
	$(LOCK) pyproject.toml --extra dev -o requirements-dev.lock
	$(LOCK) --group site -o requirements-site.lock && $(LOCK) --group sbom -o requirements-sbom.lock

.PHONY: clean
clean: ## Remove what was built here; the control plane's binaries stay in the user's cache
	rm -rf $(VENV) .venv-* build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

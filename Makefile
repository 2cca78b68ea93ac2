# The one place that knows how things are built and checked; `make` alone prints the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A function is a crate with a program. The program of them all comes first: what it installs under the name of a
# function, that function's own program replaces.
FUNCTIONS := $(filter-out replatform,$(patsubst functions/%/src/main.rs,%,$(wildcard functions/*/src/main.rs)))
PROGRAMS := replatform $(FUNCTIONS)
PLATFORM := $(shell rustc -vV | sed -n 's/^host: //p')
VERSION := $(shell sed -n '/^\[workspace.package\]/,/^$$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
IMAGE_TAG ?= dev

# The images have the names of the released ones too, so that the examples run what was built here.
REPOSITORY := $(shell sed -n '/^\[workspace.package\]/,/^$$/s/^repository = "\(.*\)"/\1/p' Cargo.toml)
REGISTRY := $(patsubst https://github.com/%,ghcr.io/%,$(REPOSITORY))
IMAGE_ARGUMENTS = --build-arg TARGETPLATFORM=. --build-arg VERSION=$(VERSION) --build-arg SOURCE=$(REPOSITORY) \
  --build-arg REVISION="$$(git rev-parse --verify --quiet HEAD || true)"

TARGET := $(CURDIR)/target
BIN := $(TARGET)/bin
IMAGES := $(TARGET)/image

export CARGO_TARGET_DIR := $(TARGET)

# What builds static programs. All release builds have it, so that they share what they build.
STATIC := RUSTFLAGS="$${RUSTFLAGS:-} -C target-feature=+crt-static"

.PHONY: help
help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS=$$'\t' read -r name text; do printf 'make %-17s %s\n' "$$name" "$$text"; done

.PHONY: build
build: ## Build the static programs into target/bin, which serves as PATH and as KUSTOMIZE_PLUGIN_HOME
	@$(STATIC) cargo build --release --locked --target $(PLATFORM) $(PROGRAMS:%=--package %)
	@for name in $(PROGRAMS); do $(TARGET)/$(PLATFORM)/release/$$name install $(BIN) >/dev/null; done

.PHONY: images
images: build ## Build the image replatform/PROGRAM:dev of each program with Docker
	@for name in $(PROGRAMS); do \
	  context=$(IMAGES)/$$name; mkdir -p $$context; rm -f $$context.id; \
	  ln -f $(BIN)/$$name $$context/function; \
	  echo 'nobody:x:65534:65534:nobody:/:/sbin/nologin' >$$context/passwd; \
	  description=$$(sed -n 's/^description = "\(.*\)"/\1/p' functions/$$name/Cargo.toml); \
	  docker build --file Dockerfile --tag replatform/$$name:$(IMAGE_TAG) --tag $(REGISTRY)/$$name:v$(VERSION) \
	    --iidfile $(IMAGES)/$$name.id --build-arg FUNCTION=$$name --build-arg DESCRIPTION="$$description" $(IMAGE_ARGUMENTS) \
	    $$context >$$context.log 2>&1 || { cat $$context.log >&2; exit 1; }; \
	  echo "replatform/$$name:$(IMAGE_TAG)"; \
	done

.PHONY: argo-cd-plugin
argo-cd-plugin: build ## Build the image replatform/argo-cd-plugin:dev of examples/argo-cd with Docker
	@kustomize-tests/tools/install kustomize
	@context=$(IMAGES)/argo-cd-plugin; rm -rf $$context; mkdir -p $$context; \
	$(BIN)/replatform install $$context/functions >/dev/null; \
	cp -L $(TARGET)/tools/bin/kustomize examples/argo-cd/plugin.yaml $$context; \
	echo 'argocd:x:999:999:argocd:/home/argocd:/sbin/nologin' >$$context/passwd; \
	docker build --file examples/argo-cd/Dockerfile --tag replatform/argo-cd-plugin:$(IMAGE_TAG) \
	  --tag $(REGISTRY)/argo-cd-plugin:v$(VERSION) --iidfile $$context.id \
	  --build-arg DESCRIPTION='Runs kustomize with the functions of replatform under Argo CD.' $(IMAGE_ARGUMENTS) \
	  $$context >$$context.log 2>&1 || { cat $$context.log >&2; exit 1; }; \
	echo "replatform/argo-cd-plugin:$(IMAGE_TAG)"

.PHONY: demo
demo: build ## Render the development cluster of the examples and show what the functions did to it
	@cargo run --quiet --locked --package kustomize-tests --bin demo

.PHONY: hydrate
hydrate: AGAINST ?= HEAD
hydrate: build ## Render every application of the examples into target/hydrated, and show what differs from the commit AGAINST
	@kustomize-tests/tools/install kustomize helm
	@cd examples && PATH=$(TARGET)/tools/bin:$$PATH $(BIN)/replatform hydrate --against $(AGAINST) --output $(TARGET)/hydrated

# Where the site links for files that are no pages.
REPOSITORY ?= $(shell sed -n 's/^git-repository-url = "\(.*\)"/\1/p' docs/book.toml)

.PHONY: docs
docs: ## Build the documentation site into target/docs/site
	@kustomize-tests/tools/install mdbook
	@cargo run --quiet --locked --package docs -- $(TARGET)/docs/src $(REPOSITORY)
	@MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL=$(REPOSITORY) $(TARGET)/tools/bin/mdbook build docs

.PHONY: needs
needs: ## Tell what the tests need of this machine, and the command that brings what is missing
	@kustomize-tests/tools/needs

.PHONY: tools
tools: ## Install the hosts and judges of the tests, pinned, into target/tools
	kustomize-tests/tools/install
	kustomize-tests/tools/install --with-go kustomize-tests/judges/network-policy/build
	kustomize-tests/tools/install --with-go kustomize-tests/judges/argo-cd/build
	@kustomize-tests/tools/needs --run strimzi kustomize-tests/judges/strimzi/build

.PHONY: bench
bench: build tools ## Measure what the functions cost in a large build: the ways to call them, and beside functions in Go
	@kustomize-tests/bench
	@kustomize-tests/tools/install --with-go kustomize-tests/peers/build
	@kustomize-tests/peers/bench

.PHONY: instructions
instructions: build ## Hold the instructions that three fixed runs take against the last known ones; needs valgrind
	@kustomize-tests/instructions

# Enough for about a minute.
FUZZ_INPUTS ?= 60000
FUZZ_SECONDS ?= 3600

.PHONY: fuzz-minute
fuzz-minute: ## Check the functions on inputs made of the golden cases, the same ones each time
	@$(STATIC) cargo run --quiet --release --locked --target $(PLATFORM) --package fuzz -- $(FUZZ_INPUTS)

.PHONY: fuzz
fuzz: ## Search for inputs that break the functions with libFuzzer, for an hour; needs cargo-fuzz
	@$(STATIC) cargo run --quiet --release --locked --target $(PLATFORM) --package fuzz -- --seeds $(TARGET)/fuzz/seeds
	@mkdir -p $(TARGET)/fuzz/corpus
	@cp Cargo.lock fuzz/libfuzzer
	cargo fuzz run --fuzz-dir fuzz/libfuzzer --sanitizer none --target-dir $(TARGET)/fuzz/build functions \
	  $(TARGET)/fuzz/corpus $(TARGET)/fuzz/seeds -- -fork=2 -max_len=65536 -rss_limit_mb=4096 -max_total_time=$(FUZZ_SECONDS)

.PHONY: new-function
new-function: ## Make a new function: make new-function NAME=image-map ABOUT='Maps the images of all pods.' [KIND=ImageMap]
	@functions/new "$(NAME)" $(if $(ABOUT),"$(ABOUT)" $(KIND))

# A fixed seed gives a commit one verdict; without it, property tests look further each time.
SEED := PROPTEST_RNG_SEED=20240229

.PHONY: check
check: ## Check format, lints and the tests of all crates but kustomize-tests: what to run after each step
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	@INSTA_UPDATE=no $(SEED) kustomize-tests/tools/run-tests --locked --workspace --exclude kustomize-tests

.PHONY: lint
lint: ## Check format, clippy's lints, the shell scripts, and the licences, advisories and sources of the crates
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	@kustomize-tests/tools/install shellcheck actionlint
	@# What is in a corpus is read by a function, and not run.
	@grep -rlE --exclude-dir=target --exclude-dir=.git --exclude-dir=corpus '^#!.*\<(ba)?sh$$' . | xargs $(TARGET)/tools/bin/shellcheck --external-sources
	@$(TARGET)/tools/bin/actionlint -shellcheck $(TARGET)/tools/bin/shellcheck examples/ci/github-*.yaml .github/workflows/*.yml
	@kustomize-tests/tools/needs --run cargo-deny cargo deny --locked check --hide-inclusion-graph bans licenses sources
	@kustomize-tests/tools/needs --run advisories cargo deny --locked check --hide-inclusion-graph advisories

.PHONY: judges
judges: tools ## Check the judges that the tests ask: schemas, Strimzi, sealed-secrets, fields for storage classes
	kustomize-tests/judges/schemas/check
	@kustomize-tests/tools/needs --run strimzi kustomize-tests/judges/strimzi/check
	@kustomize-tests/tools/needs --run pyyaml kustomize-tests/judges/storage-places/places check kustomize-tests/judges/schemas/crds
	@kustomize-tests/tools/needs --run pyyaml kustomize-tests/tools/install --with-go kustomize-tests/judges/storage-places/places check
	cd kustomize-tests/judges/sealed-secrets && ../../tools/install --with-go go test -count=1 ./...

.PHONY: judge-traefik
judge-traefik: build ## Ask a real Traefik, built from its Go module, what it does with the output of route-to-ingress
	kustomize-tests/judges/traefik/run $(BIN)/route-to-ingress

.PHONY: judge-api-server
judge-api-server: ## Ask a real API server, built from its Go module, whether it takes what the functions write and admits what they let pass; needs etcd
	@kustomize-tests/tools/needs --run etcd kustomize-tests/tools/install --with-go kustomize-tests/judges/api-server/run
	@kustomize-tests/tools/needs --run etcd kustomize-tests/tools/install --with-go kustomize-tests/judges/api-server/admission

.PHONY: judge-kube-router
judge-kube-router: ## Ask a real kube-router, built from its Go module, what the policies of networkpolicy-default let through; needs root, etcd and ipset
	@kustomize-tests/tools/needs --run root kustomize-tests/tools/needs --run ipset kustomize-tests/tools/needs --run etcd \
	  kustomize-tests/tools/install --with-go kustomize-tests/judges/kube-router/run

.PHONY: release-dry-run
release-dry-run: ## Make the next release in a copy and try its files: all but pushing, signing and publishing
	@kustomize-tests/tools/install krew validate-krew-manifest syft kubectl-1.37
	@functions/replatform/release/dry-run

.PHONY: judge-kompose
judge-kompose: build ## Hold what apps-generator makes of compose projects against what kompose, built from its Go module, makes of them
	kustomize-tests/tools/install --with-go kustomize-tests/judges/kompose/build
	@kustomize-tests/tools/needs --run pyyaml kustomize-tests/judges/kompose/compare $(BIN)/apps-generator

.PHONY: test
test: needs lint tools judges build ## Check everything: lint, every crate's tests, every function in every real host
	@kustomize-tests/tools/needs --run docker $(MAKE) --no-print-directory images argo-cd-plugin
	@INSTA_UPDATE=no $(SEED) kustomize-tests/tools/run-tests --locked --workspace
	@kustomize-tests/tools/needs --left-out

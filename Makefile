# Building, testing and showing kube-control. `make` alone lists the targets.

GO         ?= go
TOOL       := $(GO) tool -modfile=tools/go.mod
GO_BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -ldflags '-s -w'
ARCH       := $(shell $(GO) env GOARCH)
ARCHES     := amd64 arm64 ppc64le s390x
CHARMS     := . charm/master charm/worker
# "make charm CHARM=charm/worker NAME=kubernetes-worker" packs one charm under another name,
# because a charm from a file must have the name of the one that it replaces. Both come from
# the command line only, because some systems set NAME in the environment.
CHARM      := $(CHARMS)
NAME       :=
DIST       ?= dist
# Of make mutants.
ONLY       :=
SEEDED     := TestStories/(ready-|worker-ready)
# Of make bench: the file for the picture, and the commit to compare with.
PLOT       :=
BASE       :=
CHARMPACK  := $(GO) run ./internal/pack/charmpack $(if $(NAME),-name '$(NAME)')

ifneq ($(NAME),)
ifneq ($(words $(CHARM)),1)
$(error NAME is for one charm: make $(or $(MAKECMDGOALS),charm) CHARM=charm/worker NAME=$(NAME))
endif
endif

# A program built with the race detector sleeps a second at its end unless told not
# to, and the stories start thousands.
export GORACE := atexit_sleep_ms=0

# The race detector multiplies the cost of a test, so it runs where there are goroutines: in the hook tools' runner, the
# session's log, the locked store, and the simulator. Programs that tests start are built as they are shipped.
RACE       := ./pkg/hooktool ./internal/session ./internal/unitstate ./jujusim/agent ./jujusim/model ./jujusim/uniter \
              ./jujusim/tools ./jujusim/conformance
# A test that is slower on a busy machine does not fail: the limit is far above eight times the load.
TIMEOUT    := 90m

.PHONY: help format lint quick unit venv integration test prerequisites vulnerabilities release build stage charm reproducible demo bench integration-juju seeds clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

format: ## put all Go files in order
	$(TOOL) gofumpt -l -w $$(git ls-files '*.go')

prerequisites:
	@tests/prerequisites.sh venv

lint: ## vet, format check, staticcheck, complexity, import rules, workflows, tidy module files
	$(GO) vet ./...
	@unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')) && \
		if [ -n "$$unformatted" ]; then echo "not formatted (make format): $$unformatted" >&2; exit 1; fi
	$(TOOL) staticcheck ./...
	$(TOOL) gocognit -over 20 -test=false cmd internal jujusim pkg
	$(GO) test ./internal/layering
	$(TOOL) actionlint
	$(GO) mod tidy -diff
	cd tests/contract && $(GO) mod tidy -diff
	cd tests/e2e && $(GO) mod tidy -diff
	cd tests/bench/plot && $(GO) vet ./... && $(GO) mod tidy -diff

quick: lint unit ## what to run before each commit: lint and unit

unit: ## test the packages, without the tests that pack charms and without Python
	$(GO) test -short $$($(GO) list ./... | grep -v /tests)

venv: ## make .cache/venv for the Python peers of the tests; without PyPI the tests skip them, but not in CI
	@tests/python/venv.sh > /dev/null || { echo "WARNING: no Python peer is tested, for lack of .cache/venv" >&2; [ "$$CI" != true ]; }

integration: venv ## run the stories: real programs in the simulator
	$(GO) test -timeout $(TIMEOUT) ./tests/...

test: prerequisites venv ## everything that can fail: units and stories, with the race detector where there are goroutines
	$(GO) test -timeout $(TIMEOUT) $$($(GO) list ./... | grep -vxF "$$($(GO) list $(RACE))")
	$(GO) test -race -timeout $(TIMEOUT) $(RACE)
	$(GO) test -C tests/bench/plot ./...
	@$(MAKE) --no-print-directory contract

build: ## build bin/kube-control, also into the charms, and bin/jujusim
	$(GO_BUILD) -o bin/ ./cmd/kube-control ./cmd/jujusim
	@for charm in $(CHARMS); do \
		[ $$charm = . ] || install -D -t $$charm/bin bin/kube-control || exit 1; \
	done

stage: build ## lay the charms out as dist/NAME, ready for this machine; CHARM and NAME as for charm
	$(CHARMPACK) -stage -program bin/kube-control -arch $(ARCH) -out $(DIST) $(CHARM)

.PHONY: check
check: ## find the mistakes in the charms' files; CHARM as for charm
	@for charm in $(CHARM); do $(GO) run ./cmd/kube-control check --charm $$charm || exit 1; done

charm: check ## pack the charms as dist/NAME_ARCH.charm, or with CHARM=DIR NAME=NAME one under that name
	@internal/pack/licences.sh $(DIST)/licences
	@bill=$$($(TOOL) -n cyclonedx-gomod) && \
	for arch in $(ARCHES); do \
		program=$(DIST)/bin/kube-control-$$arch && \
		GOARCH=$$arch $(GO_BUILD) -o $$program ./cmd/kube-control && \
		GOOS=linux GOARCH=$$arch $$bill bin -json -noserial -notimestamp -std -output $(DIST)/bill-$$arch.json $$program && \
		$(CHARMPACK) -program $$program -arch $$arch -out $(DIST) \
			-licences $(DIST)/licences -bill $(DIST)/bill-$$arch.json $(CHARM) || exit 1; \
	done

reproducible: ## build all charms twice from nothing, in two places, and compare them
	tests/reproducible.sh

demo: demo-prerequisites stage ## see it work: two masters and three workers in the simulator
	tests/demo/demo.sh

.PHONY: demo-prerequisites
demo-prerequisites:
	@tests/prerequisites.sh

vulnerabilities: ## look for known vulnerabilities in the code that is linked (needs vuln.go.dev)
	$(TOOL) govulncheck ./cmd/...

release: ## make dist/release for the tag VERSION=vX.Y.Z: charms, programs, checksums, notices, notes
	internal/pack/release.sh '$(VERSION)' $(DIST)
	@$(MAKE) --no-print-directory charm
	internal/pack/release.sh '$(VERSION)' $(DIST) collect

integration-juju: charm ## tests/integration with the real juju, where there is a controller
	tests/integration/juju.sh

seeds: N    := 50
seeds: FROM := 1
seeds: ## the ready charms' stories with N seeds, from the seed FROM on
	for seed in $$(seq $(FROM) $$(($(FROM) + $(N) - 1))); do \
		echo "seed $$seed" && STORY_SEED=$$seed $(GO) test -count=1 -timeout $(TIMEOUT) -run '$(SEEDED)' ./tests/stories || exit 1; \
	done

.PHONY: chaos mutants
chaos: N    := 2000
chaos: FROM := 0
chaos: ## N random lives in process, from the seed FROM on, and 3 minutes of them with processes; keep what fails
	GOGC=400 CHAOS=$(N) CHAOS_FROM=$(FROM) CHAOS_KEEP=testdata/lives CHAOS_TIME=3m \
		$(GO) test -count=1 -timeout $(TIMEOUT) -run TestRow85RandomLives ./tests/chaos

mutants: ## plant known faults into the product, ONLY some of them, and see that random lives find each
	$(GO) run ./tests/chaos/mutants -only '$(ONLY)'

.PHONY: browser
browser: stage ## open the page of a trace in Chromium, which is installed if it is missing and root runs this
	tests/browser/chromium.sh
	$(GO) vet -C tests/browser ./...
	cd tests/browser && $(GO) mod tidy -diff
	$(GO) test -C tests/browser -count 1 -timeout 10m ./...

.PHONY: contract
contract: ## hold token files and kubeconfigs against the readers that Kubernetes itself has
	$(GO) vet -C tests/contract ./...
	$(GO) test -C tests/contract ./...

.PHONY: e2e e2e-bin
e2e: stage ## see a real kube-apiserver accept what the charms issue
	CGO_ENABLED=0 $(GO) vet -C tests/e2e -trimpath ./...
	bin=$$(tests/e2e/bin.sh) && \
		KC_E2E_BIN=$$bin CGO_ENABLED=0 $(GO) test -C tests/e2e -trimpath -count 1 -timeout 10m ./...

e2e-bin: ## build kube-apiserver and etcd for e2e, once
	tests/e2e/bin.sh

.PHONY: fuzz
fuzz: ## look for inputs that break something: each fuzz target for 60 s
	tests/fuzz.sh 60s

bench: SHELL := bash
bench: .SHELLFLAGS := -euo pipefail -c
bench: ## measure; PLOT=FILE.svg draws the growth, BASE=REVISION compares with that commit
	$(GO) test -run '^$$' -bench . -benchmem ./... \
		$(if $(PLOT),| tee >(cat >&2) | $(GO) run -C tests/bench/plot . -out '$(abspath $(PLOT))')
	$(if $(BASE),tests/bench/base.sh '$(BASE)')

clean: ## remove what was built
	rm -rf bin dist charm/*/bin

# Every target installs what it needs where it can; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export GOFLAGS := -buildvcs=false
modules := . proto deploy/local e2e

.PHONY: help run build test test-kafka check generate fmt lint bench chaos e2e tidy

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build everything, start it on this machine, load the example, and stay.
	@scripts/need.sh run
	@scripts/build.sh
	@exec bin/loa-local

build: ## Build bin/loa, bin/loa-local and bin/temporal.
	@scripts/need.sh run
	@scripts/build.sh

test: ## Run every test.
	@scripts/need.sh test
	@scripts/build.sh
	@scripts/test.sh

test-kafka: ## The bus's suites whole, the faults and the journeys on Apache Kafka.
	@scripts/need.sh test
	@scripts/build.sh
	@scripts/test-kafka.sh

check: ## Linters, generated code up to date, modules tidy, pages valid.
	@scripts/need.sh check
	@scripts/check.sh

generate: ## Write generated code: protocol buffers, pages.
	@scripts/need.sh run
	@scripts/generate.sh

fmt: ## Format the code.
	@scripts/tools.sh gofumpt
	@bin/tools/gofumpt -w $$(git ls-files '*.go' | grep -v -e '/gen/' -e '_templ.go$$')

lint: ## Run the linters alone.
	@scripts/check.sh lint

bench: ## Measure, side by side with a baseline.
	@scripts/need.sh run
	@scripts/build.sh
	@scripts/bench.sh

chaos: ## Kill everything at seeded moments, at length.
	@scripts/need.sh test
	@scripts/build.sh
	@scripts/chaos.sh

e2e: ## The journeys alone.
	@scripts/need.sh test
	@scripts/build.sh
	@cd e2e && go test -count=1 ./...

tidy: ## Tidy every module.
	@for m in $(modules); do (cd $$m && go mod tidy) || exit 1; done
	@for m in deploy/temporal tools bench; do (cd $$m && GOWORK=off go mod tidy) || exit 1; done

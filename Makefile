# make check is what must pass; make help lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## serve ./data on 127.0.0.1:8080
	CGO_ENABLED=0 $(GO) run ./cmd/strengthen serve

check: tools lint test ## install what is missing, lint, and run every test on SQLite, PostgreSQL and Chromium

tools: ## install what the tests need (Debian)
	@tools/install.sh

test: ## run every test; starts and stops a PostgreSQL of its own; the longest package begins first, beside the others
	@set -e; eval "$$(tools/postgres.sh start)"; figures=$$(mktemp); trap 'tools/postgres.sh stop; rm -f $$figures' EXIT; \
	CGO_ENABLED=0 STRENGTHEN_FIGURES=$$figures $(GO) test -timeout 30m ./internal/web ./...; cat $$figures
	@cd internal/stats && CGO_ENABLED=0 $(GO) test -count=1 -v -run TestReference . | grep '^reference:'

lint: ## formatting and vet
	@out=$$(gofmt -l cmd internal); [ -z "$$out" ] || { echo "not formatted: $$out" >&2; exit 1; }
	$(GO) vet ./...

torture: tools ## kill, starve, restart and search the real program, the long form (about half an hour); SEED repeats one
	@set -e; eval "$$(tools/postgres.sh start)"; figures=$$(mktemp); trap 'tools/postgres.sh stop; rm -f $$figures' EXIT; \
	export CGO_ENABLED=0 STRENGTHEN_TORTURE=long STRENGTHEN_SEED=$(SEED) STRENGTHEN_FIGURES=$$figures; \
	$(GO) test -count=1 -v -timeout 60m ./internal/torture; \
	STRENGTHEN_TEST_CLASH=1 $(GO) test -count=1 -timeout 14m ./internal/org ./internal/training ./internal/survey ./internal/casework; cat $$figures

fuzz: ## fuzz the reader of uploaded tables and the statistics, a minute each
	$(GO) test -run '^$$' -fuzz FuzzRead -fuzztime 60s -fuzzminimizetime 5x ./internal/sheet
	$(GO) test -run '^$$' -fuzz FuzzEverything -fuzztime 60s ./internal/stats

bench: ## speed of the statistics, of giving out seats, of three pages, of backup and restore, and of cases by their number
	$(GO) test -run '^$$' -bench . -benchmem ./internal/stats ./internal/training ./internal/web
	@set -e; eval "$$(tools/postgres.sh start)"; trap 'tools/postgres.sh stop' EXIT; $(GO) test -run '^$$' -bench . -benchtime 1x ./internal/store
	@tools/bench.sh $(CASES)

simulate: ## coverage of every interval by simulation, into docs/statistics.md (some minutes)
	@tools/simulate.sh

pictures: ## save a picture of every page in both languages, sizes and themes to ./pictures
	STRENGTHEN_PICTURES=$(CURDIR)/pictures $(GO) test -count=1 -run TestPagesAreAccessible -timeout 14m ./internal/web

mail: ## serve ./data with a mail server of its own; read the mail at http://127.0.0.1:8025
	@$(GO) run github.com/axllent/mailpit@v1.27.11 --disable-version-check --listen 127.0.0.1:8025 --smtp 127.0.0.1:1025 & pit=$$!; trap "kill $$pit" EXIT; \
	CGO_ENABLED=0 $(GO) run ./cmd/strengthen serve --smtp-host 127.0.0.1 --smtp-port 1025 --smtp-plain

.PHONY: help run check tools test lint torture fuzz bench simulate pictures mail

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

test: ## run every test; starts and stops a PostgreSQL of its own
	@set -e; eval "$$(tools/postgres.sh start)"; trap 'tools/postgres.sh stop' EXIT; CGO_ENABLED=0 $(GO) test -timeout 14m ./...
	@cd internal/stats && CGO_ENABLED=0 $(GO) test -count=1 -v -run TestReference . | grep '^reference:'

lint: ## formatting and vet
	@out=$$(gofmt -l cmd internal); [ -z "$$out" ] || { echo "not formatted: $$out" >&2; exit 1; }
	$(GO) vet ./...

fuzz: ## fuzz the reader of uploaded tables and the statistics, a minute each
	$(GO) test -run '^$$' -fuzz FuzzRead -fuzztime 60s -fuzzminimizetime 5x ./internal/sheet
	$(GO) test -run '^$$' -fuzz FuzzEverything -fuzztime 60s ./internal/stats

bench: ## speed of the statistics, of giving out seats, and of three pages
	$(GO) test -run '^$$' -bench . -benchmem ./internal/stats ./internal/training ./internal/web

simulate: ## coverage of every interval by simulation, into docs/statistics.md (some minutes)
	@tools/simulate.sh

pictures: ## save a picture of every page in both languages, sizes and themes to ./pictures
	STRENGTHEN_PICTURES=$(CURDIR)/pictures $(GO) test -count=1 -run TestPagesAreAccessible -timeout 14m ./internal/web

mail: ## serve ./data with a mail server of its own; read the mail at http://127.0.0.1:8025
	@$(GO) run github.com/axllent/mailpit@v1.27.11 --disable-version-check --listen 127.0.0.1:8025 --smtp 127.0.0.1:1025 & pit=$$!; trap "kill $$pit" EXIT; \
	CGO_ENABLED=0 $(GO) run ./cmd/strengthen serve --smtp-host 127.0.0.1 --smtp-port 1025 --smtp-plain

.PHONY: help run check tools test lint fuzz bench simulate pictures mail

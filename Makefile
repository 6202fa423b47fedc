# Weir. `make run` shows it at work, `make test` checks everything; both install what they need.
.DEFAULT_GOAL := help
.PHONY: help run test build lint monitoring-check install-build install-test clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, run the demo (Ctrl-C ends it)
	@echo "==> running weir demo"
	@exec .build/release/weir demo

test: install-test lint monitoring-check ## Install what the tests need, build, check and test everything
	@echo "==> building the tests"
	swift build --build-tests --explicit-target-dependency-import-check error
	@echo "==> testing"
	swift test --skip-build --disable-xctest

build: install-build ## Install what is missing and build .build/release/weir
	@echo "==> building weir (release)"
	swift build -c release --product weir

lint: ## Formatting and the rules of who imports whom
	@echo "==> checking format and layers"
	swift format lint --strict --recursive Package.swift Sources Tests
	python3 scripts/check_layers.py

monitoring-check: ## Alert rules, their tests, and the dashboards
	@echo "==> checking alerts and dashboards"
	alerts/check.sh

install-build:
	@scripts/install-packages.sh libmicrohttpd-dev pkg-config

install-test:
	@scripts/install-packages.sh libmicrohttpd-dev pkg-config prometheus python3 openssl

clean: ## Remove everything that was built
	rm -rf .build

# Weir. `make run` shows it at work, `make test` checks everything; both install what they need.
.DEFAULT_GOAL := help
# Tests with processes, sockets and deadlines run by themselves: those that compute would starve them. So do those with a
# Redis, whose answers are worth nothing after some milliseconds.
SOCKET_TESTS := ^(IntegrationTests|MonitoringTests|WeirAdminTests|WeirDemoTests)\.
REDIS_TESTS := ^WeirSharingTests\.
# Swift's runtime is linked in, and its checks for overlapping accesses, which the tests run with, are left out
# (docs/decisions/0011).
RELEASE := swift build -c release --product weir --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked
.PHONY: help run test build lint monitoring-check docs deb deb-test monitoring bench bench-process bench-proxy soak fleet-audit mutants sanitize fuzz install-build install-deb install-test clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, run the demo (Ctrl-C ends it)
	@echo "==> running weir demo"
	@exec .build/release/weir demo

test: install-test lint monitoring-check ## Install what the tests need, build, check and test everything
	@echo "==> building the tests"
	swift build --build-tests --explicit-target-dependency-import-check error
	@echo "==> testing"
	swift test --skip-build --disable-xctest --skip '$(SOCKET_TESTS)|$(REDIS_TESTS)'
	swift test --skip-build --disable-xctest --filter '$(SOCKET_TESTS)'
	swift test --skip-build --disable-xctest --filter '$(REDIS_TESTS)'
	$(MAKE) deb-test

build: install-build ## Install what is missing and build .build/release/weir
	@echo "==> building weir (release)"
	$(RELEASE)

lint: ## Formatting and the rules of who imports whom
	@echo "==> checking format and layers"
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Fuzz
	python3 scripts/check_layers.py

monitoring-check: ## Alert rules, their tests, and the dashboards
	@echo "==> checking alerts and dashboards"
	alerts/check.sh

monitoring: build ## Weir's demo with Prometheus and Alertmanager, live (SPEED=30 times as fast; Ctrl-C ends it)
	@scripts/install-packages.sh prometheus prometheus-alertmanager python3
	@exec python3 scripts/monitoring.py --speed $(or $(SPEED),30)

deb: install-deb ## Build the Debian package .build/deb/weir_*.deb, which needs no Swift
	@echo "==> building weir for the package (release)"
	$(RELEASE)
	packaging/build-deb.sh .build/release/weir .build/deb

deb-test: deb ## Install the package, try what it installed, remove it again
	@echo "==> testing the package"
	packaging/test-deb.sh .build/deb/weir_*.deb

docs: build ## Write the pages of docs/ that are made of the code
	.build/release/weir reference configuration > docs/configuration.md
	.build/release/weir reference metrics > docs/metrics.md

bench: install-build ## What is said to be fast, measured; FILTER=text chooses
	@scripts/bench.sh $(if $(FILTER),--filter $(FILTER))

bench-process: build ## What a running weir takes: start, memory at rest, with idle callers and slow peers
	@scripts/bench-process.py

bench-proxy: build ## What one request costs, beside HAProxy and nginx
	@scripts/install-packages.sh nginx haproxy wrk python3
	@scripts/bench-proxy.py

soak: build ## Ten minutes of 2,000 requests a second with faults, and what weir holds (needs nginx and wrk)
	@scripts/soak.py

fleet-audit: build ## Three sidecars and a Redis that fails in every way: what the quota keeps, and what sharing costs
	@scripts/install-packages.sh redis-server nginx wrk python3
	@scripts/fleet-audit.py

mutants: install-build ## Break the deciders in each place and see a test fail
	@scripts/mutants.py

sanitize: install-build ## The deciders and actors under the thread and the address sanitizer
	@scripts/sanitize.sh

fuzz: ## Fuzz the HTTP codec, SECONDS=60 for each of its three targets
	@scripts/fuzz.sh $(or $(SECONDS),60)

install-build:
	@scripts/install-packages.sh libmicrohttpd-dev zlib1g-dev libhiredis-dev pkg-config

install-deb: install-build
	@scripts/install-packages.sh dpkg-dev patchelf python3 lintian man-db systemd curl ca-certificates

install-test:
	@scripts/install-packages.sh libmicrohttpd-dev zlib1g-dev libhiredis-dev pkg-config prometheus \
		prometheus-alertmanager redis-server slowhttptest chromium openssl python3 python3-venv \
		python3-jsonschema python3-yaml
	@scripts/install-python-packages.sh .build/python prometheus-client==0.26.0 \
		'grafana-foundation-sdk==1769699998!10.1.0'

clean: ## Remove everything that was built
	rm -rf .build

# The front door. Every target is one script or one CMake call; nothing is decided here.
.DEFAULT_GOAL := build
.PHONY: help deps build run cluster test test-all bench lint format asan tsan sim fuzz install deb clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

deps: ## install what is needed to build and test (apt; says first what it will do)
	@scripts/deps.sh build test lint bench

build: ## build/ottla, optimised
	@scripts/build.sh release ottla

run: ## build, then one node on 127.0.0.1:9092 with its data in ./data
	@scripts/run.sh

cluster: ## build, then ZooKeeper and three brokers on this machine, data in ./data/cluster
	@scripts/cluster.sh

test: ## what CI runs: build, unit tests, sanitizers, clients
	@scripts/test.sh

test-all: ## everything: also ThreadSanitizer, every client, Streams, Connect, Spark, the package
	@scripts/test.sh all

bench: ## micro benchmarks and the comparison with Apache Kafka
	@scripts/bench.sh

lint: ## clang-format and clang-tidy, every finding an error
	@scripts/lint.sh

format: ## let clang-format rewrite the sources
	@scripts/lint.sh --fix

asan: ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test.sh asan

tsan: ## unit tests under ThreadSanitizer
	@scripts/test.sh tsan

sim: ## both simulations with SEEDS (2000) seeds each
	@SIM_SEEDS=$(or $(SEEDS),2000) scripts/test.sh build sim

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@scripts/fuzz.sh

install: build ## program, configuration and systemd unit below DESTDIR and PREFIX (/usr)
	@cmake -B build -DCMAKE_INSTALL_PREFIX="$(or $(PREFIX),/usr)" > /dev/null
	@DESTDIR="$(DESTDIR)" cmake --install build

deb: export OTTLA_WEB = require
deb: build ## the Debian package, in build/
	@cd build && cpack -G DEB

clean: ## remove the build directories (data/ stays)
	@rm -rf build build-asan build-tsan build-fuzz build-bench admin-ui/web/dist

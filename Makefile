# Each target does its own set-up and says what is missing. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo web test check fuzz peers bench soak clean

PYTHON := .venv/bin/python
CARGO := cargo
# Tests, examples and the binary, with one set of features: built once for `test` and `peers`.
BUILD := $(CARGO) test --locked --workspace --no-run
# How long the demo runs: until Ctrl-C on a terminal, else a minute. `make demo FOR=10m` says otherwise.
FOR ?= $(shell test -t 1 && echo || echo 60s)
# Seconds per fuzz target.
FUZZ ?= 10

help:
	@echo 'make demo [FOR=10m]   the engine on a simulated Ningbo-Zhoushan'
	@echo 'make web              the wall display, for the next build to keep (needs Node)'
	@echo 'make test             every test'
	@echo 'make check            format, lints, walls, licences'
	@echo 'make fuzz [FUZZ=10]   every decoder against hostile bytes, seconds per target'
	@echo 'make peers            strangers'"'"' programs on our feeds (installs them, as root)'
	@echo 'make bench [NAME=..]  side-by-side benchmarks'
	@echo 'make soak             the long forms'

demo:
	@tools/make/needs rust cc
	@tools/make/web
	$(CARGO) build --locked --profile demo -p fairway
	target/demo/fairway demo $(if $(FOR),--for $(FOR))

web:
	@tools/make/needs node
	@tools/make/web

test: .venv/ready
	@tools/make/needs rust cc python
	@tools/make/web
	$(BUILD)
	tools/make/counted $(CARGO) test --locked --workspace
	$(PYTHON) tools/peers/tracked.py target/debug/fairway
	$(PYTHON) tools/peers/terminal808.py target/debug/fairway
	$(PYTHON) tools/verify/check.py target/debug/fairway
	@tools/make/pages target/debug/fairway

check:
	@tools/make/needs rust cc python
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	python3 tools/make/walls.py
	python3 tools/make/advisories.py
	python3 tools/make/ops.py
	@tools/make/web check

fuzz:
	@tools/make/needs rust cxx
	decoders/fuzz/run $(FUZZ)

peers: .venv/ready
	@tools/make/needs rust cc python
	$(BUILD)
	python3 tools/peers/peers.py target/debug/fairway
	$(PYTHON) tools/peers/gateways.py target/debug/fairway
	python3 tools/peers/cameras.py target/debug/fairway
	python3 tools/peers/radio.py target/debug/fairway
	python3 tools/peers/terminal808.py target/debug/fairway --many 5000
	python3 tools/peers/asterix.py target/debug/fairway target/debug/examples/system_tracks
	python3 tools/peers/exports.py target/debug/fairway

bench: .venv/ready
	@tools/make/needs rust cc python
	$(if $(filter wall,$(NAME)),,$(CARGO) run --locked --release -p benches -- $(NAME))
	$(if $(filter wall,$(or $(NAME),wall)),tools/make/pages --run bench)

soak: .venv/ready
	@tools/make/needs rust cc cxx python
	FAIRWAY_SOAK=1 $(CARGO) test --locked --release --workspace -- --nocapture
	$(MAKE) fuzz FUZZ=3600
	tools/make/pages --run soak

# Python helpers live in one venv, made from the pinned list.
.venv/ready: tools/peers/requirements.txt
	@tools/make/needs python venv
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

clean:
	rm -rf target .venv .peers decoders/fuzz/target engine/web/node_modules engine/web/dist/page

# Two commands for a fresh Debian machine with a Swift toolchain: `make run` and `make test`.
SHELL := /bin/bash
PREFIX ?= /usr/local
SCENARIO ?= scenarios/crashloop.yaml
LIBRARIES := libsqlite3-dev libyaml-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SOURCES := Package.swift Sources Tests bench

.PHONY: build setup run test lint bench install

.DEFAULT_GOAL := build

setup:
	@missing=""; for package in $(LIBRARIES); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  $(SUDO) apt-get update -q || echo "no new package lists; trying with those that are there"; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; fi

build: setup
	swift build -c release --product twin

run: build
	.build/release/twin run $(SCENARIO)

lint:
	swift format lint --strict --recursive --configuration .swift-format $(SOURCES)

test: setup lint build
	swift build --build-tests
	swift test --skip-build

bench: setup
	swift build -c release --product twin-bench --product twin
	bench/run

install: build
	install -D -m 755 .build/release/twin $(DESTDIR)$(PREFIX)/bin/twin
	install -d $(DESTDIR)$(PREFIX)/share/twin
	cp -R scenarios docs $(DESTDIR)$(PREFIX)/share/twin/

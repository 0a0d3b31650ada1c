# Two commands for a fresh Debian machine with a Swift toolchain: `make run` and `make test`.
SHELL := /bin/bash
PREFIX ?= /usr/local
LIBRARIES := libsqlite3-dev libyaml-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SOURCES := Package.swift Sources Tests bench

.PHONY: setup build run test lint bench install

setup:
	@missing=""; for package in $(LIBRARIES); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q $$missing; fi

build: setup
	swift build -c release --product twin

run: build
	.build/release/twin run scenarios/crashloop.yaml

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

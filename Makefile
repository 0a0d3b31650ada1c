# twin: build, test and rehearse. `make run` and `make test` each work alone in a fresh clone on Debian with a Swift toolchain.

SWIFT    ?= swift
PREFIX   ?= /usr/local
PACKAGES := libsqlite3-dev libyaml-dev libpcre2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libedit-dev
SCENARIO ?= scenarios/crashloop.yaml
FORMAT   := --configuration .swift-format -r Package.swift Sources Tests bench
BINARY   := .build/release/twin

.PHONY: all setup build run test lint format bench install clean

all: build

# Installs what is missing of the system libraries, and asks for no rights when nothing is.
setup:
	@missing=""; \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q "install ok installed" || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  as=""; [ "$$(id -u)" = 0 ] || as=sudo; \
	  echo "installing$$missing"; \
	  $$as apt-get update -q || echo "no new package lists; trying with those that are there"; \
	  $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi

build: setup
	$(SWIFT) build -c release --product twin

# The main job: rehearses the crash loop end to end. Other scenarios: make run SCENARIO=scenarios/db-outage.yaml
run: build
	$(BINARY) run $(SCENARIO)

# The tests of the command line run the release build.
test: setup lint build
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict $(FORMAT)

format:
	$(SWIFT) format -i $(FORMAT)

bench: build
	$(SWIFT) build -c release --product twin-bench
	bench/run

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/twin
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/twin
	cp -R scenarios docs $(DESTDIR)$(PREFIX)/share/twin/

clean:
	$(SWIFT) package clean

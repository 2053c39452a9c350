# make run    the example, from nothing to a brief
# make test   all tests
# make check  what CI runs: format, vet, lint, the README's commands, all tests

GO ?= go
VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo devel)
BUILD := build
TOOL := $(GO) tool -modfile=tools/go.mod

# The example's advisories are a sample of one day: it is judged as of that day, so
# that it says the same in a year.
AT := 2026-11-22

.PHONY: all build run test check fmt vet lint readme fuzz bench bench-image bench-gate clean

all: build

build:
	@mkdir -p $(BUILD)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BUILD)/landwaiter ./cmd/landwaiter

run: build
	@rm -rf $(BUILD)/example
	$(BUILD)/landwaiter advisories build --from examples/advisories --output $(BUILD)/advisories.lw --at $(AT)
	$(GO) run ./internal/lwtest/mkimage examples/image.txtar $(BUILD)/example
	$(BUILD)/landwaiter assess oci:$(BUILD)/example --advisories $(BUILD)/advisories.lw --at $(AT) --format html --output $(BUILD)
	$(BUILD)/landwaiter assess oci:$(BUILD)/example --advisories $(BUILD)/advisories.lw --at $(AT)
	@echo
	@echo "The same as a page: $(BUILD)/brief.html"

test:
	$(GO) test -race -shuffle=on ./...

# Test comes last: its lines are what CI counts.
check: fmt vet lint readme bench-gate test

fmt:
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$out" ]; then echo "not formatted by gofumpt:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

lint:
	$(TOOL) golangci-lint run ./...

# Every command in the README's sh blocks runs as it stands there; "make test" is
# what comes next anyway.
readme:
	@mkdir -p $(BUILD)
	@awk '/^```sh/{on=1;next} /^```/{on=0} on' README.md | grep -v '^make test' > $(BUILD)/readme.sh
	@LANDWAITER_CACHE=$(BUILD)/kept bash -euxo pipefail $(BUILD)/readme.sh > /dev/null

FUZZTIME ?= 60s
fuzz:
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$p || exit 1; \
	  done; \
	done

# The Go benchmarks; CONTRIBUTING.md says how to compare two runs.
bench:
	$(GO) test -run '^$$' -bench . -benchmem -count $(COUNT) ./...
COUNT ?= 1

# The program on a whole image, against the least that any reader must do. IMAGE is
# the folder of an OCI layout; without it, one is made.
RUNS ?= 3
bench-image: build
	@$(GO) build -o $(BUILD)/bench ./internal/lwtest/bench
	$(BUILD)/bench -program $(BUILD)/landwaiter -runs $(RUNS) $(if $(IMAGE),-image $(IMAGE),-memory)

# Fails where the program has become a third slower: the limits are in
# internal/lwtest/bench/gate.go.
bench-gate: build
	@$(GO) build -o $(BUILD)/bench ./internal/lwtest/bench
	$(BUILD)/bench -program $(BUILD)/landwaiter -runs 4 -gate

clean:
	rm -rf $(BUILD)

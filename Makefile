# make test is what continuous integration runs; the rest is for the desk.
GO ?= go
export GOFLAGS ?= -buildvcs=false

.PHONY: build test vet unit race lint fuzz bench kafka kafka-down demo cover

build:
	$(GO) build -o bin/streamd ./cmd/streamd

test: vet race

vet:
	$(GO) vet ./...
	@test -z "$$(gofmt -l . )" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }

unit:
	$(GO) test ./...

race:
	$(GO) test -race ./...

# `make test` is what continuous integration runs; the rest is for the desk.
GO ?= go
export GOFLAGS ?= -buildvcs=false
export KAFKA_PORT ?= 19092

.PHONY: brokers zones module oracle build test tools vet lint vulns unit race real faults sim sim-exact kill fuzz cover bench bench-formulas bench-alerts bench-scan bench-peers backtest-peer across-peer talib drift docs kafka kafka-down demo

# The linters are modules of their own, so that the program's go.mod stays small.
TOOL = $(GO) tool -modfile=tools.mod

build: # -buildvcs: streamd --version names the commit
	$(GO) build -buildvcs=auto -o bin/streamd ./cmd/streamd

test: tools vet lint vulns race cover fuzz real broker-turn

# What the tests need beside Go, where a package manager can bring it: Java and
# Maven for the real broker, kcat as the foreign client, a browser for the page, promtool for the alarms.
tools:
	@missing=""; for t in java:default-jdk-headless mvn:maven kcat:kcat chromium:chromium promtool:prometheus; do \
		command -v $${t%%:*} >/dev/null || missing="$$missing $${t##*:}"; done; \
	test -z "$$missing" || { command -v apt-get >/dev/null || { echo "please install:$$missing"; exit 1; }; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

vet:
	$(GO) vet ./... && $(GO) vet -tags kafka ./kafka/

lint:
	$(TOOL) golangci-lint run ./...

# Known vulnerabilities that the code reaches. Where the database cannot be
# reached, that is said and nothing else is wrong.
vulns:
	@out="$$($(TOOL) govulncheck ./... 2>&1)" && { echo "$$out"; exit 0; }; \
	case "$$out" in \
		*"fetching vulnerabilities"*) echo "vulns: NOT CHECKED, the vulnerability database cannot be reached";; \
		*) echo "$$out"; exit 1;; \
	esac

unit:
	$(GO) test ./...

# The core has no goroutine, which internal/house holds: there is no race to find, and cover runs its tests.
CORE = candle ringbuf incremental incremental/window incremental/pattern incremental/catalog across formula \
	formula/plan stream closing history/layout internal/codec
race:
	$(GO) test -race -timeout 30m $$($(GO) list ./... | grep -vxF "$$($(GO) list $(addprefix ./,$(CORE)))")

# Coverage of the program's packages together, benchmarks and test oracles left out.
cover:
	@covered="$$($(GO) list ./... | grep -vE '/(bench|internal|naive)(/|$$)' | paste -sd, -)"; \
	$(GO) test -timeout 30m -coverprofile=coverage.out -coverpkg="$$covered" ./...
	@$(GO) tool cover -func=coverage.out | awk '/^total:/ {print "coverage", $$3; if ($$3+0 < 85) {print "below 85 %"; exit 1}}'

# Short runs of every fuzz target. Inputs are not made shorter for long: by default that takes
# a minute for each that reaches new code, and files of some kilobytes are never through. Go's fuzzer now and then takes the end of its time
# for a failure ("context deadline exceeded", without an input): then it is run again.
fuzz:
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "$$p $$f"; \
			for try in 1 2 3; do \
				out="$$($(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime 5s -fuzzminimizetime 20x $$p 2>&1)" && { echo "$$out" | tail -n 3; break; }; \
				echo "$$out"; \
				case "$$try $$out" in \
					*"Failing input"*|3*) exit 1;; \
					*"context deadline exceeded"*) echo "again";; \
					*) exit 1;; \
				esac; \
			done; \
		done; \
	done

# A seed for tests with random input, which draw the same numbers in every other run.
DRAW = od -An -N4 -tu4 /dev/urandom | tr -d ' '

# A hundred thousand random formulas against the tree evaluator; STREAMD_SEED repeats a run.
oracle:
	seed=$${STREAMD_SEED:-$$($(DRAW))}; echo "STREAMD_SEED=$$seed"; \
	STREAMD_SEED=$$seed STREAMD_ORACLE=100000 $(GO) test ./formula -run '^TestOracle$$' -count 1 -timeout 30m

# Every package whose tests draw their input, ROUNDS times, each time from another seed: it is
# printed, and STREAMD_SEED=N ROUNDS=1 repeats the round.
.PHONY: long
long:
	@packages="$$($(GO) list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | \
		sed -n 's/ .*internal\/seed.*//p')"; failed=""; \
	for round in $$(seq $${ROUNDS:-20}); do \
		seed=$${STREAMD_SEED:-$$($(DRAW))}; echo "round $$round: STREAMD_SEED=$$seed"; \
		out="$$(STREAMD_SEED=$$seed $(GO) test -timeout 30m $$packages 2>&1)" || \
			{ echo "$$out" | grep -v '^ok'; failed="$$failed $$seed"; }; \
	done; \
	test -z "$$failed" || { echo "failed with STREAMD_SEED:$$failed"; exit 1; }

# The tests against a real Apache Kafka on loopback, some of which kill it; faults
# repeats the hardest.
real: export KAFKA_PROPS = group.min.session.timeout.ms=1000
real:
	tools/kafka.sh up 1
	STREAMD_KAFKA=$$(tools/kafka.sh bootstrap) $(GO) test -tags kafka -count 1 -p 1 -timeout 20m -skip '^TestRealFeatureChange$$' ./kafka/ ./bench/path/ ./bench/kill/; status=$$?; tools/kafka.sh wipe; exit $$status

faults:
	tools/kafka.sh up 1
	STREAMD_KAFKA=$$(tools/kafka.sh bootstrap) $(GO) test -tags kafka -timeout 10m -count 3 -run TestRealBrokerKill ./kafka/; status=$$?; tools/kafka.sh wipe; exit $$status

# The simulator over thousands of seeds; SIM_FROM goes on where another run ended.
sim:
	$(GO) test -timeout 60m ./internal/sim -run 'TestSeeds|TestUniverseSeeds' -v -sim.seeds $${SIM_SEEDS:-3000} \
		-sim.universe-seeds $${SIM_SEEDS:-1500} -sim.from $${SIM_FROM:-1}

# The same, slower, with every choice of the Go runtime drawn from SIM_RAND, too: a run that can be repeated step by step.
sim-exact:
	GOOS=wasip1 GOARCH=wasm $(GO) test -c -o bin/sim.wasm ./internal/sim
	cd tools/simhost && $(GO) run . -rand $${SIM_RAND:-1} ../../bin/sim.wasm -test.run 'TestSeeds|TestUniverseSeeds' -test.v -sim.seeds $${SIM_SEEDS:-100} -sim.from $${SIM_FROM:-1}

# The formula editor of the page from the versions that tools/editor pins. Only this needs node and npm.
.PHONY: page-bundle screenshots
page-bundle:
	cd tools/editor && npm ci --no-audit --no-fund && npx esbuild codemirror.js --bundle --format=esm --minify \
		--target=es2022 --legal-comments=none --outfile=../../web/page/vendor/codemirror.js
	cp tools/editor/node_modules/@codemirror/view/LICENSE web/page/vendor/codemirror.LICENSE
	cp tools/editor/node_modules/axe-core/axe.min.js internal/browser/ && cp tools/editor/node_modules/axe-core/LICENSE internal/browser/axe.LICENSE

# What the page costs: bytes, time to the first signal, script time at 1,000 signals a second of 10,000 series.
.PHONY: page-figures
page-figures:
	FIGURES=1 $(GO) test -count 1 -v -run '^TestFigures$$' ./web

# The API of a demo against its OpenAPI document, by schemathesis: make api ARGS='-n 200'.
.PHONY: api
api: build
	tools/api/check.sh $(CURDIR)/bin/streamd $(ARGS)

# Every view and the report as a desk and a phone show them, light and dark, and a view that is empty or refused, into
# SCREENSHOTS.
screenshots: export SCREENSHOTS ?= $(CURDIR)/screenshots
screenshots:
	mkdir -p $(SCREENSHOTS) && $(GO) test -count 1 -run '^(TestScreenshots|TestPageStates|TestReportInABrowser)$$' ./web ./replay

# Kill loops against a real broker: make kill VARIANT=zombie FAULTS=20 BROKERS=3.
kill: export KAFKA_PROPS = group.min.session.timeout.ms=1000
kill: build
	tools/kafka.sh up $${BROKERS:-1}
	$(GO) run ./bench/kill -brokers $$(tools/kafka.sh bootstrap) -variant $${VARIANT:-kill} -faults $${FAULTS:-200}; status=$$?; tools/kafka.sh wipe; exit $$status

# What 1,000 formulas cost over the indicators of 50: ns per formula and bar, and the ratio.
bench-formulas:
	$(GO) test -run '^$$' -bench '^BenchmarkFormulas$$' ./stream

# What alerts cost, from a thousand to a million of them.
bench-alerts:
	$(GO) test -run '^$$' -bench '^Benchmark(Alerts|Changes)$$' -benchtime 1x ./stream ./rulebook

# What resolves and outcomes cost a daemon on a real broker with one signal in 100 candles, as a ratio of CPU.
.PHONY: bench-outcomes
bench-outcomes: build
	tools/kafka.sh up 1
	$(GO) run ./bench/live -outcomes -brokers $$(tools/kafka.sh bootstrap); status=$$?; tools/kafka.sh wipe; exit $$status

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Every function against TA-Lib itself, through streamd eval: random parameters on
# the files in DATA and on made-up tapes. PEERS is where other libraries are installed.
PEERS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/streamd-peers
DATA ?= cmd/streamd/sample/*.csv.gz
talib: build $(PEERS)/venv
	$(PEERS)/venv/bin/python bench/talib/compare.py bin/streamd --data $(DATA)

# Every function that names Pine as its source, on two independent runtimes of Pine.
PYNECORE = 6.11.0
PINETS = 0.9.34
.PHONY: pine
pine: build $(PEERS)/pynecore-$(PYNECORE) $(PEERS)/pinets-$(PINETS)
	python3 bench/pine/compare.py bin/streamd --python $(PEERS)/pynecore-$(PYNECORE)/bin/python \
		--node $(PEERS)/pinets-$(PINETS)/node_modules

$(PEERS)/pynecore-$(PYNECORE):
	python3 -m venv $@ && $@/bin/pip install -q pynesys-pynecore==$(PYNECORE) || { rm -rf $@; exit 1; }

$(PEERS)/pinets-$(PINETS):
	mkdir -p $@ && npm install --silent --prefix $@ pinets@$(PINETS) || { rm -rf $@; exit 1; }

$(PEERS)/venv:
	python3 -m venv $@ && $@/bin/pip install -q TA-Lib==0.8.2 numpy || { rm -rf $@; exit 1; }

# What an indicator costs here and elsewhere, in turn in one run, as ratios.
bench-peers:
	$(GO) run ./bench/peers -cache $(PEERS)

# Backtests against the PyPI package backtesting, and portfolios against a second
# implementation in Python, on the files of DATA.
backtest-peer: build
	test -x $(PEERS)/backtesting/bin/python || python3 -m venv $(PEERS)/backtesting
	$(PEERS)/backtesting/bin/pip install -q 'backtesting==0.6.6'
	$(PEERS)/backtesting/bin/python bench/backtest/compare.py bin/streamd $(DATA)
	python3 bench/backtest/portfolio.py bin/streamd $(DATA)

# A scan of 2,500 symbols x 2,520 bars from memory and from Parquet, here, by TA-Lib's Python package and by numba.
bench-scan: build $(PEERS)/scan
	$(GO) build -o bin/scan ./bench/scan
	$(PEERS)/scan/bin/python bench/scan/peers.py bin/scan bin/streamd $(PEERS)/history --cores $${CORES:-1}

$(PEERS)/scan:
	python3 -m venv $@ && $@/bin/pip install -q TA-Lib==0.8.2 numpy numba==0.68.1 pyarrow==26.0.1 || { rm -rf $@; exit 1; }

# The same formulas over candles, exactly once on a real broker, here and by Kafka Streams; bench/nexmark/README.md.
.PHONY: bench-nexmark
bench-nexmark: build
	cd bench/nexmark && mvn -q package
	KAFKA_JIT=full tools/kafka.sh up 1
	$(GO) run ./bench/nexmark -brokers $$(tools/kafka.sh bootstrap); status=$$?; tools/kafka.sh wipe; exit $$status

# Functions over a universe against polars: values on FILE, and the time of a scan of ranks.
FILE ?= examples/data/daily.csv.gz
across-peer: build $(PEERS)/polars-2.1.0
	$(PEERS)/polars-2.1.0/bin/python bench/across/compare.py bin/streamd $(FILE)

$(PEERS)/polars-2.1.0:
	python3 -m venv $@ && $@/bin/pip install -q polars==2.1.0 || { rm -rf $@; exit 1; }

# What is made of the code: the pages of functions, of Pine's names, of metrics, the cookbook; then what the commands in
# all pages print. Tests hold the pages to both.
docs:
	UPDATE_DOCS=1 $(GO) test -count=1 -run 'Document$$' ./cmd/streamd
	REWRITE=1 $(GO) test -count=1 -run '^TestManual$$' ./cmd/streamd

# Another module path, everywhere: make module PATH=github.com/you/streamd. A PATH on make's command line takes the place
# of the one that commands are found by, so that one is read from make's own environment.
module:
	@test "$(origin PATH)" = "command line" || { echo "usage: make module PATH=github.com/you/streamd"; exit 2; }
	@commands="$$(/usr/bin/tr '\0' '\n' 2>/dev/null </proc/$$PPID/environ | /bin/sed -n 's/^PATH=//p')"; \
	test -n "$$commands" || { echo "not on this system: run go run ./tools/module $(PATH)"; exit 1; }; \
	PATH="$$commands" $(GO) run ./tools/module "$(PATH)"

# The rooms with their lines and what each imports of ours, lower ones first.
rooms:
	@$(GO) list -deps -f '{{with .Module}}{{if .Main}}{{$$.ImportPath}} {{$$.Dir}} {{join $$.GoFiles ","}} {{join $$.Imports ","}}{{end}}{{end}}' ./... | \
	awk -v m="$$($(GO) list -m)/" 'NF { n = split($$3, f, ","); lines = 0; \
		for (i = 1; i <= n; i++) { file = $$2 "/" f[i]; while ((getline line < file) > 0) lines++ }; \
		k = split($$4, a, ","); s = ""; for (i = 1; i <= k; i++) if (index(a[i], m) == 1) s = s " " substr(a[i], length(m) + 1); \
		printf "%6d  %-24s%s\n", lines, index($$1, m) == 1 ? substr($$1, length(m) + 1) : ".", s }'

# The time zones that everything is computed by, from the Go distribution in use.
zones:
	cp "$$($(GO) env GOROOT)/lib/time/zoneinfo.zip" candle/zone/zoneinfo.zip && chmod 644 candle/zone/zoneinfo.zip

# The long form of the drift tests: 10 million bars against exact arithmetic.
drift:
	$(GO) test -tags long -timeout 60m -run 'NothingDrifts|DoesNotDrift|DecisionsAreExact' -v ./incremental

# Each broker and level of transaction.version that docs/guarantees.md names (4.0.1 with its default): late requests, the
# wire's tests and the main path, then streamd killed 25 times, and the broker. BROKER_RELEASES="3.9.2: 4.3.1:0" for some.
BROKER_RELEASES ?= 3.9.2: 4.0.1: 4.3.1:0 4.3.1:1 4.3.1:2
brokers:
	for b in $(BROKER_RELEASES); do \
		echo "== Kafka $$b"; level=$${b#*:}; \
		export KAFKA_VERSION=$${b%%:*} KAFKA_FEATURES=$${level:+transaction.version=$$level}; \
		$(MAKE) real && $(MAKE) kill FAULTS=25 && $(MAKE) kill VARIANT=broker FAULTS=25 || exit 1; \
	done

# One broker besides the newest, chosen by the commit: late requests, and streamd killed five times: half a minute on an
# idle machine. The limits end a run that hangs, however slow the machine. A release that cannot be fetched is said, and nothing else is wrong.
.PHONY: broker-turn
broker-turn: build
	@set -- $(filter-out 4.3.1:2,$(BROKER_RELEASES)); shift $$((0x$$(git rev-parse --short=6 HEAD 2>/dev/null || echo 0) % $$#)); \
	export KAFKA_PROPS=group.min.session.timeout.ms=1000 KAFKA_VERSION=$${1%%:*} KAFKA_FEATURES=$${1#*:}; \
	KAFKA_FEATURES=$${KAFKA_FEATURES:+transaction.version=$$KAFKA_FEATURES}; \
	tools/kafka.sh install >/dev/null || { echo "broker-turn: NOT RUN, Kafka $$KAFKA_VERSION cannot be fetched"; exit 0; }; \
	echo "== Kafka $$1" && tools/kafka.sh up 1 && STREAMD_KAFKA=$$(tools/kafka.sh bootstrap) && export STREAMD_KAFKA && \
	$(GO) test -tags kafka -count 1 -timeout 15m -run '^TestRealLate' ./kafka/ && \
	$(GO) run ./bench/kill -brokers $$STREAMD_KAFKA -faults 5; status=$$?; tools/kafka.sh wipe; exit $$status

# The kill loop again and again for MINUTES, with its faults in turn: make soak MINUTES=600 BROKERS=3.
.PHONY: soak
soak: export KAFKA_PROPS = group.min.session.timeout.ms=1000
soak: build
	tools/kafka.sh up $${BROKERS:-1}
	@end=$$(($$(date +%s) + $${MINUTES:-60} * 60)); round=0; status=0; \
	$(GO) build -o bin/kill ./bench/kill || exit 1; \
	while [ $$status = 0 ] && [ $$(date +%s) -lt $$end ]; do \
		for v in $${VARIANTS:-kill zombie broker}; do \
			round=$$((round + 1)); echo "== round $$round: $$v"; \
			bin/kill -brokers $$(tools/kafka.sh bootstrap) -variant $$v -faults $${FAULTS:-25} || { status=1; break; }; \
			[ $$(date +%s) -lt $$end ] || break; \
		done; \
	done; tools/kafka.sh wipe; echo "$$round rounds"; exit $$status

# A broker for config.yaml, on 127.0.0.1:9092, with the topics that it names. Another port wants KAFKA_BROKERS, too.
KAFKA_DESK ?= 9092
kafka: build
	KAFKA_PORT=$(KAFKA_DESK) KAFKA_STATE=$${TMPDIR:-/tmp}/streamd-kafka-$(KAFKA_DESK) tools/kafka.sh up 1
	bin/streamd doctor -c config.yaml --create-topics

kafka-down:
	KAFKA_PORT=$(KAFKA_DESK) KAFKA_STATE=$${TMPDIR:-/tmp}/streamd-kafka-$(KAFKA_DESK) tools/kafka.sh down

demo:
	$(GO) run ./cmd/streamd demo

package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"streamd/config"
)

// TestMetricsDocument holds docs/metrics.md to the table; with UPDATE_DOCS set (make docs) it writes the file.
func TestMetricsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Metrics\n\nMade from the table in the code by `make docs`. `/metrics` has HELP and TYPE of each, and the " +
		"metrics of the\nprocess (`go_*`, `process_*`). The [dashboard](../deploy/grafana/streamd.json) shows them, the\n" +
		"[alarms](../deploy/prometheus/alarms.yaml) watch them.\n\n| metric | kind | labels | what it counts |\n" +
		"|---|---|---|---|\n")
	for _, r := range metricRows() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.name, r.kind, r.labels, r.help)
	}
	holdDocument(t, "metrics.md", b.String())
}

// metricName matches the ways in which the code names a metric.
var metricName = regexp.MustCompile("[\"`](streamd_[a-z_]+)[\"{`]|gauge\\(\"([a-z_]+)\"|counter\\(\"([a-z_]+)\"|c\\.metric\\(\"([a-z_]+)\"")

// TestMetricRowsAreTheCode wants a row for every metric that the code names, and none besides.
func TestMetricRowsAreTheCode(t *testing.T) {
	var rows, code []string
	for _, r := range metricRows() {
		rows = append(rows, r.name)
	}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// replay counts caches in a set that no daemon shows.
		if d.IsDir() && slices.Contains([]string{".git", "bench", "docs", "internal", "replay", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || d.Name() == "metrics.go" &&
			strings.Contains(path, "cmd") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range metricName.FindAllStringSubmatch(string(text), -1) {
			switch {
			case m[1] != "":
				code = append(code, m[1])
			case m[2] != "":
				code = append(code, "streamd_"+m[2])
			case m[4] != "":
				code = append(code, "streamd_notify_"+m[4])
			default:
				code = append(code, "streamd_"+m[3]+"_total")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code = append(code, "streamd_build_info", "streamd_formula_signals_total")
	for _, name := range code {
		if !slices.Contains(rows, name) {
			t.Errorf("metric %s has no row in metricRows: add one and run make docs", name)
		}
	}
	for _, name := range rows {
		if !slices.Contains(code, name) {
			t.Errorf("the code has no metric %s", name)
		}
	}
}

func TestMetricsAreDescribed(t *testing.T) {
	var out bytes.Buffer
	describeMetrics(&out, strings.NewReader("streamd_candles_total{topic=\"a\"} 1\nstreamd_candles_total{topic=\"b\"} 2\n"+
		"streamd_latency_seconds_bucket{le=\"1\"} 3\nstreamd_latency_seconds_sum 3\nother 4\n"))
	want := `# HELP streamd_candles_total closed candles that were applied
# TYPE streamd_candles_total counter
streamd_candles_total{topic="a"} 1
streamd_candles_total{topic="b"} 2
# HELP streamd_latency_seconds from the newest candle's record to the commit of its signal
# TYPE streamd_latency_seconds histogram
streamd_latency_seconds_bucket{le="1"} 3
streamd_latency_seconds_sum 3
other 4
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// TestFreshDaemonHasMetrics wants of a daemon that has not started what every one shows.
func TestFreshDaemonHasMetrics(t *testing.T) {
	cfg := &config.Configuration{}
	cfg.Kafka.Brokers = []string{"127.0.0.1:1"}
	d, err := newDaemon(cfg, "", nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer d.client.Close()
	d.signals.Publish([][]byte{[]byte(`{"id":"1","formula":"a \"b\"","timestamp":"2024-01-01T00:00:00Z"}`)})
	var out bytes.Buffer
	d.writeMetrics(&out)
	for _, want := range []string{
		"# TYPE streamd_build_info gauge\nstreamd_build_info{version=", "go_goroutines",
		"# TYPE streamd_formula_signals_total counter\nstreamd_formula_signals_total{formula=\"a \\\"b\\\"\"} 1\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%.1500s", want, out.String())
		}
	}
}

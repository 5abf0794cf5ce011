package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAlarms runs the tests of the alarms as Prometheus does.
func TestAlarms(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("promtool is not installed: make tools")
	}
	c := exec.CommandContext(t.Context(), promtool, "test", "rules", "alarms_test.yaml")
	c.Dir = "../../deploy/prometheus"
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestAlarmsHaveRunbooks wants of every alarm a runbook, a test in which it fires and one in which it does not, and
// of alarms and dashboard that they name metrics which streamd has.
func TestAlarmsHaveRunbooks(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	alarms, tests := read("deploy/prometheus/alarms.yaml"), read("deploy/prometheus/alarms_test.yaml")
	operations := read("docs/operations.md")
	names := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(alarms, -1)
	if len(names) == 0 {
		t.Fatal("no alarms")
	}
	for _, m := range names {
		name := m[1]
		for what, there := range map[string]bool{
			"runbook in operations.md":  strings.Contains(operations, "\n### "+name+"\n"),
			"link to its runbook":       strings.Contains(alarms, "runbook: docs/operations.md#"+strings.ToLower(name)+"\n"),
			"test in which it fires":    strings.Contains(tests, "alertname: "+name+"\n        exp_alerts:\n"),
			"test in which it is quiet": strings.Contains(tests, "alertname: "+name+", exp_alerts: []"),
		} {
			if !there {
				t.Errorf("alarm %s has no %s", name, what)
			}
		}
	}
	var rows []string
	for _, r := range metricRows() {
		rows = append(rows, r.name)
	}
	for _, path := range []string{"deploy/prometheus/alarms.yaml", "deploy/grafana/streamd.json"} {
		found := regexp.MustCompile(`\bstreamd_[a-z_]+`).FindAllString(read(path), -1)
		for _, name := range found {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				name = strings.TrimSuffix(name, part)
			}
			if !slices.Contains(rows, name) {
				t.Errorf("%s names the metric %s, which streamd has not", path, name)
			}
		}
		if len(found) == 0 {
			t.Errorf("%s names no metric", path)
		}
	}
}

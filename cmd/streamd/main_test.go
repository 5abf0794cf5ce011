package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"streamd/internal/browser"
)

// tests runs the tests, and ends their browser.
type tests struct{ *testing.M }

func (t tests) Run() int { return browser.Run(t.M) }

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"streamd": main})
}

// TestScripts runs the commands as their users do; testdata/script holds what
// they may rely on.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			repo, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			e.Setenv("REPO", repo)
			return nil
		},
		UpdateScripts: os.Getenv("REWRITE") != "",
	})
}

func TestDemoShowsSignals(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var out, log bytes.Buffer
	if err := demo(ctx, &out, &log, &demoFlags{listen: "127.0.0.1:0", speed: 1e7}); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 100 {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	signal := regexp.MustCompile(`^2018-04-0\dT\d\d:\d\d:00Z  (BTC|ETH|LTC)(USD|EUR) +(golden_cross|death_cross|oversold|volume_spike|breakout) +(ENTRY|EXIT|SCAN_HIT) `)
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/$`).MatchString(lines[0]) {
		t.Errorf("the first line is %q, want the address of the page", lines[0])
	}
	for _, l := range lines[1 : len(lines)-1] {
		if !signal.MatchString(l) {
			t.Errorf("line %q", l)
		}
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "13886 candles, ") {
		t.Errorf("summary %q", last)
	}
}

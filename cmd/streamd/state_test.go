package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"streamd/config"
)

// The files that begin series are read as the configuration says.
func TestWarmLayout(t *testing.T) {
	dir := t.TempDir()
	bars := filepath.Join(dir, "AAPL.csv")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(bars, "Zeit,Open,High,Low,Wert,Volume\n01/02/2024 09:00,1,3,1,2,7\n01/02/2024 09:01,1,3,1,2,7\n")
	path := filepath.Join(dir, "config.yaml")
	write(path, "kafka: {brokers: [localhost:9092], group: g, topics: [{name: c, timeframe: 1m}], signals: s}\n"+
		"state:\n  warm_from: "+bars+"\n  warm_layout: {timezone: Asia/Tokyo, time_format: dmy, map: {close: Wert}}\n")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	state, _, err := openState(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tapes, _, err := state.History.Collect(context.Background(), 1)
	if err != nil || len(tapes) != 1 {
		t.Fatalf("%d series, %v: want one", len(tapes), err)
	}
	want := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	if b := &tapes[0].Block; b.Len() != 2 || b.Time[0] != want || b.Close[0] != 2 {
		t.Errorf("%d bars from %d, close %v: want 2 from %d, 2", b.Len(), b.Time[0], b.Close[0], want)
	}
}

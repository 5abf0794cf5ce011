package closing

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"streamd/across"
	"streamd/history"
	"streamd/internal/markettest"
	"streamd/replay"
)

// TestExplainEqualsHistory holds what a closed bar says to people, neighbours and coverage, to what a history says.
func TestExplainEqualsHistory(t *testing.T) {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(7, 18)), 11, 60)
	rules := testRules(t, testUniverses, testFormulas)
	d := newDriven(t, 7, rules, tapes, 3)
	d.run(0)
	book := NewLedger(1 << 30)
	for _, r := range d.records {
		if err := book.Take(r.Value); err != nil {
			t.Fatal(err)
		}
	}
	needs, ranked := rules.Needs(tapes[0].Key.Timeframe), 0
	for bar := 20; bar < 60; bar += 7 {
		at := int64(bar) * int64(time.Minute)
		foreign, err := replay.NewForeign(context.Background(), &replay.Job{
			Data: history.Data{Memory: tapes}, Workers: 1, Admission: across.Admission{Join: 2, Silent: 8}, Focus: at,
		}, needs, rules.Needs)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tapes {
			key := tapes[i].Key
			if !slices.Contains(tapes[i].Block.Time, at) {
				continue
			}
			exact, before := book.At(key.Timeframe, at)
			got, err := json.Marshal(Explain(needs, key.Symbol, at, exact, before))
			want, errWant := json.Marshal(foreign.Explain(key, needs))
			if err != nil || errWant != nil || string(got) != string(want) {
				t.Fatalf("%s on bar %d: %v %v\n%s\nhistory says\n%s", key, bar, err, errWant, got, want)
			}
			for _, o := range Explain(needs, key.Symbol, at, exact, before) {
				if o.Rank > 0 && (o.Above != nil || o.Below != nil) {
					ranked++
				}
			}
		}
	}
	if ranked < 100 {
		t.Errorf("only %d places between neighbours were compared", ranked)
	}
}

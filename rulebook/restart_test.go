package rulebook

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/internal/seed"
	"streamd/kafka"
	"streamd/stream"

	"github.com/rs/zerolog"
)

// A book whose formulas are changed one by one, in all places and in all ways, is one that is opened on what the places
// hold now: in its rules, their order and its faults. Only where the newest version of a formula is bad does it have an
// older one. An engine under it goes on as one that is restarted, to the byte.
func TestRandomChangesAreARestart(t *testing.T) {
	rng := seed.Rand(t)
	topic := NewFormulasTopic("rules", 100, nil, zerolog.Nop())
	b := bookOf(t, Options{Topic: topic, most: 24}, map[string]string{"rules/m.jsonl": ""})
	r := &restarts{t: t, rng: rng, topic: topic, engine: stream.New(b.Rules(), stream.Options{})}
	for step := range 100 {
		r.change(b, step)
		again := NewFormulasTopic("rules", 100, nil, zerolog.Nop())
		for name, settings := range topic.kept.byName {
			again.take(&kafka.Record{Key: []byte(name), Value: []byte(settings)})
		}
		fresh := reopened(t, Options{Topic: again, most: 24})
		if b.ledger.unread() {
			r.kept++
		} else {
			r.compare(step, b, fresh)
		}
		r.run(step, b.Rules(), fresh.Rules())
	}
	if r.kept < 5 || r.matches < 100 || r.faults < 5 {
		t.Errorf("%d versions before were kept, %d matches, %d faults", r.kept, r.matches, r.faults)
	}
}

type restarts struct {
	t      *testing.T
	rng    *rand.Rand
	topic  *FormulasTopic
	engine *stream.Engine

	at                    int64 // time of the newest candle
	kept, matches, faults int
}

// settings draws the settings of a formula, a bad one now and then.
func (r *restarts) settings(name string) string {
	text := fmt.Sprintf("close > sma(close, %d) + %d", 2+r.rng.IntN(3), r.rng.IntN(4))
	switch r.rng.IntN(6) {
	case 0:
		text = "clse > 1"
	case 1:
		text = fmt.Sprint("close > ", 95+r.rng.IntN(10))
	}
	more := ""
	if r.rng.IntN(8) == 0 {
		more += `,"paused":true`
	}
	if r.rng.IntN(2) == 0 {
		more += fmt.Sprintf(`,"symbols":["S%d"]`, r.rng.IntN(3))
	}
	if r.rng.IntN(12) == 0 {
		more += `,"mode":5`
	}
	if name != "" {
		more += fmt.Sprintf(`,"name":%q`, name)
	}
	return fmt.Sprintf(`{"expression":%q%s}`, text, more)
}

func (r *restarts) name() string { return fmt.Sprint("f", r.rng.IntN(30)) }

// change changes one thing: a file by hand, a formula by Put or Delete, or a key of the topic.
func (r *restarts) change(b *Book, step int) {
	name := r.name()
	switch r.rng.IntN(7) {
	case 0:
		_ = b.Put(name, []byte(r.settings("")))
		return
	case 1:
		_ = b.Delete(name)
		return
	case 2, 3:
		value := []byte(r.settings(""))
		if r.rng.IntN(3) == 0 {
			value = nil
		}
		r.topic.take(&kafka.Record{Key: []byte(name), Value: value})
		b.refresh(false)
		return
	case 4:
		r.editLines("rules/m.jsonl")
	case 5:
		r.write("rules/"+name+".yaml", "formulas:\n  - "+r.settings(name)+"\n  - "+r.settings(r.name())+"\n", step)
	case 6:
		if files, _ := filepath.Glob("rules/*.yaml"); len(files) > 0 {
			os.Remove(files[r.rng.IntN(len(files))])
		}
	}
	b.refresh(true)
}

// editLines puts a line into a file, takes one out, or puts one in place of another.
func (r *restarts) editLines(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(raw), "\n"), "\n")
	at := r.rng.IntN(len(lines) + 1)
	if len(lines) > 12 || r.rng.IntN(3) == 0 {
		at = min(at, len(lines)-1)
		lines = slices.Delete(lines, at, at+1)
	}
	if len(lines) < 10 {
		lines = slices.Insert(lines, min(at, len(lines)), r.settings(r.name())+"\n")
	}
	text := strings.ReplaceAll(strings.Join(lines, ""), "}{", "}\n{")
	if r.rng.IntN(15) == 0 {
		text += "{\n"
	}
	r.write(path, text, r.rng.IntN(1<<30))
}

// write writes a file with a time of its own, which no clock is too coarse for.
func (r *restarts) write(path, text string, at int) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(int64(at), 0)); err != nil {
		r.t.Fatal(err)
	}
}

// unread reports whether formulas are kept of a place that cannot be read, of which a book that is opened knows none.
func (l *ledger) unread() bool {
	for _, s := range l.sources {
		if s.err != nil && len(s.candidates) > 0 {
			return true
		}
	}
	return false
}

// compare compares what two books have in force, but for older versions.
func (r *restarts) compare(step int, got, want *Book) {
	r.t.Helper()
	inForce, faults := got.List()
	old := map[string]bool{}
	for _, f := range inForce {
		if f.Problem != "" {
			old[f.Name] = true
			r.kept++
		}
	}
	shown := func(all []InForce) (texts []string) {
		for _, f := range all {
			if !old[f.Name] {
				texts = append(texts, fmt.Sprint(f.Name, f.Symbols, f.Expression, f.Canonical, f.Origin, f.Place, f.Paused))
			}
		}
		return texts
	}
	inForceThere, faultsThere := want.List()
	if a, b := shown(inForce), shown(inForceThere); !slices.Equal(a, b) {
		r.t.Fatalf("step %d:\n%s\nwant\n%s", step, strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	for i := range faults {
		faults[i].Kept, faults[i].index = false, 0
	}
	for i := range faultsThere {
		faultsThere[i].index = 0
	}
	r.faults += len(faults)
	if len(old) == 0 && !slices.Equal(faults, faultsThere) {
		r.t.Fatalf("step %d: faults\n%v\nwant\n%v", step, faults, faultsThere)
	}
	if n := len(faults) + got.Show(Query{}).Unlisted; n != got.ledger.faults.count {
		r.t.Fatalf("step %d: %d faults, counted as %d", step, n, got.ledger.faults.count)
	}
}

// run pushes candles through the engine under its changed rules, and through a restarted one under rules of the same
// formulas, compiled in one go.
func (r *restarts) run(step int, rules, fresh *stream.Rules) {
	r.t.Helper()
	if !slices.EqualFunc(rules.Formulas(), fresh.Formulas(), func(a, b stream.Formula) bool {
		return a.Name == b.Name && a.Expression == b.Expression
	}) {
		fresh, _ = fresh.With(rules.Formulas()...)
	}
	restarted := stream.New(fresh, stream.Options{})
	r.engine.All(func(s *stream.SeriesState) {
		if _, err := restarted.Restore(s.AppendRecord(nil, nil)); err != nil {
			r.t.Fatal(err)
		}
	})
	r.engine.Reload(rules)
	minute, _ := candle.ParseTimeframe("1m")
	for range 6 {
		r.at += int64(time.Minute)
		for k := range 3 {
			price := 90 + float64(r.rng.IntN(20))
			m := &candle.Message{
				Symbol: fmt.Append(nil, "S", k), Timeframe: minute, Closed: true,
				Candle: candle.Candle{Time: r.at, Open: price, High: price, Low: price, Close: price},
			}
			var got, want stream.Effects
			r.engine.Push(m, &got)
			restarted.Push(m, &want)
			r.matches += len(got.Matches)
			if a, b := payloads(&got), payloads(&want); !bytes.Equal(a, b) {
				r.t.Fatalf("step %d: %s\nwant %s", step, a, b)
			}
		}
	}
	restarted.All(func(s *stream.SeriesState) {
		if !bytes.Equal(r.engine.Find(s.Key).AppendRecord(nil, nil), s.AppendRecord(nil, nil)) {
			r.t.Fatalf("step %d: the record of %s is another one", step, s.Key)
		}
	})
}

func payloads(out *stream.Effects) (all []byte) {
	for i := range out.Matches {
		all = append(out.Matches[i].AppendJSON(all), '\n')
	}
	return all
}

package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"streamd/candle"
	"streamd/internal/seed"
	"streamd/stream"
)

var from = Origin{Topic: "candles.1m", Partition: 3, TopicID: [16]byte{1}}

// tape makes records of a few series that grow.
type tape struct {
	engine *stream.Engine
	bar    int
	offset int64
	out    stream.Effects
}

func newTape(t testing.TB) *tape {
	rules, problems := stream.NewRules(stream.RulesConfig{
		Buffer:   200,
		Formulas: []stream.Formula{{Name: "f", Expression: "close > ema(close, 20)"}},
	})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return &tape{engine: stream.New(rules, stream.Options{Buffer: 200})}
}

func (x *tape) step(t testing.TB, symbols int, rng *rand.Rand) (records map[string][]byte, checkpoint *Checkpoint) {
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	for s := range symbols {
		c := 100 + float64(rng.IntN(1000))/100
		m := candle.Message{
			Symbol: fmt.Appendf(nil, "S%d", s), Timeframe: minute, Closed: true,
			Candle: candle.Candle{Time: int64(x.bar) * 60e9, Open: c, High: c, Low: c, Close: c, Volume: 1},
		}
		x.engine.Stage(&m, x.offset, &x.out)
		x.offset++
	}
	x.bar++
	x.engine.Flush(&x.out)
	x.out.Reset()
	records = map[string][]byte{}
	for x.engine.Changed() > 0 {
		s, _ := x.engine.Oldest()
		records[from.RecordKey(s.Key)] = x.engine.Snapshot(nil, from.Bytes())
	}
	checkpoint = &Checkpoint{Origin: from, StateTopic: [16]byte{2}, StateOffset: 7, LowWater: x.offset}
	x.engine.All(func(s *stream.SeriesState) {
		checkpoint.Series = append(checkpoint.Series, MarkOf(from.RecordKey(s.Key), s.Saved))
	})
	return records, checkpoint
}

func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestWhatIsWrittenIsThere(t *testing.T) {
	dir := t.TempDir()
	x, rng := newTape(t), rand.New(rand.NewPCG(1, 2))
	var want map[string][]byte
	var last *Checkpoint
	for range 3 {
		s := open(t, dir, Options{})
		p, _, err := s.File(from)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			want, last = x.step(t, 5, rng)
			if err := errors.Join(p.Write(want), p.Checkpoint(last)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(p.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, Options{})
	p, c, err := s.File(from)
	if err != nil || p.Damage != "" {
		t.Fatal(err, p.Damage)
	}
	for key, b := range want {
		if !bytes.Equal(c.Records[key].Bytes, b) {
			t.Errorf("%s differs", key)
		}
	}
	if c.Checkpoint == nil || c.Checkpoint.LowWater != last.LowWater || c.Checkpoint.StateOffset != 7 ||
		c.Checkpoint.Missing(c.Records) != 0 {
		t.Errorf("checkpoint %+v", c.Checkpoint)
	}
}

// Whatever happens to the bytes of a file: what comes out was written once, and a
// checkpoint finds out when a record is not as new as it says.
func TestDamage(t *testing.T) {
	rng := seed.Rand(t)
	written := map[string]bool{}
	dir := t.TempDir()
	x := newTape(t)
	s := open(t, dir, Options{})
	p, _, err := s.File(from)
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		records, c := x.step(t, 4, rng)
		for _, b := range records {
			written[string(b)] = true
		}
		if err := errors.Join(p.Write(records), p.Checkpoint(c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "candles.1m-3.db"))
	if err != nil {
		t.Fatal(err)
	}
	older, missing, damaged := 0, 0, 0
	for range 400 {
		dir := t.TempDir()
		path := filepath.Join(dir, "candles.1m-3.db")
		data := damage(rng, bytes.Clone(whole))
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, Options{})
		p, c, err := s.File(from)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for key, r := range c.Records {
			if !written[string(r.Bytes)] {
				t.Fatalf("%s was never written", key)
			}
			if r.Position < x.offset-4 {
				older++
			}
		}
		if c.Checkpoint != nil && c.Checkpoint.Missing(c.Records) > 0 {
			missing++
		}
		if p.Damage != "" {
			damaged++
			if aside, err := os.ReadFile(p.Aside); err != nil || !bytes.Equal(aside, data) {
				t.Fatalf("the damaged file is not kept: %v", err)
			}
		}
		records, next := newTape(t).step(t, 2, rng)
		if err := errors.Join(p.Write(records), p.Checkpoint(next), p.Close()); err != nil {
			t.Fatalf("not writable afterwards: %v", err)
		}
		if again, _, err := s.File(from); err != nil || again.Damage != "" {
			t.Fatalf("damaged still: %v", err)
		}
		_ = s.Close()
	}
	if older == 0 || missing == 0 || damaged == 0 {
		t.Errorf("%d old records, %d found missing, %d damaged: the test shows nothing", older, missing,
			damaged)
	}
}

func damage(rng *rand.Rand, data []byte) []byte {
	at := rng.IntN(len(data))
	switch rng.IntN(5) {
	case 0:
		for range 1 + rng.IntN(5) {
			data[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
		}
	case 1:
		return data[:at]
	case 2:
		clear(data[at:])
	case 3:
		page := at &^ 511
		clear(data[page:min(len(data), page+512)])
	case 4:
		return append(data[:at], data[min(len(data), at+1+rng.IntN(300)):]...)
	}
	return data
}

func TestOneProcessOnly(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second one opens it: %v", err)
	}
}

func TestLaterRelease(t *testing.T) {
	dir := t.TempDir()
	records, _ := newTape(t).step(t, 1, rand.New(rand.NewPCG(1, 1)))
	var file []byte
	for key, b := range records {
		b[4] = 99
		binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
		file = appendSet(file, key, b)
	}
	path := filepath.Join(dir, "candles.1m-3.db")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(t, dir, Options{}).File(from); !errors.Is(err, stream.ErrNewer) {
		t.Errorf("opened: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, file) {
		t.Error("the file was touched")
	}
}

func TestFullAndFailing(t *testing.T) {
	var failing error
	x, rng := newTape(t), rand.New(rand.NewPCG(3, 4))
	s := open(t, t.TempDir(), Options{SizeMax: 60_000, Failing: func() error { return failing }})
	p, _, err := s.File(from)
	if err != nil {
		t.Fatal(err)
	}
	records, c := x.step(t, 3, rng)
	failing = errors.New("no space left on device")
	if err := p.Write(records); !errors.Is(err, failing) {
		t.Errorf("write: %v", err)
	}
	if err := p.Checkpoint(c); !errors.Is(err, failing) {
		t.Errorf("checkpoint: %v", err)
	}
	failing = nil
	for i := 0; ; i++ {
		records, c = x.step(t, 3, rng)
		if err := errors.Join(p.Write(records), p.Checkpoint(c)); err != nil {
			t.Fatalf("step %d: %v: it does not shrink before it says that it is full", i, err)
		}
		if i > 100 {
			break
		}
	}
	records, _ = x.step(t, 100, rng)
	for range 3 {
		if err = p.Write(records); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("more than the limit: %v", err)
	}
	if err := errors.Join(p.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	first, err := s.Identity()
	if err != nil || len(first) != 16 {
		t.Fatal(first, err)
	}
	if again, err := s.Identity(); err != nil || again != first {
		t.Errorf("%s, then %s: %v", first, again, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "instance-id"), []byte("\x00\x00"), 0o644); err != nil {
		t.Fatal(err)
	}
	if fresh, err := s.Identity(); err != nil || fresh == first || len(fresh) != 16 {
		t.Errorf("a damaged identity gives %q, %v", fresh, err)
	}
	path := filepath.Join(dir, "instance-id")
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Skip(err)
	}
	if _, err := s.Identity(); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a pipe as identity: %v", err)
	}
}

func FuzzScan(f *testing.F) {
	records, c := newTape(f).step(f, 2, rand.New(rand.NewPCG(5, 6)))
	var file []byte
	for key, b := range records {
		file = appendSet(file, key, b)
	}
	f.Add(appendSet(file, from.CheckpointKey(), c.Append(nil)))
	f.Add([]byte("*3\r\n$3\r\nset\r\n$5\r\nabcde\r\n$99999999999999999999\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := scan(from, data)
		if err == nil && found.valid > len(data) {
			t.Fatal("more than there is")
		}
		if c, err := ParseCheckpoint(data); err == nil && !bytes.Equal(c.Append(nil), data) {
			t.Fatal("a checkpoint that is not written so")
		}
	})
}

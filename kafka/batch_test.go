package kafka

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"streamd/internal/seed"
)

// plainRecord is a record in a form that compares.
type plainRecord struct {
	Offset, TimestampMs int64
	Key, Value          []byte
	Headers             []Header
}

func newReader() *recordReader {
	return &recordReader{inflaters: &sync.Pool{New: func() any { return new(inflater) }}}
}

func readAll(d *recordReader) []plainRecord {
	var all []plainRecord
	var r Record
	for d.read(&r) {
		p := plainRecord{
			Offset: r.Offset, TimestampMs: r.TimestampMs, Key: bytes.Clone(r.Key),
			Value: bytes.Clone(r.Value),
		}
		r.EachHeader(func(k, v []byte) bool {
			p.Headers = append(p.Headers, Header{string(k), bytes.Clone(v)})
			return true
		})
		all = append(all, p)
	}
	return all
}

// encoded is a batch as the broker would store it, at an offset.
func encoded(base int64, c Compression, messages ...ProducerRecord) []byte {
	var e batchBuilder
	e.reset()
	for i := range messages {
		e.append(&messages[i])
	}
	b, err := e.seal(c, new(deflater), nil)
	if err != nil {
		panic(err)
	}
	b = bytes.Clone(b)
	stamp(b, producerID{7, 1}, 0, false)
	binary.BigEndian.PutUint64(b, uint64(base))
	return b
}

func TestBatchRoundTrip(t *testing.T) {
	seed.Check(t, func(t *rapid.T) {
		field := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 300))
		base := rapid.Int64Range(0, 1<<60).Draw(t, "base")
		codec := Compression(rapid.IntRange(0, 4).Draw(t, "codec"))
		var messages []ProducerRecord
		var want []plainRecord
		for i := range rapid.IntRange(1, 200).Draw(t, "records") {
			m := ProducerRecord{
				TimestampMs: rapid.Int64Range(-1, 1<<45).Draw(t, "ts"), Key: field.Draw(t, "key"),
				Value: field.Draw(t, "value"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "headers") {
				m.Headers = append(m.Headers, Header{rapid.String().Draw(t, "header"), field.Draw(t, "header value")})
			}
			messages = append(messages, m)
			want = append(want, plainRecord{base + int64(i), m.TimestampMs, m.Key, m.Value, m.Headers})
		}
		stored := encoded(base, codec, messages...)
		next, err := scanBatches(stored, 0)
		if err != nil || next != base+int64(len(messages)) {
			t.Fatalf("scan: next %d, %v", next, err)
		}
		from := rapid.IntRange(0, len(messages)).Draw(t, "from")
		d := newReader()
		d.reset(stored, nil, base+int64(from))
		got := readAll(d)
		if diff := cmp.Diff(want[from:], got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		for i, r := range got { // null and empty are not the same
			if w := want[from+i]; (r.Key == nil) != (w.Key == nil) || (r.Value == nil) != (w.Value == nil) {
				t.Fatalf("record %d: %v, want %v", i, r, w)
			}
		}
		if d.err != nil || d.next != base+int64(len(messages)) {
			t.Fatalf("position %d, %v", d.next, d.err)
		}
		// Whatever byte is flipped, the scan notices, or the batch ends early.
		at := rapid.IntRange(batchCRCFrom, len(stored)-1).Draw(t, "flip")
		stored[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := scanBatches(stored, 0); err == nil {
			t.Fatalf("flip at %d not noticed", at)
		}
	})
}

// TestRead runs scripts: a log of batches, and what a reader makes of it. The
// commands are explained in testdata/read/README.md.
func TestRead(t *testing.T) {
	datadriven.Walk(t, "testdata/read", func(t *testing.T, path string) {
		if strings.HasSuffix(path, ".md") {
			return
		}
		var log []byte
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "log":
				log = nil
				for line := range strings.Lines(d.Input) {
					log = append(log, scriptBatch(t, strings.TrimSpace(line))...)
				}
				return ""
			case "read":
				return scriptRead(d, log)
			}
			return "unknown command " + d.Cmd
		})
	})
}

// scriptBatch makes a batch of a line such as "10 pid=1 txn a=1 b=2" or "12 pid=1 commit".
func scriptBatch(t *testing.T, line string) []byte {
	fields := strings.Fields(line)
	var base, pid, last, maxMs int64 = 0, -1, -1, -1
	attributes := uint16(0)
	var messages []ProducerRecord
	fmt.Sscan(fields[0], &base)
	cut, badSum := 0, false
	codec := Uncompressed
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "pid":
			fmt.Sscan(value, &pid)
		case "last": // offset, for compacted batches
			fmt.Sscan(value, &last)
		case "cut": // bytes missing at the end
			fmt.Sscan(value, &cut)
		case "appendtime":
			fmt.Sscan(value, &maxMs)
			attributes |= attrAppendTime
		case "codec":
			var err error
			codec, err = ParseCompression(value)
			must(t, err)
		case "txn":
			attributes |= attrTxn
		case "commit":
			attributes |= attrTxn | attrControl
			messages = append(messages, ProducerRecord{Key: []byte{0, 0, 0, 1}})
		case "abort":
			attributes |= attrTxn | attrControl
			messages = append(messages, ProducerRecord{Key: []byte{0, 0, 0, 0}})
		case "badsum":
			badSum = true
		default:
			messages = append(messages, ProducerRecord{Key: []byte(name), Value: []byte(value)})
		}
	}
	var b []byte
	if len(messages) > 0 {
		b = encoded(base, codec, messages...)
	} else { // compaction keeps an emptied batch for its producer's sequence
		b = encoded(base, Uncompressed, ProducerRecord{})[:batchHeaderBytes]
		binary.BigEndian.PutUint32(b[8:], batchHeaderBytes-batchPrefixBytes)
		binary.BigEndian.PutUint32(b[57:], 0)
	}
	be := binary.BigEndian
	be.PutUint64(b[43:], uint64(pid))
	be.PutUint16(b[21:], be.Uint16(b[21:])|attributes)
	if last >= 0 {
		be.PutUint32(b[23:], uint32(last-base))
	}
	if maxMs >= 0 {
		be.PutUint64(b[35:], uint64(maxMs))
	}
	be.PutUint32(b[17:], crc32.Checksum(b[batchCRCFrom:], castagnoli))
	if badSum {
		b[17] ^= 1
	}
	return b[:len(b)-cut]
}

func scriptRead(d *datadriven.TestData, log []byte) string {
	var from int64
	var aborted []abortedTxn
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "from":
			fmt.Sscan(a.Vals[0], &from)
		case "aborted": // aborted=(producer@first,...), as the broker lists them
			for _, v := range a.Vals {
				var x abortedTxn
				fmt.Sscanf(v, "%d@%d", &x.producer, &x.first)
				aborted = append(aborted, x)
			}
		}
	}
	var out strings.Builder
	if next, err := scanBatches(log, from); err != nil {
		fmt.Fprintf(&out, "scan: next %d, %v\n", next, err)
		return out.String()
	} else {
		fmt.Fprintf(&out, "scan: next %d\n", next)
	}
	r := newReader()
	r.reset(log, aborted, from)
	for _, rec := range readAll(r) {
		fmt.Fprintf(&out, "%d %s=%s", rec.Offset, rec.Key, rec.Value)
		if rec.TimestampMs != 0 {
			fmt.Fprintf(&out, " at %d", rec.TimestampMs)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "read: next %d", r.next)
	if r.err != nil {
		fmt.Fprintf(&out, ", %v", r.err)
	}
	return out.String() + "\n"
}

func TestOldMessageFormat(t *testing.T) {
	b := encoded(5, Uncompressed, ProducerRecord{Value: []byte("x")})
	b[16] = 1
	if _, err := scanBatches(b, 0); err == nil || !strings.Contains(err.Error(), "v1") {
		t.Errorf("%v", err)
	}
}

// Snappy has two forms; other clients write the framed one.
func TestFramedSnappy(t *testing.T) {
	block, err := new(deflater).deflate(Snappy, nil, []byte("hello hello hello hello"))
	must(t, err)
	framed := append(bytes.Clone(xerialHeader), 0, 0, 0, 1, 0, 0, 0, 1)
	for range 2 {
		framed = binary.BigEndian.AppendUint32(framed, uint32(len(block)))
		framed = append(framed, block...)
	}
	f := new(inflater)
	got, err := f.inflate(Snappy, framed)
	must(t, err)
	if string(got) != strings.Repeat("hello hello hello hello", 2) {
		t.Errorf("%q", got)
	}
	for _, bad := range [][]byte{framed[:12], framed[:18], framed[:30], {0xff, 0xff, 0xff, 0xff, 0x0f, 0}} {
		if _, err := f.inflate(Snappy, bad); err == nil {
			t.Errorf("%x accepted", bad)
		}
	}
}

func TestDecompressionIsBounded(t *testing.T) {
	zeros := make([]byte, maxInflatedBytes+1)
	for codec := Gzip; codec <= Zstd; codec++ {
		if codec == Snappy {
			continue // its own bound is by the compressed size
		}
		small, err := new(deflater).deflate(codec, nil, zeros)
		must(t, err)
		if _, err := new(inflater).inflate(codec, small); err == nil {
			t.Errorf("%v: %d bytes became more than %d", codec, len(small), maxInflatedBytes)
		}
	}
	if _, err := new(inflater).inflate(Compression(7), nil); err == nil {
		t.Error("codec 7 accepted")
	}
	if _, err := new(deflater).deflate(Compression(7), nil, nil); err == nil {
		t.Error("codec 7 accepted")
	}
}

func TestParseCompression(t *testing.T) {
	for c := Uncompressed; c <= Zstd; c++ {
		if got, err := ParseCompression(c.String()); err != nil || got != c {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	if _, err := ParseCompression("rar"); err == nil || Compression(9).String() != "codec 9" {
		t.Errorf("rar: %v", err)
	}
}

// The vectors of Kafka's own UtilsTest.testMurmur2.
func TestMurmur2(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("%s: %d, want %d", key, got, want)
		}
		if p := PartitionOf([]byte(key), 7); p != (want&0x7fffffff)%7 {
			t.Errorf("%s: partition %d", key, p)
		}
	}
}

func TestAllocations(t *testing.T) {
	var messages []ProducerRecord
	for i := range 1000 {
		messages = append(messages, ProducerRecord{
			TimestampMs: int64(i), Key: fmt.Appendf(nil, "k%d", i), Value: bytes.Repeat([]byte("v"), 150),
			Headers: []Header{{"h", []byte("x")}},
		})
	}
	for codec := Uncompressed; codec <= Zstd; codec++ {
		stored := encoded(0, codec, messages...)
		d := newReader()
		read := func() {
			if _, err := scanBatches(stored, 0); err != nil {
				t.Fatal(err)
			}
			d.reset(stored, nil, 0)
			n := 0
			var r Record
			for d.read(&r) {
				if _, ok := r.Header("h"); ok {
					n++
				}
			}
			if n != len(messages) {
				t.Fatalf("%d records, %v", n, d.err)
			}
		}
		// A codec may allocate a little for each batch of a thousand records.
		if n := testing.AllocsPerRun(20, read); n > 0 && codec == Uncompressed || n > 20 {
			t.Errorf("%v: %v allocations to read %d records", codec, n, len(messages))
		}
	}
	var e batchBuilder
	if n := testing.AllocsPerRun(20, func() {
		e.reset()
		for i := range messages {
			e.append(&messages[i])
		}
		b, err := e.seal(Uncompressed, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		stamp(b, producerID{1, 2}, 3, true)
	}); n > 0 {
		t.Errorf("%v allocations to encode %d records", n, len(messages))
	}
}

func FuzzRecords(f *testing.F) {
	for codec := Uncompressed; codec <= Zstd; codec++ {
		b := encoded(3, codec, ProducerRecord{Key: []byte("k"), Value: []byte("v"), Headers: []Header{{"h", nil}}},
			ProducerRecord{TimestampMs: 5})
		f.Add(append(b, b...), int64(0), int64(7))
		f.Add(b[:len(b)-3], int64(4), int64(1))
	}
	f.Add(scriptBatch(nil, "5 pid=7 abort"), int64(0), int64(7))
	f.Fuzz(func(t *testing.T, b []byte, from, pid int64) {
		if from < 0 {
			return
		}
		// Half of the work is behind the checksum: give every batch a right one.
		for rest := b; ; {
			_, _, after, ok, err := splitBatch(rest)
			if err != nil || !ok {
				break
			}
			batch := rest[:len(rest)-len(after)]
			binary.BigEndian.PutUint32(batch[17:], crc32.Checksum(batch[batchCRCFrom:], castagnoli))
			rest = after
		}
		next, scanErr := scanBatches(b, from)
		d := newReader()
		d.reset(b, []abortedTxn{{pid, 4}}, from)
		last := from - 1
		var r Record
		for d.read(&r) {
			if r.Offset <= last {
				t.Fatalf("offset %d after %d in %s", r.Offset, last, hex.EncodeToString(b))
			}
			last = r.Offset
			r.EachHeader(func(k, v []byte) bool { return len(k)+len(v) <= len(b)+maxInflatedBytes })
		}
		if scanErr == nil && d.err == nil && d.next != next {
			t.Fatalf("scan says %d, read %d", next, d.next)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	stored := benchmarkBatches()
	d := newReader()
	b.SetBytes(int64(len(stored)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := scanBatches(stored, 0); err != nil {
			b.Fatal(err)
		}
		d.reset(stored, nil, 0)
		var r Record
		for d.read(&r) {
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

func benchmarkBatches() []byte {
	value := bytes.Repeat([]byte("v"), 150)
	var stored []byte
	for i := range 10 {
		var messages []ProducerRecord
		for range 1000 {
			messages = append(messages, ProducerRecord{TimestampMs: 1_700_000_000_000, Key: []byte("AAPL"), Value: value})
		}
		stored = append(stored, encoded(int64(i*1000), Uncompressed, messages...)...)
	}
	return stored
}

func BenchmarkEncode(b *testing.B) {
	m := ProducerRecord{TimestampMs: 1_700_000_000_000, Key: []byte("AAPL"), Value: bytes.Repeat([]byte("v"), 150)}
	var e batchBuilder
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e.reset()
		for range 1000 {
			e.append(&m)
		}
		batch, err := e.seal(Uncompressed, nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		stamp(batch, producerID{1, 0}, 0, false)
		n += 1000
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// Behind a batch whose header may be wrong as well the next one is found by its own offset.
func TestBehindCorruptBatch(t *testing.T) {
	bad := encoded(10, Uncompressed, ProducerRecord{Value: []byte("x")}, ProducerRecord{Value: []byte("y")})
	bad[26] ^= 64 // the offset of the last record
	both := append(bad, encoded(12, Uncompressed, ProducerRecord{Value: []byte("z")})...)
	for _, c := range []struct {
		stored []byte
		next   int64
	}{{both, 12}, {bad, 10 + 65 + 1}} {
		var e *CorruptError
		if _, err := scanBatches(c.stored, 10); !errors.As(err, &e) || e.Next != c.next {
			t.Errorf("%v, next %d, want %d", err, e.Next, c.next)
		}
	}
}

package history

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// arrowTestColumn is a column of three rows for arrowBytes.
type arrowTestColumn struct {
	name string
	of   arrow.DataType
	fill func(b array.Builder)
}

// arrowBytes writes columns as a stream of Arrow of two batches, or as a file.
func arrowBytes(t testing.TB, file bool, columns []arrowTestColumn, options ...ipc.Option) []byte {
	t.Helper()
	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c.name, Type: c.of, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i, c := range columns {
		c.fill(b.Field(i))
	}
	batch := b.NewRecordBatch()
	var out bytes.Buffer
	options = append(options, ipc.WithSchema(schema))
	var w interface {
		Write(arrow.RecordBatch) error
		Close() error
	}
	if file {
		f, err := ipc.NewFileWriter(&out, options...)
		if err != nil {
			t.Fatal(err)
		}
		w = f
	} else {
		w = ipc.NewWriter(&out, options...)
	}
	for _, cut := range [][2]int64{{0, 2}, {2, 3}} {
		if err := w.Write(batch.NewSlice(cut[0], cut[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func floats(values ...float64) func(array.Builder) {
	return func(b array.Builder) { b.(*array.Float64Builder).AppendValues(values, nil) }
}

// arrowPrices are three candles in the columns of their prices.
func arrowPrices() []arrowTestColumn {
	f := arrow.PrimitiveTypes.Float64
	return []arrowTestColumn{
		{"open", f, floats(1, 2, 3)},
		{"high", f, floats(3, 3, 4)},
		{"low", f, floats(1, 0.5, 2)},
		{"close", f, floats(2, 1, 3.25)},
	}
}

func timesOf(of *arrow.TimestampType, values ...arrow.Timestamp) arrowTestColumn {
	return arrowTestColumn{"date", of, func(b array.Builder) { b.(*array.TimestampBuilder).AppendValues(values, nil) }}
}

// TestArrowTimes reads times of every unit, naive and in zones: days in a zone keep
// their local date.
func TestArrowTimes(t *testing.T) {
	dir := t.TempDir()
	const minutes = "f 1m 3 1704672000:1,3,1,2,0 1704672060:2,3,0.5,1,0 1704672120:3,4,2,3.25,0\n"
	const at = 1_704_672_000
	stamp := func(unit arrow.TimeUnit, zone string, per int64) arrowTestColumn {
		of := &arrow.TimestampType{Unit: unit, TimeZone: zone}
		return timesOf(of, arrow.Timestamp(at*per), arrow.Timestamp((at+60)*per), arrow.Timestamp((at+120)*per))
	}
	for name, column := range map[string]arrowTestColumn{
		"s": stamp(arrow.Second, "", 1), "ms": stamp(arrow.Millisecond, "UTC", 1e3),
		"µs": stamp(arrow.Microsecond, "America/New_York", 1e6), "ns": stamp(arrow.Nanosecond, "+09:00", 1e9),
		"unknown zone": stamp(arrow.Second, "Nowhere/At_All", 1),
	} {
		for _, file := range []bool{false, true} {
			path := write(t, dir, "f.arrow", arrowBytes(t, file, append(arrowPrices(), column)))
			tapes, report := collect(t, Data{Paths: []string{path}})
			if got := short(tapes); got != minutes || len(report.Errors) > 0 {
				t.Errorf("%s: got\n%swant\n%s%v", name, got, minutes, report)
			}
		}
	}
}

// TestArrowTypes reads columns of the types that writers use.
func TestArrowTypes(t *testing.T) {
	dir := t.TempDir()
	const want = "A 1d 3 86400:1,3,1,2,5 172800:2,3,0.5,1,6 259200:3,4,2,3.25,7\n"
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	days := arrowTestColumn{"Date", arrow.FixedWidthTypes.Date32, func(b array.Builder) {
		b.(*array.Date32Builder).AppendValues([]arrow.Date32{1, 2, 3}, nil)
	}}
	symbols := []arrowTestColumn{
		{"Ticker", dictionary, func(b array.Builder) {
			for range 3 {
				if err := b.(*array.BinaryDictionaryBuilder).AppendString("A"); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"Ticker", arrow.BinaryTypes.LargeString, func(b array.Builder) {
			b.(*array.LargeStringBuilder).AppendValues([]string{"A", "A", "A"}, nil)
		}},
		{"Ticker", arrow.BinaryTypes.StringView, func(b array.Builder) {
			b.(*array.StringViewBuilder).AppendValues([]string{"A", "A", "A"}, nil)
		}},
	}
	decimal := arrowTestColumn{"Volume", &arrow.Decimal128Type{Precision: 12, Scale: 2}, func(b array.Builder) {
		for _, v := range []int64{500, 600, 700} {
			b.(*array.Decimal128Builder).Append(decimal128.FromI64(v))
		}
	}}
	whole := arrowTestColumn{"Volume", arrow.PrimitiveTypes.Uint16, func(b array.Builder) {
		b.(*array.Uint16Builder).AppendValues([]uint16{5, 6, 7}, nil)
	}}
	for i, symbol := range symbols {
		for j, volume := range []arrowTestColumn{decimal, whole} {
			columns := append(arrowPrices(), days, symbol, volume)
			for k, o := range [][]ipc.Option{nil, {ipc.WithLZ4()}, {ipc.WithZstd()}} {
				for _, file := range []bool{false, true} {
					b := arrowBytes(t, file, columns, o...)
					path := write(t, dir, "f.feather", b)
					packed := write(t, dir, "f.feather.gz", gzipped(t, b))
					for _, d := range []Data{
						{Paths: []string{path}},
						{Paths: []string{packed}},
						{Paths: []string{"-"}, Stdin: bytes.NewReader(b)},
					} {
						tapes, report := collect(t, d)
						if got := short(tapes); got != want || len(report.Errors) > 0 {
							t.Errorf("%d %d %d %v: got\n%swant\n%s%v", i, j, k, d.Paths, got, want, report)
						}
					}
				}
			}
		}
	}
}

// TestArrowDamage cuts files and flips their bytes: an error or other candles, but no
// panic.
func TestArrowDamage(t *testing.T) {
	columns := append(arrowPrices(), timesOf(&arrow.TimestampType{Unit: arrow.Second}, 0, 60, 120))
	for _, o := range [][]ipc.Option{nil, {ipc.WithZstd()}} {
		whole := arrowBytes(t, true, columns, o...)
		footer := int(binary.LittleEndian.Uint32(whole[len(whole)-10:])) + 18 // with the stream's end before it
		for i := 1; i < len(whole)-footer; i += 5 {
			read := func(b []byte) error {
				_, _, err := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(b)}.Collect(t.Context(), 1)
				return err
			}
			if err := read(whole[:i]); err == nil {
				t.Errorf("cut at %d: no error", i)
			}
			damaged := bytes.Clone(whole)
			damaged[i] ^= byte(1 + i%255)
			_ = read(damaged)
		}
	}
}

// TestArrowHostile refuses what would make its reader ask for more memory than there
// is.
func TestArrowHostile(t *testing.T) {
	whole := arrowBytes(t, false, append(arrowPrices(), timesOf(&arrow.TimestampType{Unit: arrow.Second}, 0, 60, 120)))
	before := allocated()
	for i := 0; i+8 <= len(whole); i += 4 {
		for _, n := range []uint64{1<<31 - 1, 1<<32 - 1, 1<<62 + 8} {
			damaged := bytes.Clone(whole)
			binary.LittleEndian.PutUint64(damaged[i:], n)
			_, _, _ = Data{Paths: []string{"-"}, Stdin: bytes.NewReader(damaged)}.Collect(t.Context(), 1)
		}
	}
	if used := allocated() - before; used > 4<<30 { // a few MiB for each
		t.Errorf("%d MiB allocated", used>>20)
	}
}

// TestHiveFolders reads the values that stand in the path of a file as its columns.
func TestHiveFolders(t *testing.T) {
	dir := t.TempDir()
	type row struct {
		Time  int64   `parquet:"timestamp,timestamp(millisecond)"`
		Open  float64 `parquet:"open"`
		High  float64 `parquet:"high"`
		Low   float64 `parquet:"low"`
		Close float64 `parquet:"close"`
	}
	var paths []string
	for i, folder := range []string{
		"symbol=AAPL/year=1970/month=01", "symbol=AAPL/year=1970/month=02", "symbol=BTC%2FUSDT/timeframe=1h/year=1970",
	} {
		full := filepath.Join(dir, filepath.FromSlash(folder))
		if err := os.MkdirAll(full, 0o700); err != nil {
			t.Fatal(err)
		}
		at := int64(3_600_000 * (i + 1))
		b := mustRead(t, parquetOf(t, []row{{at, 1, 2, 0.5, 1}, {at + 60_000, 1, 2, 0.5, 1}}))
		paths = append(paths, write(t, full, "part-0.parquet", b))
	}
	tapes, report := collect(t, Data{Paths: paths})
	want := "AAPL 1m 4 3600:1,2,0.5,1,0 7260:1,2,0.5,1,0\nBTC/USDT 1h 2 10800:1,2,0.5,1,0 10860:1,2,0.5,1,0\n"
	if got := strings.ReplaceAll(show(tapes), " 3660:1,2,0.5,1,0 7200:1,2,0.5,1,0", ""); got != want {
		t.Errorf("got\n%swant\n%s%v", got, want, report)
	}
}

// TestParquetLevels reads the columns of a frame whose columns have two levels.
func TestParquetLevels(t *testing.T) {
	tapes, report := collect(t, Data{Paths: []string{"testdata/parquet/frames/levels.parquet"}})
	want := "A 1d 2 86400:1.5,1.5,1.5,1.5,0 172800:2.5,2.5,2.5,2.5,0\nB 1d 1 172800:1.5,1.5,1.5,1.5,0\n"
	if got := short(tapes); got != want || len(report.Skipped) > 0 {
		t.Errorf("got\n%swant\n%s%v", got, want, report)
	}
}

// short is show with every candle once.
func short(tapes []Tape) string {
	var b strings.Builder
	for i := range tapes {
		t := &tapes[i]
		fmt.Fprintf(&b, "%s %d", t.Key, t.Block.Len())
		for k := range t.Block.Len() {
			c := t.Block.At(k)
			fmt.Fprintf(&b, " %d:%v,%v,%v,%v,%v", c.Time/1e9, c.Open, c.High, c.Low, c.Close, c.Volume)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// FuzzArrow gives damaged tables: no panic, and bounded memory.
func FuzzArrow(f *testing.F) {
	columns := append(arrowPrices(), timesOf(&arrow.TimestampType{Unit: arrow.Second}, 0, 60, 120))
	for _, o := range [][]ipc.Option{nil, {ipc.WithLZ4()}, {ipc.WithZstd()}} {
		f.Add(arrowBytes(f, false, columns, o...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := allocated()
		tapes, _, _ := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(b)}.Collect(t.Context(), 1)
		if used := allocated() - before; used > 512<<20 {
			t.Errorf("%d MiB allocated for %d bytes", used>>20, len(b))
		}
		for i := range tapes {
			holdOrder(t, &tapes[i].Block)
		}
	})
}

package history

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"streamd/candle"
	"streamd/history/layout"
	"streamd/internal/seed"
)

// TestRandomLayouts writes random candles in random layouts: they are read back bit by bit, or the file is refused.
// STREAMD_LAYOUTS says how many.
func TestRandomLayouts(t *testing.T) {
	rounds := 300
	if text := os.Getenv("STREAMD_LAYOUTS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	rng := seed.Rand(t)
	refused := map[string]int{}
	for round := range rounds {
		w := newRandomLayout(rand.New(rand.NewPCG(rng.Uint64(), 1)))
		d := Data{Layout: w.flags, Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
		for i, text := range w.files() {
			path := filepath.Join(dir, w.names[i])
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			d.Paths = append(d.Paths, path)
		}
		tapes, report, err := d.Collect(t.Context(), 1)
		for i := range tapes {
			if tapes[i].Err != nil && err == nil {
				err = tapes[i].Err
			}
		}
		for _, e := range report.Errors {
			err = e
		}
		if err != nil {
			refused[reasonWords(err.Error())]++
			continue
		}
		if got, want := showBars(tapes), w.want(); got != want {
			text, _ := os.ReadFile(d.Paths[0])
			t.Fatalf("round %d: flags %v, %v %v\n%.1500s\ngot\n%.1500swant\n%.1500s", round, w.flags,
				report.LeftOut, report.Notes,
				text, got, want)
		}
	}
	all := 0
	for reason, n := range refused {
		t.Logf("%d refused: %s", n, reason)
		all += n
	}
	t.Logf("%d of %d layouts refused", all, rounds)
	if all*5 > rounds {
		t.Errorf("more than a fifth is refused: %d of %d", all, rounds)
	}
}

// reasonWords is an error without what differs from file to file.
func reasonWords(text string) string {
	_, text, _ = strings.Cut(text, ErrUndecodable.Error())
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	words = slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789\"") })
	return strings.Join(words[:min(len(words), 12)], " ")
}

func showBars(tapes []Tape) string {
	var b strings.Builder
	for i := range tapes {
		for k := range tapes[i].Block.Len() {
			fmt.Fprintln(&b, tapes[i].Key.Symbol, tapes[i].Block.At(k))
		}
	}
	return b.String()
}

// randomBar is a bar whose numbers are whole ones, in units of 10^-digits.
type randomBar struct {
	time   int64
	prices [4]int64
	volume int64
}

// randomLayout is a layout and the candles to write in it.
type randomLayout struct {
	r     *rand.Rand
	flags layout.FileLayout
	names []string // of the files

	symbols []string
	bars    [][]randomBar
	step    time.Duration
	digits  int

	delimiter string
	decimal   string
	thousands string
	quoted    bool
	header    []string // by field
	order     []int    // fields by column
	column    bool     // a column has the symbol
	volume    bool
	japanese  bool
	json      bool
	lines     func(rows [][]string) [][]string // the order of rows
	when      func(ns int64) (date, clock string)
	clock     bool
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func newRandomLayout(r *rand.Rand) *randomLayout {
	w := &randomLayout{r: r, step: pick(r, time.Minute, 5*time.Minute, time.Hour, 24*time.Hour), digits: r.IntN(6)}
	w.drawBars()
	w.drawTimes()
	w.delimiter = pick(r, ",", ",", ";", "\t", "|")
	w.decimal = "."
	w.quoted = r.IntN(5) == 0
	if w.decimal = pick(r, ".", ".", ","); w.decimal == "," && w.delimiter == "," {
		w.quoted = true
	}
	if r.IntN(5) == 0 && (w.quoted || w.delimiter != ",") {
		w.thousands = map[string]string{".": ",", ",": "."}[w.decimal]
	}
	if w.volume = r.IntN(4) > 0; w.digits == 0 && !w.volume {
		w.thousands = "" // 910.421 is taken for a price with three digits after the decimal point, as those in yen have
	}
	w.json = r.IntN(8) == 0
	w.drawColumns()
	w.lines = pick(r, unchanged, unchanged, reversed, shuffled(r), withRepeats(r))
	if !w.column {
		for _, s := range w.symbols {
			w.names = append(w.names, s+pick(r, ".csv", ".txt", ".tsv", ".json"))
		}
	} else {
		w.names = []string{"all" + pick(r, ".csv", ".tsv")}
	}
	return w
}

// drawBars draws symbols and their candles, with holes.
func (w *randomLayout) drawBars() {
	r := w.r
	w.symbols = pick(r, []string{"AAA"}, []string{"BTC-USD"}, []string{"AAA", "BB.L"}, []string{"A", "B", "C"})
	start := time.Date(pick(r, 1995, 2003, 2012, 2023), pick(r, time.January, time.June, time.July, time.December),
		1+r.IntN(20), 0, 0, 0, 0, time.UTC)
	for range w.symbols {
		n, level := 4+r.IntN(40), int64(100+r.IntN(5_000_000))
		var bars []randomBar
		for i := range n {
			if i > 2 && r.IntN(10) == 0 {
				continue
			}
			at := start.Add(time.Duration(i) * w.step)
			b := randomBar{time: at.UnixNano(), volume: r.Int64N(1_000_000)}
			for k := range b.prices {
				b.prices[k] = level + r.Int64N(level/10+1)
			}
			o, h, l, c := b.prices[0], b.prices[1], b.prices[2], b.prices[3]
			b.prices = [4]int64{o, max(o, h, l, c), min(o, h, l, c), c}
			bars = append(bars, b)
		}
		w.bars = append(w.bars, bars)
	}
}

// drawTimes draws how times are written, and the flags that this needs.
func (w *randomLayout) drawTimes() {
	r := w.r
	zone := time.UTC
	daily := w.step == 24*time.Hour
	if r.IntN(4) == 0 && !daily {
		w.flags.Timezone = pick(r, "America/New_York", "Asia/Tokyo", "Europe/Berlin")
		var err error
		if zone, err = time.LoadLocation(w.flags.Timezone); err != nil {
			panic(err)
		}
	}
	if r.IntN(6) == 0 {
		w.flags.Stamp = "end"
	}
	stamp := func(ns int64) time.Time {
		if w.flags.Stamp == "end" {
			ns += int64(w.step)
		}
		return time.Unix(0, ns).In(zone)
	}
	goTime := func(format string) func(int64) (string, string) {
		return func(ns int64) (string, string) { return stamp(ns).Format(format), "" }
	}
	if unit := pick(r, 0, 0, 0, int64(time.Second), int64(time.Millisecond), int64(time.Microsecond), 1); unit > 0 {
		w.when = func(ns int64) (string, string) { return strconv.FormatInt(stamp(ns).UnixNano()/unit, 10), "" }
		return
	}
	date := pick(r, "2006-01-02", "2006/01/02", "2006.01.02", "20060102", "02.01.2006", "02/01/2006", "01/02/2006",
		"2-Jan-2006", "Jan 2, 2006", "2006年01月02日")
	if date == "02/01/2006" || date == "01/02/2006" {
		w.flags.TimeFormat = map[string]string{"02/01/2006": "dmy", "01/02/2006": "mdy"}[date]
		if r.IntN(2) == 0 {
			w.flags.TimeFormat = "" // to be told by the dates, or refused
		}
	}
	clock := pick(r, "15:04", "15:04:05", "15:04:05.000", "3:04 PM", "3:04:05 PM")
	switch {
	case daily:
		w.when = goTime(date)
	case r.IntN(4) == 0:
		w.clock = true
		if date != "2006年01月02日" && r.IntN(3) == 0 {
			clock = "150405"
		}
		w.when = func(ns int64) (string, string) { return stamp(ns).Format(date), stamp(ns).Format(clock) }
	case r.IntN(4) == 0:
		w.when = goTime(pick(r, "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05-07:00", "20060102150405"))
	default:
		w.when = goTime(date + " " + clock)
	}
}

// drawColumns draws which columns there are, their names and their order.
func (w *randomLayout) drawColumns() {
	r := w.r
	w.column = len(w.symbols) > 1 && r.IntN(2) == 0
	fields := []int{layout.Time, layout.Open, layout.High, layout.Low, layout.Close}
	if w.volume {
		fields = append(fields, layout.Volume)
	}
	if w.clock {
		fields = slices.Insert(fields, 1, layout.Clock)
	}
	if w.column {
		fields = slices.Insert(fields, 0, layout.Symbol)
	}
	w.order = fields
	if r.IntN(4) == 0 {
		return // no header
	}
	w.header = pick(r,
		[]string{"Symbol", "", "Date", "Time", "Open", "High", "Low", "Close", "Volume"},
		[]string{"ticker", "", "date", "time", "open", "high", "low", "close", "vol"},
		[]string{"<TICKER>", "", "<DATE>", "<TIME>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<VOL>"},
		[]string{"Code", "", "Datum", "Uhrzeit", "Erster", "Hoch", "Tief", "Schlusskurs", "Stuecke"},
		[]string{"symbol", "", "date", "clock", "1. open", "2. high", "3. low", "4. close", "5. volume"},
		[]string{"Name", "", "Date", "Time", "X.Open", "X.High", "X.Low", "X.Close", "X.Volume"},
		[]string{"代码", "", "日期", "时间", "开盘", "最高", "最低", "收盘", "成交量"},
		[]string{"銘柄コード", "", "日付", "時刻", "始値", "高値", "安値", "終値", "出来高"},
		[]string{"종목코드", "", "날짜", "시간", "시가", "고가", "저가", "종가", "거래량"},
	)
	w.japanese = w.header[2] == "日付"
	if r.IntN(2) == 0 {
		r.Shuffle(len(w.order), func(i, j int) { w.order[i], w.order[j] = w.order[j], w.order[i] })
	}
}

// number writes a whole number of units as a decimal.
func (w *randomLayout) number(v int64, digits int) string {
	text := fmt.Sprintf("%0*d", digits+1, v)
	whole, fraction := text[:len(text)-digits], text[len(text)-digits:]
	if w.thousands != "" {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + w.thousands + whole[i:]
		}
	}
	if digits == 0 {
		return whole
	}
	return whole + w.decimal + fraction
}

func (w *randomLayout) row(s int, b *randomBar) []string {
	date, clock := w.when(b.time)
	cells := map[int]string{
		layout.Symbol: w.symbols[s], layout.Time: date, layout.Clock: clock, layout.Volume: w.number(b.volume, 0),
	}
	for k, v := range b.prices {
		cells[layout.Open+k] = w.number(v, w.digits)
	}
	var row []string
	for _, field := range w.order {
		row = append(row, cells[field])
	}
	return row
}

// files returns the texts of all files.
func (w *randomLayout) files() [][]byte {
	var files [][]byte
	var rows [][]string
	for s := range w.symbols {
		for i := range w.bars[s] {
			rows = append(rows, w.row(s, &w.bars[s][i]))
		}
		if !w.column || s == len(w.symbols)-1 {
			files = append(files, w.text(w.lines(rows)))
			rows = nil
		}
	}
	return files
}

func (w *randomLayout) text(rows [][]string) []byte {
	var b bytes.Buffer
	var names []string
	if w.header != nil {
		for _, field := range w.order {
			names = append(names, w.header[field])
		}
	}
	if w.json {
		w.jsonText(&b, names, rows)
		return b.Bytes()
	}
	end := pick(w.r, "\n", "\n", "\r\n")
	for range w.r.IntN(4) / 2 * 2 {
		b.WriteString("# made by a random test" + end)
	}
	if names != nil {
		b.WriteString(strings.Join(names, w.delimiter) + end)
	}
	for _, row := range rows {
		if w.quoted || w.delimiter == "," && slices.ContainsFunc(row,
			func(s string) bool { return strings.Contains(s, ",") }) {
			row = slices.Clone(row)
			for i := range row {
				row[i] = `"` + row[i] + `"`
			}
		}
		b.WriteString(strings.Join(row, w.delimiter) + end)
	}
	return w.encoded(b.Bytes())
}

func (w *randomLayout) encoded(text []byte) []byte {
	encoder := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	switch w.r.IntN(6) {
	case 0:
		return append([]byte("\ufeff"), text...)
	case 1:
	case 2:
		if !w.japanese {
			return text
		}
		encoder = japanese.ShiftJIS.NewEncoder()
	default:
		return text
	}
	coded, err := encoder.Bytes(text)
	if err != nil {
		return text
	}
	return coded
}

// jsonText writes rows as an array of objects or arrays.
func (w *randomLayout) jsonText(b *bytes.Buffer, names []string, rows [][]string) {
	b.WriteString("[")
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, text := range row {
			if cells[k] = strconv.Quote(text); names != nil {
				cells[k] = strconv.Quote(names[k]) + ":" + cells[k]
			}
		}
		open, end := "[", "]"
		if names != nil {
			open, end = "{", "}"
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(open + strings.Join(cells, ",") + end)
	}
	b.WriteString("]")
}

// want is what showBars says of the candles.
func (w *randomLayout) want() string {
	var b strings.Builder
	for s, symbol := range w.symbols {
		for i := range w.bars[s] {
			bar := &w.bars[s][i]
			var v [4]float64
			for k := range v {
				text := fmt.Sprintf("%de-%d", bar.prices[k], w.digits)
				v[k], _ = strconv.ParseFloat(text, 64)
			}
			c := candle.Candle{Time: bar.time, Open: v[0], High: v[1], Low: v[2], Close: v[3]}
			if w.volume {
				c.Volume = float64(bar.volume)
			}
			fmt.Fprintln(&b, symbol, c)
		}
	}
	return b.String()
}

func unchanged(rows [][]string) [][]string { return rows }

func reversed(rows [][]string) [][]string {
	rows = slices.Clone(rows)
	slices.Reverse(rows)
	return rows
}

func shuffled(r *rand.Rand) func(rows [][]string) [][]string {
	return func(rows [][]string) [][]string {
		rows = slices.Clone(rows)
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		return rows
	}
}

func withRepeats(r *rand.Rand) func(rows [][]string) [][]string {
	return func(rows [][]string) [][]string {
		at := r.IntN(len(rows))
		return append(slices.Clone(rows[:at+1]), rows[max(at-2, 0):]...)
	}
}

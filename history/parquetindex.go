package history

import (
	"context"

	"streamd/candle"
	"streamd/history/layout"
	"streamd/stream"
)

// parquetContents finds out what a Parquet file holds by its columns of symbols
// and timeframes alone.
func parquetContents(ctx context.Context, d *Data, in *input) (*contents, error) {
	p, err := openParquet(ctx, in)
	if err != nil {
		return nil, err
	}
	defer p.closer.Close()
	if !p.plain(d, in) {
		p.planned(p.all)
		return p.collectText(ctx, d, in)
	}
	p.narrow(d)
	p.planned(p.columns[:])
	x := parquetIndex{file: p, in: in, texts: textTable{places: map[string]int32{}}, places: map[[2]int32]int{}}
	if p.columns[fieldSymbol] == nil || d.SymbolFrom != nil {
		if x.name, err = in.symbol(d); err != nil {
			return nil, err
		}
		if err := candle.CheckSymbol([]byte(x.name)); err != nil {
			return nil, err
		}
	}
	mixed := false
	err = guard(func() error {
		defer x.close()
		var err error
		mixed, err = x.read(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if mixed {
		return x.collect(ctx, d)
	}
	x.cut(d)
	return x.noted(d), nil
}

// noted says what was taken for granted.
func (x *parquetIndex) noted(d *Data) *contents {
	if x.file.naive() {
		x.c.notes = append(x.c.notes, layout.NoteNaive)
	}
	return &x.c
}

// parquetIndex finds the runs of a Parquet file.
type parquetIndex struct {
	file   *parquetFile
	in     *input
	name   string // the symbol of all rows, where no column has it
	texts  textTable
	keys   [2]columnReader[int32] // of symbols and timeframes; without a column where there is none
	c      contents
	places map[[2]int32]int // of the texts' numbers in c.keys
	runs   []run
}

// noText is the number of a null, and of a column that is not there.
const noText = -1

// rowsBetween is how many rows are read between two looks at the context.
const rowsBetween = 8192

// begin starts the columns of symbols and timeframes at the first row.
func (x *parquetIndex) begin() {
	for i, field := range [...]int{fieldSymbol, fieldTimeframe} {
		if field == fieldSymbol && x.name != "" {
			continue
		}
		if c := x.file.columns[field]; c != nil {
			x.keys[i] = columnReader[int32]{file: x.file, column: c, decode: x.texts.codes, null: noText}
		}
	}
}

func (x *parquetIndex) close() {
	for i := range x.keys {
		x.keys[i].close()
	}
}

// read goes through all rows, and reports whether the series take turns.
func (x *parquetIndex) read(ctx context.Context) (mixed bool, err error) {
	x.begin()
	if x.keys[0].column == nil && x.keys[1].column == nil {
		x.runs = append(x.runs, run{series: x.place([2]int32{noText, noText}), rows: int(x.file.NumRows())})
		return false, nil
	}
	last := [2]int32{-2, -2}
	for row, end := 0, int(x.file.NumRows()); row < end; {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		codes, n, err := x.take(end - row)
		if err != nil {
			return false, err
		}
		for i := 0; i < n; {
			key := [2]int32{codes[0][min(i, len(codes[0])-1)], codes[1][min(i, len(codes[1])-1)]}
			if key != last {
				last = key
				x.runs = append(x.runs, run{series: x.place(key)})
				if len(x.runs) > runsMixed && row+i < len(x.runs)*linesPerMixed {
					return true, nil
				}
			}
			same := min(sameFrom(codes[0], i, n), sameFrom(codes[1], i, n))
			x.runs[len(x.runs)-1].rows += same - i
			i = same
		}
		row += n
	}
	return false, nil
}

// sameFrom returns the first place behind i, n at most, whose value is another.
// A single value stands for all.
func sameFrom(codes []int32, i, n int) int {
	if len(codes) == 1 {
		return n
	}
	c := codes[i]
	for i++; i < n && codes[i] == c; i++ {
		continue
	}
	return i
}

// noTexts stands for the values of a column that is not there.
var noTexts = []int32{noText}

// take returns the numbers of the texts of the next rows, and how many these
// are; they are valid until the next call.
func (x *parquetIndex) take(most int) (codes [2][]int32, n int, err error) {
	n = min(most, rowsBetween)
	for i := range x.keys {
		codes[i] = noTexts
		if x.keys[i].column == nil {
			continue
		}
		if n, err = x.keys[i].ready(n); err != nil {
			return codes, 0, err
		}
	}
	for i := range x.keys {
		if x.keys[i].column != nil {
			if codes[i], err = x.keys[i].take(n); err != nil {
				return codes, 0, err
			}
		}
	}
	return codes, n, nil
}

// codes reads the numbers of the texts of the next rows.
func (x *parquetIndex) codes(n int, into [2][]int32) ([2][]int32, error) {
	var err error
	for i := range x.keys {
		into[i] = into[i][:0]
		if x.keys[i].column == nil {
			for range n {
				into[i] = append(into[i], noText)
			}
			continue
		}
		if into[i], err = x.keys[i].read(n, into[i]); err != nil {
			return into, err
		}
	}
	return into, nil
}

// place returns the place of a series among the keys. Rows without a good
// symbol or timeframe are a series without a name, which nobody wants.
func (x *parquetIndex) place(codes [2]int32) int {
	i, ok := x.places[codes]
	if !ok {
		i = len(x.c.keys)
		x.places[codes] = i
		x.c.keys = append(x.c.keys, x.key(codes))
	}
	return i
}

func (x *parquetIndex) key(codes [2]int32) candle.Series {
	symbol, timeframe := x.name, ""
	if codes[0] >= 0 {
		symbol = x.texts.texts[codes[0]]
	}
	if codes[1] >= 0 {
		timeframe = x.texts.texts[codes[1]]
	}
	key, ok := seriesKey([]byte(symbol), []byte(timeframe))
	if !ok {
		return candle.Series{}
	}
	return key
}

// cut makes a unit of the runs that begin in the same row group.
func (x *parquetIndex) cut(d *Data) {
	groups := x.file.Metadata().RowGroups
	row, first, end, group := int64(0), 0, int64(0), 0
	if len(groups) > 0 {
		end = groups[0].NumRows
	}
	start := int64(0)
	flush := func(to int) {
		if first < to {
			in, at := x.in, start
			x.c.units = append(x.c.units, unit{
				runs: x.runs[first:to:to],
				open: func(ctx context.Context) (runReader, error) {
					return openRuns(ctx, d, in, at)
				},
			})
		}
	}
	for i := range x.runs {
		r := &x.runs[i]
		for row >= end && group+1 < len(groups) {
			flush(i)
			first, start = i, row
			group++
			end += groups[group].NumRows
		}
		if x.c.keys[r.series].Symbol == "" {
			x.c.skipped += r.rows
		}
		row += int64(r.rows)
	}
	flush(len(x.runs))
}

// collect reads a whole file whose series take turns.
func (x *parquetIndex) collect(ctx context.Context, d *Data) (*contents, error) {
	rows, err := openRuns(ctx, &Data{}, x.in, 0)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	defer rows.close()
	into := newCollector(d)
	var names [][]byte // of the keys
	err = guard(func() error {
		defer x.close()
		x.begin()
		var codes [2][]int32
		var block stream.Block
		columns := rows.(*parquetRuns)
		for row, end := 0, int(x.file.NumRows()); row < end; {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			n := min(rowsBetween, end-row)
			if codes, err = x.codes(n, codes); err != nil {
				return err
			}
			block.Reset()
			if err := columns.columns(&run{rows: n}, &block); err != nil {
				return err
			}
			for i := range n {
				place := x.place([2]int32{codes[0][i], codes[1][i]})
				for len(names) < len(x.c.keys) {
					names = append(names, []byte(x.c.keys[len(names)].Symbol))
				}
				bar := block.At(i)
				into.add(names[place], x.c.keys[place].Timeframe, &bar)
			}
			row += n
		}
		return nil
	})
	return &into.c, err
}

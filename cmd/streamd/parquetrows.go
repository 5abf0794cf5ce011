package main

import (
	"io"
	"math"

	"streamd/replay"
	"streamd/stream"
)

// matchesParquet writes the columns of matchesCSV as a Parquet file.
func matchesParquet(w io.Writer, matches []stream.Match) error {
	columns := []tableColumn{
		{"timestamp", timeColumn},
		{"symbol", textColumn},
		{"timeframe", textColumn},
		{"formula", textColumn},
		{"open", numberColumn},
		{"high", numberColumn},
		{"low", numberColumn},
		{"close", numberColumn},
		{"volume", numberColumn},
	}
	names := valueNames(matches)
	for _, name := range names {
		columns = append(columns, tableColumn{name, numberColumn})
	}
	t, err := newParquetTable(w, columns)
	if err != nil {
		return err
	}
	for i := range matches {
		m := &matches[i]
		t.begin()
		t.time(m.Candle.Time)
		t.text(m.Series.Symbol)
		t.text(m.Series.Timeframe.String())
		t.text(m.Formula().Name)
		for _, v := range [...]float64{m.Candle.Open, m.Candle.High, m.Candle.Low, m.Candle.Close, m.Candle.Volume} {
			t.value(v)
		}
		for _, name := range names {
			v, ok := m.Value(name)
			if !ok {
				v = math.NaN()
			}
			t.value(v)
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	return t.close()
}

// tradesParquet writes the columns of tradesCSV as a Parquet file.
func tradesParquet(w io.Writer, trades []replay.Trade) error {
	t, err := newParquetTable(w, []tableColumn{
		{"symbol", textColumn},
		{"side", textColumn},
		{"entry_time", timeColumn},
		{"entry_price", numberColumn},
		{"exit_time", timeColumn},
		{"exit_price", numberColumn},
		{"size", numberColumn},
		{"pnl", numberColumn},
		{"return", numberColumn},
		{"bars", numberColumn},
		{"exit_reason", textColumn},
		{"mae", numberColumn},
		{"mfe", numberColumn},
	})
	if err != nil {
		return err
	}
	for i := range trades {
		x := &trades[i]
		t.begin()
		t.text(x.Symbol)
		t.text(string(x.Side))
		t.time(x.EntryTime.UnixNano())
		t.value(x.EntryPrice)
		t.time(x.ExitTime.UnixNano())
		for _, v := range [...]float64{x.ExitPrice, x.Size, x.PnL, x.Return, float64(x.Bars)} {
			t.value(v)
		}
		t.text(string(x.ExitReason))
		t.value(x.MAE)
		t.value(x.MFE)
		if err := t.end(); err != nil {
			return err
		}
	}
	return t.close()
}

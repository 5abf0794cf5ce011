package layout_test

import (
	"testing"

	"streamd/history/layout"
)

// FuzzSniff gives any text for a table: no panic, and a layout that names columns of its own.
func FuzzSniff(f *testing.F) {
	for _, text := range []string{
		"date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n",
		"Datum;Uhrzeit;Erster;Hoch;Tief;Schluss\n02.01.2024;09:30;1,5;2;1;1,75\n",
		"1704186000,1,2,0.5,1.5,10\n1704186060,1,2,0.5,1.5,10\n",
		"Price,Close,Close,High,High,Low,Low,Open,Open\nTicker,A,B,A,B,A,B,A,B\nDate,,,,,,,,\n2024-01-02,1,2,1,2,1,2,1,2\n",
		"sep=;\nts_event;open;high;low;close\n1704186000000000000;10000000000;10000000000;10000000000;10000000000\n",
		"A 01/02/2024 9:30 PM 1,234 1,234 1,234 1,234\n",
	} {
		f.Add([]byte(text), true, "", "")
	}
	f.Fuzz(func(t *testing.T, text []byte, whole bool, format, column string) {
		want := &layout.FileLayout{TimeFormat: format}
		if column != "" {
			want.Columns = map[string]string{"close": column}
		}
		if want.Check() != nil {
			return
		}
		layout.SniffEncoding(text)
		y, err := layout.Sniff(text, whole, want)
		if err != nil {
			return
		}
		for field, at := range y.At {
			if y.Names != nil && at >= len(y.Names) && column == "" {
				t.Errorf("%s is column %d of %d", layout.FieldNames[field], at, len(y.Names))
			}
		}
		e := y.Explicit()
		if err := e.Check(); err != nil {
			t.Errorf("%v: %+v", err, e)
		}
	})
}

package history

import (
	"os"
	"testing"
)

// BenchmarkTapes reads the file that STREAMD_DATA names, as 1d candles and
// without looking at them.
func BenchmarkTapes(b *testing.B) {
	path := os.Getenv("STREAMD_DATA")
	if path == "" {
		b.Skip("STREAMD_DATA names no file")
	}
	for b.Loop() {
		rows := make([]int, 2)
		_, err := Data{Paths: []string{path}}.Tapes(b.Context(), 2, func(w int, t *Tape) error {
			rows[w] += t.Block.Len()
			return t.Err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rows[0]+rows[1]), "rows")
	}
}

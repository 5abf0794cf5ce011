package history

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"streamd/internal/seed"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// TestMutations reads files that are damaged at random: no panic, bounded memory, and
// candles that are good. STREAMD_MUTATIONS says how many of each kind.
func TestMutations(t *testing.T) {
	n := 300
	if text := os.Getenv("STREAMD_MUTATIONS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	columns := append(arrowPrices(), timesOf(&arrow.TimestampType{Unit: arrow.Second}, 0, 60, 120))
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(twoSeries)
	kinds := map[string][][]byte{
		"parquet": {
			smallParquet(6), smallParquet(6, parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)),
			smallParquet(6, parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(64)),
		},
		"arrow": {
			arrowBytes(t, false, columns), arrowBytes(t, true, columns, ipc.WithLZ4()),
			arrowBytes(t, false, columns, ipc.WithZstd()),
		},
		"text":   {text, []byte(`[{"date":"2024-01-01","open":1,"high":2,"low":0.5,"close":1.5,"volume":3}]`)},
		"packed": {gzipped(t, text), z.EncodeAll(text, nil), zipped(t, map[string][]byte{"a.csv": text})},
	}
	rng := seed.Rand(t)
	path := write(t, t.TempDir(), "f", nil)
	for name, seeds := range kinds {
		t.Run(name, func(t *testing.T) {
			for range n {
				b := mutated(rng, seeds[rng.IntN(len(seeds))])
				d := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(b)}
				if name == "packed" { // archives are read from files only
					if err := os.WriteFile(path, b, 0o600); err != nil {
						t.Fatal(err)
					}
					d = Data{Paths: []string{path}}
				}
				before := allocated()
				tapes, _, _ := d.Collect(t.Context(), 1)
				if used := allocated() - before; used > 512<<20 {
					t.Fatalf("%d MiB allocated for %q", used>>20, b)
				}
				for i := range tapes {
					holdOrder(t, &tapes[i].Block)
				}
			}
		})
	}
}

// mutated returns bytes with some of them changed, left out or repeated.
func mutated(rng *rand.Rand, of []byte) []byte {
	b := bytes.Clone(of)
	for range 1 + rng.IntN(4) {
		if len(b) < 2 {
			return b
		}
		at := rng.IntN(len(b))
		to := min(len(b), at+1+rng.IntN(16))
		switch rng.IntN(5) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b[at] = byte(rng.Uint32())
		case 2:
			b = append(b[:at:at], b[to:]...)
		case 3:
			b = append(b[:to:to], b[at:]...)
		case 4:
			for i := at; i < to; i++ {
				b[i] = []byte{0, 0x7f, 0x80, 0xff}[rng.IntN(4)]
			}
		}
	}
	return b
}

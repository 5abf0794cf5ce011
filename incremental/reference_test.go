package incremental_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"streamd/incremental"
)

// The reference vectors were made with TA-Lib C 0.8.1; testdata/manifest.json
// has their checksums.

type vectorFile struct {
	Function string       `json:"function"`
	Cases    []vectorCase `json:"cases"`
}

type vectorCase struct {
	Series  string              `json:"series"`
	Scaled  bool                `json:"scaled_inputs"`
	Params  map[string]float64  `json:"params"`
	Look    int                 `json:"lookback"`
	Outputs map[string][]number `json:"outputs"`
}

func (c vectorCase) name() string {
	var ps []string
	for k, v := range c.Params {
		ps = append(ps, fmt.Sprintf("%s=%v", k, v))
	}
	sort.Strings(ps)
	return strings.TrimSpace(c.Series + " " + strings.Join(ps, " "))
}

// number is a JSON number, null (na) or "inf".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch s := strings.Trim(string(b), `"`); s {
	case "null":
		*n = number(math.NaN())
	case "inf":
		*n = number(math.Inf(1))
	case "-inf":
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

func readGzipJSON(t testing.TB, path string, into any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// talibFunction is TA-Lib's own description of a function.
type talibFunction struct {
	Name       string
	Inputs     []string // columns, in TA-Lib's order
	Parameters []struct {
		Name     string
		Default  float64
		Type     string
		Min, Max *float64
	}
	Outputs  []string
	Lookback int
}

type reference struct {
	series    map[string]map[string][]number
	catalogue map[string]talibFunction
}

func loadReference(t testing.TB) reference {
	var r reference
	readGzipJSON(t, "testdata/series.json.gz", &r.series)
	raw, err := os.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []talibFunction
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	r.catalogue = map[string]talibFunction{}
	for _, f := range list {
		r.catalogue[f.Name] = f
	}
	return r
}

// columns returns the inputs of a case in the row's order: the reals by
// TA-Lib's catalogue, the prices by kind.
func (r reference) columns(row *incremental.Row, c vectorCase) [][]float64 {
	src := map[string][]float64{}
	for name, col := range r.series[c.Series] {
		x := make([]float64, len(col))
		peak := 0.0
		for i, v := range col {
			x[i] = float64(v)
			peak = max(peak, math.Abs(x[i]))
		}
		if c.Scaled { // ACOS and ASIN take [-1, 1]; COSH, SINH, EXP [-5, 5]
			factor := 5.0
			if row.TALib == "ACOS" || row.TALib == "ASIN" {
				factor = 1
			}
			for i := range x {
				x[i] = x[i] / peak
				if factor != 1 {
					x[i] *= factor
				}
			}
		}
		src[name] = x
	}
	names := r.catalogue[row.TALib].Inputs
	var cols [][]float64
	reals := 0
	for _, in := range row.Inputs {
		switch in {
		case incremental.Open:
			cols = append(cols, src["open"])
		case incremental.High:
			cols = append(cols, src["high"])
		case incremental.Low:
			cols = append(cols, src["low"])
		case incremental.Close:
			cols = append(cols, src["close"])
		case incremental.Volume:
			cols = append(cols, src["volume"])
		case incremental.Scale: // prices show theirs
			cols = append(cols, make([]float64, len(src["close"])))
		default:
			cols = append(cols, src[names[reals]])
			reals++
		}
	}
	return cols
}

// args returns the row's arguments of a case: TA-Lib's names, defaults where
// the case has none.
func (c vectorCase) args(t testing.TB, row *incremental.Row) incremental.Args {
	a := row.Defaults()
	for name, v := range c.Params {
		found := false
		for i, p := range row.Params {
			if p.Name == name {
				a[i].Num, found = v, true
			}
		}
		if !found {
			t.Fatalf("%s has no parameter %s", row.Name, name)
		}
	}
	return a
}

func loadVectors(t testing.TB, function string) vectorFile {
	var v vectorFile
	readGzipJSON(t, filepath.Join("testdata", "talib", function+".json.gz"), &v)
	if len(v.Cases) == 0 {
		t.Fatalf("%s: no cases", function)
	}
	return v
}

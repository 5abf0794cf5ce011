package history

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignFormats says how a file that is not read becomes one that is, by its
// content, whatever it is called.
func TestForeignFormats(t *testing.T) {
	dir := t.TempDir()
	pad := strings.Repeat("\x00", 100)
	for content, want := range map[string]string{
		"\x89HDF\r\n\x1a\n" + pad: "HDF5 is not read; convert it by: python -c " +
			`"import pandas; pandas.read_hdf('PATH')`,
		"\x80\x05\x95" + pad:        "pandas.read_pickle('PATH')",
		"\x93NUMPY\x01" + pad:       "numpy.load('PATH')",
		"\x5d\x00\x00\x80" + pad:    "bi5 of Dukascopy is not read",
		"FEA1" + pad:                "pandas.read_feather('PATH')",
		"ORC" + pad:                 "pandas.read_orc('PATH')",
		"SQLite format 3\x00" + pad: "sqlite3 -header -csv 'PATH' 'select * from TABLE' > PATH.csv",
		"12345678DUCK" + pad:        "duckdb 'PATH' \"copy TABLE to 'PATH.parquet'\"",
		"PK\x03\x04" + pad + "[Content_Types].xml" + "xl/": "pandas.read_excel('PATH')",
	} {
		for _, name := range []string{"f.csv", "f.h5", "f.parquet", "f"} {
			path := write(t, dir, name, []byte(content))
			want := strings.ReplaceAll(want, "PATH", filepath.Join(dir, name))
			tapes, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), want) || len(tapes) > 0 {
				t.Errorf("%s of %.6q: %v, want %s", name, content, err, want)
			}
		}
	}
}

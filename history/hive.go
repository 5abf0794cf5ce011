package history

import (
	"net/url"
	"path/filepath"
	"strings"
)

// folder is a value that stands in the path of a file, as in
// bars/symbol=AAPL/year=2024/part-0.parquet: Hive laid out tables so, and Spark,
// DuckDB, Polars and pyarrow do.
type folder struct{ name, value string }

// hiveNull is what Hive and Spark write for a null.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// foldersOf returns the values in a path, in its order.
func foldersOf(path string) []folder {
	parts := strings.Split(filepath.ToSlash(path), "/")
	var found []folder
	for _, part := range parts[:len(parts)-1] {
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" || value == hiveNull {
			continue
		}
		// What a path cannot hold is escaped as in a URL: symbol=BTC%2FUSDT.
		if text, err := url.PathUnescape(value); err == nil {
			value = text
		}
		if text, err := url.PathUnescape(name); err == nil {
			name = text
		}
		found = append(found, folder{name, value})
	}
	return found
}

// folders returns the values that stand in the input's path.
func (in *input) folders() []folder { return foldersOf(in.name) }

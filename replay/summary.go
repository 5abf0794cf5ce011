package replay

import (
	"time"

	"streamd/history"
)

// Summary is what a job found, as it is written to a file or printed as JSON.
type Summary struct {
	Symbols            int                              `json:"symbols"`
	SymbolsWithMatches int                              `json:"symbols_with_matches"`
	Matches            int                              `json:"matches"`
	BySymbol           map[string]int                   `json:"by_symbol"`
	ByDate             map[string]int                   `json:"by_date"`
	Errors             map[string]string                `json:"errors"`
	Skipped            map[string]int                   `json:"skipped"`
	LeftOut            map[string][]history.RowsLeftOut `json:"left_out,omitempty"`
	Notes              map[string][]string              `json:"notes,omitempty"`
	Cache              CacheStats                       `json:"cache"`
	Storage            *StorageTraffic                  `json:"storage,omitempty"` // nil without object storage
	Canceled           bool                             `json:"canceled"`
	TimeMs             int64                            `json:"time_ms"`
	Statistics         []SignalStats                    `json:"statistics,omitempty"`
}

// CacheStats is how often what was asked for was there already: columns, whole results of a series, and copies of
// files.
type CacheStats struct {
	Hits         int64   `json:"hits"`
	Misses       int64   `json:"misses"`
	HitRate      float64 `json:"hit_rate"`
	Bytes        int64   `json:"bytes"`
	ResultHits   int64   `json:"result_hits"`
	ResultMisses int64   `json:"result_misses"`

	Files history.CopyUse `json:"files"`
}

// StorageTraffic is what object storage was asked for.
type StorageTraffic struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
}

// Summary makes the summary of the totals and what was not read.
func (t *Totals) Summary(report history.Report, canceled bool, took time.Duration) Summary {
	s := Summary{
		Symbols: t.Symbols, SymbolsWithMatches: t.SymbolsWithMatches, Matches: t.Total,
		BySymbol: t.BySymbol, ByDate: t.ByDate, Errors: map[string]string{}, Skipped: map[string]int{},
		LeftOut: report.LeftOut, Notes: report.Notes, Canceled: canceled, TimeMs: took.Milliseconds(),
	}
	s.Cache.Files = report.Copies
	if report.Storage.Requests > 0 {
		traffic := StorageTraffic(report.Storage)
		s.Storage = &traffic
	}
	for symbol, err := range t.Errors {
		s.Errors[symbol] = err.Error()
	}
	for file, err := range report.Errors {
		s.Errors[file] = err.Error()
	}
	for file, n := range report.Skipped {
		s.Skipped[file] = n
	}
	return s
}

// Package scantest says what a scan finds, for tests that hold live runs to it.
package scantest

import (
	"context"
	"slices"

	"streamd/replay"
)

// Lines returns the matches of a scan as lines of JSON, sorted.
func Lines(ctx context.Context, job *replay.Job) ([]string, error) {
	results, _, err := replay.Scan(ctx, job)
	if err != nil {
		return nil, err
	}
	var lines []string
	for i := range results {
		for k := range results[i].Matches {
			lines = append(lines, string(results[i].Matches[k].AppendJSON(nil)))
		}
	}
	slices.Sort(lines)
	return lines, nil
}

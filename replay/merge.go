package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"streamd/history"
)

// MergeParts makes the part of the whole history of those of its shards, in whatever order they come. They must be of
// one task and the same files, and every shard must be there once; names say what errors call them.
func MergeParts(parts []*Part, names []string) (*Part, error) {
	first := parts[0]
	byShard := make([]*Part, first.Shard.Of)
	nameOf := make([]string, first.Shard.Of)
	for i, p := range parts {
		if p.Shard.Of != first.Shard.Of {
			return nil, fmt.Errorf("%s is shard %s and %s is shard %s: parts of one division only", names[0],
				first.Shard, names[i], p.Shard)
		}
		if other := differences(&first.Task, &p.Task); len(other) > 0 {
			return nil, fmt.Errorf("%s and %s are of different runs: they differ in %s", names[0], names[i],
				strings.Join(other, ", "))
		}
		if p.Report.InputsHash != first.Report.InputsHash {
			return nil, fmt.Errorf("%s read %d files and %s %d, not the same ones: every shard wants the same --data",
				names[0], first.Report.Inputs, names[i], p.Report.Inputs)
		}
		at := p.Shard.Index
		if at < 0 || at >= len(byShard) {
			return nil, fmt.Errorf("%s is shard %s, which is none", names[i], p.Shard)
		}
		if byShard[at] != nil {
			return nil, fmt.Errorf("%s and %s are both shard %s", nameOf[at], names[i], p.Shard)
		}
		byShard[at], nameOf[at] = p, names[i]
	}
	if lost := absent(byShard); len(lost) > 0 {
		return nil, fmt.Errorf("%d of %d shards missing: %s", len(lost), len(byShard), shortList(lost))
	}
	return union(byShard)
}

// absent returns the shards of which there is no part.
func absent(byShard []*Part) []string {
	var lost []string
	for i, p := range byShard {
		if p == nil {
			lost = append(lost, history.Shard{Index: i, Of: len(byShard)}.String())
		}
	}
	return lost
}

func shortList(names []string) string {
	const shown = 10
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// differences names the settings in which two tasks differ, but for how they are printed.
func differences(a, b *Task) []string {
	x, y := settingsOf(a), settingsOf(b)
	names := map[string]bool{}
	for _, m := range [...]map[string]json.RawMessage{x, y} {
		for name := range m {
			if name != "print" && string(x[name]) != string(y[name]) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func settingsOf(t *Task) map[string]json.RawMessage {
	text, err := json.Marshal(t)
	var all map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic("replay: " + err.Error()) // a task has been read from JSON
	}
	return all
}

// union takes the shards together, in their order.
func union(shards []*Part) (*Part, error) {
	whole := &Part{Task: shards[0].Task, Errors: map[string]error{}}
	if _, err := newPartReader(whole); err != nil {
		return nil, err
	}
	var reports []history.Report
	matches := 0
	for _, p := range shards {
		reports = append(reports, p.Report)
		whole.Took = max(whole.Took, p.Took)
		whole.Cache.add(p.Cache)
		whole.Results = append(whole.Results, p.Results...)
		for i := range p.Results {
			matches += len(p.Results[i].Matches)
		}
		whole.Similar = append(whole.Similar, p.Similar...)
		maps.Copy(whole.failures(), p.failures())
		if p.Accounts != nil {
			for key, a := range p.Accounts.own {
				whole.Accounts.add(key, a, nil)
			}
		}
		if p.Occurrences != nil {
			maps.Copy(whole.Occurrences.found, p.Occurrences.found)
		}
	}
	if matches > MatchesMax {
		return nil, fmt.Errorf("replay: %d matches, and at most %d are kept: -o json counts them", matches, MatchesMax)
	}
	slices.SortFunc(whole.Results, func(a, b SeriesResult) int { return compareSeries(a.Key, b.Key) })
	if whole.Task.Like != nil {
		whole.Similar = kNearest(whole.Similar, whole.Task.Nearest)
	}
	var err error
	whole.Report, err = history.MergeReports(reports)
	return whole, err
}

// add adds the counts of another cache.
func (s *CacheStats) add(o CacheStats) {
	s.Hits, s.Misses, s.Bytes = s.Hits+o.Hits, s.Misses+o.Misses, s.Bytes+o.Bytes
	s.ResultHits, s.ResultMisses = s.ResultHits+o.ResultHits, s.ResultMisses+o.ResultMisses
	s.Files.Add(o.Files)
	if all := s.Hits + s.Misses; all > 0 {
		s.HitRate = float64(s.Hits) / float64(all)
	}
}

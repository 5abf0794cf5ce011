package replay

import (
	"cmp"
	"context"
	"slices"

	"streamd/formula"
	"streamd/history"
)

// ScanRow is a combination of values and how often the formulas fired with it.
type ScanRow struct {
	Params             map[string]formula.ParamSetting `json:"params"`
	Matches            int                             `json:"matches"`
	SymbolsWithMatches int                             `json:"symbols_with_matches"`
	Outcomes           []SignalOutcome                 `json:"outcomes,omitempty"` // where the job asks for statistics
}

// SweepScan scans with every combination of the axes in one pass over the
// history. Rows are ordered by matches, most first.
func SweepScan(ctx context.Context, j *Job, axes []Axis) ([]ScanRow, []SeriesResult, history.Report, error) {
	combinations, err := Combinations(axes)
	if err != nil {
		return nil, nil, history.Report{}, err
	}
	s := &sweep{job: j, combinations: combinations}
	own := *j
	formulas, owner := s.variants()
	own.Formulas, own.CountOnly = formulas, true
	results, report, err := Scan(ctx, &own)
	if err != nil {
		return nil, nil, report, err
	}
	rows := make([]ScanRow, len(combinations))
	for k, c := range combinations {
		rows[k].Params = c
	}
	for i := range results {
		found := map[int]bool{}
		for name, n := range results[i].Counts {
			k := owner[name]
			rows[k].Matches += n
			if !found[k] {
				found[k] = true
				rows[k].SymbolsWithMatches++
			}
		}
	}
	if own.Statistics {
		sweepOutcomes(rows, results, &own, owner)
	}
	slices.SortStableFunc(rows, func(a, b ScanRow) int { return cmp.Compare(b.Matches, a.Matches) })
	return rows, results, report, nil
}

// sweepOutcomes gives every row the outcomes of its formulas, taken together.
func sweepOutcomes(rows []ScanRow, results []SeriesResult, j *Job, owner map[string]int) {
	horizons, formulas := j.horizons(), j.Formulas
	all := newTally(len(horizons))
	for i := range results {
		for _, t := range results[i].tallies {
			all.merge(t)
		}
	}
	own := make([]*tally, len(rows))
	for i := range formulas {
		name := formulas[i].Name
		k := owner[name]
		if own[k] == nil {
			own[k] = newTally(len(horizons))
			own[k].all = all.all
		}
		for h := range horizons {
			own[k].at(own[k].hits, "")[h].merge(all.at(all.hits, name)[h])
			own[k].at(own[k].apart, "")[h].merge(all.at(all.apart, name)[h])
		}
	}
	for k := range rows {
		rows[k].Outcomes = own[k].outcomes("", horizons)
	}
}

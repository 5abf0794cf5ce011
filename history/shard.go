package history

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shard is one of Of parts of a history, counted from 0. A series belongs to the same shard wherever the history is
// read: FNV-1a of its symbol, modulo Of. The zero value is the whole history.
type Shard struct{ Index, Of int }

// ShardsMax is how many parts a history is divided into at most.
const ShardsMax = 100_000

// ParseShard reads i/n. Shards count from 0, as the pods of a Kubernetes Job do, or from 1, as people do: n/n is 0/n.
func ParseShard(text string) (Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	index, errIndex := strconv.Atoi(i)
	of, errOf := strconv.Atoi(n)
	if !ok || errIndex != nil || errOf != nil || of < 1 || of > ShardsMax || index < 0 || index > of {
		return Shard{}, fmt.Errorf("%q is no shard: want i/n as 0/4, n from 1 to %d", text, ShardsMax)
	}
	return Shard{Index: index % of, Of: of}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Has reports whether a symbol belongs to the shard.
func (s Shard) Has(symbol string) bool {
	if s.Of < 2 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(symbol)) // never fails
	return h.Sum64()%uint64(s.Of) == uint64(s.Index)
}

// owns reports whether the shard says what is known of an input as a whole. All shards look at the input, so that
// which series are in it is known everywhere; one of them reports it.
func (h *history) owns(in *input) bool {
	if h.data.SymbolFrom != nil {
		if symbol, err := in.symbol(h.data); err == nil {
			return h.data.Shard.Has(symbol)
		}
	}
	return h.data.Shard.Has(in.name)
}

// needless reports whether an input need not be opened, because its path alone names a symbol of another shard.
func (h *history) needless(in *input) bool {
	return h.data.Shard.Of > 1 && h.data.SymbolFrom != nil && !h.owns(in)
}

// countInputs notes which inputs there are, so that parts of different ones are not merged.
func (r *Report) countInputs(inputs []*input) {
	h := fnv.New64a()
	for _, in := range inputs {
		_, _ = fmt.Fprintf(h, "%s\x00", in.name) // never fails
	}
	r.Inputs, r.InputsHash = len(inputs), h.Sum64()
}

// sortLeftOut orders what was left out of each input by the first line: workers come upon it in any order.
func (r *Report) sortLeftOut() {
	line := func(l RowsLeftOut) int {
		if l.First == 0 {
			return math.MaxInt
		}
		return l.First
	}
	for _, left := range r.LeftOut {
		slices.SortStableFunc(left, func(a, b RowsLeftOut) int {
			return cmp.Or(cmp.Compare(line(a), line(b)), strings.Compare(a.Reason, b.Reason))
		})
	}
}

// MergeReports makes the report of a history of those of its shards, in their order. The error is the one of a history
// of which nothing could be read.
func MergeReports(shards []Report) (Report, error) {
	var failed []error
	h := newHistory(&Data{})
	for _, s := range shards {
		for name, left := range s.LeftOut {
			for _, l := range left {
				h.report.LeftOut[name] = addLeftOut(h.report.LeftOut[name], l)
			}
		}
		for name, rows := range s.Skipped {
			h.report.Skipped[name] += rows
		}
		for name, err := range s.Errors {
			h.report.Errors[name] = err
		}
		for name, rows := range s.VolumeMissing {
			h.volumeMissing[name] += rows
		}
		h.report.Storage.Requests += s.Storage.Requests
		h.report.Storage.Bytes += s.Storage.Bytes
		h.report.Good += s.Good
		h.report.Inputs, h.report.InputsHash = s.Inputs, s.InputsHash
		failed = append(failed, s.Failed...)
	}
	for i, s := range shards { // the notes on the whole input come first, and these are one shard's
		for name, notes := range s.Notes {
			if (Shard{Index: i, Of: len(shards)}).Has(name) {
				h.note(&input{name: name}, notes...)
			}
		}
	}
	for _, s := range shards {
		for name, notes := range s.Notes {
			h.note(&input{name: name}, notes...)
		}
	}
	h.noteVolumes()
	h.report.sortLeftOut()
	if h.report.Good == 0 && len(failed) > 0 {
		return h.report, errors.Join(failed[:min(errorsJoined, len(failed))]...)
	}
	return h.report, nil
}

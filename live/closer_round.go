package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"streamd/closing"
	"streamd/kafka"
)

// closerRound writes what series have computed, a part at a time, so that whoever takes over need not read the input
// from its beginning; see closing.Machine.BeginRound. It does so while no bar is to be written, if there is such a
// time.
type closerRound struct {
	resume   closing.Resume // what is true once the round is over
	stored   []closing.InputPosition
	running  bool
	began    time.Time
	bars     int       // closed since then
	wrote    time.Time // the newest transaction
	barsNext int64     // behind the newest record of a closed bar
	void     bool      // the Resume that is stored is of another machine, whose series are written over
}

const (
	roundBytes = 256 << 10 // of a transaction
	roundPause = 100 * time.Millisecond
	roundBars  = 50
)

// acknowledged notes the position in the topic of closed bars.
func (k *closer) acknowledged(tp kafka.TopicPartition, base int64, records int) {
	if tp.Topic == k.cfg.Across.Topic && base >= 0 {
		k.round.barsNext = base + int64(records)
	}
}

// seriesRecords returns what the next transaction is to hold of the round. Bars are in a hurry: their transactions hold
// none before the round is late.
func (k *closer) seriesRecords(now time.Time, bars bool) []closing.BarRecord {
	r, every := &k.round, k.cfg.State.every()
	if !r.running && (now.Sub(r.began) >= every || r.bars >= roundBars) {
		r.resume = closing.Resume{Bars: r.barsNext, Names: k.machine.Names()}
		for tp, in := range k.inputs {
			r.resume.Inputs = append(r.resume.Inputs, closing.InputPosition{
				Topic: tp.Topic, Partition: tp.Partition, Offset: in.next,
			})
		}
		slices.SortFunc(r.resume.Inputs, func(a, b closing.InputPosition) int {
			return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
		})
		r.running, r.began, r.bars = true, now, 0
		k.machine.BeginRound()
	}
	late := now.Sub(r.began) >= every || r.bars >= roundBars
	if !r.running || bars && !late || !bars && now.Sub(r.wrote) < roundPause {
		return nil
	}
	records := k.machine.SeriesRecords(roundBytes)
	over := k.machine.Due() == 0
	switch {
	case over:
		if r.running = false; len(records) > 0 || !slices.Equal(r.resume.Inputs, r.stored) {
			records = append(records, r.resume.Record())
		}
		r.void, r.stored = false, r.resume.Inputs
	case len(records) > 0 && r.void:
		records = append(records, (&closing.Resume{}).Record())
		r.void = false
	}
	return records
}

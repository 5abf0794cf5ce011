package live

import (
	"slices"
	"sync"
	"time"

	"streamd/candle"
	"streamd/kafka"

	"github.com/rs/zerolog"
)

// places remembers in which partition of this instance a series is, to warn of one that
// comes in two: a producer without keys spreads it, and each partition has a part of its
// candles. Candles of one series in two partitions are two series.
type places struct {
	mu     sync.Mutex
	log    *zerolog.Logger
	of     map[candle.Series]kafka.TopicPartition
	warned time.Time
}

const placesLogEvery = time.Minute

// note is called once for every series of a partition.
func (p *places) note(key candle.Series, at kafka.TopicPartition, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	other, known := p.of[key]
	if !known {
		p.of[key] = at
		return
	}
	if other == at || now.Sub(p.warned) < placesLogEvery {
		return
	}
	p.warned = now
	p.log.Warn().Stringer("series", key).Stringer("partition", at).Stringer("other", other).
		Msg("a series comes in two partitions, each has a part of its candles: let producers set the symbol as key")
}

// sample returns some of the series, and how many there are: those that were taken before, while they are of this
// instance and it is enough of them.
func (p *places) sample(before []candle.Series, most int) (some []candle.Series, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := slices.ContainsFunc(before, func(key candle.Series) bool { _, known := p.of[key]; return !known })
	if !gone && len(before) == min(most, len(p.of)) {
		return before, len(p.of)
	}
	every := max(1, len(p.of)/most)
	i := 0
	for key := range p.of {
		if i++; i%every == 0 && len(some) < most {
			some = append(some, key)
		}
	}
	return some, len(p.of)
}

// forget lets go of the series of a partition that is given up.
func (p *places) forget(at kafka.TopicPartition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, of := range p.of {
		if of == at {
			delete(p.of, key)
		}
	}
}

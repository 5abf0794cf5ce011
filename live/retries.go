package live

import (
	"errors"
	"sync"
	"time"

	"streamd/kafka"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// Retries is told of requests that fail and are repeated. Most mean nothing: a coordinator
// that moves, a transaction whose end is being written. They are counted, and logged at debug.
// What lasts is a warning: one line when the brokers go away, and one when they are back.
type Retries struct {
	log     zerolog.Logger
	counter *metrics.Counter

	mu     sync.Mutex
	lasted map[kafka.Code]time.Time // when a refusal that lasts was last warned of
	away   episode
}

// episode is a time in which requests fail without a pause of retriesQuiet.
type episode struct {
	began, last time.Time
	failures    int
	told        bool
}

const (
	retriesQuiet     = 5 * time.Second // without a failure: it is over
	awayFrom         = time.Second     // of broken connections
	refusedFrom      = 5 * time.Second // of refusals
	lastingWarnEvery = time.Minute
)

// NewRetries returns one that counts into a set's streamd_kafka_retries_total.
func NewRetries(set *metrics.Set, log zerolog.Logger) *Retries {
	return &Retries{
		log: log, counter: set.GetOrCreateCounter("streamd_kafka_retries_total"), lasted: map[kafka.Code]time.Time{},
	}
}

// Note takes a failure that is followed by another attempt.
func (r *Retries) Note(request string, err error) {
	r.counter.Inc()
	r.log.Debug().Str("request", request).Err(err).Msg("failed, trying again")
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	var code kafka.Code
	var attempt *kafka.RetryError
	refused := errors.As(err, &code)
	if refused && errors.As(err, &attempt) {
		if attempt.For >= refusedFrom && now.Sub(r.lasted[code]) >= lastingWarnEvery {
			r.lasted[code] = now
			r.log.Warn().Str("request", request).Err(err).Dur("for", attempt.For).Msg("the brokers go on refusing")
		}
		return
	}
	e := &r.away
	if now.Sub(e.last) >= retriesQuiet {
		*e = episode{began: now}
	}
	e.last = now
	e.failures++
	from := awayFrom
	if refused {
		from = refusedFrom
	}
	if !e.told && now.Sub(e.began) >= from {
		e.told = true
		r.log.Warn().Str("request", request).Err(err).Msg("the brokers do not answer, trying again until they do")
		time.AfterFunc(retriesQuiet, r.lookAgain)
	}
}

// lookAgain says when nothing fails any more.
func (r *Retries) lookAgain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.away
	if rest := retriesQuiet - time.Since(e.last); rest > 0 {
		time.AfterFunc(rest, r.lookAgain)
		return
	}
	r.log.Info().Dur("after", e.last.Sub(e.began)).Int("failures", e.failures).Msg("the brokers answer again")
	*e = episode{}
}

package live

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"streamd/kafka"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// A healthy hour has no warning, and brokers that are away for a minute are two lines.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log tmpLog
		r := NewRetries(metrics.NewSet(), zerolog.New(&log).Level(zerolog.InfoLevel))
		lines := func() int { return strings.Count(log.String(), "\n") }
		benign := &kafka.RetryError{
			Err: &kafka.RequestError{Op: "EndTxn", Partition: -1, Code: kafka.ConcurrentTransactions}, For: time.Millisecond,
		}
		for range 36_000 {
			r.Note("EndTxn", benign)
			time.Sleep(100 * time.Millisecond)
		}
		r.Note("Fetch", errors.New("EOF"))
		time.Sleep(time.Minute)
		if lines() != 0 {
			t.Errorf("a healthy hour: %s", log.String())
		}
		for range 600 {
			for range 50 { // partitions
				r.Note("Fetch", errors.New("connection refused"))
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if text := log.String(); lines() != 2 || !strings.Contains(text, "do not answer") ||
			!strings.Contains(text, "answer again") {
			t.Errorf("a minute without brokers: %s", text)
		}
		benign.For = 10 * time.Second
		r.Note("EndTxn", benign)
		r.Note("EndTxn", benign)
		if lines() != 3 {
			t.Errorf("what lasts: %s", log.String())
		}
	})
}

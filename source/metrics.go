package source

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"streamd/kafka"
	"streamd/stream"
)

// Metrics of a consumer, in a set of their own.
type Metrics struct {
	set      *metrics.Set
	signals  *metrics.Counter
	retries  *metrics.Counter
	halted   *metrics.Counter
	oversize *metrics.Counter
	deliver  *metrics.PrometheusHistogram
	latency  *metrics.PrometheusHistogram
}

// NewMetrics returns the metrics of a consumer, registered in the set.
func NewMetrics(set *metrics.Set) *Metrics {
	return &Metrics{
		set:      set,
		signals:  set.GetOrCreateCounter("streamd_signals_total"),
		retries:  set.GetOrCreateCounter("streamd_kafka_retries_total"),
		halted:   set.GetOrCreateCounter("streamd_partitions_halted_total"),
		oversize: set.GetOrCreateCounter("streamd_oversize_messages_total"),
		deliver:  set.GetOrCreatePrometheusHistogram("streamd_delivery_seconds"),
		latency:  set.GetOrCreatePrometheusHistogram("streamd_latency_seconds"),
	}
}

// delivered counts a commit: its signals, how long it took, and how old the
// newest candle in it was.
func (m *Metrics) delivered(signals int, took time.Duration, newestMs int64) {
	m.signals.Add(signals)
	m.deliver.Update(took.Seconds())
	if signals > 0 && newestMs > 0 {
		m.latency.Update(max(0, time.Since(time.UnixMilli(newestMs)).Seconds()))
	}
}

// dead counts a dead letter.
func (m *Metrics) dead(topic, reason string) {
	m.set.GetOrCreateCounter(fmt.Sprintf("streamd_dead_letters_total{topic=%q,reason=%q}", topic, reason)).Inc()
}

func (m *Metrics) lagOf(tp kafka.TopicPartition, lag *atomic.Int64) {
	m.set.UnregisterMetric(lagName(tp))
	m.set.NewGauge(lagName(tp), func() float64 { return float64(lag.Load()) })
}

func (m *Metrics) forgetLag(tp kafka.TopicPartition) { m.set.UnregisterMetric(lagName(tp)) }

func lagName(tp kafka.TopicPartition) string {
	return fmt.Sprintf("streamd_lag_records{topic=%q,partition=\"%d\"}", tp.Topic, tp.Partition)
}

// topicCounters count the candles of one topic by what became of them.
type topicCounters struct {
	candles, forming, duplicates, late, corrections, gaps, filled *metrics.Counter
}

func (m *Metrics) topic(name string) *topicCounters {
	counter := func(what string) *metrics.Counter {
		return m.set.GetOrCreateCounter(fmt.Sprintf("streamd_%s_total{topic=%q}", what, name))
	}
	return &topicCounters{
		candles: counter("candles"), forming: counter("forming_candles"), duplicates: counter("duplicates"), late: counter("late"),
		corrections: counter("corrections"), gaps: counter("gaps"), filled: counter("filled_candles"),
	}
}

func (c *topicCounters) add(o *stream.Output) {
	c.candles.Add(o.Applied)
	c.forming.Add(o.Forming)
	c.duplicates.Add(o.Duplicates)
	c.late.Add(o.Late)
	c.corrections.Add(o.Corrections)
	c.gaps.Add(o.Gaps)
	c.filled.Add(o.Filled)
}

package live

import (
	"fmt"
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
	lost     *metrics.Counter
	oversize *metrics.Counter
	deliver  *metrics.PrometheusHistogram
	latency  *metrics.PrometheusHistogram

	sinkErrors *metrics.Counter // attempts that a sink refused
	sinkLost   *metrics.Counter // signals that found the queue of a sink full

	pause *metrics.PrometheusHistogram // of a worker, by taking a snapshot

	// Of bars that formulas on other series need.
	closedBars, barrierLate, leftOut *metrics.Counter

	rejected rejections

	// Of the local store.
	stateRecords, stateBytes, stateErrors, stateDamaged *metrics.Counter
}

// NewMetrics returns the metrics of a consumer, registered in the set.
func NewMetrics(set *metrics.Set) *Metrics {
	return &Metrics{
		set:          set,
		signals:      set.GetOrCreateCounter("streamd_signals_total"),
		retries:      set.GetOrCreateCounter("streamd_kafka_retries_total"),
		pause:        set.GetOrCreatePrometheusHistogram("streamd_snapshot_pause_seconds"),
		lost:         set.GetOrCreateCounter("streamd_offsets_lost_total"),
		halted:       set.GetOrCreateCounter("streamd_partitions_halted_total"),
		closedBars:   set.GetOrCreateCounter("streamd_barrier_closed_total"),
		barrierLate:  set.GetOrCreateCounter("streamd_barrier_late_total"),
		leftOut:      set.GetOrCreateCounter("streamd_barrier_left_out_total"),
		sinkErrors:   set.GetOrCreateCounter("streamd_sink_errors_total"),
		sinkLost:     set.GetOrCreateCounter("streamd_sink_lost_signals_total"),
		oversize:     set.GetOrCreateCounter("streamd_oversize_messages_total"),
		stateRecords: set.GetOrCreateCounter("streamd_state_records_written_total"),
		stateBytes:   set.GetOrCreateCounter("streamd_state_bytes_written_total"),
		stateErrors:  set.GetOrCreateCounter("streamd_state_write_errors_total"),
		stateDamaged: set.GetOrCreateCounter("streamd_state_damaged_files_total"),
		deliver:      set.GetOrCreatePrometheusHistogram("streamd_delivery_seconds"),
		latency:      set.GetOrCreatePrometheusHistogram("streamd_latency_seconds"),
	}
}

// closer registers the gauges of the bars that wait.
func (m *Metrics) closer(k *closer) {
	m.set.GetOrCreateGauge("streamd_barrier_closing", func() float64 {
		if k.leading.Load() {
			return 1
		}
		return 0
	})
	m.set.GetOrCreateGauge("streamd_barrier_pending_bars", func() float64 { return float64(k.pending.Load()) })
	m.set.GetOrCreateGauge("streamd_barrier_waiting_series", func() float64 { return float64(k.series.Load()) })
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

// refused counts messages that the brokers refuse.
func (m *Metrics) refused(topic string, messages int) {
	m.set.GetOrCreateCounter(fmt.Sprintf("streamd_refused_messages_total{topic=%q}", topic)).Add(messages)
}

// partition registers the gauges of a partition: how far it is behind the end of its
// partition, and what of it is in no snapshot yet.
func (m *Metrics) partition(p *partition) {
	m.forget(p.TopicPartition)
	m.set.NewGauge(gauge("lag_records", p.TopicPartition), func() float64 { return float64(p.lag.Load()) })
	m.set.NewGauge(gauge("state_low_water", p.TopicPartition), func() float64 { return float64(p.lowWater.Load()) })
	m.set.NewGauge(gauge("series", p.TopicPartition), func() float64 { return float64(p.series.Load()) })
}

func (m *Metrics) forget(tp kafka.TopicPartition) {
	m.set.UnregisterMetric(gauge("lag_records", tp))
	m.set.UnregisterMetric(gauge("state_low_water", tp))
	m.set.UnregisterMetric(gauge("series", tp))
}

func gauge(name string, tp kafka.TopicPartition) string {
	return fmt.Sprintf("streamd_%s{topic=%q,partition=\"%d\"}", name, tp.Topic, tp.Partition)
}

// topicCounters count the candles of one topic by what became of them.
type topicCounters struct {
	candles, forming, duplicates, late, corrections, gaps, filled, withheld, ahead *metrics.Counter

	expired *metrics.Counter // series that made room for others

	// Records that are skipped.
	own, answers *metrics.Counter
}

func (m *Metrics) topic(name string) *topicCounters {
	counter := func(what string) *metrics.Counter {
		return m.set.GetOrCreateCounter(fmt.Sprintf("streamd_%s_total{topic=%q}", what, name))
	}
	return &topicCounters{
		candles: counter("candles"), forming: counter("forming_candles"), duplicates: counter("duplicates"),
		late:        counter("late"),
		corrections: counter("corrections"), gaps: counter("gaps"), filled: counter("filled_candles"),
		withheld: counter("withheld_signals"), ahead: counter("candles_ahead"),
		expired: counter("expired_series"),
		own:     counter("skipped_own_records"), answers: counter("skipped_answers"),
	}
}

func (c *topicCounters) add(o *stream.Effects) {
	c.candles.Add(o.Applied)
	c.forming.Add(o.Forming)
	c.duplicates.Add(o.Duplicates)
	c.late.Add(o.Late)
	c.corrections.Add(o.Corrections)
	c.gaps.Add(o.Gaps)
	c.filled.Add(o.Filled)
	c.withheld.Add(o.Withheld)
}

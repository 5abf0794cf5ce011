package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// metric is what /metrics and docs/metrics.md say of a metric.
type metric struct {
	name, kind, labels, help string
}

// metricRows describe every metric of streamd. A test holds the table to the code.
func metricRows() []metric {
	const topic, partition = "topic", "topic, partition"
	return []metric{
		{"streamd_build_info", "gauge", "version, goversion", "1; its labels say which build runs"},
		{"streamd_candles_total", "counter", topic, "closed candles that were applied"},
		{"streamd_forming_candles_total", "counter", topic, "candles that were not closed yet"},
		{"streamd_filled_candles_total", "counter", topic, "bars that candles.gaps: fill put in"},
		{"streamd_gaps_total", "counter", topic, "jumps over expected bars"},
		{"streamd_duplicates_total", "counter", topic, "candles that came again, and were skipped"},
		{"streamd_late_total", "counter", topic, "candles older than the newest of their series, rejected"},
		{"streamd_corrections_total", "counter", topic, "candles that would change one that was applied, rejected"},
		{"streamd_candles_ahead_total", "counter", topic, "candles that open later than their record was written"},
		{"streamd_dead_letters_total", "counter", "topic, reason", "candles that were rejected, by reason"},
		{"streamd_refused_messages_total", "counter", topic, "messages for a topic that the brokers refused, left out"},
		{"streamd_oversize_messages_total", "counter", "", "messages that no broker takes for their size, left out"},
		{"streamd_skipped_own_records_total", "counter", topic, "records that streamd wrote itself, skipped"},
		{"streamd_skipped_answers_total", "counter", topic, "answers to subscriptions, which are no candles, skipped"},
		{"streamd_expired_series_total", "counter", topic, "series that ended and made room for others"},
		{"streamd_series", "gauge", partition, "series that are held"},
		{"streamd_formulas", "gauge", "", "formulas in force"},
		{"streamd_formulas_invalid", "gauge", "", "formulas that are not in force because of a fault"},
		{"streamd_signals_total", "counter", "", "signals that were committed"},
		{
			"streamd_formula_signals_total", "counter", "formula",
			"signals that were committed, by formula; of the first 1,000 formulas by name",
		},
		{
			"streamd_withheld_signals_total", "counter", topic,
			"signals that a rebuilt series did not say, because its past is not whole",
		},
		{
			"streamd_barrier_closing", "gauge", "",
			"1 where this instance closes the bars that formulas on other series need",
		},
		{"streamd_barrier_closed_total", "counter", "", "bars that this instance closed"},
		{"streamd_barrier_pending_bars", "gauge", "", "bars that wait for series"},
		{"streamd_barrier_waiting_series", "gauge", "", "series that the oldest bars wait for"},
		{"streamd_barrier_late_total", "counter", "", "candles that came after their bar was closed without them"},
		{"streamd_barrier_left_out_total", "counter", "", "series that were left out of a closed bar, all recorded"},
		{"streamd_latency_seconds", "histogram", "", "from the newest candle's record to the commit of its signal"},
		{"streamd_delivery_seconds", "histogram", "", "how long a commit takes"},
		{"streamd_lag_records", "gauge", partition, "records that are in the partition and not applied yet"},
		{"streamd_kafka_retries_total", "counter", "", "requests to brokers that failed and are tried again"},
		{"streamd_offsets_lost_total", "counter", "", "partitions whose committed offset was not there any more"},
		{"streamd_partitions_halted_total", "counter", "", "partitions that stand still until someone looks"},
		{"streamd_state_low_water", "gauge", partition, "the oldest offset that is in no snapshot"},
		{"streamd_state_records_written_total", "counter", "", "snapshots of series written to the state directory"},
		{"streamd_state_bytes_written_total", "counter", "", "bytes of them"},
		{"streamd_state_write_errors_total", "counter", "", "writes to the state directory that failed"},
		{"streamd_state_damaged_files_total", "counter", "", "files of the state directory that were put aside"},
		{"streamd_snapshot_pause_seconds", "histogram", "", "how long taking snapshots holds up a partition"},
		{"streamd_sink_errors_total", "counter", "", "signals that a sink refused, to be tried again"},
		{"streamd_sink_lost_signals_total", "counter", "", "signals that found the queue of a sink full"},
		{"streamd_notify_delivered_total", "counter", "receiver", "signals that a receiver took"},
		{"streamd_notify_failed_total", "counter", "receiver, reason", "attempts to deliver that failed"},
		{
			"streamd_notify_given_up_total", "counter", "receiver",
			"signals given up, written to the topic of undelivered ones",
		},
		{"streamd_notify_quiet_dropped_total", "counter", "receiver", "signals left out in quiet hours"},
		{"streamd_notify_waiting", "gauge", "receiver", "signals that wait for a receiver, read or still in the topic"},
		{"streamd_notify_oldest_seconds", "gauge", "receiver", "age of the oldest signal that waits for a receiver"},
		{
			"streamd_notify_uncommitted", "gauge", "receiver",
			"signals delivered behind one that waits: they come again after a crash; 10,000 at most",
		},
		{"streamd_notify_off", "gauge", "receiver", "1 while a receiver is switched off because it answered 410"},
		{"streamd_notify_delay_seconds", "histogram", "receiver", "from the signal's record to its delivery"},
		{"streamd_spans_dropped_total", "counter", "", "spans that no collector took, with tracing"},
		{"streamd_http_listeners", "gauge", "", "readers of the stream of signals"},
		{"streamd_http_listeners_cut_total", "counter", "", "readers that were cut off, being too slow or too many"},
	}
}

// formulasCounted is how many formulas have a counter of their own: labels must stay bounded.
const formulasCounted = 1000

// writeMetrics writes a set and what is said of each metric in it.
func (d *daemon) writeMetrics(w io.Writer) {
	var plain bytes.Buffer
	d.set.WritePrometheus(&plain)
	buildInfo(&plain)
	d.signals.EachTotal(formulasCounted, func(formula string, total int) {
		fmt.Fprintf(&plain, "streamd_formula_signals_total{formula=%q} %d\n", formula, total)
	})
	describeMetrics(w, &plain)
	metrics.WriteProcessMetrics(w)
}

func buildInfo(w io.Writer) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	fmt.Fprintf(w, "streamd_build_info{version=%q,goversion=%q} 1\n", version(), info.GoVersion)
}

// describeMetrics puts HELP and TYPE before the lines of each metric.
func describeMetrics(w io.Writer, lines io.Reader) {
	rows := map[string]metric{}
	for _, r := range metricRows() {
		rows[r.name] = r
	}
	last := ""
	for s := bufio.NewScanner(lines); s.Scan(); {
		name := s.Text()[:max(0, strings.IndexAny(s.Text(), "{ "))]
		row, known := rows[name]
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			if base, is := strings.CutSuffix(name, part); is && rows[base].kind == "histogram" {
				row, known = rows[base], true
			}
		}
		if known && row.name != last {
			last = row.name
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", row.name, row.help, row.name, row.kind)
		}
		fmt.Fprintln(w, s.Text())
	}
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"streamd/live"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// tracer sends a span for each commit to an OpenTelemetry collector: OTLP over HTTP, in JSON
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp). A collector that is away costs spans, never signals.
type tracer struct {
	endpoint, group string
	log             zerolog.Logger
	dropped         *metrics.Counter
	queue           chan live.Committed
	client          http.Client
	failing         bool
}

// Limits of the spans that wait, and how often they are sent.
const (
	spansMax     = 1024
	spansEvery   = time.Second
	spansTimeout = 5 * time.Second
)

func newTracer(endpoint, group string, log zerolog.Logger, set *metrics.Set) *tracer {
	return &tracer{
		endpoint: endpoint, group: group, log: log, dropped: set.NewCounter("streamd_spans_dropped_total"),
		queue: make(chan live.Committed, spansMax), client: http.Client{Timeout: spansTimeout},
	}
}

// note takes a commit. It never waits.
func (t *tracer) note(c live.Committed) {
	select {
	case t.queue <- c:
	default:
		t.dropped.Inc()
	}
}

// run sends spans until ctx ends.
func (t *tracer) run(ctx context.Context) {
	tick := time.NewTicker(spansEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		var spans []span
		for len(t.queue) > 0 {
			spans = append(spans, spanOf(<-t.queue, t.group))
		}
		if len(spans) == 0 {
			continue
		}
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), spansTimeout)
		err := t.send(last, spans)
		stop()
		if err != nil {
			t.dropped.Add(len(spans))
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a key
		}
		switch failed := err != nil; {
		case failed && !t.failing:
			t.log.Warn().Err(err).Msg("the collector takes no spans, they are dropped")
		case !failed && t.failing:
			t.log.Info().Msg("the collector takes spans again")
		}
		t.failing = err != nil
	}
}

func (t *tracer) send(ctx context.Context, spans []span) error {
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource": map[string]any{"attributes": []attribute{
			textAttribute("service.name", "streamd"), textAttribute("service.version", version()),
		}},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "streamd"}, "spans": spans}},
	}}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := t.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("streamd: status %d", resp.StatusCode)
	}
	return nil
}

// span is one of OTLP's. Numbers of 64 bits are texts in its JSON.
type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      string      `json:"startTimeUnixNano"`
	End        string      `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes"`
	Links      []spanLink  `json:"links,omitempty"`
}

type spanLink struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

type attribute struct {
	Key   string            `json:"key"`
	Value map[string]string `json:"value"`
}

func textAttribute(key, value string) attribute {
	return attribute{key, map[string]string{"stringValue": value}}
}

func countAttribute(key string, n int) attribute {
	return attribute{key, map[string]string{"intValue": strconv.Itoa(n)}}
}

// kindProducer is SPAN_KIND_PRODUCER.
const kindProducer = 4

// traceParent reads a header of version 00.
var traceParent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// spanOf is the span of a commit: a trace of its own, linked to those of the candles, of which there may be many.
func spanOf(c live.Committed, group string) span {
	var id [24]byte
	_, _ = rand.Read(id[:])
	s := span{
		TraceID: hex.EncodeToString(id[:16]), SpanID: hex.EncodeToString(id[16:]), Name: "commit", Kind: kindProducer,
		Start: strconv.FormatInt(c.Start.UnixNano(), 10), End: strconv.FormatInt(c.End.UnixNano(), 10),
		Attributes: []attribute{
			textAttribute("messaging.system", "kafka"), textAttribute("messaging.consumer.group.name", group),
			countAttribute("streamd.signals", c.Signals), countAttribute("streamd.dead_letters", c.DeadLetters),
			countAttribute("streamd.outcomes", c.Outcomes), countAttribute("streamd.partitions", c.Partitions),
		},
	}
	for _, parent := range c.Parents {
		if m := traceParent.FindStringSubmatch(parent); m != nil {
			s.Links = append(s.Links, spanLink{m[1], m[2]})
		}
	}
	return s
}

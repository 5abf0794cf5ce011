package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"streamd/live"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// TestTracer sends commits to a collector that refuses the first spans and takes the next ones.
func TestTracer(t *testing.T) {
	bodies, refuse := make(chan string, 10), true
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse {
			refuse = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("Content-Type") + " " + string(body)
	}))
	defer collector.Close()
	var log bytes.Buffer
	tr := newTracer(collector.URL, "desk", zerolog.New(&log), metrics.NewSet())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { tr.run(ctx); close(ended) }()
	c := live.Committed{
		Start: time.Unix(1700000000, 5), End: time.Unix(1700000000, 9), Signals: 2, Partitions: 1,
		Parents: []string{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "not one"},
	}
	tr.note(c)
	for tr.dropped.Get() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	tr.note(c)
	got := <-bodies
	stop()
	<-ended
	got = regexp.MustCompile(`"traceId":"[0-9a-f]{32}","spanId":"[0-9a-f]{16}","name"`).ReplaceAllString(got, `IDS,"name"`)
	for _, want := range []string{
		`application/json {"resourceSpans":[{`, `"key":"service.name","value":{"stringValue":"streamd"}`,
		`IDS,"name":"commit","kind":4,"startTimeUnixNano":"1700000000000000005","endTimeUnixNano":"1700000000000000009"`,
		`{"key":"streamd.signals","value":{"intValue":"2"}}`, `{"stringValue":"desk"}`,
		`"links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if text := log.String(); strings.Count(text, "takes no spans") != 1 || strings.Count(text, "takes spans again") != 1 {
		t.Errorf("log\n%s", text)
	}
	for range spansMax + 5 {
		tr.note(c)
	}
	if n := tr.dropped.Get(); n != 6 {
		t.Errorf("%d dropped, want the first and the 5 beyond the queue", n)
	}
}

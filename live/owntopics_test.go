package live

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"streamd/kafka"
)

// A pattern that matches what another group writes does not read it, whatever it is called,
// and a topic of candles with a dead letter put back into it stays an input.
func TestPatternsMissTopicsOfOtherGroups(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(120)
	r.produce(append(all[:400:400], "S0|not a candle"))
	r.consume(r.stateful(ExactlyOnce, "", nil)) // writes g-state, signals and dead

	ctx := t.Context()
	p, err := r.client.Producer(ctx, kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, value, _ := strings.Cut(all[400], "|")
	if err := p.Add(ctx, &kafka.ProducerRecord{
		Topic: "candles", Value: []byte(value), TimestampMs: time.Now().UnixMilli(),
		Headers: []kafka.Header{{Key: "input_topic", Value: []byte("candles")}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.client.CreateTopic(ctx, kafka.TopicSpec{Name: "signals2", Partitions: 1, Replication: 1}); err != nil {
		t.Fatal(err)
	}
	var log tmpLog
	cfg := r.stateful(ExactlyOnce, "", &log)
	cfg.Group, cfg.TransactionalID, cfg.Signals, cfg.DeadLetters = "other", "other-1", "signals2", ""
	cfg.State.Topic = ""
	cfg.Topics[0].Name, cfg.Topics[0].Pattern = "", regexp.MustCompile(`.*`)
	c := r.start(cfg)
	wait(t, func() bool { return c.joined.Load() })
	c.mu.Lock()
	for tp := range c.workers {
		if tp.Topic != "candles" {
			t.Errorf("%s is read", tp)
		}
	}
	if len(c.workers) != 1 {
		t.Errorf("%d partitions", len(c.workers))
	}
	c.mu.Unlock()
	c.end()
	for _, topic := range []string{"g-state", "signals", "dead"} {
		if n := strings.Count(log.String(), `"topic":"`+topic+`"`); n != 1 {
			t.Errorf("%d warnings of %s: %s", n, topic, log.String())
		}
	}
}

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"streamd/kafka"
	"streamd/topics"

	"github.com/rs/zerolog"
)

// topicFormulasMax is how many formulas a topic may hold.
const topicFormulasMax = 10_000

// formulasTopic is a compacted topic of formulas: a record's key is the formula's
// name, its value the YAML or JSON of its settings as a file has them, null takes it
// away.
type formulasTopic struct {
	name    string
	client  *kafka.Client
	log     zerolog.Logger
	changed chan struct{} // has one behind every change

	mu       sync.Mutex
	settings map[string]string // by name
	refused  int               // names beyond the limit
}

func newFormulasTopic(name string, client *kafka.Client, log zerolog.Logger) *formulasTopic {
	return &formulasTopic{name: name, client: client, log: log, changed: make(chan struct{}, 1)}
}

// open creates the topic if it is missing, and reads it up to its end.
func (t *formulasTopic) open(ctx context.Context) (*topics.Following, error) {
	if err := ensureTopic(ctx, t.client, t.log, kafka.TopicSpec{
		Name: t.name, Partitions: 1, Replication: -1,
		Config: map[string]string{"cleanup.policy": "compact"},
	}); err != nil {
		return nil, err
	}
	f, err := topics.Follow(ctx, t.client, t.name, func(tp kafka.TopicPartition, err error) {
		t.log.Warn().Stringer("partition", tp).Err(err).Msg("fetch failed, trying again")
	})
	if err != nil {
		return nil, fmt.Errorf("streamd: formulas_topic: %w", err)
	}
	settings, refused := map[string]string{}, 0
	if err := f.ToEnd(ctx, func(r *kafka.Record) { refused += take(settings, r) }); err != nil {
		f.Close()
		return nil, fmt.Errorf("streamd: formulas_topic: %w", err)
	}
	t.mu.Lock()
	t.settings, t.refused = settings, refused
	t.mu.Unlock()
	return f, nil
}

// follow goes on with the topic until the context ends. Where that fails it begins
// anew, with what was read last in force meanwhile.
func (t *formulasTopic) follow(ctx context.Context, f *topics.Following) error {
	const pauseMax = 30 * time.Second
	for {
		pause := time.Second
		err := f.Next(ctx, func(r *kafka.Record) {
			t.mu.Lock()
			t.refused += take(t.settings, r)
			t.mu.Unlock()
		})
		for err != nil {
			if f != nil {
				f.Close()
			}
			if ctx.Err() != nil {
				return nil
			}
			t.log.Error().Err(err).Str("topic", t.name).Msg("the topic of formulas is read anew from its beginning")
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pause):
			}
			pause = min(2*pause, pauseMax)
			f, err = t.open(ctx)
		}
		select {
		case t.changed <- struct{}{}:
		default:
		}
	}
}

// take notes what a record says, and returns 1 if there is no room for it.
func take(settings map[string]string, r *kafka.Record) (refused int) {
	name := string(r.Key)
	if len(r.Value) == 0 {
		delete(settings, name)
		return 0
	}
	if _, known := settings[name]; !known && len(settings) >= topicFormulasMax {
		return 1
	}
	settings[name] = string(r.Value[:min(len(r.Value), settingsMax+1)])
	return 0
}

// sources returns the formulas of the topic, in the order of their names.
func (t *formulasTopic) sources() []formulaSource {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []formulaSource
	for _, name := range slices.Sorted(maps.Keys(t.settings)) {
		s := formulaSource{place: place{inTopic, "topic " + t.name + ", key " + name}, names: []string{name}}
		var f candidate
		if f, s.err = readSettings(s.place, name, []byte(t.settings[name])); s.err == nil {
			s.candidates = []candidate{f}
		}
		all = append(all, s)
	}
	if t.refused > 0 {
		all = append(all, formulaSource{
			place: place{inTopic, "topic " + t.name},
			err: fmt.Errorf("topic %s: %d records are left out: formulas beyond %d", t.name, t.refused,
				topicFormulasMax),
		})
	}
	return all
}

package rulebook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"streamd/config"
	"streamd/kafka"
	"streamd/topics"

	"github.com/rs/zerolog"
)

// FormulasTopic is a compacted topic of formulas: the key of a record is the formula's name, its value the YAML or JSON
// of its settings, null deletes it. At most formulasMax names are kept.
type FormulasTopic struct {
	name    string
	client  *kafka.Client
	log     zerolog.Logger
	changed chan struct{} // has one after every change

	mu       sync.Mutex
	settings map[string]string // by name
	refused  int               // names beyond the limit
}

// TopicSpec is how a topic of formulas is to be created.
func TopicSpec(name string) kafka.TopicSpec {
	return kafka.TopicSpec{
		Name: name, Partitions: 1, Replication: -1, Config: map[string]string{"cleanup.policy": "compact"},
	}
}

// NewFormulasTopic returns a topic that has not been read.
func NewFormulasTopic(name string, client *kafka.Client, log zerolog.Logger) *FormulasTopic {
	return &FormulasTopic{
		name: name, client: client, log: log, changed: make(chan struct{}, 1), settings: map[string]string{},
	}
}

// Read reads what the topic holds now, for a daemon that does not follow it.
func (t *FormulasTopic) Read(ctx context.Context) error {
	err := topics.Read(ctx, t.client, t.name, func(_ kafka.TopicPartition, r *kafka.Record) error {
		t.refused += take(t.settings, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("formulas_topic: %w", err)
	}
	return nil
}

// Open reads the topic up to its end. Follow goes on from there.
func (t *FormulasTopic) Open(ctx context.Context) (*topics.Following, error) {
	f, err := topics.Follow(ctx, t.client, t.name, func(tp kafka.TopicPartition, err error) {
		t.log.Warn().Stringer("partition", tp).Err(err).Msg("fetch failed, trying again")
	})
	if err != nil {
		return nil, fmt.Errorf("formulas_topic: %w", err)
	}
	settings, refused := map[string]string{}, 0
	if err := f.ToEnd(ctx, func(r *kafka.Record) { refused += take(settings, r) }); err != nil {
		f.Close()
		return nil, fmt.Errorf("formulas_topic: %w", err)
	}
	t.mu.Lock()
	t.settings, t.refused = settings, refused
	t.mu.Unlock()
	return f, nil
}

// Follow reads on until the context ends. Where that fails it reads the topic again from its beginning; the formulas
// that were read last stay in force meanwhile.
func (t *FormulasTopic) Follow(ctx context.Context, f *topics.Following) {
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
				return
			}
			t.log.Error().Err(err).Str("topic", t.name).Msg("the topic of formulas is read again from its beginning")
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, pauseMax)
			f, err = t.Open(ctx)
		}
		select {
		case t.changed <- struct{}{}:
		default:
		}
	}
}

// changes has a value after the topic has changed; it is nil for no topic.
func (t *FormulasTopic) changes() <-chan struct{} {
	if t == nil {
		return nil
	}
	return t.changed
}

// take notes what a record says, and returns 1 if there is no room for it.
func take(settings map[string]string, r *kafka.Record) (refused int) {
	name := string(r.Key)
	if len(r.Value) == 0 {
		delete(settings, name)
		return 0
	}
	if _, known := settings[name]; !known && len(settings) >= formulasMax {
		return 1
	}
	settings[name] = string(r.Value[:min(len(r.Value), config.SettingsSizeMax+1)])
	return 0
}

// sources returns the formulas of the topic, in the order of their names.
func (t *FormulasTopic) sources() []source {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []source
	for _, name := range slices.Sorted(maps.Keys(t.settings)) {
		s := source{place: place{inTopic, "topic " + t.name + ", key " + quotedIfOdd(name)}, names: []string{name}}
		var f candidate
		if f, s.err = readSettings(s.place, name, []byte(t.settings[name])); s.err == nil {
			s.candidates = []candidate{f}
		}
		all = append(all, s)
	}
	if t.refused > 0 {
		all = append(all, source{
			place: place{inTopic, "topic " + t.name},
			err:   fmt.Errorf("topic %s: %d records are left out: formulas beyond %d", t.name, t.refused, formulasMax),
		})
	}
	return all
}

// quotedIfOdd quotes a key that could not be the name of a file: anybody may write one.
func quotedIfOdd(key string) string {
	if fileName.MatchString(key) {
		return key
	}
	return fmt.Sprintf("%.80q", key)
}

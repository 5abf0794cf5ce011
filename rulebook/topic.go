package rulebook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"streamd/config"
	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"

	"github.com/rs/zerolog"
)

// FormulasTopic is a compacted topic of formulas: the key of a record is the formula's name, its value the YAML or JSON
// of its settings, null deletes it. At most so many names are kept as limits.formulas says, and
// settingsBytesMax of settings.
type FormulasTopic struct {
	name    string
	client  *kafka.Client
	log     zerolog.Logger
	changed chan struct{} // has one after every change

	mu      sync.Mutex
	kept    topicSettings
	refused int                 // records beyond the limits
	dirty   map[string]struct{} // names whose settings nobody has taken yet
}

// settingsBytesMax is how many bytes of names and settings are kept of a topic.
const settingsBytesMax = 1 << 30

// topicSettings are the settings that a topic holds.
type topicSettings struct {
	byName      map[string]string
	bytes, most int
}

// TopicSpec is how a topic of formulas is to be created.
func TopicSpec(name string) kafka.TopicSpec {
	return kafka.TopicSpec{
		Name: name, Partitions: 1, Replication: -1, Config: map[string]string{"cleanup.policy": "compact"},
	}
}

// NewFormulasTopic returns a topic that has not been read, of which so many formulas are taken.
func NewFormulasTopic(name string, most int, client *kafka.Client, log zerolog.Logger) *FormulasTopic {
	return &FormulasTopic{
		name: name, client: client, log: log, changed: make(chan struct{}, 1),
		kept: topicSettings{byName: map[string]string{}, most: most}, dirty: map[string]struct{}{},
	}
}

// Read reads what the topic holds now, for a daemon that does not follow it.
func (t *FormulasTopic) Read(ctx context.Context) error {
	err := topics.Read(ctx, t.client, t.name, func(_ kafka.TopicPartition, r *kafka.Record) error {
		t.take(r)
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
	kept, refused := topicSettings{byName: map[string]string{}, most: t.kept.most}, 0
	if err := f.ToEnd(ctx, func(r *kafka.Record) { refused += kept.take(r) }); err != nil {
		f.Close()
		return nil, fmt.Errorf("formulas_topic: %w", err)
	}
	t.mu.Lock()
	for name, settings := range kept.byName {
		if was, known := t.kept.byName[name]; !known || was != settings {
			t.dirty[name] = struct{}{}
		}
	}
	for name := range t.kept.byName {
		if _, known := kept.byName[name]; !known {
			t.dirty[name] = struct{}{}
		}
	}
	t.kept, t.refused = kept, refused
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
			t.take(r)
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

func (t *FormulasTopic) take(r *kafka.Record) {
	t.refused += t.kept.take(r)
	t.dirty[string(r.Key)] = struct{}{}
}

// take notes what a record says, and returns 1 if there is no room for it.
func (k *topicSettings) take(r *kafka.Record) (refused int) {
	name := string(r.Key)
	was, known := k.byName[name]
	value := r.Value[:min(len(r.Value), config.SettingsSizeMax+1)]
	bytes := k.bytes + len(value) - len(was)
	if !known {
		bytes += len(name)
	}
	switch {
	case len(value) == 0:
		if known {
			k.bytes -= len(name) + len(was)
			delete(k.byName, name)
		}
		return 0
	case !known && len(k.byName) >= k.most || bytes > settingsBytesMax:
		return 1
	}
	k.byName[name], k.bytes = string(value), bytes
	return 0
}

// look reads the keys that have changed since the last look; t may be nil.
func (t *FormulasTopic) look(l *ledger) (news []finding) {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.dirty {
		at := t.placeOf(name)
		settings, there := t.kept.byName[name]
		if !there {
			news = append(news, finding{at: at, key: name})
			continue
		}
		s := source{place: at, names: []string{name}}
		f, err := readSettings(at, name, []byte(settings))
		if s.err = err; err == nil {
			f.rank = stream.Rank{Place: at.rank()}
			s.candidates = []*candidate{f}
		}
		news = append(news, finding{at: at, key: name, now: &s})
	}
	clear(t.dirty)
	whole := place{inTopic, "topic " + t.name}
	if known := l.sources[whole]; t.refused == 0 && known != nil {
		news = append(news, finding{at: whole})
	} else if err := t.overLimits(); t.refused > 0 && (known == nil || known.err.Error() != err.Error()) {
		news = append(news, finding{at: whole, now: &source{place: whole, err: err}})
	}
	return news
}

func (t *FormulasTopic) overLimits() error {
	return fmt.Errorf("topic %s: %d records are left out: formulas beyond %d (limits.formulas), or settings "+
		"beyond %d MB", t.name, t.refused, t.kept.most, settingsBytesMax>>20)
}

// placeOf returns the place of a key.
func (t *FormulasTopic) placeOf(name string) place {
	return place{inTopic, "topic " + t.name + ", key " + quotedIfOdd(name)}
}

// quotedIfOdd quotes a key that could not be the name of a file: anybody may write one.
func quotedIfOdd(key string) string {
	if fileName.MatchString(key) {
		return key
	}
	return fmt.Sprintf("%.80q", key)
}

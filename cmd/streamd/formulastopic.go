package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"streamd/kafka"
	"streamd/source"
)

// A topic of formulas is compacted: a record's key is the formula's name, its value
// the YAML or JSON of its settings as a file has them, null takes it away.

// topicFormulasMax is how many formulas a topic may hold.
const topicFormulasMax = 10_000

// followFormulas reads the topic of formulas up to its end, and goes on with it until
// the context ends.
func (d *daemon) followFormulas(ctx context.Context) (follow func() error, err error) {
	topic := d.base.FormulasTopic
	if topic == "" {
		return func() error { return nil }, nil
	}
	err = d.client.CreateTopic(ctx, kafka.TopicSpec{Name: topic, Partitions: 1, Replication: -1, Config: map[string]string{"cleanup.policy": "compact"}})
	switch {
	case err == nil:
		d.log.Info().Str("topic", topic).Msg("created")
	case errors.Is(err, kafka.TopicAlreadyExists):
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		d.log.Warn().Str("topic", topic).Err(err).Msg("not created; going on as if it exists")
	}
	f, err := source.Follow(ctx, d.client, topic)
	if err != nil {
		return nil, fmt.Errorf("streamd: formulas_topic: %w", err)
	}
	if err := f.ToEnd(ctx, d.takeFormula); err != nil {
		f.Close()
		return nil, fmt.Errorf("streamd: formulas_topic: %w", err)
	}
	return func() error {
		defer f.Close()
		for {
			err := f.Next(ctx, d.takeFormula)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return fmt.Errorf("streamd: formulas_topic: %w", err)
			}
			select {
			case d.topicChanged <- struct{}{}:
			default:
			}
		}
	}, nil
}

// takeFormula notes what a record of the topic says.
func (d *daemon) takeFormula(r *kafka.Record) {
	d.topicMu.Lock()
	defer d.topicMu.Unlock()
	name := string(r.Key)
	if _, known := d.topicFormulas[name]; !known && len(d.topicFormulas) >= topicFormulasMax {
		d.log.Error().Str("formula", name).Int("most", topicFormulasMax).Msg("too many formulas in the topic")
		return
	}
	if len(r.Value) == 0 {
		delete(d.topicFormulas, name)
		return
	}
	d.topicFormulas[name] = string(r.Value)
}

// topicSources returns the formulas of the topic, in the order of their names.
func (d *daemon) topicSources() []formulaSource {
	d.topicMu.Lock()
	defer d.topicMu.Unlock()
	var all []formulaSource
	for _, name := range slices.Sorted(maps.Keys(d.topicFormulas)) {
		s := formulaSource{origin: "topic " + d.base.FormulasTopic + ", key " + name}
		doc, err := parseYAML(s.origin, []byte(d.topicFormulas[name]))
		var f formulaConfig
		if err == nil {
			err = doc.decode(&f)
		}
		if err == nil && f.Name != "" && f.Name != name {
			err = fmt.Errorf("%s: the formula is named %s", s.origin, f.Name)
		}
		f.Name = name
		if s.err = err; err == nil {
			s.candidates = []candidate{{f, doc, "$", s.origin}}
		}
		all = append(all, s)
	}
	return all
}

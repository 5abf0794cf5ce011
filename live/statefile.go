package live

import (
	"fmt"
	"sync"

	"streamd/kafka"
	"streamd/store"
)

// stateFile is the file of one partition in the local store, if there is one. The keeper
// writes it, the worker opens and closes it.
type stateFile struct {
	cfg        *Config
	origin     store.Origin
	stateTopic kafka.TopicID
	topicEnd   int64 // up to where the state topic was read when the state was restored

	mu     sync.Mutex
	file   *store.File
	closed bool
}

// open opens the file and returns what it holds.
func (f *stateFile) open() (*store.Content, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cfg.State.Store == nil || f.closed {
		return &store.Content{}, nil
	}
	file, content, err := f.cfg.State.Store.File(f.origin)
	if err != nil {
		return nil, err
	}
	f.file = file
	if file.Damage != "" {
		f.cfg.Metrics.stateDamaged.Inc()
		f.cfg.Log.Error().Str("topic", f.origin.Topic).Int32("partition", f.origin.Partition).
			Str("damage", file.Damage).Str("aside", file.Aside).Int("records", len(content.Records)).
			Msg("the local store was damaged: what verifies is kept")
	}
	return content, nil
}

// keep writes a snapshot. After close it does nothing.
func (f *stateFile) keep(s *snapshot) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cfg.State.Store == nil || f.closed {
		return nil
	}
	if f.file == nil {
		file, _, err := f.cfg.State.Store.File(f.origin)
		if err != nil {
			return fmt.Errorf("live: %w", err)
		}
		f.file = file
	}
	if len(s.records) > 0 {
		if err := f.file.Write(s.records); err != nil {
			return fmt.Errorf("live: %w", err)
		}
	}
	if c := s.checkpoint; c != nil {
		c.StateTopic, c.StateOffset = f.stateTopic, max(s.stateEnd, f.topicEnd)
		if err := f.file.Checkpoint(c); err != nil {
			return fmt.Errorf("live: %w", err)
		}
	}
	f.cfg.Metrics.stateRecords.Add(len(s.records))
	for _, r := range s.records {
		f.cfg.Metrics.stateBytes.Add(len(r))
	}
	return nil
}

// close ends the writing; snapshots that still wait are dropped.
func (f *stateFile) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.file == nil {
		return
	}
	if err := f.file.Close(); err != nil {
		f.cfg.Log.Error().Err(err).Msg("closing the local store")
	}
	f.file = nil
}

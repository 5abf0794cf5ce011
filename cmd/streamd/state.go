package main

import (
	"errors"
	"fmt"
	"time"

	"streamd/history"
	"streamd/live"
	"streamd/store"
)

type stateConfig struct {
	Dir           string `yaml:"dir,omitempty" json:"dir,omitempty" jsonschema:"description=holds the identity of the instance and the snapshots of its series; each instance has its own"`
	SnapshotEvery string `yaml:"snapshot_every,omitempty" json:"snapshot_every,omitempty" jsonschema:"description=how long a change waits for its snapshot; 30s"`
	SizeMaxMB     int64  `yaml:"size_max_mb,omitempty" json:"size_max_mb,omitempty" jsonschema:"minimum=1,description=limit of the directory; 4096"`
	WarmFrom      string `yaml:"warm_from,omitempty" json:"warm_from,omitempty" jsonschema:"description=files of history (a glob) to begin series with that nothing else is known of"`
}

// checkState checks what is kept and for how long.
func (c *loaded) checkState(fail func(where, format string, args ...any)) {
	c.snapshotEvery = 30 * time.Second
	if s := c.State.SnapshotEvery; s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < 100*time.Millisecond || d > time.Hour {
			fail("$.state.snapshot_every", "%q is no duration between 100ms and 1h", s)
		} else {
			c.snapshotEvery = d
		}
	}
	if c.State.SizeMaxMB < 0 {
		fail("$.state.size_max_mb", "%d is no size", c.State.SizeMaxMB)
	}
	if c.MaxSeries < 0 {
		fail("$.max_series", "%d is no number of series", c.MaxSeries)
	}
	oneOf(fail, "$.kafka.offsets_lost", c.Kafka.OffsetsLost, string(live.Halt), string(live.FromEarliest),
		string(live.FromLatest))
}

// openState takes possession of the state directory, if there is one, and returns
// where state is kept and the random id that tells this instance from the others of
// the group. Without a directory it is another instance each time.
func (d *daemon) openState() (state live.State, id string, err error) {
	c := d.cfg
	state = live.State{Topic: c.Kafka.stateTopic(), Every: c.snapshotEvery}
	if c.State.WarmFrom != "" {
		state.History = &history.Data{Paths: []string{c.State.WarmFrom}}
	}
	if c.State.Dir == "" {
		return state, store.NewIdentity(), nil
	}
	s, err := store.Open(c.State.Dir, store.Options{SizeMax: c.State.SizeMaxMB << 20})
	if err != nil {
		return state, "", fmt.Errorf("streamd: state.dir: %w", err)
	}
	state.Store = s
	if id, err = s.Identity(); err != nil {
		return state, "", errors.Join(fmt.Errorf("streamd: state.dir: %w", err), s.Close())
	}
	return state, id, nil
}

package main

import (
	"errors"
	"fmt"

	"streamd/config"
	"streamd/history"
	"streamd/live"
	"streamd/store"
)

// openState takes possession of the state directory, if there is one, and returns where state is kept and the random
// id that tells this instance from the others of the group. Without a directory it is another instance each time.
func openState(cfg *config.Configuration) (state live.StateConfig, id string, err error) {
	state = live.StateConfig{Topic: cfg.StateTopic(), Every: cfg.SnapshotEvery()}
	if cfg.State.WarmFrom != "" {
		messages, y, err := cfg.State.WarmLayout.Layout("")
		if err != nil {
			return state, "", usage{fmt.Errorf("streamd: state.warm_layout: %w", err)}
		}
		state.History = &history.Data{Paths: []string{cfg.State.WarmFrom}, Format: messages, Layout: y}
	}
	if cfg.State.Dir == "" {
		return state, store.NewIdentity(), nil
	}
	s, err := store.Open(cfg.State.Dir, store.Options{SizeMax: cfg.State.SizeMaxMB << 20})
	if err != nil {
		return state, "", fmt.Errorf("streamd: state.dir: %w", err)
	}
	state.Store = s
	if id, err = s.Identity(); err != nil {
		return state, "", errors.Join(fmt.Errorf("streamd: state.dir: %w", err), s.Close())
	}
	return state, id, nil
}

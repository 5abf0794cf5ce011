package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// restores tells from the daemons' logs what partitions were restored from when
// they were assigned.
type restores struct {
	disk, both, topic, input, nothing int
	damaged, refused                  int // files, and times that the disk was full or failed
	generations                       int // of the group
}

// read adds what the log of a daemon tells.
func (s *restores) read(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(raw)) {
		var e struct {
			Level, Message string
			Series         int
			Generation     int
			FromTopic      *int `json:"from_topic"`
		}
		if json.Unmarshal([]byte(line), &e) == nil { // kill -9 may have torn the line
			s.generations = max(s.generations, e.Generation)
			s.count(e.Level, e.Message, e.Series, e.FromTopic)
		}
	}
	return nil
}

func (s *restores) count(level, message string, series int, fromTopic *int) {
	switch {
	case strings.HasPrefix(message, "the local store was damaged"):
		s.damaged++
	case strings.HasPrefix(message, "the local store cannot be"):
		s.refused++
	case fromTopic == nil:
	case level == "warn":
		s.input++
	case series == 0:
		s.nothing++
	case *fromTopic == 0:
		s.disk++
	case *fromTopic < series:
		s.both++
	default:
		s.topic++
	}
}

func (s restores) String() string {
	return fmt.Sprintf("partitions restored from the disk %d, disk and state topic %d, state topic %d, retained "+
		"input alone %d, begun with nothing %d; damaged files %d, refused by the disk %d; generations %d",
		s.disk, s.both, s.topic, s.input, s.nothing, s.damaged, s.refused, s.generations)
}

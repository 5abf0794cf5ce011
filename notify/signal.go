package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"streamd/candle"
)

// Signal is a record of the signals topic.
type Signal struct {
	ID         string            `json:"id"`
	Resolves   string            `json:"resolves"`
	Formula    string            `json:"formula"`
	SignalType string            `json:"signal_type"`
	Symbol     string            `json:"symbol"`
	Timeframe  string            `json:"timeframe"`
	Timestamp  time.Time         `json:"timestamp"`
	Metadata   map[string]string `json:"metadata"`
	Candle     struct {
		Close float64 `json:"close"`
	} `json:"candle"`
	Bars int `json:"bars"`

	Key, Payload []byte
	Written      time.Time // of its record
	opener       *Signal   // of a RESOLVE, where it is known
}

// resolveType is the signal_type of the message that a signal has ended.
const resolveType = "RESOLVE"

// ReadSignal reads the bytes of a signal, which it keeps.
func ReadSignal(payload []byte) (*Signal, error) {
	s := &Signal{Payload: payload}
	if err := json.Unmarshal(payload, s); err != nil {
		return nil, fmt.Errorf("notify: no signal: %w", err)
	}
	if s.ID == "" || s.Symbol == "" {
		return nil, fmt.Errorf("notify: a signal without id or symbol: %.80q", payload)
	}
	return s, nil
}

// step is the width of a bar; 0 if it is not known.
func (s *Signal) step() time.Duration {
	tf, err := candle.ParseTimeframe(s.Timeframe)
	if err != nil {
		return 0
	}
	return tf.Duration()
}

// closed is when the signal's candle closed.
func (s *Signal) closed() time.Time { return s.Timestamp.Add(s.step()) }

// origin is the signal that people know: of a RESOLVE its opener.
func (s *Signal) origin() *Signal {
	if s.opener != nil {
		return s.opener
	}
	return s
}

// alertID is the id by which receivers join a signal and its RESOLVE.
func (s *Signal) alertID() string {
	if s.Resolves != "" {
		return s.Resolves
	}
	return s.ID
}

// data returns the signal as a template sees it. Numbers stay as they were written.
func (s *Signal) data() map[string]any {
	d := json.NewDecoder(bytes.NewReader(s.Payload))
	fields := map[string]any{}
	if err := d.Decode(&fields); err != nil {
		panic("notify: " + err.Error()) // ReadSignal has read it
	}
	for _, key := range []string{"candle", "indicator_values", "metadata"} {
		if _, ok := fields[key].(map[string]any); !ok {
			fields[key] = map[string]any{}
		}
	}
	if m, ok := fields["metadata"].(map[string]any); ok && len(m) == 0 {
		for k, v := range s.origin().Metadata {
			m[k] = v
		}
	}
	return fields
}

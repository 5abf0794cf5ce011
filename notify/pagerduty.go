package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// PagerDutySettings is a service of PagerDuty, by Events API v2:
// https://developer.pagerduty.com/docs/send-alert-event.
type PagerDutySettings struct {
	RoutingKey string `yaml:"routing_key"`
	URL        string `yaml:"url,omitempty"`
}

const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// Check wants a key.
func (p *PagerDutySettings) Check() error {
	switch {
	case p.RoutingKey == "":
		return errors.New("routing_key is missing")
	case p.URL != "":
		return checkURL("url", p.URL)
	}
	return nil
}

// Secrets are the key and parts of the URL.
func (p *PagerDutySettings) Secrets() []string { return append(secretsOf(p.URL, false), p.RoutingKey) }

// Open returns the receiver.
func (p *PagerDutySettings) Open(OpenOptions) (Receiver, error) {
	return &pagerDuty{newCaller(timeoutDefault), cmp.Or(p.URL, pagerDutyURL), p.RoutingKey}, nil
}

type pagerDuty struct {
	*caller
	address, key string
}

func (*pagerDuty) Escape(value string) string { return asItIs(value) }

const pagerDutyTextMax = 1024 // characters of a summary

// pagerDutySeverities are what the API takes.
var pagerDutySeverities = []string{"critical", "error", "warning", "info"}

// Send sends an event for each signal: an incident is about one, and a RESOLVE ends it. An event
// that comes again has the same dedup_key and changes nothing.
func (p *pagerDuty) Send(ctx context.Context, m *Notice) (said string, err error) {
	for _, s := range m.Signals {
		action, severity := "trigger", s.origin().Metadata["severity"]
		if s.SignalType == resolveType {
			action = "resolve"
		}
		if !slices.Contains(pagerDutySeverities, severity) {
			severity = "warning"
		}
		text := m.Text
		if len(m.Signals) > 1 {
			text = headline(s)
		}
		event := map[string]any{
			"routing_key": p.key, "event_action": action, "dedup_key": s.alertID(), "client": "streamd",
			"payload": map[string]any{
				"summary": cutText(text, pagerDutyTextMax), "source": s.Symbol, "severity": severity,
				"timestamp": s.closed().UTC().Format(time.RFC3339), "component": s.Symbol, "group": s.Formula,
				"class": s.SignalType, "custom_details": json.RawMessage(s.Payload),
			},
		}
		if m.Link != "" {
			event["client_url"] = m.Link
		}
		if _, said, err = p.postJSON(ctx, p.address, event, nil); err != nil {
			return said, err
		}
	}
	return said, nil
}

func (p *pagerDuty) Close() error { return p.close() }

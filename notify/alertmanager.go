package notify

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// AlertmanagerSettings is an Alertmanager, by its API v2:
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.
type AlertmanagerSettings struct {
	URL    string `yaml:"url"`
	Resend string `yaml:"resend,omitempty"`
	Token  string `yaml:"token,omitempty"`
}

const (
	resendDefault = time.Minute
	// activeMax is how many alerts are sent again at most; the oldest are left to expire.
	activeMax = 10_000
	// alertsMax is how many alerts one request carries.
	alertsMax = 500
)

// Check wants the URL.
func (a *AlertmanagerSettings) Check() error {
	if err := checkURL("url", a.URL); err != nil {
		return err
	}
	_, err := durationOf(a.Resend, resendDefault, time.Hour)
	return err
}

// Secrets are the token and parts of the URL.
func (a *AlertmanagerSettings) Secrets() []string { return append(secretsOf(a.URL, false), a.Token) }

// Open returns the receiver.
func (a *AlertmanagerSettings) Open(o OpenOptions) (Receiver, error) {
	resend, err := durationOf(a.Resend, resendDefault, time.Hour)
	if err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(a.URL, "/")
	if !strings.HasSuffix(address, "/api/v2/alerts") {
		address += "/api/v2/alerts"
	}
	return &alertmanager{
		caller: newCaller(timeoutDefault), address: address, token: a.Token, resend: max(resend, time.Second),
		ends: o.Ends, active: map[string]*alert{},
	}, nil
}

type alertmanager struct {
	*caller
	address, token string
	resend         time.Duration
	ends           func(formula string) bool

	active map[string]*alert // by the id of the opener: they end with a RESOLVE
	order  []string          // of them, oldest first
	next   time.Time         // when they are sent again
}

// alert is one of the API.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`

	step time.Duration
}

func (*alertmanager) Escape(value string) string { return asItIs(value) }

// alertOf is the alert of a signal. The labels name it, so they are of the signal and not of its
// candle: a RESOLVE has its opener's.
func alertOf(s *Signal, text, link string) *alert {
	o := s.origin()
	a := &alert{
		Labels: map[string]string{}, StartsAt: o.closed().UTC(), step: s.step(), GeneratorURL: link,
		Annotations: map[string]string{"description": text},
	}
	for k, v := range o.Metadata {
		if name := labelName(k); v != "" {
			a.Labels[name] = v
		}
	}
	for k, v := range map[string]string{
		"alertname": s.Formula, "symbol": s.Symbol, "timeframe": s.Timeframe, "signal_type": o.SignalType,
	} {
		a.Labels[k] = v
	}
	if summary := o.Metadata["summary"]; summary != "" {
		a.Annotations["summary"] = summary
	}
	return a
}

// labelName makes a label's name of a metadata key.
func labelName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, key)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// Send posts an alert for each signal. What ends with a RESOLVE is sent again until that comes;
// anything else ends by itself, a bar behind the time at which it would have been sent again.
func (a *alertmanager) Send(ctx context.Context, m *Notice) (string, error) {
	now := time.Now()
	var alerts []*alert
	for _, s := range m.Signals {
		text := m.Text
		if len(m.Signals) > 1 {
			text = headline(s)
		}
		one := alertOf(s, text, cmp.Or(s.origin().Metadata["url"], m.Link))
		one.EndsAt = now.Add(a.resend + one.step).UTC()
		if s.SignalType == resolveType {
			one.EndsAt = s.closed().UTC()
		}
		alerts = append(alerts, one)
	}
	said, err := a.send(ctx, alerts)
	if err != nil {
		return said, err
	}
	for i, s := range m.Signals {
		a.note(s, alerts[i])
	}
	return said, nil
}

// note remembers what is active.
func (a *alertmanager) note(s *Signal, one *alert) {
	id := s.alertID()
	switch _, known := a.active[id]; {
	case s.SignalType == resolveType:
		delete(a.active, id)
		a.order = slices.DeleteFunc(a.order, func(x string) bool { return x == id })
	case a.ends(s.Formula) && !known:
		a.active[id] = one
		a.order = append(a.order, id)
		if len(a.order) > activeMax {
			delete(a.active, a.order[0])
			a.order = a.order[1:]
		}
	}
	if len(a.active) > 0 && a.next.IsZero() {
		a.next = time.Now().Add(a.resend)
	}
}

func (a *alertmanager) recall(s *Signal) {
	a.note(s, alertOf(s, headline(s), s.origin().Metadata["url"]))
	if len(a.active) > 0 {
		a.next = time.Now() // when they were sent last is not known
	}
}

func (a *alertmanager) due() time.Time { return a.next }

func (a *alertmanager) repeat(ctx context.Context) error {
	a.next = time.Time{}
	if len(a.active) == 0 {
		return nil
	}
	a.next = time.Now().Add(a.resend)
	for ids := range slices.Chunk(a.order, alertsMax) {
		var alerts []*alert
		for _, id := range ids {
			one := a.active[id]
			one.EndsAt = time.Now().Add(a.resend + one.step).UTC()
			alerts = append(alerts, one)
		}
		if _, err := a.send(ctx, alerts); err != nil {
			return err
		}
	}
	return nil
}

func (a *alertmanager) send(ctx context.Context, alerts []*alert) (string, error) {
	header := http.Header{}
	if a.token != "" {
		header.Set("Authorization", "Bearer "+a.token)
	}
	_, said, err := a.postJSON(ctx, a.address, alerts, header)
	return said, err
}

func (a *alertmanager) Close() error { return a.close() }

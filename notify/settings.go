package notify

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"streamd/candle/zone"
	"streamd/formula"
	"streamd/sink"
)

// NotifySettings is the section `notify:` of a configuration.
type NotifySettings struct {
	Receivers   []ReceiverSettings `yaml:"receivers"`
	Routes      []RouteSettings    `yaml:"routes,omitempty"`
	Retry       RetrySettings      `yaml:"retry,omitempty"`
	Undelivered string             `yaml:"undelivered,omitempty"`
}

// ReceiverSettings is one receiver. Exactly one kind is set.
type ReceiverSettings struct {
	Name    string   `yaml:"name"`
	Start   string   `yaml:"start,omitempty" jsonschema:"enum=earliest,enum=latest"`
	Secrets []string `yaml:"secrets,omitempty"`

	Webhook      *WebhookSettings      `yaml:"webhook,omitempty"`
	Telegram     *TelegramSettings     `yaml:"telegram,omitempty"`
	Slack        *SlackSettings        `yaml:"slack,omitempty"`
	Discord      *DiscordSettings      `yaml:"discord,omitempty"`
	Teams        *TeamsSettings        `yaml:"teams,omitempty"`
	Ntfy         *NtfySettings         `yaml:"ntfy,omitempty"`
	PagerDuty    *PagerDutySettings    `yaml:"pagerduty,omitempty"`
	Email        *EmailSettings        `yaml:"email,omitempty"`
	Alertmanager *AlertmanagerSettings `yaml:"alertmanager,omitempty"`
	Shoutrrr     *ShoutrrrSettings     `yaml:"shoutrrr,omitempty"`
}

// kind is what the type of each kind's settings does. Check reports settings with which it cannot
// be opened, and repeats no secret. Secrets are the texts that appear nowhere.
type kind interface {
	Check() error
	Secrets() []string
	Open(o OpenOptions) (Receiver, error)
}

// OpenOptions is what a receiver is opened with, besides its own settings.
type OpenOptions struct {
	Secrets []string // of ReceiverSettings, for signatures
	// Ends reports whether the signals of a formula end with a RESOLVE.
	Ends func(formula string) bool
}

// chosen returns the kind that is set, and its key in the configuration.
func (r *ReceiverSettings) chosen() (key string, k kind, err error) {
	return sink.Chosen[kind](*r, "receiver")
}

// Patterns is one text or a list of them; * in a text stands for any characters, ? for one.
type Patterns []string

// UnmarshalYAML reads one text or a list.
func (p *Patterns) UnmarshalYAML(unmarshal func(any) error) error {
	var all []string
	if err := unmarshal(&all); err == nil {
		*p = all
		return nil
	}
	var one string
	if err := unmarshal(&one); err != nil {
		return err
	}
	*p = Patterns{one}
	return nil
}

// RouteSettings says which signals go to whom, and how.
type RouteSettings struct {
	Match    MatchSettings  `yaml:"match,omitempty"`
	To       Patterns       `yaml:"to"`
	Continue bool           `yaml:"continue,omitempty"`
	Group    *GroupSettings `yaml:"group,omitempty"`
	Rate     string         `yaml:"rate,omitempty"`
	Quiet    *QuietSettings `yaml:"quiet,omitempty"`
	Template string         `yaml:"template,omitempty"`
}

// MatchSettings are conditions, all of which must hold; an empty one does.
type MatchSettings struct {
	Formula    Patterns          `yaml:"formula,omitempty"`
	Symbol     Patterns          `yaml:"symbol,omitempty"`
	SignalType Patterns          `yaml:"signal_type,omitempty"`
	Timeframe  Patterns          `yaml:"timeframe,omitempty"`
	Metadata   map[string]string `yaml:"metadata,omitempty"`
}

// GroupSettings join several signals to one message.
type GroupSettings struct {
	By       Patterns `yaml:"by,omitempty"`
	Wait     string   `yaml:"wait,omitempty"`
	Interval string   `yaml:"interval,omitempty"`
	Most     int      `yaml:"most,omitempty" jsonschema:"minimum=1"`
}

// QuietSettings are hours in which nothing is sent.
type QuietSettings struct {
	Hours    string `yaml:"hours"`
	Timezone string `yaml:"timezone,omitempty"`
	Then     string `yaml:"then,omitempty" jsonschema:"enum=digest,enum=drop"`
}

// RetrySettings say how long a delivery is tried.
type RetrySettings struct {
	For string `yaml:"for,omitempty"`
	Max string `yaml:"max,omitempty"`
}

// Defaults and limits.
const (
	ReceiversMax    = 64
	RoutesMax       = 1000
	retryForDefault = 24 * time.Hour
	retryMaxDefault = 5 * time.Minute
	waitDefault     = 5 * time.Second
	intervalDefault = time.Minute
	mostDefault     = 20
	mostMax         = 1000
	rateMax         = 10_000
)

// receiverName is what a consumer group and a metric's label can carry.
var receiverName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// SettingsFault is what is wrong with settings.
type SettingsFault struct {
	Path string // below the section, as receivers[0].webhook
	Err  error
	// Of a template: its text, and where in it the fault is.
	Template    string
	Diagnostics formula.Diagnostics
}

// Check returns all that is wrong.
func (s *NotifySettings) Check() []SettingsFault {
	var found []SettingsFault
	add := func(path, format string, args ...any) {
		found = append(found, SettingsFault{Path: path, Err: fmt.Errorf(format, args...)})
	}
	if len(s.Receivers) > ReceiversMax || len(s.Routes) > RoutesMax {
		add("", "%d receivers and %d routes, at most %d and %d", len(s.Receivers), len(s.Routes), ReceiversMax,
			RoutesMax)
	}
	names := map[string]bool{}
	for i := range s.Receivers {
		r, path := &s.Receivers[i], fmt.Sprintf("receivers[%d]", i)
		switch {
		case r.Name == "":
			add(path, "name is missing")
		case !receiverName.MatchString(r.Name):
			add(path+".name", "a name has letters, digits and . _ - only, 64 at most")
		case names[r.Name]:
			add(path+".name", "two receivers named %s", r.Name)
		}
		names[r.Name] = true
		if r.Start != "" && r.Start != "earliest" && r.Start != "latest" {
			add(path+".start", "%q is none of earliest, latest", r.Start)
		}
		key, k, err := r.chosen()
		if err != nil {
			add(path, "%w", err)
		} else if err := k.Check(); err != nil {
			add(path+"."+key, "%w", err)
		}
	}
	for i := range s.Routes {
		found = append(found, s.Routes[i].check(fmt.Sprintf("routes[%d]", i), names)...)
	}
	for _, d := range []struct{ path, text string }{{"retry.for", s.Retry.For}, {"retry.max", s.Retry.Max}} {
		if _, err := durationOf(d.text, 0, 30*24*time.Hour); err != nil {
			add(d.path, "%w", err)
		}
	}
	return found
}

func (r *RouteSettings) check(path string, receivers map[string]bool) []SettingsFault {
	var found []SettingsFault
	add := func(at string, err error) { found = append(found, SettingsFault{Path: path + at, Err: err}) }
	if len(r.To) == 0 {
		add("", errors.New("to is missing"))
	}
	for i, name := range r.To {
		if !receivers[name] {
			hint := ""
			if near := formula.DidYouMean(name, slices.Sorted(keysOf(receivers))); near != "" {
				hint = "; " + near
			}
			add(fmt.Sprintf(".to[%d]", i), fmt.Errorf("no receiver %q%s", name, hint))
		}
	}
	for i, t := range r.Match.SignalType {
		if !slices.Contains([]string{"ENTRY", "EXIT", "SCAN_HIT", "RESOLVE"}, t) && !strings.ContainsAny(t, "*?") {
			add(fmt.Sprintf(".match.signal_type[%d]", i), fmt.Errorf("%q is none of ENTRY, EXIT, SCAN_HIT, RESOLVE", t))
		}
	}
	if g := r.Group; g != nil {
		for i, by := range g.By {
			if !slices.Contains(groupFields, by) && !strings.HasPrefix(by, "metadata.") {
				add(fmt.Sprintf(".group.by[%d]", i), fmt.Errorf("%q is none of %s, metadata.KEY", by,
					strings.Join(groupFields, ", ")))
			}
		}
		if _, err := durationOf(g.Wait, waitDefault, 24*time.Hour); err != nil {
			add(".group.wait", err)
		}
		if _, err := durationOf(g.Interval, intervalDefault, 24*time.Hour); err != nil {
			add(".group.interval", err)
		}
		if g.Most < 0 || g.Most > mostMax {
			add(".group.most", fmt.Errorf("%d is outside 1 to %d", g.Most, mostMax))
		}
	}
	if _, err := parseRate(r.Rate); err != nil {
		add(".rate", err)
	}
	if _, err := parseQuiet(r.Quiet); err != nil {
		add(".quiet", err)
	}
	if r.Template != "" {
		if d := CheckTemplate(r.Template); len(d) > 0 {
			found = append(found, SettingsFault{
				Path: path + ".template", Err: errors.New(d[0].Message), Template: r.Template, Diagnostics: d,
			})
		}
	}
	return found
}

func keysOf(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// durationOf reads a duration; an empty text is the default.
func durationOf(text string, byDefault, most time.Duration) (time.Duration, error) {
	if text == "" {
		return byDefault, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		return 0, fmt.Errorf("%q is no duration from 0s to %s", text, most)
	}
	return d, nil
}

// rate is how many messages may go out in a span; the zero value is no limit.
type rate struct {
	count int
	span  time.Duration
}

// parseRate reads 30/1m.
func parseRate(text string) (rate, error) {
	if text == "" {
		return rate{}, nil
	}
	var r rate
	count, span, ok := strings.Cut(text, "/")
	_, err := fmt.Sscanf(count+" ", "%d ", &r.count)
	if err == nil {
		r.span, err = time.ParseDuration(strings.TrimSpace(span))
	}
	if !ok || err != nil || r.count < 1 || r.count > rateMax || r.span <= 0 || r.span > 24*time.Hour {
		return rate{}, fmt.Errorf("%q is no rate as 30/1m, of at most %d in a day", text, rateMax)
	}
	return r, nil
}

// quiet are the quiet hours of a route.
type quiet struct {
	from, to int // minutes of the day
	zone     *time.Location
	drop     bool
}

var hoursText = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)$`)

func parseQuiet(s *QuietSettings) (*quiet, error) {
	if s == nil {
		return nil, nil
	}
	m := hoursText.FindStringSubmatch(s.Hours)
	if m == nil {
		return nil, fmt.Errorf("hours %q are not as 22:00-07:00", s.Hours)
	}
	minutes := func(h, m string) int { return 60*(int(h[0]-'0')*10+int(h[1]-'0')) + int(m[0]-'0')*10 + int(m[1]-'0') }
	q := &quiet{from: minutes(m[1], m[2]), to: minutes(m[3], m[4]), drop: s.Then == "drop"}
	if q.from == q.to {
		return nil, fmt.Errorf("hours %q are none", s.Hours)
	}
	if s.Then != "" && s.Then != "digest" && s.Then != "drop" {
		return nil, fmt.Errorf("then %q is none of digest, drop", s.Then)
	}
	var err error
	q.zone, err = zone.Load(cmp.Or(s.Timezone, "UTC"))
	return q, err
}

// until returns when the quiet hours end that a time lies in; false where it lies in none.
func (q *quiet) until(t time.Time) (time.Time, bool) {
	local := t.In(q.zone)
	now := 60*local.Hour() + local.Minute()
	inside, days := now >= q.from && now < q.to, 0
	if q.from > q.to {
		inside = now >= q.from || now < q.to
		if now >= q.from {
			days = 1
		}
	}
	return time.Date(local.Year(), local.Month(), local.Day()+days, q.to/60, q.to%60, 0, 0, q.zone), inside
}

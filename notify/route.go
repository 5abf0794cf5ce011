package notify

import (
	"slices"
	"strings"
	"time"

	"streamd/stream"
)

// route is RouteSettings, read.
type route struct {
	settings *RouteSettings
	index    int
	template *Template // nil for the default text
	rate     rate
	quiet    *quiet

	grouped        bool
	wait, interval time.Duration
	most           int
}

// newRoutes reads routes that have passed Check.
func newRoutes(settings []RouteSettings) ([]*route, error) {
	var all []*route
	for i := range settings {
		s := &settings[i]
		r := &route{settings: s, index: i, most: mostDefault}
		var err error
		if s.Template != "" {
			if r.template, err = ParseTemplate(s.Template); err != nil {
				return nil, err
			}
		}
		if r.rate, err = parseRate(s.Rate); err != nil {
			return nil, err
		}
		if r.quiet, err = parseQuiet(s.Quiet); err != nil {
			return nil, err
		}
		if g := s.Group; g != nil {
			r.grouped = true
			if r.wait, err = durationOf(g.Wait, waitDefault, 24*time.Hour); err != nil {
				return nil, err
			}
			if r.interval, err = durationOf(g.Interval, intervalDefault, 24*time.Hour); err != nil {
				return nil, err
			}
			if g.Most > 0 {
				r.most = g.Most
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// matches reports whether a signal is the route's. A RESOLVE goes where its opener went: it has
// that one's metadata, and its signal_type besides its own.
func (r *route) matches(s *Signal) bool {
	m := &r.settings.Match
	o := s.origin()
	for key, pattern := range m.Metadata {
		if v, ok := o.Metadata[key]; !ok || !stream.SymbolMatches(pattern, v) {
			return false
		}
	}
	return anyFits(m.Formula, s.Formula) && anyFits(m.Symbol, s.Symbol) && anyFits(m.Timeframe, s.Timeframe) &&
		(anyFits(m.SignalType, s.SignalType) || anyFits(m.SignalType, o.SignalType))
}

// anyFits reports whether one of the patterns fits; none do not restrict.
func anyFits(patterns Patterns, text string) bool {
	return len(patterns) == 0 ||
		slices.ContainsFunc(patterns, func(p string) bool { return stream.SymbolMatches(p, text) })
}

// routeTo returns the route by which a signal goes to a receiver, nil for none: the first that
// matches and names it, unless one before it matches and does not say to continue.
func routeTo(routes []*route, receiver string, s *Signal) *route {
	for _, r := range routes {
		if !r.matches(s) {
			continue
		}
		if slices.Contains(r.settings.To, receiver) {
			return r
		}
		if !r.settings.Continue {
			return nil
		}
	}
	return nil
}

// groupFields are what signals can be grouped by, besides metadata.KEY.
var groupFields = []string{"formula", "symbol", "timeframe", "signal_type"}

// groupOf returns what the signals that are joined with this one have in common.
func (r *route) groupOf(s *Signal) string {
	if !r.grouped {
		return ""
	}
	var key strings.Builder
	for _, by := range r.settings.Group.By {
		v := ""
		switch by {
		case "formula":
			v = s.Formula
		case "symbol":
			v = s.Symbol
		case "timeframe":
			v = s.Timeframe
		case "signal_type":
			v = s.SignalType
		default:
			v = s.origin().Metadata[strings.TrimPrefix(by, "metadata.")]
		}
		key.WriteString(v)
		key.WriteByte(0)
	}
	return key.String()
}

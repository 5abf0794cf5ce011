package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// chartLink is the address of the page that shows the chart of a signal; empty where the page has
// no address.
func chartLink(publicURL string, s *Signal) string {
	if publicURL == "" {
		return ""
	}
	return strings.TrimSuffix(publicURL, "/") + "/?" + url.Values{
		"symbol": {s.Symbol}, "timeframe": {s.Timeframe}, "at": {s.Timestamp.UTC().Format(time.RFC3339)},
		"formula": {s.Formula},
	}.Encode()
}

// headline says in a few words what has happened.
func headline(s *Signal) string {
	if s.SignalType == resolveType {
		return fmt.Sprintf("RESOLVED %s %s %s after %d bars", s.Formula, s.Symbol, s.Timeframe, s.Bars)
	}
	return fmt.Sprintf("%s %s %s %s", s.SignalType, s.Formula, s.Symbol, s.Timeframe)
}

// defaultText is the message about a signal where the route has no template.
func defaultText(s *Signal, publicURL string) string {
	text := fmt.Sprintf("%s: close %s at %s UTC", headline(s), plain(s.Candle.Close),
		s.Timestamp.UTC().Format("2006-01-02 15:04"))
	meta := s.origin().Metadata
	if severity := meta["severity"]; severity != "" {
		text = "[" + severity + "] " + text
	}
	for _, more := range []string{meta["summary"], meta["url"], chartLink(publicURL, s)} {
		if more != "" {
			text += "\n" + more
		}
	}
	return text
}

// textOf is what a message says of one signal.
func textOf(s *Signal, t *Template, publicURL string, escape func(string) string) string {
	if t != nil {
		text, err := t.Execute(s, publicURL, escape)
		if err == nil {
			return text
		}
		// The template has passed its check and this signal is unlike all others: what has
		// happened must still be said.
		return escape(fmt.Sprintf("%s\n(%v)", defaultText(s, publicURL), err))
	}
	return escape(defaultText(s, publicURL))
}

// newNotice writes a message about signals. It shows so many of them, all for 0.
func newNotice(signals []*Signal, t *Template, publicURL string, escape func(string) string, most int) *Notice {
	m := &Notice{Signals: signals, ID: signals[0].ID, Templated: t != nil, Link: chartLink(publicURL, signals[0])}
	if len(signals) > 1 {
		h := sha256.New()
		for _, s := range signals {
			h.Write([]byte(s.ID))
		}
		m.ID = hex.EncodeToString(h.Sum(nil)[:16])
	}
	var lines []string
	shown := signals
	if most > 0 && len(signals) > most {
		shown = signals[:most]
	}
	for _, s := range shown {
		lines = append(lines, textOf(s, t, publicURL, escape))
	}
	if n := len(signals) - len(shown); n > 0 {
		lines = append(lines, escape(fmt.Sprintf("and %d more", n)))
	}
	m.Text = strings.Join(lines, "\n")
	return m
}

// cutText keeps a text within so many characters. It cuts at the end of a line or at a blank, so
// that no escape is torn, and says that it was cut.
func cutText(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	at, n := 0, 0
	for i := range text {
		if n == most-2 {
			at = i
			break
		}
		n++
	}
	cut := text[:at]
	if i := strings.LastIndexAny(cut, "\n "); i > at/2 {
		cut = cut[:i]
	}
	for strings.HasSuffix(cut, `\`) {
		cut = cut[:len(cut)-1]
	}
	return cut + "\n…"
}

// escaper returns a function that puts a backslash before each of the characters.
func escaper(characters string) func(string) string {
	var pairs []string
	for _, c := range characters {
		pairs = append(pairs, string(c), `\`+string(c))
	}
	r := strings.NewReplacer(pairs...)
	return r.Replace
}

// asItIs escapes nothing: for places that show a text as it is.
func asItIs(value string) string { return value }

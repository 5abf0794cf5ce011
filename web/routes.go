package web

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// route is an address of the API. The server, the refusal of unknown parameters and the OpenAPI document are all made
// from it.
type route struct {
	method, path, summary string
	params                []param
	body                  *requestBody // nil where there is none
	answer                any          // a value of the type that is answered as JSON
	media                 string       // of an answer that is no JSON
	serve                 http.HandlerFunc
}

// requestBody describes a body for the OpenAPI document.
type requestBody struct {
	doc      string
	members  []string // of the JSON object that must be there, texts that are not empty
	closed   bool     // it has no other members
	optional bool
}

// param is a parameter in the query.
type param struct {
	name, doc   string
	required    bool
	max         int    // how often it may be given; 0 for once
	least, most int    // of an integer; both 0 for a text
	form        string // a regular expression that a text matches; the handler may know more
}

// The parameters that several routes have.
var (
	paramFormula   = param{name: "formula", doc: "the name of a formula"}
	paramPattern   = param{name: "symbol", doc: "a symbol; * stands for any text and ? for one character"}
	paramSymbol    = param{name: "symbol", doc: "a symbol", required: true}
	paramTimeframe = param{name: "timeframe", doc: "as in a formula: 1m, 4h, 1d", form: timeframeForm}
	paramOwnFrame  = param{
		name: "timeframe", doc: "the timeframe of the series: 1m, 4h, 1d", form: timeframeForm, required: true,
	}
	paramAs = param{
		name: "as", doc: "a longer timeframe that the kept candles are put together to, by the calendar in UTC",
		form: timeframeForm,
	}
	paramExpr = param{name: "expr", doc: "an expression of the language; may be repeated", max: exprsMax}
)

// limited is the parameter limit of a route that gives so many at most.
func limited(most int) param {
	return param{name: "limit", doc: "how many at most", least: 1, most: most}
}

// The forms of timeframes and times in the OpenAPI document. They name what a client should send: the handlers read
// every timeframe up to a year and every time of ParseBarTime.
const (
	timeframeForm = `^([1-9][0-9]{0,6}s|[1-9][0-9]{0,4}m|[1-9][0-9]{0,2}h|([1-9][0-9]?|[12][0-9]{2})d|` +
		`([1-9]|[1-4][0-9])w|([1-9]|1[0-2])M)$`
	dateForm  = `(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])`
	clockForm = `([01][0-9]|2[0-3]):[0-5][0-9]`
	timeForm  = `^(` + dateForm + `(T` + clockForm + `:[0-5][0-9]Z)?|[0-9]+([.][0-9]+)?)$`
	sinceForm = `^(` + dateForm + `(T` + clockForm + `:[0-5][0-9]Z)?|[0-9]+([.][0-9]+)?|[^-]+-[A-Za-z0-9_-]*)$`
	barForm   = `^(` + dateForm + `(T` + clockForm + `:[0-5][0-9]Z)?|` + clockForm + `|[0-9]+([.][0-9]+)?)$`
)

// needed returns the parameter as one that must be given.
func (p param) needed() param {
	p.required = true
	return p
}

// Limits of the parameters.
const (
	valueMax = 256     // bytes of one
	exprMax  = 4 << 10 // bytes of an expression
	exprsMax = 16      // expressions of one request
)

// longest is how many bytes a value of the parameter may have.
func (p param) longest() int {
	if p.name == "expr" || p.name == "where" {
		return exprMax
	}
	return valueMax
}

// taking rejects a parameter that the handler does not know, which would be ignored in silence.
func taking(h http.HandlerFunc, params []param) http.HandlerFunc {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.name
	}
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		for _, name := range slices.Sorted(maps.Keys(query)) {
			i := slices.Index(names, name)
			if i < 0 {
				err = errors.Join(err, fmt.Errorf("unknown parameter %q: there are %s", name,
					cmp.Or(strings.Join(names, ", "), "none")))
				continue
			}
			err = errors.Join(err, params[i].check(query[name]))
		}
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		h(w, r)
	}
}

func (p param) check(values []string) error {
	if most := max(p.max, 1); len(values) > most {
		if most == 1 {
			return fmt.Errorf("parameter %q is given twice", p.name)
		}
		return fmt.Errorf("parameter %q is given %d times, at most %d", p.name, len(values), most)
	}
	for _, v := range values {
		if len(v) > p.longest() || !utf8.ValidString(v) {
			return fmt.Errorf("parameter %q is no text of at most %d bytes", p.name, p.longest())
		}
	}
	return nil
}

func (s *Server) signalRoutes() []route {
	filters := []param{paramFormula, paramPattern, paramTimeframe}
	return []route{
		{
			method: "GET", path: "/api/v1/signals", summary: "The last committed signals, the newest last",
			params: append(
				slices.Clone(filters),
				param{name: "since", doc: "a time of a candle, or an id of the stream", form: sinceForm},
				limited(SignalsMax),
			),
			answer: listed{}, serve: s.signals.list,
		},
		{
			method: "GET", path: "/api/v1/signals/stream", summary: "Signals as they are committed",
			params: filters, media: "text/event-stream", serve: s.signals.stream,
		},
	}
}

func (s *Server) seriesRoutes() []route {
	at := param{
		name: "at", form: barForm,
		doc: "the candle: RFC 3339, a date, a time of day, or an epoch; the newest without it",
	}
	return []route{
		{
			method: "GET", path: "/api/v1/series", summary: "The series, ordered by symbol",
			params: []param{paramPattern, limited(seriesMax)},
			answer: seriesAnswer{}, serve: s.series,
		},
		{
			method: "GET", path: "/api/v1/candles", summary: "The candles kept of one series, oldest first",
			params: []param{paramSymbol, paramOwnFrame, paramAs, limited(candlesMax)},
			answer: candlesAnswer{}, serve: s.candles,
		},
		{
			method: "GET", path: "/api/v1/candles/stream",
			summary: "New closed candles of one series, once a second at most",
			params: []param{
				paramSymbol, paramOwnFrame,
				{name: "since", doc: "the time of a candle, which is not sent itself", form: timeForm},
			}, media: "text/event-stream", serve: s.follow,
		},
		{
			method: "GET", path: "/api/v1/eval", summary: "Expressions on the candles kept of one series, as columns",
			params: []param{paramExpr.needed(), paramSymbol, paramOwnFrame, paramAs, limited(candlesMax)},
			answer: evalAnswer{}, serve: s.eval,
		},
		{
			method: "GET", path: "/api/v1/screen", summary: "Expressions on the newest candle of every series, ranked",
			params: []param{
				paramExpr,
				{name: "where", doc: "a condition that a series must fulfil"},
				paramPattern, paramTimeframe,
				{
					name: "sort",
					doc:  "symbol, close, timestamp, or the number of an expression from 1; with - in front it falls",
					form: `^-?(symbol|close|timestamp|[1-9]|1[0-6])$`,
				},
				limited(screenRowsMax),
				{name: "offset", doc: "how many rows to leave out at the top", most: screenOffsetMax},
			},
			answer: screenAnswer{}, serve: s.screen,
		},
		{
			method: "GET", path: "/api/v1/explain", summary: "Why a formula fired on a candle or did not",
			params: []param{
				paramFormula, {name: "expr", doc: "a condition, in place of a formula"}, paramSymbol, paramOwnFrame, at,
			},
			answer: explanation{}, serve: s.explain,
		},
	}
}

func (s *Server) formulaRoutes() []route {
	const settings = "the formula's settings as YAML or JSON"
	named := &requestBody{doc: settings, members: []string{"name", "expression"}}
	unnamed := &requestBody{doc: settings, members: []string{"expression"}}
	draft := &requestBody{
		doc: "an expression, or the formula's settings as a JSON object", members: []string{"expression"},
	}
	expression := &requestBody{
		doc: `an expression, or {"expression": "..."}`, members: []string{"expression"}, closed: true, optional: true,
	}
	return []route{
		{
			method: "GET", path: "/api/v1/formulas", summary: "The formulas in force, and what is not",
			params: []param{{name: "name", doc: "a pattern of their names, with * and ?"}, limited(formulasMax)},
			answer: formulasAnswer{}, serve: s.formulas,
		},
		{
			method: "PUT", path: "/api/v1/formulas", summary: "Keep a formula that its settings name", body: named,
			answer: done{}, serve: s.put,
		},
		{
			method: "DELETE", path: "/api/v1/formulas", summary: "Delete a formula",
			params: []param{
				{name: "name", doc: "the name of the formula", required: true},
			}, answer: done{}, serve: s.delete,
		},
		{
			method: "GET", path: "/api/v1/formulas/{name}", summary: "One formula", answer: shownFormula{},
			serve: s.oneFormula,
		},
		{
			method: "PUT", path: "/api/v1/formulas/{name}", summary: "Keep a formula and put it in force",
			body: unnamed, answer: done{}, serve: s.put,
		},
		{
			method: "DELETE", path: "/api/v1/formulas/{name}", summary: "Delete a formula", answer: done{},
			serve: s.delete,
		},
		{
			method: "POST", path: "/api/v1/state/reset", summary: "Start the series of a symbol over",
			params: []param{paramSymbol, paramTimeframe}, answer: resetAnswer{}, serve: s.reset,
		},
		{
			method: "POST", path: "/api/v1/formulas/check", summary: "Check an expression",
			body: expression, answer: checkAnswer{}, serve: s.check,
		},
		{
			method: "POST", path: "/api/v1/preview", summary: "Where a formula would have fired on the candles kept",
			params: []param{
				paramPattern, paramTimeframe, limited(SignalsMax),
			}, body: draft,
			answer: previewAnswer{}, serve: s.preview,
		},
		{
			method: "GET", path: "/api/v1/functions",
			summary: "Every function of the language, and the indicators that have names",
			answer:  functionsAnswer{}, serve: s.functions,
		},
	}
}

func (s *Server) healthRoutes() []route {
	return []route{
		{
			method: "GET", path: "/healthz", summary: "Whether the process runs", media: "text/plain",
			serve: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") },
		},
		{
			method: "GET", path: "/readyz", summary: "Whether every assigned partition is restored",
			media: "text/plain", serve: s.ready,
		},
		{
			method: "GET", path: "/metrics", summary: "Metrics for Prometheus", media: "text/plain",
			serve: func(w http.ResponseWriter, _ *http.Request) { s.cfg.Metrics(w) },
		},
		{
			method: "GET", path: "/api/v1/health", summary: "Partitions, brokers, dead letters and faults",
			answer: healthAnswer{}, serve: s.health,
		},
		{
			method: "POST", path: "/-/reload", summary: "Read the configuration and the formulas again",
			answer: reloaded{}, serve: s.reload,
		},
	}
}

package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/formula"
	"streamd/rulebook"
	"streamd/stream"
)

// shownFormula is a formula as the configuration writes it.
type shownFormula struct {
	Name       string                          `json:"name"`
	Expression string                          `json:"expression"`
	Canonical  string                          `json:"canonical"`
	SignalType stream.SignalType               `json:"signal_type"`
	Mode       stream.Mode                     `json:"mode"`
	For        int                             `json:"for,omitempty"`
	Cooldown   int                             `json:"cooldown,omitempty"`
	MinBars    int                             `json:"min_bars,omitempty"`
	Intrabar   bool                            `json:"intrabar,omitempty"`
	Resolve    bool                            `json:"resolve,omitempty"`
	Expires    int                             `json:"expires,omitempty"`
	Once       bool                            `json:"once,omitempty"`
	Rearm      string                          `json:"rearm,omitempty"`
	Symbols    []string                        `json:"symbols,omitempty"`
	Timeframes []string                        `json:"timeframes,omitempty"`
	Metadata   map[string]string               `json:"metadata,omitempty"`
	Params     map[string]formula.ParamSetting `json:"params,omitempty"`
	Origin     string                          `json:"origin"`
	Place      string                          `json:"place"`
	State      string                          `json:"state"` // in_force, paused, or kept: an older version is in force
	Problem    string                          `json:"problem,omitempty"`

	// Shows are the keys of indicator_values that decide: the indicator calls of the text, and the registered
	// indicators that it names.
	Shows []string `json:"shows"`
	Fired fired    `json:"fired"`
}

// formulasAnswer is the formulas in force, and what is not, and how many more there are of both.
type formulasAnswer struct {
	Formulas      []shownFormula   `json:"formulas"`
	LeftOut       int              `json:"left_out"`
	Faults        []rulebook.Fault `json:"faults"`
	FaultsLeftOut int              `json:"faults_left_out"`
}

// formulasMax is how many formulas one answer has.
const formulasMax = 10_000

// done is the answer to a change.
type done struct {
	OK bool `json:"ok"`
}

// checkAnswer is the answer to POST /api/v1/formulas/check.
type checkAnswer = formula.Checked

func (s *Server) show(f *rulebook.InForce) shownFormula {
	v := shownFormula{
		Name: f.Name, Expression: f.Expression, Canonical: f.Canonical, SignalType: f.Signal, Mode: f.Mode, For: f.For,
		Cooldown: f.Cooldown, MinBars: f.MinBars, Intrabar: f.Intrabar, Symbols: f.Symbols, Metadata: f.Metadata,
		Params: f.Params, Origin: f.Origin, Place: f.Place, State: "in_force", Problem: f.Problem,
		Resolve: f.Resolve, Expires: f.Expires, Once: f.Once, Rearm: f.Rearm,
		Shows: s.shows(f.Formula), Fired: s.signals.firedOf(f.Name),
	}
	switch {
	case f.Paused:
		v.State = "paused"
	case v.Problem != "":
		v.State = "kept"
	}
	if v.SignalType == "" {
		v.SignalType = stream.ScanHit
	}
	if v.Mode == "" {
		v.Mode = stream.Every
	}
	for _, tf := range f.Timeframes {
		v.Timeframes = append(v.Timeframes, tf.String())
	}
	return v
}

// shows lists what decides a formula. One that names several timeframes is compiled for the first.
func (s *Server) shows(f *stream.Formula) []string {
	tf, _ := candle.ParseTimeframe("1m")
	if len(f.Timeframes) > 0 {
		tf = f.Timeframes[0]
	}
	b := formula.NewBuilder(s.cfg.Rules().Environment(tf))
	b.SetParams(f.Params)
	names := []string{}
	c, _ := b.Add(f.Expression) // it is in force: there is nothing wrong with it
	for _, w := range c.Watch {
		names = append(names, w.Name)
	}
	for _, n := range c.Named {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// formulas answers GET /api/v1/formulas?name=&limit=: those in force, and what is not.
func (s *Server) formulas(w http.ResponseWriter, r *http.Request) {
	limit, err := limitOf(r, formulasMax, formulasMax)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	l := s.cfg.Formulas(rulebook.Query{Names: r.FormValue("name"), Limit: limit})
	all := make([]shownFormula, len(l.Formulas))
	for i := range l.Formulas {
		all[i] = s.show(&l.Formulas[i])
	}
	answer(w, formulasAnswer{all, l.LeftOut, append([]rulebook.Fault{}, l.Faults...), l.Unlisted})
}

// formula answers GET /api/v1/formulas/{name}.
func (s *Server) oneFormula(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	l := s.cfg.Formulas(rulebook.Query{Name: name})
	if len(l.Formulas) > 0 {
		answer(w, s.show(&l.Formulas[0]))
		return
	}
	err := fmt.Errorf("no formula %s", name)
	for _, f := range l.Faults {
		if f.Name == name {
			err = fmt.Errorf("formula %s is not in force: %s", name, f.Error)
		}
	}
	fail(w, http.StatusNotFound, err)
}

// put answers PUT /api/v1/formulas/{name}: the body is the formula's settings. Without
// a name in the path it is in the settings.
func (s *Server) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	if sentJSON(r) { // which YAML would read more freely
		var given struct{ Name, Expression string }
		if err := json.Unmarshal(body, &given); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
	}
	s.changed(w, s.cfg.Put(r.PathValue("name"), body))
}

// delete answers DELETE /api/v1/formulas/{name}, and with ?name=.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.PathValue("name"), r.FormValue("name"))
	if name == "" {
		fail(w, http.StatusBadRequest, errors.New("name is missing"))
		return
	}
	s.changed(w, s.cfg.Delete(name))
}

func (s *Server) changed(w http.ResponseWriter, err error) {
	var invalid *rulebook.InvalidError
	switch {
	case err == nil:
		answer(w, done{OK: true})
	case errors.As(err, &invalid):
		answerAs(w, http.StatusUnprocessableEntity,
			map[string]any{"error": "the formula is invalid", "problems": invalid.Problems})
	case errors.Is(err, rulebook.ErrElsewhere), errors.Is(err, rulebook.ErrReadOnly),
		errors.Is(err, rulebook.ErrFull), errors.Is(err, rulebook.ErrMemory):
		fail(w, http.StatusConflict, err)
	case errors.Is(err, rulebook.ErrUnknown):
		fail(w, http.StatusNotFound, err)
	default:
		fail(w, http.StatusInternalServerError, err)
	}
}

// holdsObject reports whether a body is meant as a JSON object and not as an expression: none begins with a brace.
func holdsObject(r *http.Request, body []byte) bool {
	text := bytes.TrimSpace(body)
	return bytes.HasPrefix(text, []byte("{")) || len(text) > 0 && sentJSON(r)
}

// sentJSON reports whether a request says that its body is JSON.
func sentJSON(r *http.Request) bool {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}

// check answers POST /api/v1/formulas/check: the body is an expression, or an object with one.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	expression := string(body)
	if holdsObject(r, body) {
		var given struct{ Expression *string }
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		err := d.Decode(&given)
		if err == nil && given.Expression == nil {
			err = errors.New("expression is missing")
		}
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf(`want an expression, or {"expression": "..."}: %w`, err))
			return
		}
		expression = *given.Expression
	}
	answer(w, s.cfg.Check(expression))
}

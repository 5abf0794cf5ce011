package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"streamd/formula"
	"streamd/stream"
)

// Formula is a formula in force, and where it stands.
type Formula struct {
	*stream.Formula
	Canonical string
	Origin    string // the kind of the place: config, file, topic
	Place     string
	Problem   string // what is wrong with what stands there now: an older version is in force
}

// Fault is a formula, or a place of formulas, that is not in force as it is written.
type Fault struct {
	Name   string `json:"name,omitempty"` // empty where a whole place cannot be read
	Origin string `json:"origin"`
	Place  string `json:"place"`
	Error  string `json:"error"`
	Kept   bool   `json:"kept"` // the last good version is in force
}

// NotInForce is the error of a reload that left formulas out.
type NotInForce struct{ Problems []string }

// Error joins the problems.
func (e *NotInForce) Error() string { return strings.Join(e.Problems, "\n") }

// Invalid is the error of a formula that cannot be.
type Invalid struct{ Problems []Problem }

// Problem is one thing that is wrong with a formula, and its place: in the body of the
// request for its settings, else in the text of its expression.
type Problem struct {
	In string `json:"in"` // settings, expression
	formula.Diagnostic
	Text string `json:"text"` // with the line and a caret
}

// Error joins the problems.
func (e *Invalid) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Text
	}
	return strings.Join(texts, "\n")
}

// Errors of Put and Delete: of a formula that is not there to be deleted, of one that
// somebody keeps where HTTP does not write, and of a daemon without a place to write;
// of Reload, where nothing can be read again.
var (
	ErrUnknown   = errors.New("web: no such formula")
	ErrElsewhere = errors.New("web: it is kept elsewhere")
	ErrReadOnly  = errors.New("web: formulas are read only: the configuration names no formulas_dir")
	ErrNoConfig  = errors.New("web: there is no configuration file to be read again")
)

// shownFormula is a formula as the configuration writes it.
type shownFormula struct {
	Name       string             `json:"name"`
	Expression string             `json:"expression"`
	Canonical  string             `json:"canonical"`
	SignalType stream.SignalType  `json:"signal_type"`
	Mode       stream.Mode        `json:"mode"`
	For        int                `json:"for,omitempty"`
	Cooldown   int                `json:"cooldown,omitempty"`
	MinBars    int                `json:"min_bars,omitempty"`
	Intrabar   bool               `json:"intrabar,omitempty"`
	Symbols    []string           `json:"symbols,omitempty"`
	Timeframes []string           `json:"timeframes,omitempty"`
	Metadata   map[string]string  `json:"metadata,omitempty"`
	Params     map[string]float64 `json:"params,omitempty"`
	Origin     string             `json:"origin"`
	Place      string             `json:"place"`
	State      string             `json:"state"` // in_force, or kept: an older version is
	Problem    string             `json:"problem,omitempty"`
}

func show(f *Formula) shownFormula {
	s := shownFormula{
		Name: f.Name, Expression: f.Expression, Canonical: f.Canonical, SignalType: f.Signal, Mode: f.Mode, For: f.For,
		Cooldown: f.Cooldown, MinBars: f.MinBars, Intrabar: f.Intrabar, Symbols: f.Symbols, Metadata: f.Metadata,
		Params: f.Params, Origin: f.Origin, Place: f.Place, State: "in_force", Problem: f.Problem,
	}
	if s.Problem != "" {
		s.State = "kept"
	}
	if s.SignalType == "" {
		s.SignalType = stream.ScanHit
	}
	if s.Mode == "" {
		s.Mode = stream.Every
	}
	for _, tf := range f.Timeframes {
		s.Timeframes = append(s.Timeframes, tf.String())
	}
	return s
}

// formulas answers GET /api/v1/formulas: those in force, and what is not.
func (s *Server) formulas(w http.ResponseWriter, _ *http.Request) {
	inForce, faults := s.cfg.Formulas()
	all := make([]shownFormula, len(inForce))
	for i := range inForce {
		all[i] = show(&inForce[i])
	}
	answer(w, map[string]any{"formulas": all, "faults": append([]Fault{}, faults...)})
}

// formula answers GET /api/v1/formulas/{name}.
func (s *Server) oneFormula(w http.ResponseWriter, r *http.Request) {
	inForce, faults := s.cfg.Formulas()
	name := r.PathValue("name")
	for i := range inForce {
		if inForce[i].Name == name {
			answer(w, show(&inForce[i]))
			return
		}
	}
	err := fmt.Errorf("no formula %s", name)
	for _, f := range faults {
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
	var invalid *Invalid
	switch {
	case err == nil:
		answer(w, map[string]bool{"ok": true})
	case errors.As(err, &invalid):
		answerAs(w, http.StatusUnprocessableEntity,
			map[string]any{"error": "the formula is invalid", "problems": invalid.Problems})
	case errors.Is(err, ErrElsewhere), errors.Is(err, ErrReadOnly):
		fail(w, http.StatusConflict, err)
	case errors.Is(err, ErrUnknown):
		fail(w, http.StatusNotFound, err)
	default:
		fail(w, http.StatusInternalServerError, err)
	}
}

// check answers POST /api/v1/formulas/check: the body is an expression, or an object
// with one. No expression begins with a brace.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	expression := string(body)
	if strings.HasPrefix(strings.TrimSpace(expression), "{") {
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

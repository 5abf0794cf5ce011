package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"streamd/stream"
)

// shownFormula is a formula as the configuration writes it.
type shownFormula struct {
	Name       string             `json:"name"`
	Expression string             `json:"expression"`
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
	Problem    string             `json:"problem,omitempty"`
}

func show(f *Formula) shownFormula {
	s := shownFormula{
		Name: f.Name, Expression: f.Expression, SignalType: f.Signal, Mode: f.Mode, For: f.For, Cooldown: f.Cooldown,
		MinBars: f.MinBars, Intrabar: f.Intrabar, Symbols: f.Symbols, Metadata: f.Metadata, Params: f.Params,
		Origin: f.Origin, Problem: f.Problem,
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

// Formula is a formula in force, where it stands, and what is wrong with what stands
// there now: then an older version is in force.
type Formula struct {
	*stream.Formula
	Origin  string
	Problem string
}

// formulas answers GET /api/v1/formulas: those in force, and what is not.
func (s *Server) formulas(w http.ResponseWriter, _ *http.Request) {
	inForce, faults := s.cfg.Formulas()
	all := make([]shownFormula, len(inForce))
	for i := range inForce {
		all[i] = show(&inForce[i])
	}
	answer(w, map[string]any{"formulas": all, "faults": faults})
}

// formula answers GET /api/v1/formulas/{name}.
func (s *Server) formula(w http.ResponseWriter, r *http.Request) {
	inForce, _ := s.cfg.Formulas()
	for i := range inForce {
		if inForce[i].Name == r.PathValue("name") {
			answer(w, show(&inForce[i]))
			return
		}
	}
	fail(w, http.StatusNotFound, fmt.Errorf("no formula %s", r.PathValue("name")))
}

var errReadOnly = errors.New("formulas are read only: the configuration names no formulas_dir")

// put answers PUT /api/v1/formulas/{name}: the body is the formula's settings.
func (s *Server) put(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Put == nil {
		fail(w, http.StatusConflict, errReadOnly)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	s.changed(w, s.cfg.Put(r.PathValue("name"), body))
}

// delete answers DELETE /api/v1/formulas/{name}.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Delete == nil {
		fail(w, http.StatusConflict, errReadOnly)
		return
	}
	s.changed(w, s.cfg.Delete(r.PathValue("name")))
}

func (s *Server) changed(w http.ResponseWriter, err error) {
	var invalid *Invalid
	switch {
	case err == nil:
		answer(w, map[string]bool{"ok": true})
	case errors.As(err, &invalid):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		answer(w, map[string]any{"error": "the formula is invalid", "problems": invalid.Problems, "check": invalid.Check})
	case errors.Is(err, ErrElsewhere):
		fail(w, http.StatusConflict, err)
	case errors.Is(err, ErrUnknown):
		fail(w, http.StatusNotFound, err)
	default:
		fail(w, http.StatusInternalServerError, err)
	}
}

// check answers POST /api/v1/formulas/check: the body is an expression.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	answer(w, s.cfg.Check(string(body)))
}

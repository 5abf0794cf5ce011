package web

import (
	"net/http"
	"sync"

	"streamd/candle"
	"streamd/formula"
	"streamd/incremental/catalog"
)

// functionsAnswer is what an editor completes formulas from.
type functionsAnswer = formula.Reference

// functionReference describes every function once: there are hundreds, and they do not change.
var functionReference = sync.OnceValue(func() formula.Reference {
	return formula.NewReference(formula.Documented(catalog.New()), nil)
})

// functions answers GET /api/v1/functions.
func (s *Server) functions(w http.ResponseWriter, _ *http.Request) {
	reference := functionReference()
	reference.Indicators = nil
	for _, n := range s.cfg.Rules().Environment(candle.Timeframe{}).Named {
		reference.Indicators = append(reference.Indicators, formula.NamedReference(n))
	}
	answer(w, reference)
}

package web

import (
	"errors"
	"fmt"
	"net/http"

	"streamd/candle"
	"streamd/live"
)

// resetAnswer says how many series of this instance start over.
type resetAnswer struct {
	Reset int `json:"reset"`
}

// reset answers POST /api/v1/state/reset: what comes next of a symbol is its first candle.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) {
	symbol, timeframe := r.FormValue("symbol"), r.FormValue("timeframe")
	if symbol == "" {
		fail(w, http.StatusBadRequest, errors.New("symbol is missing"))
		return
	}
	if timeframe != "" {
		tf, err := candle.ParseTimeframe(timeframe)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		timeframe = tf.String()
	}
	n, err := s.cfg.Reset(r.Context(), symbol, timeframe)
	switch {
	case errors.Is(err, live.ErrRestoring):
		fail(w, http.StatusServiceUnavailable, err)
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	case n == 0:
		fail(w, http.StatusNotFound, fmt.Errorf("no series of %q in this instance", symbol))
	default:
		answer(w, resetAnswer{n})
	}
}

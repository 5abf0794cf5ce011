package web

import (
	"net/http"
	"time"

	"streamd/live"
	"streamd/rulebook"
)

// healthAnswer is what the daemon knows of itself.
type healthAnswer struct {
	Version    string           `json:"version"`
	Started    time.Time        `json:"started"`
	Ready      bool             `json:"ready"`
	Why        string           `json:"why"`
	Busy       bool             `json:"busy"` // the engines did not answer in time: partitions may be missing
	Partitions []shownPartition `json:"partitions"`
	Advice     []string         `json:"advice"` // what the brokers cannot promise
	Rejected   []live.Rejection `json:"rejected"`
	Formulas   int              `json:"formulas"` // in force
	Faults     []rulebook.Fault `json:"faults"`
	MoreFaults int              `json:"more_faults"`
	Listeners  int              `json:"listeners"` // of the stream of signals
}

type shownPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Position  int64  `json:"position"`
	Lag       int64  `json:"lag"`
	Series    int    `json:"series"`
	State     string `json:"state"` // restoring, rebuilt or ready
}

// health answers GET /api/v1/health.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	a := healthAnswer{
		Version: s.cfg.Version, Started: s.since.UTC(), Partitions: []shownPartition{}, Advice: []string{},
		Rejected: []live.Rejection{},
	}
	a.Ready, a.Why = s.cfg.Ready()
	if s.cfg.Advice != nil {
		a.Advice = append(a.Advice, s.cfg.Advice()...)
	}
	if s.cfg.Rejections != nil {
		a.Rejected = append(a.Rejected, s.cfg.Rejections()...)
	}
	l := s.cfg.Formulas(rulebook.Query{Limit: 1})
	a.Formulas, a.Faults, a.MoreFaults = l.InForce, append([]rulebook.Fault{}, l.Faults...), l.Unlisted
	a.Listeners = s.signals.count()
	err := s.visit(r.Context(), func(p live.View) {
		one := shownPartition{
			Topic: p.Topic, Partition: p.Partition, Position: p.Position, Lag: p.Lag, Series: p.Engine.Count(),
			State: "ready",
		}
		switch {
		case p.Restoring:
			one.State = "restoring"
		case p.Rebuilt:
			one.State = "rebuilt"
		}
		a.Partitions = append(a.Partitions, one)
	})
	a.Busy = err != nil
	answer(w, a)
}

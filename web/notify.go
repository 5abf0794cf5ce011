package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"streamd/notify"
)

func (s *Server) notifyRoutes() []route {
	return []route{
		{
			method: "GET", path: "/api/v1/notify", summary: "How the receivers of messages are",
			answer: receiversAnswer{}, serve: s.receivers,
		},
		{
			method: "POST", path: "/api/v1/notify/{receiver}/test", summary: "Send a sample signal to a receiver",
			answer: testAnswer{}, serve: s.testReceiver,
		},
	}
}

type receiversAnswer struct {
	Receivers []notify.ReceiverStatus `json:"receivers"`
}

type testAnswer struct {
	Delivered bool   `json:"delivered"`
	Answer    string `json:"answer"` // of the receiver, in a few words
}

// receivers answers GET /api/v1/notify.
func (s *Server) receivers(w http.ResponseWriter, _ *http.Request) {
	all := receiversAnswer{[]notify.ReceiverStatus{}}
	if s.cfg.Notify != nil {
		all.Receivers = s.cfg.Notify.Status()
	}
	answer(w, all)
}

// testBudget is how long a test of a receiver may take, within the answer's own time.
const testBudget = 20 * time.Second

// testReceiver answers POST /api/v1/notify/{receiver}/test: it sends a sample and shows the answer.
func (s *Server) testReceiver(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("receiver")
	var unknown *notify.UnknownReceiverError
	if s.cfg.Notify == nil {
		fail(w, http.StatusNotFound, &notify.UnknownReceiverError{Name: name})
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), testBudget)
	defer stop()
	said, err := s.cfg.Notify.Test(ctx, name)
	switch {
	case errors.As(err, &unknown):
		fail(w, http.StatusNotFound, err)
	case err != nil:
		fail(w, http.StatusBadGateway, err)
	default:
		answer(w, testAnswer{true, said})
	}
}

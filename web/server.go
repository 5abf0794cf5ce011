package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/live"
	"streamd/notify"
	"streamd/rulebook"
	"streamd/stream"

	"golang.org/x/sync/semaphore"
)

// Config is what a server shows and does.
type Config struct {
	Token string // wanted of everyone where it is set
	// Listen is the address as it is configured. On the loopback, only its host and the
	// loopback's names are answered to.
	Listen   string
	Loopback bool

	Signals *Signals
	Rules   func() *stream.Rules
	// Formulas lists formulas in force, and what is not.
	Formulas func(rulebook.Query) rulebook.Listing
	Visit    func(ctx context.Context, f func(live.View)) error
	Ready    func() (ready bool, why string)
	// Starting says what the daemon waits for before it can answer; empty once it can. Until then only Ready and
	// Metrics are called.
	Starting func() (why string)
	Metrics  func(w io.Writer)
	Reload   func() error

	// Check checks an expression as `streamd check -o json` does.
	Check func(expression string) any
	// Put keeps a formula, given as the YAML or JSON of its settings, and puts it
	// in force, without a name that which they give; Delete takes it away. An error
	// leaves everything as it was.
	Put    func(name string, settings []byte) error
	Delete func(name string) error

	// Reset starts the series of a symbol over, of all timeframes where none is given, and
	// returns how many there were.
	Reset func(ctx context.Context, symbol, timeframe string) (int, error)

	// Draft reads settings as Put does, and keeps nothing. They are for a preview.
	Draft func(name string, settings []byte) (stream.Formula, error)
	// Rejections are the dead letters with samples, and Advice what the brokers cannot
	// promise. Version is of the program.
	Rejections func() []live.Rejection
	Advice     func() []string
	Version    string
	// Admission says who is a member of a universe; zero for the default.
	Admission across.Admission
	// Outcomes are the newest ones; nil where none are wanted.
	Outcomes *Outcomes
	// Notify says how the receivers are, and tests one; nil where there are none.
	Notify *notify.Notifier
}

// bodyMax is the longest body that is read.
const bodyMax = 1 << 20

// patience is how long an answer may take to be read. A stream has its own.
const patience = 30 * time.Second

// Server answers the HTTP API.
type Server struct {
	cfg      Config
	handler  http.Handler
	patience time.Duration
	since    time.Time
	routes   []route
	signals  *Signals

	explaining *turns              // answers that take long
	computing  *turns              // answers that take some milliseconds, which many pages ask for
	markets    *semaphore.Weighted // one answer at a time compares series
	screens    screens
	follower   follower
}

// New returns a server.
func New(cfg Config) *Server {
	s := &Server{
		cfg: cfg, patience: patience, signals: cfg.Signals,
		explaining: newTurns(explainTurns), computing: newTurns(computeTurns),
		markets: semaphore.NewWeighted(1), since: time.Now(),
	}
	s.follower = follower{visit: s.visit, every: followEvery}
	mux := http.NewServeMux()
	s.routes = slices.Concat(s.healthRoutes(), s.signalRoutes(), s.seriesRoutes(), s.formulaRoutes(), s.notifyRoutes(),
		s.outcomeRoutes())
	for _, r := range s.routes {
		mux.HandleFunc(r.method+" "+r.path, taking(r.serve, r.params))
	}
	mux.HandleFunc("GET "+openAPIPath, taking(s.openAPI, nil))
	servePage(mux)
	s.handler = s.guard(s.started(known(mux)))
	return s
}

// started refuses what needs the engines until they run.
func (s *Server) started(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cfg.Starting != nil && !open(r) && r.URL.Path != "/metrics" {
			if why := s.cfg.Starting(); why != "" {
				fail(w, http.StatusServiceUnavailable, fmt.Errorf("starting: %s", why))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers until the context ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		WriteTimeout: s.patience, DisableGeneralOptionsHandler: true, // OPTIONS * asks for the token as others
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends the streams
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		stopped <- h.Shutdown(stop)
	})
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	if err := <-stopped; err != nil {
		return h.Close() // a request that does not end keeps nobody
	}
	return nil
}

// methods are those that an address can have; GET stands for HEAD, too.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// known refuses addresses and methods that are not there, as all errors are told.
func known(mux *http.ServeMux) http.Handler {
	has := func(r *http.Request, method string) bool {
		probe := r.WithContext(r.Context())
		probe.Method = method
		_, pattern := mux.Handler(probe)
		return pattern != ""
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if has(r, r.Method) {
			mux.ServeHTTP(w, r)
			return
		}
		var allowed []string
		for _, m := range methods {
			if has(r, m) {
				allowed = append(allowed, m)
			}
		}
		if allowed == nil {
			fail(w, http.StatusNotFound, fmt.Errorf("nothing is at %s", r.URL.Path))
			return
		}
		w.Header().Set("Allow", strings.Replace(strings.Join(allowed, ", "), http.MethodGet, "GET, HEAD", 1))
		fail(w, http.StatusMethodNotAllowed, fmt.Errorf("%s takes %s, not %s", r.URL.Path, strings.Join(allowed, ", "),
			r.Method))
	})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	ready, why := s.cfg.Ready()
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, why)
}

// reloaded is the answer to POST /-/reload.
type reloaded struct {
	Reloaded bool `json:"reloaded"`
}

func (s *Server) reload(w http.ResponseWriter, _ *http.Request) {
	err := s.cfg.Reload()
	var partly *rulebook.NotInForceError
	switch {
	case err == nil:
		answer(w, reloaded{Reloaded: true})
	case errors.As(err, &partly): // the others are
		answerAs(w, http.StatusUnprocessableEntity, map[string]any{"error": err.Error(), "problems": partly.Problems})
	case errors.Is(err, rulebook.ErrNoConfig):
		fail(w, http.StatusConflict, err)
	default:
		fail(w, http.StatusBadRequest, err)
	}
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, v any) { answerAs(w, http.StatusOK, v) }

// fail writes an error as JSON.
func fail(w http.ResponseWriter, status int, err error) {
	answerAs(w, status, map[string]string{"error": err.Error()})
}

func answerAs(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client has gone
}

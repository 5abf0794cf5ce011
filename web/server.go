package web

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"streamd/source"
	"streamd/stream"
)

// Config is what a server shows and does.
type Config struct {
	Token   string // wanted of everyone where it is set
	Signals *Signals
	Rules   func() *stream.Rules
	// Formulas lists the formulas in force, and as JSON what is not.
	Formulas func() (inForce []Formula, faults any)
	Visit    func(ctx context.Context, f func(source.Partition)) error
	Ready    func() (ready bool, why string)
	Metrics  func(w io.Writer)
	Reload   func() error

	// Check judges an expression as `streamd check -o json` does.
	Check func(expression string) any
	// Put keeps a formula, given as the YAML or JSON of its settings, and puts it
	// in force; Delete takes it away. Both are nil where there is no folder for
	// formulas. An Invalid error leaves everything as it was.
	Put    func(name string, settings []byte) error
	Delete func(name string) error
}

// Invalid is the error of formulas that cannot be: it lists what is wrong. Check is
// what Config.Check says of the expression, where that is wrong.
type Invalid struct {
	Problems []string
	Check    any
}

// Error joins the problems.
func (e *Invalid) Error() string { return strings.Join(e.Problems, "\n") }

// ErrUnknown is the error of a formula that is not there to be deleted, ErrElsewhere
// of one that somebody keeps where HTTP does not write.
var (
	ErrUnknown   = errors.New("web: no such formula")
	ErrElsewhere = errors.New("web: it is kept elsewhere")
)

// bodyMax is the longest body that is read.
const bodyMax = 1 << 20

//go:embed page.html
var page []byte

// Server answers the HTTP API.
type Server struct {
	cfg     Config
	handler http.Handler
}

// New returns a server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { cfg.Metrics(w) })
	mux.HandleFunc("POST /-/reload", s.reload)
	mux.HandleFunc("GET /api/v1/signals", cfg.Signals.list)
	mux.HandleFunc("GET /api/v1/signals/stream", cfg.Signals.stream)
	mux.HandleFunc("GET /api/v1/series", s.series)
	mux.HandleFunc("GET /api/v1/candles", s.candles)
	mux.HandleFunc("GET /api/v1/explain", s.explain)
	mux.HandleFunc("GET /api/v1/formulas", s.formulas)
	mux.HandleFunc("GET /api/v1/formulas/{name}", s.formula)
	mux.HandleFunc("PUT /api/v1/formulas/{name}", s.put)
	mux.HandleFunc("DELETE /api/v1/formulas/{name}", s.delete)
	mux.HandleFunc("POST /api/v1/formulas/check", s.check)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'")
		_, _ = w.Write(page) // whoever asked has gone
	})
	s.handler = s.guard(mux)
	return s
}

// Serve answers until the context ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
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

// guard refuses what a page of another site could send, a foreign Host (DNS
// rebinding) and cross-site writes, and who has not the token.
func (s *Server) guard(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection()
	return same.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if ip := net.ParseIP(host); ip == nil && host != "localhost" && s.cfg.Token == "" {
			fail(w, http.StatusForbidden, fmt.Errorf("foreign Host %q", r.Host))
			return
		}
		if s.cfg.Token != "" && !open(r) && !s.knows(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="streamd"`)
			fail(w, http.StatusUnauthorized, errors.New("a token is needed: Authorization: Bearer TOKEN"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		next.ServeHTTP(w, r)
	}))
}

// open reports whether the request is one that a supervisor makes without a token.
func open(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

func (s *Server) knows(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) == 1
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	ready, why := s.cfg.Ready()
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, why)
}

func (s *Server) reload(w http.ResponseWriter, _ *http.Request) {
	err := s.cfg.Reload()
	var invalid *Invalid
	if errors.As(err, &invalid) { // the others are in force
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, "reloaded")
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // whoever asked has gone
}

// fail writes an error as JSON.
func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // whoever asked has gone
}

package web

import (
	"cmp"
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
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
	// Formulas lists the formulas in force, and what is not.
	Formulas func() (inForce []Formula, faults []Fault)
	Visit    func(ctx context.Context, f func(source.Partition)) error
	Ready    func() (ready bool, why string)
	Metrics  func(w io.Writer)
	Reload   func() error

	// Check judges an expression as `streamd check -o json` does.
	Check func(expression string) any
	// Put keeps a formula, given as the YAML or JSON of its settings, and puts it
	// in force; Delete takes it away. An error leaves everything as it was.
	Put    func(name string, settings []byte) error
	Delete func(name string) error
}

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
	for route, h := range map[string]http.HandlerFunc{
		"GET /api/v1/signals":            taking(cfg.Signals.list, "formula", "symbol", "timeframe", "since", "limit"),
		"GET /api/v1/signals/stream":     taking(cfg.Signals.stream, "formula", "symbol", "timeframe"),
		"GET /api/v1/series":             taking(s.series, "symbol"),
		"GET /api/v1/candles":            taking(s.candles, "symbol", "timeframe", "limit"),
		"GET /api/v1/explain":            taking(s.explain, "formula", "symbol", "timeframe", "at"),
		"GET /api/v1/formulas":           taking(s.formulas),
		"GET /api/v1/formulas/{name}":    taking(s.oneFormula),
		"PUT /api/v1/formulas/{name}":    taking(s.put),
		"DELETE /api/v1/formulas/{name}": taking(s.delete),
		"POST /api/v1/formulas/check":    taking(s.check),
	} {
		mux.HandleFunc(route, h)
	}
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

// taking refuses a parameter that the handler does not know, which else would be
// ignored in silence.
func taking(h http.HandlerFunc, names ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		for _, name := range slices.Sorted(maps.Keys(query)) {
			switch {
			case !slices.Contains(names, name):
				err = errors.Join(err, fmt.Errorf("unknown parameter %q: there are %s", name, cmp.Or(strings.Join(names, ", "), "none")))
			case len(query[name]) > 1:
				err = errors.Join(err, fmt.Errorf("parameter %q is given twice", name))
			}
		}
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		h(w, r)
	}
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
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		// Without a token the listener is on the loopback: whoever names another
		// host has been led here.
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && s.cfg.Token == "" {
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

// open reports whether the request needs no token: a supervisor's, and the page
// itself, which holds nothing and asks for the token.
func open(r *http.Request) bool {
	return r.Method == http.MethodGet && slices.Contains([]string{"/", "/healthz", "/readyz"}, r.URL.Path)
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
	var partly *NotInForce
	switch {
	case err == nil:
		fmt.Fprintln(w, "reloaded")
	case errors.As(err, &partly): // the others are
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case errors.Is(err, ErrNoConfig):
		http.Error(w, err.Error(), http.StatusConflict)
	default:
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
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
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // whoever asked has gone
}

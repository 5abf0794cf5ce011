package web

import (
	"cmp"
	"context"
	"crypto/subtle"
	"embed"
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
	"unicode/utf8"

	"streamd/live"
	"streamd/rulebook"
	"streamd/stream"
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
	// Formulas lists the formulas in force, and what is not.
	Formulas func() (inForce []rulebook.InForce, faults []rulebook.Fault)
	Visit    func(ctx context.Context, f func(live.View)) error
	Ready    func() (ready bool, why string)
	// Starting says what the daemon waits for before it can answer; empty once it can. Until then only Ready and
	// Metrics are called.
	Starting func() (why string)
	Metrics  func(w io.Writer)
	Reload   func() error

	// Check judges an expression as `streamd check -o json` does.
	Check func(expression string) any
	// Put keeps a formula, given as the YAML or JSON of its settings, and puts it
	// in force, without a name that which they give; Delete takes it away. An error
	// leaves everything as it was.
	Put    func(name string, settings []byte) error
	Delete func(name string) error
}

// bodyMax is the longest body that is read.
const bodyMax = 1 << 20

//go:embed page
var page embed.FS

// policy lets the page load its own files and ask its own daemon, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageFiles are the files of the page, by their addresses.
var pageFiles = map[string]string{"/": "page/page.html", "/page.css": "page/page.css", "/page.js": "page/page.js"}

// patience is how long an answer may take to be read. A stream has its own.
const patience = 30 * time.Second

// Server answers the HTTP API.
type Server struct {
	cfg      Config
	handler  http.Handler
	patience time.Duration

	explaining *turns
}

// New returns a server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, patience: patience, explaining: newTurns()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { cfg.Metrics(w) })
	mux.HandleFunc("POST /-/reload", s.reload)
	for route, h := range map[string]http.HandlerFunc{
		"GET /api/v1/signals":            taking(cfg.Signals.list, "formula", "symbol", "timeframe", "since", "limit"),
		"GET /api/v1/signals/stream":     taking(cfg.Signals.stream, "formula", "symbol", "timeframe"),
		"GET /api/v1/series":             taking(s.series, "symbol", "limit"),
		"GET /api/v1/candles":            taking(s.candles, "symbol", "timeframe", "limit"),
		"GET /api/v1/explain":            taking(s.explain, "formula", "symbol", "timeframe", "at"),
		"GET /api/v1/formulas":           taking(s.formulas),
		"PUT /api/v1/formulas":           taking(s.put),
		"DELETE /api/v1/formulas":        taking(s.delete, "name"),
		"GET /api/v1/formulas/{name}":    taking(s.oneFormula),
		"PUT /api/v1/formulas/{name}":    taking(s.put),
		"DELETE /api/v1/formulas/{name}": taking(s.delete),
		"POST /api/v1/formulas/check":    taking(s.check),
	} {
		mux.HandleFunc(route, h)
	}
	for address, file := range pageFiles {
		pattern := "GET " + address
		if address == "/" {
			pattern += "{$}" // and not all that is nowhere else
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache") // it changes with the program
			http.ServeFileFS(w, r, page, file)
		})
	}
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

// valueMax is the longest parameter.
const valueMax = 256

// taking refuses a parameter that the handler does not know, which else would be
// ignored in silence.
func taking(h http.HandlerFunc, names ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		for _, name := range slices.Sorted(maps.Keys(query)) {
			switch {
			case !slices.Contains(names, name):
				err = errors.Join(err, fmt.Errorf("unknown parameter %q: there are %s", name,
					cmp.Or(strings.Join(names, ", "), "none")))
			case len(query[name]) > 1:
				err = errors.Join(err, fmt.Errorf("parameter %q is given twice", name))
			case len(query[name][0]) > valueMax || !utf8.ValidString(query[name][0]):
				err = errors.Join(err, fmt.Errorf("parameter %q is no text of at most %d bytes", name, valueMax))
			}
		}
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		h(w, r)
	}
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

// guard refuses what a page of another site could send, a foreign Host (DNS
// rebinding) and cross-site writes, and who has not the token.
func (s *Server) guard(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		if !s.named(r.Host) {
			fail(w, http.StatusForbidden, fmt.Errorf("foreign Host %q", r.Host))
			return
		}
		if err := same.Check(r); err != nil {
			fail(w, http.StatusForbidden, err)
			return
		}
		if foreign(r) {
			fail(w, http.StatusForbidden, errors.New("cross-site request"))
			return
		}
		if s.cfg.Token != "" && !open(r) && !s.knows(r) {
			h.Set("WWW-Authenticate", `Bearer realm="streamd"`)
			fail(w, http.StatusUnauthorized, errors.New("a token is needed: Authorization: Bearer TOKEN"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		next.ServeHTTP(w, r)
	})
}

// foreign reports whether a page of another origin sent the request, also one that only reads. A link to the page may
// be followed from anywhere.
func foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return !(r.URL.Path == "/" && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
			r.Header.Get("Sec-Fetch-Dest") == "document")
	}
	return false
}

// named reports whether a Host is one of the daemon. Beyond the loopback it can have
// names that it does not know; there the token keeps out who was led here.
func (s *Server) named(host string) bool {
	if !s.cfg.Loopback {
		return true
	}
	name := hostOf(host)
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(name, "localhost") ||
		strings.EqualFold(name, hostOf(s.cfg.Listen))
}

// hostOf leaves the port out of an address.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]")
	}
	return host
}

// open reports whether the request needs no token: a supervisor's, and the page
// itself, which holds nothing and asks for the token.
func open(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	_, ofPage := pageFiles[r.URL.Path]
	return ofPage || r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
}

func (s *Server) knows(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) == 1
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
	var partly *rulebook.NotInForceError
	switch {
	case err == nil:
		answer(w, map[string]bool{"reloaded": true})
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
	_ = e.Encode(v) // whoever asked has gone
}

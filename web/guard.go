package web

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// policy lets the page load its own files and ask its own daemon, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
	return isPageFile(r.URL.Path) || r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
}

func (s *Server) knows(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) == 1
}

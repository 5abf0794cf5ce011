package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	answerBytesMax = 64 << 10 // read of an answer
	answerShown    = 200      // bytes of it in errors
	timeoutDefault = 10 * time.Second
)

// caller sends requests of one receiver over HTTP.
type caller struct{ client *http.Client }

func newCaller(timeout time.Duration) *caller {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxResponseHeaderBytes = 2, answerBytesMax
	return &caller{&http.Client{
		Transport: transport, Timeout: timeout,
		// A redirect to another host would hand signals and secrets to it. One that turns the POST
		// into a GET would deliver nothing.
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			first := via[0].URL
			if len(via) > 3 || r.URL.Host != first.Host || r.URL.Scheme != first.Scheme || r.Method != via[0].Method {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

func (c *caller) close() error {
	c.client.CloseIdleConnections()
	return nil
}

// post sends a body and returns the answer. An answer that is not 2xx is a *Refusal.
func (c *caller) post(ctx context.Context, address string, body []byte, header http.Header) ([]byte, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, "", errors.New("the URL is wrong")
	}
	r.Header = header
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("User-Agent", "streamd")
	resp, err := c.client.Do(r)
	if err != nil {
		return nil, "", connectionError(address, err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, answerBytesMax)) // what came of it says enough
	said := fmt.Sprintf("status %d", resp.StatusCode)
	if text := excerpt(answer); text != "" {
		said += fmt.Sprintf(" %q", text)
	}
	if resp.StatusCode/100 == 2 {
		return answer, said, nil
	}
	return answer, said, refusalOf(resp, answer)
}

func (c *caller) postJSON(ctx context.Context, address string, body any, header http.Header) ([]byte, string, error) {
	b, err := json.Marshal(body)
	if err != nil {
		panic("notify: " + err.Error()) // texts always marshal
	}
	if header == nil {
		header = http.Header{}
	}
	return c.post(ctx, address, b, header)
}

// refusalOf says what an answer means: 410 that no message will be taken, 429 and 5xx to send the
// message again, anything else to give it up.
func refusalOf(resp *http.Response, answer []byte) *Refusal {
	r := &Refusal{Status: resp.StatusCode, Text: excerpt(answer), Remedy: GiveUp}
	switch {
	case resp.StatusCode == http.StatusGone:
		r.Remedy = Gone
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		r.Remedy = Again
		r.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return r
}

// retryAfter reads the header: seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds < 1e8 {
		return time.Duration(seconds * float64(time.Second))
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// excerpt is the beginning of an answer on one line.
func excerpt(answer []byte) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(answer), "\ufffd")), " ")
	if len(text) > answerShown {
		cut := answerShown
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}

// connectionError says what went wrong without the address's secrets: net/http puts all of it in.
func connectionError(address string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if isTimeout(err) {
		err = errTimeout
	}
	return fmt.Errorf("%s: %w", hostOf(address), err)
}

var errTimeout = errors.New("no answer in time")

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// hostOf is what of an address may be shown.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Scheme + "://" + u.Host
}

// checkURL wants an address of HTTP. Its error does not repeat it.
func checkURL(key, address string) error {
	if address == "" {
		return fmt.Errorf("%s is missing", key)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s is no address as https://host/path", key)
	}
	return nil
}

// secretsOf are the parts of an address that nobody may see: user, query, and the path where that
// is the key to the place.
func secretsOf(address string, path bool) []string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return []string{address} // which part of it is a password is not known
	}
	var all []string
	if u.User != nil {
		password, _ := u.User.Password()
		all = append(all, u.User.String(), u.User.Username(), password)
	}
	all = append(all, u.RawQuery)
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	if path && len(u.Path) > 1 {
		all = append(all, u.Path, u.EscapedPath())
		for _, part := range strings.Split(u.Path, "/") {
			if len(part) >= 8 { // shorter ones are words, as "services"
				all = append(all, part)
			}
		}
	}
	return all
}

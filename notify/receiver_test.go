package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"streamd/sink"
	"streamd/sink/sinktest"

	"github.com/emersion/go-smtp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// place is a server that answers as a platform does, and keeps what it was sent.
type place struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(n int) (status int, header map[string]string, body string)
	room     int // signals taken before it breaks; -1 for all
}

type request struct {
	path   string
	header http.Header
	body   []byte
	status int
}

func newPlace(t *testing.T) *place {
	p := &place{room: -1}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		status, header, text := 200, map[string]string(nil), "ok"
		if p.answer != nil {
			status, header, text = p.answer(len(p.requests))
		}
		if p.room == 0 {
			status, text = 503, "broken"
		} else if p.room > 0 {
			p.room--
		}
		p.requests = append(p.requests, request{r.URL.Path, r.Header, body, status})
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(p.Close)
	return p
}

// over are the receivers over HTTP, each to a place.
func over(url string) []ReceiverSettings {
	return []ReceiverSettings{
		{Name: "webhook", Webhook: &WebhookSettings{URL: url + "/hook", Secret: "whsec_c2VjcmV0IG9mIHRoZSBob29r"}},
		{Name: "telegram", Telegram: &TelegramSettings{Token: "123:tele-secret", Chat: "-100123", URL: url}},
		{Name: "slack", Slack: &SlackSettings{URL: url + "/services/T0SLACKSECRET/B0SLACKSECRET"}},
		{Name: "discord", Discord: &DiscordSettings{URL: url + "/api/webhooks/1/discord-secret"}},
		{Name: "teams", Teams: &TeamsSettings{URL: url + "/workflows/teams-secret?sig=teams-signature"}},
		{Name: "ntfy", Ntfy: &NtfySettings{URL: url, Topic: "alerts", Token: "tk_ntfy-secret"}},
		{Name: "pagerduty", PagerDuty: &PagerDutySettings{RoutingKey: "pagerduty-secret", URL: url + "/v2/enqueue"}},
		{Name: "alertmanager", Alertmanager: &AlertmanagerSettings{URL: url}},
		{Name: "shoutrrr", Shoutrrr: &ShoutrrrSettings{URL: strings.Replace(url, "http://", "generic+http://", 1) + "/shout"}},
	}
}

func openOne(t testing.TB, r *ReceiverSettings) Receiver {
	t.Helper()
	opened, err := r.open(OpenOptions{Ends: func(string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened
}

func messageTo(t testing.TB, r Receiver) *Notice {
	t.Helper()
	return newNotice([]*Signal{testSignalOf(t, 7, "BTC_*1", "golden", time.Now())}, nil, "https://page.example", r.Escape, 0)
}

// TestShapes compares what each place gets with the shape that its API documents.
func TestShapes(t *testing.T) {
	p := newPlace(t)
	want := map[string][]string{
		"webhook": {"/hook", `{"id":"00000000000000000000000000000007","formula":"golden"`},
		"telegram": {
			"/bot123:tele-secret/sendMessage", `"chat_id":"-100123"`, `"parse_mode":"MarkdownV2"`,
			`ENTRY golden BTC\\_\\*1 1m: close 46385 at 2024\\-01\\-02 14:30 UTC`, `https://page\\.example/?at\\=2024`,
		},
		"slack":   {"/services/T0SLACKSECRET/B0SLACKSECRET", `"text":"ENTRY golden BTC`, `close 46385`},
		"discord": {"/api/webhooks/1/discord-secret", `"content":"ENTRY golden BTC\\_\\*1`, `"allowed_mentions":{"parse":[]}`},
		"teams": {
			"/workflows/teams-secret", `"contentType":"application/vnd.microsoft.card.adaptive"`,
			`"type":"AdaptiveCard"`, `"type":"TextBlock"`,
		},
		"ntfy": {"/alerts", `ENTRY golden BTC_*1 1m: close 46385`},
		"pagerduty": {
			"/v2/enqueue", `"routing_key":"pagerduty-secret"`, `"event_action":"trigger"`,
			`"dedup_key":"00000000000000000000000000000007"`, `"severity":"warning"`, `"source":"BTC_*1"`,
		},
		"alertmanager": {
			"/api/v2/alerts", `"alertname":"golden"`, `"symbol":"BTC_*1"`, `"timeframe":"1m"`, `"signal_type":"ENTRY"`,
			`"desk":"eq"`, `"startsAt":"2024-01-02T14:31:00Z"`,
		},
		"shoutrrr": {"/shout", `ENTRY golden BTC_*1`},
	}
	for _, s := range over(p.URL) {
		r := openOne(t, &s)
		if _, err := r.Send(t.Context(), messageTo(t, r)); err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		got := p.requests[len(p.requests)-1]
		if len(want[s.Name]) == 0 || got.path != want[s.Name][0] {
			t.Errorf("%s: path %s", s.Name, got.path)
		}
		for _, part := range want[s.Name][1:] {
			if !strings.Contains(string(got.body), part) {
				t.Errorf("%s: %s is not in\n%s", s.Name, part, got.body)
			}
		}
	}
}

// answers are error answers of the platforms as their documents show them.
var answers = []struct {
	receiver, body string
	status         int
	header         map[string]string
	verdict        Remedy
	after          time.Duration
}{
	{
		"telegram", `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}`,
		429, nil, Again, 5 * time.Second,
	},
	{"telegram", `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities"}`, 400, nil, GiveUp, 0},
	{"telegram", `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`, 403, nil, GiveUp, 0},
	{"slack", "channel_is_archived", 410, nil, Gone, 0},
	{"slack", "no_service", 404, nil, GiveUp, 0},
	{"slack", "rate_limited", 429, map[string]string{"Retry-After": "30"}, Again, 30 * time.Second},
	{
		"discord", `{"message":"You are being rate limited.","retry_after":0.65,"global":false}`, 429,
		map[string]string{"Retry-After": "0"},
		Again, 650 * time.Millisecond,
	},
	{"discord", `{"message":"Unknown Webhook","code":10015}`, 404, nil, GiveUp, 0},
	{
		"pagerduty", `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key'"]}`, 400,
		nil, GiveUp, 0,
	},
	{"pagerduty", "", 429, nil, Again, 0},
	{"ntfy", `{"code":42901,"http":429,"error":"limit reached: too many requests"}`, 429, nil, Again, 0},
	{"ntfy", `{"code":40301,"http":403,"error":"forbidden"}`, 403, nil, GiveUp, 0},
	{"alertmanager", `"at least one label pair required"`, 400, nil, GiveUp, 0},
	{"webhook", "", 500, map[string]string{"Retry-After": "120"}, Again, 2 * time.Minute},
	{"webhook", "", 302, map[string]string{"Location": "http://elsewhere.example/"}, GiveUp, 0},
	{"webhook", "", 410, nil, Gone, 0},
	{"teams", "", 502, nil, Again, 0},
}

// TestAnswers wants the right verdict of each answer, and no secret in the errors, also where the
// answer repeats it.
func TestAnswers(t *testing.T) {
	p := newPlace(t)
	for _, c := range answers {
		for _, s := range over(p.URL) {
			if s.Name != c.receiver {
				continue
			}
			r := openOne(t, &s)
			_, k, err := s.chosen()
			if err != nil {
				t.Fatal(err)
			}
			secrets := k.Secrets()
			p.answer = func(int) (int, map[string]string, string) {
				return c.status, c.header, c.body + " " + strings.Join(secrets, " ")
			}
			if c.body != "" && c.body[0] == '{' {
				p.answer = func(int) (int, map[string]string, string) { return c.status, c.header, c.body }
			}
			_, err = r.Send(t.Context(), messageTo(t, r))
			var refused *Refusal
			if !errors.As(err, &refused) || refused.Status != c.status || refused.Remedy != c.verdict ||
				refused.RetryAfter != c.after {
				t.Errorf("%s %d: %+v", c.receiver, c.status, err)
			}
			for _, secret := range secrets {
				if len(secret) >= secretBytesMin && strings.Contains(fmt.Sprint(err), secret) {
					t.Errorf("%s: %v shows %q", c.receiver, err, secret)
				}
			}
		}
	}
}

// TestUnreachable wants errors without the addresses' secrets where nobody answers.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://user:hidden-password@" + l.Addr().String()
	l.Close()
	for _, s := range over(address) {
		r := openOne(t, &s)
		_, err := r.Send(t.Context(), messageTo(t, r))
		if err == nil {
			t.Errorf("%s: delivered to nobody", s.Name)
		}
		for _, secret := range []string{"hidden-password", "SLACKSECRET", "-secret", "teams-signature"} {
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("%s: %v shows %q", s.Name, err, secret)
			}
		}
	}
}

// TestWebhookSignatures has the specification's own library verify them, for each of two keys.
func TestWebhookSignatures(t *testing.T) {
	p := newPlace(t)
	keys := []string{"whsec_b2xkIHNlY3JldCBvZiB0aGUgaG9vaw==", "bmV3IHNlY3JldCBvZiB0aGUgaG9vaw=="}
	s := ReceiverSettings{Name: "w", Secrets: keys[1:], Webhook: &WebhookSettings{URL: p.URL, Secret: keys[0]}}
	r := openOne(t, &s)
	if _, err := r.Send(t.Context(), messageTo(t, r)); err != nil {
		t.Fatal(err)
	}
	got := p.requests[0]
	for _, key := range keys {
		w, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(got.body, got.header); err != nil {
			t.Error(err)
		}
		if err := w.Verify(append(slices.Clone(got.body), ' '), got.header); err == nil {
			t.Error("another body is verified")
		}
	}
	if got.header.Get("webhook-id") != "00000000000000000000000000000007" {
		t.Errorf("webhook-id %s", got.header.Get("webhook-id"))
	}
}

// TestAlertsEnd follows an alert from its signal to its RESOLVE.
func TestAlertsEnd(t *testing.T) {
	p := newPlace(t)
	s := ReceiverSettings{Name: "a", Alertmanager: &AlertmanagerSettings{URL: p.URL, Resend: "1s"}}
	r, ok := openOne(t, &s).(*maskedRepeater)
	if !ok {
		t.Fatal("an Alertmanager does not repeat")
	}
	opener := testSignalOf(t, 1, "A", "f", time.Now())
	if _, err := r.Send(t.Context(), newNotice([]*Signal{opener}, nil, "", asItIs, 0)); err != nil || r.due().IsZero() {
		t.Fatal(err, r.due())
	}
	if err := r.repeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	end, err := ReadSignal([]byte(`{"id":"00000000000000000000000000000002","resolves":"00000000000000000000000000000001",` +
		`"formula":"f","signal_type":"RESOLVE","symbol":"A","timeframe":"1m","timestamp":"2024-01-02T14:37:00Z",` +
		`"candle":{"open":1,"high":1,"low":1,"close":1,"volume":1},"bars":7}`))
	if err != nil {
		t.Fatal(err)
	}
	end.opener = opener
	if _, err := r.Send(t.Context(), newNotice([]*Signal{end}, nil, "", asItIs, 0)); err != nil {
		t.Fatal(err)
	}
	if err := r.repeat(t.Context()); err != nil || !r.due().IsZero() || len(p.requests) != 3 {
		t.Fatalf("%v, due %v, %d requests", err, r.due(), len(p.requests))
	}
	var alerts [3]alert
	for i := range alerts {
		var one []alert
		if err := json.Unmarshal(p.requests[i].body, &one); err != nil || len(one) != 1 {
			t.Fatal(err, len(one))
		}
		alerts[i] = one[0]
	}
	for i, a := range alerts {
		if fmt.Sprint(a.Labels) != fmt.Sprint(alerts[0].Labels) || !a.StartsAt.Equal(alerts[0].StartsAt) {
			t.Errorf("alert %d is another one: %+v", i, a)
		}
	}
	step := time.Minute + time.Second
	if until := time.Until(alerts[0].EndsAt); until > step || until < step-10*time.Second ||
		alerts[2].EndsAt.Format(time.RFC3339) != "2024-01-02T14:38:00Z" {
		t.Errorf("ends in %v, and then at %v", until, alerts[2].EndsAt)
	}
}

// mailbox is a real SMTP server.
type mailbox struct {
	mu    sync.Mutex
	mails []string
	fail  error
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{m}, nil }

type mailSession struct{ *mailbox }

func (*mailSession) Reset()                               {}
func (*mailSession) Logout() error                        { return nil }
func (*mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fail
}

func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(b))
	return err
}

func TestEmail(t *testing.T) {
	box := &mailbox{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(box)
	go func() { _ = server.Serve(l) }() // ends with Close
	defer server.Close()
	s := ReceiverSettings{Name: "mail", Email: &EmailSettings{
		SMTP: l.Addr().String(), From: "streamd@example.com", To: Patterns{"desk@example.com"},
	}}
	if err := s.Email.Check(); err != nil {
		t.Fatal(err)
	}
	r := openOne(t, &s)
	if _, err := r.Send(t.Context(), messageTo(t, r)); err != nil {
		t.Fatal(err)
	}
	mail := box.mails[0]
	for _, want := range []string{
		"Subject: ENTRY golden BTC_*1 1m\r\n", "Message-ID: <00000000000000000000000000000007@127.0.0.1>\r\n",
		"To: desk@example.com\r\n", "\r\n\r\nENTRY golden BTC_*1 1m: close 46385 at 2024-01-02 14:30 UTC\r\n",
	} {
		if !strings.Contains(mail, want) {
			t.Errorf("%q is not in\n%s", want, mail)
		}
	}
	for _, c := range []struct {
		code    int
		verdict Remedy
	}{{450, Again}, {550, GiveUp}} {
		box.mu.Lock()
		box.fail = &smtp.SMTPError{Code: c.code, Message: "mailbox unavailable"}
		box.mu.Unlock()
		_, err := r.Send(t.Context(), messageTo(t, r))
		var refused *Refusal
		if !errors.As(err, &refused) || refused.Remedy != c.verdict || refused.Status != c.code {
			t.Errorf("%d: %v", c.code, err)
		}
	}
}

// medium is a place as sinktest wants it.
type medium struct {
	*place
	settings ReceiverSettings
	of       func(request) []byte
}

func (m *medium) Open() (sink.Sink, error) { return NewSink(&m.settings) }

func (m *medium) Break(signals int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room = signals
}

func (m *medium) Mend() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room = -1
}

// Arrived returns the signals of the requests that were answered well. What shows a text alone tells
// them by their order.
func (m *medium) Arrived() ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all [][]byte
	for _, r := range m.requests {
		if r.status == 200 {
			all = append(all, m.of(r))
		}
	}
	return all, nil
}

// TestSinks holds those receivers whose messages carry the signal to the contract of a sink.
func TestSinks(t *testing.T) {
	for i, s := range over("") {
		var of func(request) []byte
		switch s.Name {
		case "webhook":
			of = func(r request) []byte { return r.body }
		case "pagerduty":
			of = func(r request) []byte {
				var event struct {
					Payload struct {
						Details json.RawMessage `json:"custom_details"`
					} `json:"payload"`
				}
				_ = json.Unmarshal(r.body, &event) // then it is no signal that was sent
				return event.Payload.Details
			}
		default:
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			sinktest.Run(t, func(t *testing.T) sinktest.Medium {
				p := newPlace(t)
				return &medium{p, over(p.URL)[i], of}
			})
		})
	}
}

// TestSinksOfText counts what arrives at the others, whose messages do not carry the signal whole.
func TestSinksOfText(t *testing.T) {
	for i, s := range over("") {
		p := newPlace(t)
		settings := over(p.URL)[i]
		w, err := NewSink(&settings)
		if err != nil {
			t.Fatal(err)
		}
		batch := [][]byte{}
		for k := range 4 {
			batch = append(batch, testSignalOf(t, k, fmt.Sprint("S", k), "f", time.Now()).Payload)
		}
		p.room = 2
		if err := w.Write(t.Context(), batch); err == nil {
			t.Errorf("%s: a broken place takes all", s.Name)
		}
		p.room = -1
		if err := w.Write(context.WithoutCancel(t.Context()), batch); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		var order []string
		for _, r := range p.requests {
			if r.status == 200 {
				at := strings.Index(string(r.body), "S")
				for _, symbol := range []string{"S0", "S1", "S2", "S3"} {
					if strings.Contains(string(r.body), symbol) {
						order = append(order, symbol)
					}
				}
				_ = at
			}
		}
		if strings.Join(order, " ") != "S0 S1 S2 S3" {
			t.Errorf("%s: %v", s.Name, order)
		}
		w.Close()
	}
}

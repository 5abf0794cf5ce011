package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WebhookSettings is a receiver by Standard Webhooks 1.0.0
// (https://github.com/standard-webhooks/standard-webhooks).
type WebhookSettings struct {
	URL     string            `yaml:"url"`
	Secret  string            `yaml:"secret,omitempty"`
	Keys    []string          `yaml:"secrets,omitempty"`
	Headers map[string]string `yaml:"headers,omitempty"`
	Timeout string            `yaml:"timeout,omitempty"`
}

// Check wants a URL.
func (w *WebhookSettings) Check() error {
	if err := checkURL("url", w.URL); err != nil {
		return err
	}
	for name := range w.Headers {
		if strings.HasPrefix(strings.ToLower(name), "webhook-") || name == "" {
			return fmt.Errorf("header %q is the specification's own", name)
		}
	}
	_, err := durationOf(w.Timeout, timeoutDefault, 10*time.Minute)
	return err
}

// Secrets are keys, the values of headers, and parts of the URL.
func (w *WebhookSettings) Secrets() []string {
	all := append(secretsOf(w.URL, false), w.Secret)
	for _, v := range w.Headers {
		if len(v) >= 8 { // a token; shorter ones are words, as a desk's name
			all = append(all, v)
		}
	}
	return append(all, w.Keys...)
}

// Open returns the receiver.
func (w *WebhookSettings) Open(o OpenOptions) (Receiver, error) {
	timeout, err := durationOf(w.Timeout, timeoutDefault, 10*time.Minute)
	if err != nil {
		return nil, err
	}
	r := &webhook{caller: newCaller(timeout), settings: w}
	for _, secret := range append(append([]string{w.Secret}, w.Keys...), o.Secrets...) {
		if secret != "" {
			r.keys = append(r.keys, webhookKey(secret))
		}
	}
	return r, nil
}

// webhookKey is the key that a secret stands for: base64, with or without whsec_ before it, as the
// specification has it; any other text is the key itself.
func webhookKey(secret string) []byte {
	text := strings.TrimPrefix(secret, "whsec_")
	if key, err := base64.StdEncoding.DecodeString(text); err == nil {
		return key
	}
	return []byte(text)
}

type webhook struct {
	*caller
	settings *WebhookSettings
	keys     [][]byte
}

// Escape leaves values as they are: nobody but a program reads them.
func (*webhook) Escape(value string) string { return value }

// Send posts the signal's bytes, a JSON array of them for several, or the template's text.
func (w *webhook) Send(ctx context.Context, m *Notice) (string, error) {
	body := m.Signals[0].Payload
	if len(m.Signals) > 1 {
		body = []byte("[")
		for i, s := range m.Signals {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, s.Payload...)
		}
		body = append(body, ']')
	}
	if m.Templated {
		body = []byte(m.Text)
	}
	header := http.Header{}
	for name, v := range w.settings.Headers {
		header.Set(name, v)
	}
	if m.Templated && header.Get("Content-Type") == "" && !strings.HasPrefix(strings.TrimSpace(m.Text), "{") {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	sign(header, m.ID, time.Now(), body, w.keys)
	_, said, err := w.post(ctx, w.settings.URL, body, header)
	return said, err
}

// sign adds the headers of the specification. The time is the attempt's: receivers reject old ones.
func sign(header http.Header, id string, now time.Time, body []byte, keys [][]byte) {
	at := strconv.FormatInt(now.Unix(), 10)
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", at)
	var signatures []string
	for _, key := range keys {
		h := hmac.New(sha256.New, key)
		fmt.Fprintf(h, "%s.%s.%s", id, at, body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	if len(signatures) > 0 {
		header.Set("Webhook-Signature", strings.Join(signatures, " "))
	}
}

func (w *webhook) Close() error { return w.close() }

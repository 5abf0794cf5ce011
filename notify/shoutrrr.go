package notify

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/nicholas-fedor/shoutrrr"
)

// ShoutrrrSettings is any service that shoutrrr knows, by its URL: https://shoutrrr.nickfedor.com.
type ShoutrrrSettings struct {
	URL string `yaml:"url"`
}

// Check wants a URL that shoutrrr knows. Its own errors may repeat the URL.
func (s *ShoutrrrSettings) Check() error {
	if s.URL == "" {
		return errors.New("url is missing")
	}
	if _, err := shoutrrr.CreateSender(s.URL); err != nil {
		return errors.New("url is none that shoutrrr knows, as gotify://host/token")
	}
	return nil
}

// Secrets are the whole URL and its parts.
func (s *ShoutrrrSettings) Secrets() []string {
	all := append(secretsOf(s.URL, true), s.URL)
	if u, err := url.Parse(s.URL); err == nil {
		all = append(all, u.Path)
	}
	return all
}

// Open returns the receiver.
func (s *ShoutrrrSettings) Open(OpenOptions) (Receiver, error) { return &shouter{s.URL}, nil }

type shouter struct{ url string }

func (*shouter) Escape(value string) string { return asItIs(value) }

// shoutrrrTimeout is how long a service may take: shoutrrr cannot be interrupted, so what hangs is
// left behind.
const shoutrrrTimeout = 30 * time.Second

func (s *shouter) Send(ctx context.Context, m *Notice) (string, error) {
	sender, err := shoutrrr.CreateSender(s.url)
	if err != nil {
		return "", err
	}
	done := make(chan error, 1)
	go func() { done <- errors.Join(sender.Send(m.Text, nil)...) }()
	select {
	case err := <-done:
		if err != nil {
			return "", err
		}
		return "sent", nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(shoutrrrTimeout):
		return "", errTimeout
	}
}

func (*shouter) Close() error { return nil }

package notify

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"
)

// NtfySettings is a topic of ntfy: https://docs.ntfy.sh/publish. The topic may stand in the URL.
type NtfySettings struct {
	URL      string `yaml:"url,omitempty"`
	Topic    string `yaml:"topic,omitempty"`
	Token    string `yaml:"token,omitempty"`
	Priority string `yaml:"priority,omitempty"`
}

const ntfyURL = "https://ntfy.sh"

// Check wants a topic.
func (n *NtfySettings) Check() error {
	if n.URL == "" && n.Topic == "" {
		return errors.New("topic is missing")
	}
	if strings.ContainsAny(n.Topic, "/?# ") {
		return errors.New("topic is no name")
	}
	if n.URL != "" {
		return checkURL("url", n.URL)
	}
	return nil
}

// Secrets are the token and parts of the URL.
func (n *NtfySettings) Secrets() []string { return append(secretsOf(n.URL, false), n.Token) }

// Open returns the receiver.
func (n *NtfySettings) Open(OpenOptions) (Receiver, error) {
	address := strings.TrimSuffix(cmp.Or(n.URL, ntfyURL), "/")
	if n.Topic != "" {
		address += "/" + n.Topic
	}
	return &ntfy{newCaller(timeoutDefault), n, address}, nil
}

type ntfy struct {
	*caller
	settings *NtfySettings
	address  string
}

func (*ntfy) Escape(value string) string { return asItIs(value) }

const ntfyTextMax = 1000 // characters; longer than 4,096 bytes it becomes an attachment

func (n *ntfy) Send(ctx context.Context, m *Notice) (string, error) {
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	header.Set("Title", mime.QEncoding.Encode("utf-8", headline(m.Signals[0])))
	if m.Link != "" {
		header.Set("Click", m.Link)
	}
	if n.settings.Priority != "" {
		header.Set("Priority", n.settings.Priority)
	}
	if n.settings.Token != "" {
		header.Set("Authorization", "Bearer "+n.settings.Token)
	}
	_, said, err := n.post(ctx, n.address, []byte(cutText(m.Text, ntfyTextMax)), header)
	return said, err
}

func (n *ntfy) Close() error { return n.close() }

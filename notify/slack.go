package notify

import (
	"context"
	"strings"
)

// SlackSettings is an incoming webhook of Slack:
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
type SlackSettings struct {
	URL string `yaml:"url"`
}

// Check wants the URL.
func (s *SlackSettings) Check() error { return checkURL("url", s.URL) }

// Secrets are the URL's path and more: it is the key to the channel.
func (s *SlackSettings) Secrets() []string { return secretsOf(s.URL, true) }

// Open returns the receiver.
func (s *SlackSettings) Open(OpenOptions) (Receiver, error) {
	return &slack{newCaller(timeoutDefault), s.URL}, nil
}

type slack struct {
	*caller
	address string
}

// slackEscape is mrkdwn's: three characters are control characters
// (https://docs.slack.dev/messaging/formatting-message-text#escaping). Those that format a text have no
// escape; a word joiner before one keeps Slack from taking it so.
var slackEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "\u2060*", "_", "\u2060_",
	"~", "\u2060~", "`", "\u2060`")

func (*slack) Escape(value string) string { return slackEscape.Replace(value) }

const slackTextMax = 4000 // characters; longer ones are cut by Slack

func (s *slack) Send(ctx context.Context, m *Notice) (string, error) {
	_, said, err := s.postJSON(ctx, s.address, map[string]any{"text": cutText(m.Text, slackTextMax)}, nil)
	return said, err
}

func (s *slack) Close() error { return s.close() }

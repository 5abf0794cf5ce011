package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// DiscordSettings is a webhook of Discord:
// https://docs.discord.com/developers/resources/webhook#execute-webhook.
type DiscordSettings struct {
	URL string `yaml:"url"`
}

// Check wants the URL.
func (d *DiscordSettings) Check() error { return checkURL("url", d.URL) }

// Secrets are the URL's path and more: it is the key to the channel.
func (d *DiscordSettings) Secrets() []string { return secretsOf(d.URL, true) }

// Open returns the receiver.
func (d *DiscordSettings) Open(OpenOptions) (Receiver, error) {
	return &discord{newCaller(timeoutDefault), d.URL}, nil
}

type discord struct {
	*caller
	address string
}

var discordEscape = escaper("\\*_~`|>#[]()-")

func (*discord) Escape(value string) string { return discordEscape(value) }

const discordTextMax = 2000 // characters

// Send posts the message. Nobody is mentioned, whatever a symbol is called.
func (d *discord) Send(ctx context.Context, m *Notice) (string, error) {
	answer, said, err := d.postJSON(ctx, d.address, map[string]any{
		"content": cutText(m.Text, discordTextMax), "allowed_mentions": map[string]any{"parse": []string{}},
	}, nil)
	var refused *Refusal
	if errors.As(err, &refused) && refused.Remedy == Again {
		var a struct {
			RetryAfter float64 `json:"retry_after"` // seconds, finer than the header
		}
		if json.Unmarshal(answer, &a) == nil && a.RetryAfter > 0 {
			refused.RetryAfter = max(refused.RetryAfter, time.Duration(a.RetryAfter*float64(time.Second)))
		}
	}
	return said, err
}

func (d *discord) Close() error { return d.close() }

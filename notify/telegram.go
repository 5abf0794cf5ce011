package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// TelegramSettings is a chat of Telegram, by a bot: https://core.telegram.org/bots/api#sendmessage.
type TelegramSettings struct {
	Token string `yaml:"token"`
	Chat  string `yaml:"chat"`
	URL   string `yaml:"url,omitempty"`
}

// telegramURL is the base of the API.
const telegramURL = "https://api.telegram.org"

// Check wants token and chat.
func (t *TelegramSettings) Check() error {
	switch {
	case t.Token == "":
		return errors.New("token is missing")
	case t.Chat == "":
		return errors.New("chat is missing")
	case t.URL != "":
		return checkURL("url", t.URL)
	}
	return nil
}

// Secrets are the token and parts of the URL.
func (t *TelegramSettings) Secrets() []string { return append(secretsOf(t.URL, false), t.Token) }

// Open returns the receiver.
func (t *TelegramSettings) Open(OpenOptions) (Receiver, error) {
	base := telegramURL
	if t.URL != "" {
		base = strings.TrimSuffix(t.URL, "/")
	}
	return &telegram{newCaller(timeoutDefault), base + "/bot" + t.Token + "/sendMessage", t.Chat}, nil
}

type telegram struct {
	*caller
	address, chat string
}

// telegramEscape is MarkdownV2's: https://core.telegram.org/bots/api#markdownv2-style.
var telegramEscape = escaper("\\_*[]()~`>#+-=|{}.!")

func (*telegram) Escape(value string) string { return telegramEscape(value) }

const telegramTextMax = 4096 // characters

func (t *telegram) Send(ctx context.Context, m *Notice) (string, error) {
	answer, said, err := t.postJSON(ctx, t.address, map[string]any{
		"chat_id": t.chat, "text": cutText(m.Text, telegramTextMax), "parse_mode": "MarkdownV2",
		"link_preview_options": map[string]bool{"is_disabled": true},
	}, nil)
	var refused *Refusal
	if errors.As(err, &refused) && refused.Remedy == Again && refused.RetryAfter == 0 {
		var a struct {
			Parameters struct {
				RetryAfter float64 `json:"retry_after"`
			} `json:"parameters"`
		}
		if json.Unmarshal(answer, &a) == nil {
			refused.RetryAfter = time.Duration(a.Parameters.RetryAfter * float64(time.Second))
		}
	}
	return said, err
}

func (t *telegram) Close() error { return t.close() }

package notify

import "context"

// TeamsSettings is a workflow of Microsoft Teams that takes posts to a webhook:
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook.
type TeamsSettings struct {
	URL string `yaml:"url"`
}

// Check wants the URL.
func (t *TeamsSettings) Check() error { return checkURL("url", t.URL) }

// Secrets are the URL's path and signature.
func (t *TeamsSettings) Secrets() []string { return secretsOf(t.URL, true) }

// Open returns the receiver.
func (t *TeamsSettings) Open(OpenOptions) (Receiver, error) {
	return &teams{newCaller(timeoutDefault), t.URL}, nil
}

type teams struct {
	*caller
	address string
}

var teamsEscape = escaper("\\*_[]()`#")

func (*teams) Escape(value string) string { return teamsEscape(value) }

const teamsTextMax = 20_000 // characters; a post has at most 28 KB

// Send posts an adaptive card with the text.
func (t *teams) Send(ctx context.Context, m *Notice) (string, error) {
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []any{map[string]any{"type": "TextBlock", "text": cutText(m.Text, teamsTextMax), "wrap": true}},
	}
	if m.Link != "" {
		card["actions"] = []any{map[string]any{"type": "Action.OpenUrl", "title": "Chart", "url": m.Link}}
	}
	_, said, err := t.postJSON(ctx, t.address, map[string]any{
		"type": "message", "attachments": []any{map[string]any{
			"contentType": "application/vnd.microsoft.card.adaptive", "content": card,
		}},
	}, nil)
	return said, err
}

func (t *teams) Close() error { return t.close() }

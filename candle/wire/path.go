package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"streamd/candle"
)

// A path of a Mapping, as text: keys joined by dots, [n] for the n-th value of
// an array, [*] for each of them, ["a.b"] for a key with other characters. A
// leading $ starts at the message, else the path starts at the candle. Several
// places are separated by |.

// step is one part of a path.
type step struct {
	key   string
	index int // of an array, or one of the two below
}

const (
	stepKey  = -1 // the step is a key of an object
	stepEach = -2 // the step is each value of an array
)

// maxIndex bounds [n], so that a typing error does not allocate a table.
const maxIndex = 255

// path is one place, in the message or in the candle.
type path struct {
	absolute bool
	steps    []step
}

// parsePaths reads the places of a field; none for empty text.
func parsePaths(text string) ([]path, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var paths []path
	for {
		p, rest, err := parsePath(text)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", candle.Clip(text), err)
		}
		paths = append(paths, p)
		if rest == "" {
			return paths, nil
		}
		text = rest[1:]
	}
}

// parsePath reads one place and returns the text from the next | on.
func parsePath(text string) (p path, rest string, err error) {
	text = strings.TrimLeft(text, " ")
	if strings.HasPrefix(text, "$") {
		p.absolute = true
		text = text[1:]
	}
	wantKey := !p.absolute
	for {
		text = strings.TrimLeft(text, " ")
		switch {
		case text == "" || text[0] == '|':
			if wantKey || len(p.steps) == 0 && !p.absolute {
				return p, "", errors.New("a key is missing")
			}
			return p, text, nil
		case text[0] == '[':
			s, after, err := parseBracket(text)
			if err != nil {
				return p, "", err
			}
			p.steps, text, wantKey = append(p.steps, s), after, false
		case text[0] == '.' && !wantKey:
			text, wantKey = text[1:], true
		case wantKey:
			end := strings.IndexAny(text, ".[]|\"$* ")
			if end < 0 {
				end = len(text)
			}
			if end == 0 {
				return p, "", fmt.Errorf("%q is no key (put it into [\"…\"])", text[:1])
			}
			p.steps, text, wantKey = append(p.steps, step{text[:end], stepKey}), text[end:], false
		default:
			return p, "", fmt.Errorf("%q follows a finished key", text[:1])
		}
	}
}

// parseBracket reads [n], [*] or ["key"].
func parseBracket(text string) (s step, rest string, err error) {
	if strings.HasPrefix(text, `["`) {
		quoted, err := strconv.QuotedPrefix(text[1:])
		if err != nil {
			return s, "", errors.New("a quoted key has no end")
		}
		key, err := strconv.Unquote(quoted)
		if err != nil {
			return s, "", fmt.Errorf("the quoted key %s: %w", quoted, err)
		}
		rest, closed := strings.CutPrefix(text[1+len(quoted):], "]")
		if !closed {
			return s, "", errors.New("] is missing")
		}
		return step{key, stepKey}, rest, nil
	}
	inside, rest, closed := strings.Cut(text[1:], "]")
	if !closed {
		return s, "", errors.New("] is missing")
	}
	if inside == "*" {
		return step{"", stepEach}, rest, nil
	}
	index, err := strconv.Atoi(inside)
	if err != nil || index < 0 || index > maxIndex {
		return s, "", fmt.Errorf("[%s] is not an index from 0 to %d, * or a quoted key", inside, maxIndex)
	}
	return step{"", index}, rest, nil
}

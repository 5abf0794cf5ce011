package rulebook

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"streamd/config"
)

// lineKeys are the settings that a line may have.
var lineKeys = func() (all []string) {
	t := reflect.TypeFor[config.FormulaSettings]()
	for i := range t.NumField() {
		all = append(all, t.Field(i).Tag.Get("json"))
	}
	return all
}()

// checkKeys reports a key of a JSON object that is no setting to the letter, or that an object has twice: encoding/json
// takes Name for name, and the last of two. The text is one that it has read.
func checkKeys(text string) (at int, err error) {
	w := keyWalk{text: text}
	return w.object(true)
}

// keyWalk goes through the objects of a valid text.
type keyWalk struct {
	text string
	at   int
}

// object goes through an object that begins here; the settings' own has known keys.
func (w *keyWalk) object(own bool) (at int, err error) {
	var few [20]string
	seen := few[:0]
	for {
		if w.at += strings.IndexAny(w.text[w.at:], "\"}"); w.text[w.at] == '}' {
			w.at++
			return 0, nil
		}
		at = w.at
		key, err := w.key()
		switch {
		case err != nil:
			return at, err
		case own && !slices.Contains(lineKeys, key):
			return at, fmt.Errorf("unknown field %q", key)
		case slices.Contains(seen, key):
			return at, fmt.Errorf("%q is given twice", key)
		}
		seen = append(seen, key)
		w.at += strings.IndexByte(w.text[w.at:], ':') + 1
		if at, err := w.value(); err != nil {
			return at, err
		}
		if w.text[w.at] == '}' {
			w.at++
			return 0, nil
		}
	}
}

// key reads a string that begins here.
func (w *keyWalk) key() (string, error) {
	from := w.at
	w.skipString()
	raw := w.text[from:w.at]
	if !strings.Contains(raw, `\`) {
		return raw[1 : len(raw)-1], nil
	}
	var key string
	err := json.Unmarshal([]byte(raw), &key)
	return key, err
}

func (w *keyWalk) skipString() {
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
}

// value goes through a value of an object, up to what stands after it.
func (w *keyWalk) value() (at int, err error) {
	for depth := 0; ; {
		switch w.text[w.at] {
		case '"':
			w.skipString()
			continue
		case '{':
			if at, err := w.object(false); err != nil {
				return at, err
			}
			continue
		case '[':
			depth++
		case ']':
			depth--
		case ',', '}':
			if depth == 0 {
				return 0, nil
			}
		}
		w.at++
	}
}

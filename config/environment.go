package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// references are the ${NAME} and ${NAME:-default} of a file. Their signs mean something to YAML, so while it is parsed
// each stands as a word of as many characters that is nowhere else in the file; its value comes in afterwards, so that
// no value changes the structure. The zero value has none.
type references struct {
	texts []string // as the file has them
	mark  string   // begins and ends each word
	found *regexp.Regexp
}

// reference is one in a text.
var reference = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}\n]*)?\}`)

// Reference returns the first ${NAME} of a text that Read would replace, empty for none.
func Reference(text string) string { return reference.FindString(text) }

// referencesMax is how many different ones a file may have: a word has at least two digits to the base 36.
const referencesMax = 36 * 36

// hide replaces the references of a text by words of the same width.
func (r *references) hide(text string) (string, error) {
	if !reference.MatchString(text) {
		return text, nil
	}
	mark, ok := unused(text)
	if !ok {
		return "", fmt.Errorf("every private character of Unicode is used: no ${NAME} can be replaced")
	}
	r.mark = mark
	r.found = regexp.MustCompile(mark + `[0-9a-z]+` + mark)
	hidden := reference.ReplaceAllStringFunc(text, func(ref string) string {
		i := slices.Index(r.texts, ref)
		if i < 0 {
			i = len(r.texts)
			r.texts = append(r.texts, ref)
		}
		digits := strconv.FormatInt(int64(i), 36)
		return mark + strings.Repeat("0", max(0, len([]rune(ref))-2-len(digits))) + digits + mark
	})
	if len(r.texts) > referencesMax {
		return "", fmt.Errorf("more than %d different ${NAME}", referencesMax)
	}
	return hidden, nil
}

// unused returns a private character that is not in the text, nor can be as an escape.
func unused(text string) (string, bool) {
	lower := strings.ToLower(text)
	for c := rune(0xe000); c <= 0xf8ff; c++ {
		if !strings.Contains(text, string(c)) && !strings.Contains(lower, strconv.FormatInt(int64(c), 16)) {
			return string(c), true
		}
	}
	return "", false
}

// replace puts what f returns of each reference in place of its word.
func (r *references) replace(text string, f func(ref string) string) string {
	if r.mark == "" || !strings.Contains(text, r.mark) {
		return text
	}
	return r.found.ReplaceAllStringFunc(text, func(word string) string {
		i, err := strconv.ParseInt(strings.Trim(word, r.mark), 36, 32)
		if err != nil || int(i) >= len(r.texts) {
			return word
		}
		return f(r.texts[i])
	})
}

// reveal returns a text as the file has it.
func (r *references) reveal(text string) string {
	return r.replace(text, func(ref string) string { return ref })
}

// expand replaces the references in the value of a scalar.
func (r *references) expand(n *ast.StringNode) (changed bool) {
	value := r.replace(n.Value, func(ref string) string { return fromEnvironment(ref, n.Token.Type) })
	changed = value != n.Value
	n.Value, n.Token.Value = value, value
	return changed
}

// fromEnvironment returns the value of a reference. Its default is quoted as the scalar that it stands in.
func fromEnvironment(ref string, quotes token.Type) string {
	name, byDefault, _ := strings.Cut(ref[2:len(ref)-1], ":-")
	if v, ok := os.LookupEnv(name); ok && v != "" {
		return v
	}
	switch quotes {
	case token.SingleQuoteType:
		byDefault = strings.ReplaceAll(byDefault, "''", "'")
	case token.DoubleQuoteType:
		var unquoted string
		if strings.Contains(byDefault, `\`) && yaml.Unmarshal([]byte(`"`+byDefault+`"`), &unquoted) == nil {
			return unquoted
		}
	}
	return byDefault
}

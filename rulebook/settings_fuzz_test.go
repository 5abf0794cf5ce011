package rulebook

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"streamd/config"
)

// FuzzSettings reads settings as they come from a topic or over HTTP: from anybody.
// What is good is written to a file that reads the same.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"expression: close > 1\nmode: edge\nsymbols: [\"A*\", B]\nmetadata: {a: b}\n",
		`{"expression":"close > 1","params":{"a":1}}`,
		"expression: |\n  a = 1\n  close > a\nfor: 3\n", "expression: &a x\nmetadata: {<<: *a}\n", "? a\n: b\n",
		"%YAML 1.2\n---\nexpression: x",
		"expression: ${A:-x}", "- a\n- !!str b", "expression: 'a''b'\nsymbols:\n- \"\\xff\"\n- >-\n  x\n",
		"timeframes: [1m,\n  zz]",
		"A:\nmode: \nsymbols: !0000\n00", // the library panics
	} {
		f.Add(s)
	}
	rules, err := compileAll(&config.Configuration{}, nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one, err := readSettings(place{inTopic, "t"}, "n", []byte(s))
		if err == nil {
			_, err = compileAlone(rules, one)
		} else {
			err = invalid(err)
		}
		if err != nil {
			var wrong *InvalidError
			if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
				t.Fatalf("%q: %v", s, err)
			}
			for _, p := range wrong.Problems {
				if p.Text == "" || p.Line < 1 || p.Col < 1 || p.From > p.To {
					t.Errorf("%q: %+v", s, p)
				}
			}
			return
		}
		file, text, err := fileOf("n.yaml", one)
		if err != nil {
			return // it cannot be written, which is told
		}
		if !utf8.Valid(text) || len(file.candidates) != 1 || file.candidates[0].Name != "n" {
			t.Fatalf("%q is written as %q", s, text)
		}
		again := file.candidates[0]
		if _, err := compileAlone(rules, again); err != nil ||
			strings.TrimSpace(again.Expression) != strings.TrimSpace(one.Expression) {
			t.Errorf("%q: %q is read again as %q", s, one.Expression, again.Expression)
		}
	})
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The examples of docs/testing.md run, and their tests pass.
func TestExamplesOfTheTestingDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(examples) == 0 {
		t.Fatal("no example found")
	}
	for _, e := range examples {
		path := filepath.Join(t.TempDir(), "example.yaml")
		if err := os.WriteFile(path, e[1], 0o644); err != nil {
			t.Fatal(err)
		}
		c := root()
		var out bytes.Buffer
		c.SetOut(&out)
		c.SetArgs([]string{"test", path, "-v"})
		if err := c.Execute(); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"streamd/formula"
	"streamd/incremental"
	"streamd/incremental/catalog"
)

// TestFunctionsDocument holds docs/functions.md to the rows; with UPDATE_DOCS set
// (make docs) it writes the file instead.
func TestFunctionsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Functions\n\nMade from the rows of the tables by `make docs`; `streamd functions NAME` prints " +
		"one.\n")
	rows := formula.Documented(catalog.New())
	var groups []string
	inGroup := map[string][]*incremental.Row{}
	for _, r := range rows {
		if inGroup[r.Group] == nil {
			groups = append(groups, r.Group)
		}
		inGroup[r.Group] = append(inGroup[r.Group], r)
	}
	for _, group := range groups {
		fmt.Fprintf(&b, "\n## %s\n", group)
		for _, r := range inGroup[group] {
			fmt.Fprintf(&b, "\n### %s\n\n```text\n", r.Name)
			if err := describe(&b, r); err != nil {
				t.Fatal(err)
			}
			b.WriteString("```\n")
		}
	}
	path := filepath.Join("..", "..", "docs", "functions.md")
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/functions.md is not what the rows say: run make docs")
	}
}

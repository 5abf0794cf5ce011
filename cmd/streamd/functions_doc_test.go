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

// TestFunctionsDocument holds docs/functions.md and a page for each group to the rows; with UPDATE_DOCS set (make docs)
// it writes the files instead. What TA-Lib rounds otherwise is in an appendix.
func TestFunctionsDocument(t *testing.T) {
	rows := formula.Documented(catalog.New())
	var groups []string
	inGroup := map[string][]*incremental.Row{}
	for _, r := range rows {
		if inGroup[r.Group] == nil {
			groups = append(groups, r.Group)
		}
		inGroup[r.Group] = append(inGroup[r.Group], r)
	}
	index := "# Functions\n\nMade from the rows of the tables by `make docs`; `streamd functions NAME` prints one. " +
		"Where TA-Lib gives other\nnumbers, [an appendix](functions/talib.md) says which and why.\n"
	pages := map[string]string{}
	differs := "# Where TA-Lib gives other numbers\n\nMade by `make docs`. `make talib` compares every function with " +
		"TA-Lib itself.\n\n"
	for _, group := range groups {
		file := strings.ReplaceAll(strings.ToLower(group), " ", "-") + ".md"
		index += fmt.Sprintf("\n## [%s](functions/%s)\n\n", group, file)
		page := fmt.Sprintf("# %s\n\nMade by `make docs`; [all groups](../functions.md).\n", group)
		for _, r := range inGroup[group] {
			index += fmt.Sprintf("- [`%s`](functions/%s#%s) %s\n", formula.Signature(r), file, r.Name, r.Title)
			plain := *r
			if plain.Differs != "" {
				differs += fmt.Sprintf("- `%s`: %s\n", r.Name, r.Differs)
				plain.Differs = "see talib.md"
			}
			var text strings.Builder
			if err := describe(&text, &plain); err != nil {
				t.Fatal(err)
			}
			page += fmt.Sprintf("\n## %s\n\n```text\n%s```\n", r.Name, text.String())
		}
		pages["functions/"+file] = page
	}
	pages["functions.md"], pages["functions/talib.md"] = index, differs
	for name, want := range pages {
		holdDocument(t, name, want)
	}
}

// holdDocument wants a file of docs to have a text, or writes it for make docs.
func holdDocument(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", name)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/%s is not what the code says: run make docs", name)
	}
}

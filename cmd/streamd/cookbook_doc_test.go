package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCookbookDocument holds docs/cookbook.md to the examples that it is made of; with UPDATE_DOCS set (make docs) it
// writes the file instead. What the commands in it print is TestManual's business: it is kept where it is.
func TestCookbookDocument(t *testing.T) {
	paths, err := filepath.Glob("../../examples/formulas/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	path := filepath.Join("..", "..", "docs", "cookbook.md")
	old, err := os.ReadFile(path)
	if err != nil && os.Getenv("UPDATE_DOCS") == "" {
		t.Fatal(err)
	}
	var list, recipes strings.Builder
	for _, p := range paths {
		title, text := recipe(t, p, string(old))
		anchor := strings.ToLower(strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(title))
		fmt.Fprintf(&list, "- [%s](#%s)\n", title, anchor)
		recipes.WriteString(text)
	}
	want := "# Cookbook\n\nMade from [examples/formulas](../examples/formulas) and [tests](../examples/tests) by `make docs`. " +
		"The backtests run on made-up\ncandles (and one on two real days): they show what a strategy does, and not that it " +
		"earns. Each has a stop of 8 % and no\nfees.\n\n" + list.String() + recipes.String()
	holdDocument(t, "cookbook.md", want)
}

// recipe is the section of a strategy. Its file begins with comments: the title, then what it asks of the market.
func recipe(t *testing.T, path, old string) (title, text string) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(path), ".yaml")
	formulas, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile(filepath.Join(filepath.Dir(path), "..", "tests", name+"_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var prose []string
	rest := string(formulas)
	for strings.HasPrefix(rest, "# ") {
		var line string
		line, rest, _ = strings.Cut(rest[2:], "\n")
		prose = append(prose, line)
	}
	data := "daily"
	if strings.Contains(rest, "vwap") {
		data = "minute"
	}
	command := fmt.Sprintf("$ streamd backtest -f examples/formulas/%s.yaml --data examples/data/%s.csv.gz --stop 8%%"+
		" 2>&1 | grep -E 'symbol|all'\n", name, data)
	output := ""
	if _, after, ok := strings.Cut(old, command); ok {
		output, _, _ = strings.Cut(after, "```")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```yaml\n%s```\n\n", prose[0], strings.Join(prose[1:], "\n"), rest)
	fmt.Fprintf(&b, "Its test, [%s](../examples/tests/%s_test.yaml):\n\n", name, name)
	_, cases, _ := strings.Cut(string(tests), "tests:\n")
	fmt.Fprintf(&b, "```yaml\n%s```\n\n```console\n%s%s```\n", cases, command, output)
	return prose[0], b.String()
}

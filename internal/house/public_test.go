package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unshown are packages that an Example cannot show, with the reason.
var unshown = map[string]string{
	"sink/sinktest": "runs within a test, and its comment shows how",
}

// Every package that others can import says what it is for, and shows it in an Example that the tests run.
func TestPublicPackagesAreIntroduced(t *testing.T) {
	docs := map[string]string{}
	each(t, func(pkg, _ string, _ *token.FileSet, file *ast.File) {
		if file.Name.Name == "main" || strings.Contains(pkg, "internal/") ||
			strings.HasPrefix(pkg, "bench/") {
			return
		}
		docs[pkg] += file.Doc.Text()
	})
	for pkg, doc := range docs {
		if !strings.HasPrefix(doc, "Package ") || len(strings.Fields(doc)) < 25 {
			t.Errorf("%s: the package's comment does not say what it is for: %q", pkg, doc)
		}
		if !hasExample(t, pkg) && unshown[pkg] == "" {
			t.Errorf("%s: no Example", pkg)
		}
	}
}

// hasExample reports whether the tests of a package have an Example with output, which is one that runs.
func hasExample(t *testing.T, pkg string) bool {
	t.Helper()
	tests, err := filepath.Glob(filepath.Join("..", "..", pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range tests {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, raw, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Example") && strings.Contains(string(raw), "// Output:") {
				return true
			}
		}
	}
	return false
}

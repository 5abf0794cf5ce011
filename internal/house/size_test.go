package house

import (
	"go/ast"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// The limits of what a person reads at a time.
const (
	fileLinesMax = 440
	funcLinesMax = 70
	columnsMax   = 120
	tabColumns   = 4
)

func TestFilesStayReadable(t *testing.T) {
	each(t, func(_, path string, _ *token.FileSet, _ *ast.File) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), "\n"); n > fileLinesMax {
			t.Errorf("%s has %d lines: does it still hold one thing?", path, n)
		}
	})
}

// A line may be longer where it cannot be broken: a raw string, or a single word as an address is.
func TestLinesStayWithinColumns(t *testing.T) {
	each(t, func(_, path string, _ *token.FileSet, _ *ast.File) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(raw), "\n") {
			columns := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
			if columns > columnsMax && !strings.Contains(line, "`") && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s:%d: %d columns", path, i+1, columns)
			}
		}
	})
}

// A function fits on a screen, unless it is a table: a single literal or a list of closures.
func TestFunctionsFitAScreen(t *testing.T) {
	each(t, func(_, path string, fset *token.FileSet, file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			lines := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
			if lines > funcLinesMax && !isTable(fset, f) {
				t.Errorf("%s: %s has %d lines", fset.Position(f.Pos()), f.Name.Name, lines)
			}
		}
	})
}

// isTable reports whether all but a screen of a function stands within one composite literal.
func isTable(fset *token.FileSet, f *ast.FuncDecl) bool {
	lines := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1 }
	longest := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok {
			longest = max(longest, lines(literal))
			return false
		}
		return true
	})
	return lines(f)-longest <= funcLinesMax
}

package house

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
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

// A line may be longer where it cannot be broken: inside a raw string, before the tag of a field, or in a single word
// as an address is. The tables of tests may have wider rows.
func TestLinesStayWithinColumns(t *testing.T) {
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		free := rawStringLines(raw)
		for i, line := range strings.Split(string(raw), "\n") {
			columns := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
			if columns > columnsMax && !free[i+1] && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s:%d: %d columns", path, i+1, columns)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rawStringLines are the lines of a file that raw strings of several lines are on, and those that end with one.
func rawStringLines(raw []byte) map[int]bool {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(raw))
	var s scanner.Scanner
	s.Init(file, raw, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok != token.STRING || text[0] != '`' {
			continue
		}
		first, n := file.Line(pos), strings.Count(text, "\n")
		end := file.Offset(pos) + len(text)
		if n > 0 || end == len(raw) || raw[end] == '\n' {
			for k := range n + 1 {
				lines[first+k] = true
			}
		}
	}
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

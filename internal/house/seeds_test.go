package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seeded are the names of math/rand/v2 that draw nothing by themselves.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "Zipf"}

// No test draws numbers that differ from run to run, or one fails by luck: package internal/seed
// gives what is random.
func TestTestsAreSeeded(t *testing.T) {
	files := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		random := slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool {
			return strings.HasPrefix(i.Path.Value, `"math/rand`)
		})
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := call.X.(*ast.Ident)
			switch {
			case ok && random && from.Name == "rand" && from.Obj == nil && !slices.Contains(seeded, call.Sel.Name):
				t.Errorf("%s: rand.%s differs from run to run: use seed.Rand", fset.Position(n.Pos()), call.Sel.Name)
			case ok && from.Name == "rapid" && call.Sel.Name == "Check":
				t.Errorf("%s: rapid.Check draws its seed: use seed.Check", fset.Position(n.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil || files < 50 {
		t.Fatalf("%d test files: %v", files, err)
	}
}

package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers lists what a package of ours may import of ours. Lower rooms stand first; a room that is not listed fails.
var layers = map[string][]string{
	"internal/charts": {}, "internal/browser": {}, "internal/codec": {}, "internal/s3test": {},

	"candle/zone": {}, "candle": {"candle/zone"}, "candle/wire": {"candle"}, "ringbuf": {}, "kafka": {}, "incremental/window": {},
	"incremental":                {"candle/zone", "incremental/window"},
	"incremental/pattern":        {"incremental", "incremental/window"},
	"incremental/catalog":        {"incremental", "incremental/pattern"},
	"incremental/internal/naive": {"candle/zone", "incremental", "incremental/catalog"},
	"across":                     {"incremental", "internal/codec"},
	"formula/plan":               {"across", "candle", "incremental"},
	"internal/plantest":          {"candle", "formula/plan"},
	"formula":                    {"across", "candle", "candle/zone", "incremental", "incremental/catalog", "formula/plan"},
	"stream":                     {"across", "candle", "ringbuf", "incremental", "incremental/catalog", "formula", "formula/plan", "internal/codec"},
	"closing":                    {"across", "candle", "formula/plan", "internal/codec", "stream"},
	"store":                      {"candle", "internal/codec", "stream"},
	"sink":                       {"stream", "kafka"},
	"sink/sinktest":              {"sink"},
	"topics":                     {"candle", "candle/wire", "kafka"},
	"history/layout":             {"candle", "candle/wire", "candle/zone"},
	"history/bucket":             {},
	"history":                    {"candle", "candle/wire", "candle/zone", "history/bucket", "history/layout", "kafka", "stream", "topics"},
	"notify":                     {"candle", "candle/zone", "formula", "stream", "kafka", "topics", "sink"},
	"doctor":                     {"kafka"},
	"live":                       {"closing", "formula/plan", "candle", "candle/wire", "kafka", "stream", "topics", "history", "sink", "store"},
	"replay": {
		"across", "candle", "candle/wire", "ringbuf", "incremental", "incremental/catalog", "formula", "formula/plan", "stream", "history",
		"topics", "kafka", "internal/charts",
	},
	"internal/markettest": {"candle", "history"}, "internal/scantest": {"replay"},

	".":           {"candle", "ringbuf", "incremental", "incremental/catalog", "formula", "formula/plan", "stream", "history", "replay"},
	"formulatest": {"across", "candle", "candle/wire", "formula", "formula/plan", "stream", "replay", "history"},
	"config":      {"across", "candle", "candle/wire", "formula", "history/layout", "kafka", "notify", "sink", "stream", "topics"},
	"rulebook": {
		"candle", "candle/wire", "formula", "incremental/catalog", "ringbuf", "stream", "store", "kafka", "topics", "config",
	},
	"web": {
		"across", "candle", "candle/wire", "incremental", "incremental/catalog", "formula", "formula/plan", "stream", "live", "history", "notify",
		"replay", "rulebook", "internal/charts",
	},
}

// tops are the packages that may import every other one: programs and what only tests use.
var tops = []string{"cmd/streamd", "internal/sim", "internal/house", "internal/seed", "internal/redpanda", "internal/manual", "bench/", "examples/"}

// core are the packages without clock, goroutine, logger and I/O.
var core = []string{
	"candle", "ringbuf", "incremental", "incremental/window", "incremental/pattern",
	"incremental/catalog", "across", "formula", "formula/plan", "stream", "closing", "history/layout",
	"internal/codec",
}

// make race leaves the core out and nothing else.
func TestRaceLeavesOutTheCore(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(strings.ReplaceAll(string(makefile), "\\\n", ""), "\nCORE = ")
	list, _, _ = strings.Cut(list, "\n")
	if left := strings.Fields(list); !slices.Equal(left, core) {
		t.Errorf("Makefile: CORE is %q, want %q", left, core)
	}
}

// each parses every file that is not a test, and calls f with its package.
func each(t *testing.T, f func(pkg, path string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		files++
		f(filepath.ToSlash(rel), path, fset, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("only %d files found", files)
	}
}

// modulePath returns the path of the module, which a fork may have changed.
func modulePath(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(line, "module ")
}

func TestImportsPointDown(t *testing.T) {
	module := modulePath(t)
	each(t, func(pkg, path string, _ *token.FileSet, file *ast.File) {
		if slices.ContainsFunc(tops, func(top string) bool { return strings.HasPrefix(pkg, top) }) {
			return
		}
		allowed, listed := layers[pkg]
		if !listed && !strings.HasPrefix(pkg, "tools/") {
			t.Errorf("%s: %s is in no layer: list it in layers", path, pkg)
		}
		for _, i := range file.Imports {
			target, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module+"/")
			if listed && ours && !slices.Contains(allowed, target) {
				t.Errorf("%s: %s may not import %s", path, pkg, target)
			}
		}
	})
}

func TestCoreHasNoClockAndNoEffects(t *testing.T) {
	banned := []string{
		"os", "net", "net/http", "log", "log/slog", "io/ioutil", "os/exec", "sync",
		"github.com/rs/zerolog",
	}
	each(t, func(pkg, path string, fset *token.FileSet, file *ast.File) {
		if !slices.Contains(core, pkg) {
			return
		}
		for _, i := range file.Imports {
			if p := strings.Trim(i.Path.Value, `"`); slices.Contains(banned, p) {
				t.Errorf("%s imports %s", path, p)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: goroutine", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" &&
					slices.Contains([]string{"Now", "Since", "Sleep", "LoadLocation"}, n.Sel.Name) {
					t.Errorf("%s: time.%s", fset.Position(n.Pos()), n.Sel.Name)
				}
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init", fset.Position(n.Pos()))
				}
			}
			return true
		})
	})
}

func TestExportedIsDocumented(t *testing.T) {
	each(t, func(pkg, path string, fset *token.FileSet, file *ast.File) {
		if file.Name.Name == "main" {
			return
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && d.Name.Name != "Step" &&
					d.Name.Name != "Error" && d.Name.Name != "Unwrap" && d.Name.Name != "String" {
					t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: type %s has no comment", fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	})
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	x := d.Recv.List[0].Type
	if s, ok := x.(*ast.StarExpr); ok {
		x = s.X
	}
	id, ok := x.(*ast.Ident)
	return ok && id.IsExported()
}

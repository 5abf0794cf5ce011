// Command module gives the module another path, in go.mod, in every import and in the settings of the linters:
//
//	go run ./tools/module github.com/you/streamd
//
// The name of the program stays streamd. It works in the current directory, a clone's root.
package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 || !strings.Contains(os.Args[1], ".") || strings.ContainsAny(os.Args[1], " \t\"'\\") {
		fmt.Fprintln(os.Stderr, "module: want a path that can be fetched, as github.com/you/streamd")
		os.Exit(2)
	}
	if err := rename(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "module:", err)
		os.Exit(1)
	}
}

func rename(to string) error {
	out, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		return fmt.Errorf("go list -m: %w", err)
	}
	from := strings.TrimSpace(string(out))
	if out, err := exec.Command("go", "mod", "edit", "-module", to).CombinedOutput(); err != nil {
		return fmt.Errorf("go mod edit: %w: %s", err, out)
	}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".":
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			return imports(path, from, to)
		case d.Name() == ".golangci.yml":
			return replace(path, "module-path: "+from, "module-path: "+to)
		}
		return nil
	})
	if err != nil {
		return err
	}
	embed := filepath.Join("examples", "embed", "go.mod")
	return replace(embed, "require "+from+" ", "require "+to+" ", "replace "+from+" ", "replace "+to+" ")
}

// imports rewrites the import paths of a Go file.
func imports(path, from, to string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	at := 0
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if imported != from && !strings.HasPrefix(imported, from+"/") {
			continue
		}
		begin := files.Position(spec.Path.Pos()).Offset
		b.Write(text[at:begin])
		b.WriteString(strconv.Quote(to + strings.TrimPrefix(imported, from)))
		at = begin + len(spec.Path.Value)
	}
	if at == 0 {
		return nil
	}
	b.Write(text[at:])
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// replace replaces pairs of texts in a file.
func replace(path string, pairs ...string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o644)
}

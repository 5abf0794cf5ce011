package house

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
)

// several lists the names of types that may stand in more than one package, with the reason. Every other exported type
// name has one meaning in the whole project.
var several = map[string]string{
	"Config":  "what a package's constructor is given; always read with the package's name, as in the standard library",
	"Options": "the settings of a constructor that all have a default; likewise",
}

func TestTypeNamesHaveOneMeaning(t *testing.T) {
	packages := map[string][]string{}
	each(t, func(pkg, _ string, _ *token.FileSet, file *ast.File) {
		if file.Name.Name == "main" || pkg == "." { // the front door names the things of the rooms behind it
			return
		}
		for _, d := range file.Decls {
			types, ok := d.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, s := range types.Specs {
				name := s.(*ast.TypeSpec).Name.Name
				if ast.IsExported(name) && !slices.Contains(packages[name], pkg) {
					packages[name] = append(packages[name], pkg)
				}
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if several[name] == "" && len(packages[name]) > 1 {
			t.Errorf("type %s stands in %s: one name, one meaning", name, strings.Join(packages[name], " and "))
		}
	}
	for name := range several {
		if len(packages[name]) < 2 {
			t.Errorf("type %s stands in one package only: take it off the list", name)
		}
	}
}

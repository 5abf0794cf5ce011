package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// formulaFilesMax is how many files the folder of formulas may have.
const formulaFilesMax = 10_000

// formulaFile is a file of that folder.
type formulaFile struct {
	Formulas []formulaConfig `yaml:"formulas"`
}

// folder returns what is in the files of the folder, in the order of their names.
func (c *loaded) folder() []formulaSource {
	if c.FormulasDir == "" {
		return nil
	}
	files, err := formulaFiles(c.FormulasDir)
	if err != nil {
		return []formulaSource{{place: place{inFolder, c.FormulasDir}, err: err}}
	}
	all := make([]formulaSource, len(files))
	for i, file := range files {
		all[i] = readFormulaFile(file)
	}
	return all
}

func readFormulaFile(path string) formulaSource {
	doc, err := readYAML(path)
	if err != nil {
		return formulaSource{place: place{inFile, path}, err: err}
	}
	return formulasOf(doc)
}

// formulasOf returns the formulas of a file.
func formulasOf(doc *document) formulaSource {
	s := formulaSource{place: place{inFile, doc.path}}
	var f formulaFile
	s.err = doc.decode(&f)
	for i := range f.Formulas {
		s.names = append(s.names, f.Formulas[i].Name)
		s.candidates = append(s.candidates, candidate{f.Formulas[i], doc, fmt.Sprintf("$.formulas[%d]", i), s.place})
	}
	if s.err != nil {
		s.candidates, s.names = nil, nil
		var named struct{ Formulas []struct{ Name string } }
		if guarded(func() error { return yaml.Unmarshal([]byte(doc.text), &named) }) == nil {
			for _, f := range named.Formulas {
				s.names = append(s.names, f.Name)
			}
		}
	}
	return s
}

// formulaFiles lists the files of the folder; one that is not there has none.
func formulaFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	var files []string
	for _, e := range entries {
		path, ext := filepath.Join(dir, e.Name()), filepath.Ext(e.Name())
		if (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(e.Name(), ".") && mayBeFile(path, e.Type()) {
			files = append(files, path)
		}
	}
	if len(files) > formulaFilesMax {
		return nil, fmt.Errorf("streamd: formulas_dir: %d files, at most %d", len(files), formulaFilesMax)
	}
	slices.Sort(files)
	return files, nil
}

// mayBeFile leaves out what is no file, behind a link as well: a pipe would be waited
// for without end. A link that leads nowhere is a file that cannot be read.
func mayBeFile(path string, t os.FileMode) bool {
	if t&os.ModeSymlink == 0 {
		return t.IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// folderState is a text that changes when a file of the folder does.
func (c *loaded) folderState() string {
	if c.FormulasDir == "" {
		return ""
	}
	files, err := formulaFiles(c.FormulasDir)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

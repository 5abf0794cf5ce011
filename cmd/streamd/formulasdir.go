package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"streamd/web"
)

// formulaFilesMax is how many files the folder of formulas may have.
const formulaFilesMax = 10_000

// formulaFile is a file of that folder.
type formulaFile struct {
	Formulas []formulaConfig `yaml:"formulas"`
}

// origin is where a formula stands that is not in the configuration itself.
type origin struct {
	doc *document
	at  string
}

// readFormulasDir adds the formulas of the folder's files to those of the
// configuration, in the order of the files' names.
func (c *loaded) readFormulasDir() error {
	if c.FormulasDir == "" {
		return nil
	}
	files, err := formulaFiles(c.FormulasDir)
	if err != nil {
		return err
	}
	own := len(c.Formulas)
	c.origins = make([]origin, own)
	for _, file := range files {
		doc, err := readYAML(file)
		if err != nil {
			return err
		}
		var f formulaFile
		if err := doc.decode(&f); err != nil {
			return err
		}
		for i := range f.Formulas {
			c.Formulas = append(c.Formulas, f.Formulas[i])
			c.origins = append(c.origins, origin{doc, fmt.Sprintf("$.formulas[%d]", i)})
		}
	}
	return nil
}

// origin returns the file and the place of formula i.
func (c *loaded) origin(doc *document, i int) (*document, string) {
	if i < len(c.origins) && c.origins[i].doc != nil {
		return c.origins[i].doc, c.origins[i].at
	}
	return doc, fmt.Sprintf("$.formulas[%d]", i)
}

// formulaFiles lists the files of the folder; one that is not there has none.
func formulaFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) > formulaFilesMax {
		return nil, fmt.Errorf("streamd: formulas_dir: %d files, at most %d", len(files), formulaFilesMax)
	}
	slices.Sort(files)
	return files, nil
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

// fileName is what a formula must be called to have a file of its own.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// putFormula keeps a formula in a file of its own and puts it in force. What is
// invalid changes nothing.
func (d *daemon) putFormula(name string, settings []byte) error {
	if !fileName.MatchString(name) {
		return &web.Invalid{Problems: []string{fmt.Sprintf("name %q: letters, digits, _ . - only, 64 at most", name)}}
	}
	var f formulaConfig
	if err := yaml.UnmarshalWithOptions(settings, &f, yaml.Strict()); err != nil {
		return &web.Invalid{Problems: []string{err.Error()}}
	}
	if f.Name != "" && f.Name != name {
		return &web.Invalid{Problems: []string{fmt.Sprintf("the formula is named %s, the address %s", f.Name, name)}}
	}
	f.Name = name
	text, err := yaml.Marshal(formulaFile{Formulas: []formulaConfig{f}})
	if err != nil {
		return fmt.Errorf("streamd: formula %s: %w", name, err)
	}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if err := os.MkdirAll(d.cfg.FormulasDir, 0o755); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	path := filepath.Join(d.cfg.FormulasDir, name+".yaml")
	before, errBefore := os.ReadFile(path)
	if err := replaceFile(path, text); err != nil {
		return err
	}
	err = d.reloadLocked()
	if err == nil {
		return nil
	}
	// It is judged together with all others; the file goes back to what it was.
	if errBefore == nil {
		errBefore = replaceFile(path, before)
	} else {
		errBefore = os.Remove(path)
	}
	if errBefore != nil {
		return errors.Join(err, errBefore)
	}
	return &web.Invalid{Problems: strings.Split(err.Error(), "\n")}
}

// deleteFormula removes a formula's file and takes it out of force.
func (d *daemon) deleteFormula(name string) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	path := filepath.Join(d.cfg.FormulasDir, name+".yaml")
	if !fileName.MatchString(name) {
		return web.ErrUnknown
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%w in the folder: %s", web.ErrUnknown, name)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	return d.reloadLocked()
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".formula-*")
	if err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	return nil
}

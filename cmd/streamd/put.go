package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"streamd/formula"
	"streamd/store"
	"streamd/stream"
	"streamd/web"
)

// fileName is what a formula must be called to have a file of its own.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// putFormula keeps a formula in a file of its own and puts it in force. It is judged
// alone; what is invalid, or cannot be written, changes nothing, and a formula that is
// kept elsewhere is not displaced.
func (d *daemon) putFormula(name string, settings []byte) error {
	if !fileName.MatchString(name) {
		return invalid(fmt.Errorf("name %q: letters, digits, _ . - only, 64 at most", name))
	}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	before := d.book.Load()
	base := before.base
	if base.FormulasDir == "" {
		return web.ErrReadOnly
	}
	f, err := readSettings(place{inFile, name}, name, settings)
	if err != nil {
		return invalid(err)
	}
	if err := base.judgeAlone(&f); err != nil {
		return err
	}
	file, text, err := formulaFileOf(filepath.Join(base.FormulasDir, name+".yaml"), &f)
	if err != nil {
		return invalid(err)
	}
	folder := base.folder()
	if err := mayChange(base.sources(folder, d.topic), before, name, file.place); err != nil &&
		!errors.Is(err, web.ErrUnknown) {
		return err
	}
	folder = slices.DeleteFunc(folder, func(s formulaSource) bool { return s.place == file.place })
	folder = append(folder, file)
	slices.SortStableFunc(folder, func(a, b formulaSource) int { return cmp.Compare(a.place.name, b.place.name) })
	book, err := base.assemble(base.sources(folder, d.topic), before)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(base.FormulasDir, 0o755); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	if err := store.ReplaceFile(file.place.name, text); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	d.force(book)
	return syncFolder(base.FormulasDir)
}

// putNamed is putFormula of settings that may tell the name themselves.
func (d *daemon) putNamed(name string, settings []byte) error {
	if name == "" {
		var given struct{ Name string }
		if guarded(func() error { return yaml.Unmarshal(settings, &given) }) != nil || given.Name == "" {
			return invalid(errors.New("name is missing, in the path as in the settings"))
		}
		name = given.Name
	}
	return d.putFormula(name, settings)
}

// deleteFormula removes a formula's file and takes it out of force.
func (d *daemon) deleteFormula(name string) error {
	if !fileName.MatchString(name) {
		return web.ErrUnknown
	}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	before := d.book.Load()
	base := before.base
	if base.FormulasDir == "" {
		return web.ErrReadOnly
	}
	at := place{inFile, filepath.Join(base.FormulasDir, name+".yaml")}
	folder := base.folder()
	if err := mayChange(base.sources(folder, d.topic), before, name, at); err != nil {
		return err
	}
	folder = slices.DeleteFunc(folder, func(s formulaSource) bool { return s.place == at })
	book, err := base.assemble(base.sources(folder, d.topic), before)
	if err != nil {
		return err
	}
	if err := os.Remove(at.name); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	d.force(book)
	return syncFolder(base.FormulasDir)
}

// mayChange looks whether a formula may be kept in a file, or taken away with it. It
// returns web.ErrUnknown where there is neither formula nor file, and web.ErrElsewhere
// for a formula that somebody keeps in another place, good or not, and for a file with
// more in it, or that cannot be read.
func mayChange(sources []formulaSource, before *ruleBook, name string, file place) error {
	found := false
	for _, s := range sources {
		switch {
		case s.kind == inFolder:
			return s.err
		case s.place == file:
			found = true
			if len(s.names) == 0 {
				return fmt.Errorf("%w: %s cannot be read, and may hold more than one formula", web.ErrElsewhere,
					file.name)
			}
			if len(s.names) != 1 || s.names[0] != name {
				return fmt.Errorf("%w: %s has other formulas in it", web.ErrElsewhere, file.name)
			}
		case slices.Contains(s.names, name):
			return fmt.Errorf("%w: formula %s is in %s", web.ErrElsewhere, name, s.place.name)
		case s.err != nil:
			if f, ok := before.find(name); ok && s.holds(f.place) {
				return fmt.Errorf("%w: formula %s is in %s, which cannot be read", web.ErrElsewhere, name, s.place.name)
			}
		}
	}
	if !found {
		return fmt.Errorf("%w: %s", web.ErrUnknown, name)
	}
	return nil
}

// judgeAlone checks one formula under the configuration's indicators. What is wrong
// is web.Invalid.
func (c *loaded) judgeAlone(f *candidate) error {
	sf, err := f.formula()
	if err != nil {
		return invalid(err)
	}
	_, problems := stream.NewRules(stream.RulesConfig{
		Buffer: c.Buffer, Indicators: c.named,
		Formulas: []stream.Formula{sf},
	})
	if len(problems) == 0 {
		return nil
	}
	p := problems[0]
	if p.Err != nil {
		return invalid(f.doc.errorAt(f.at+"."+p.Setting, p.Err.Error()))
	}
	all := &web.Invalid{}
	for _, g := range p.Diagnostics {
		all.Problems = append(all.Problems, web.Problem{In: "expression", Diagnostic: g, Text: g.Render(p.Source)})
	}
	return all
}

// invalid makes web.Invalid of what is wrong with the settings of a formula.
func invalid(err error) error {
	var at *placed
	if !errors.As(err, &at) {
		at = &placed{formula.Diagnostic{
			Line: 1, Col: 1, EndLine: 1, EndCol: 1, Code: codeSettings,
			Message: err.Error(),
		}, err.Error()}
	}
	return &web.Invalid{Problems: []web.Problem{{In: "settings", Diagnostic: at.Diagnostic, Text: at.text}}}
}

// formulaFileOf returns the file of one formula, as it will be read again, and its text.
func formulaFileOf(path string, f *candidate) (formulaSource, []byte, error) {
	text, err := yaml.Marshal(formulaFile{Formulas: []formulaConfig{f.formulaConfig}})
	if err != nil {
		return formulaSource{}, nil, fmt.Errorf("formula %s: %w", f.Name, err)
	}
	if ref := envRef.Find(text); ref != nil {
		return formulaSource{}, nil, fmt.Errorf("%s: the environment is for files that people write", ref)
	}
	doc, err := parseYAML(path, text, true)
	if err != nil {
		return formulaSource{}, nil, err
	}
	file := formulasOf(doc)
	return file, text, file.err
}

// syncFolder makes sure that a change of a folder's names outlives a power cut.
func syncFolder(dir string) error {
	if err := store.SyncFile(dir); err != nil {
		return fmt.Errorf("streamd: formulas_dir: the change is in force, and may not outlive a power cut: %w", err)
	}
	return nil
}

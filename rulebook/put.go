package rulebook

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"streamd/config"
	"streamd/store"
	"streamd/stream"

	"github.com/goccy/go-yaml"
)

// fileName is what a formula must be called to have a file of its own.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// Put keeps a formula, given as the YAML or JSON of its settings, in a file of its own and puts it in force. An empty
// name is taken from the settings. What is invalid, or cannot be written, changes nothing, and a formula that is kept
// elsewhere is not displaced.
func (b *Book) Put(name string, settings []byte) error {
	if name == "" {
		var given struct{ Name string }
		if doc, err := config.Parse("settings", settings); err == nil {
			doc.DecodeLoosely(&given)
		}
		if name = given.Name; name == "" {
			return invalid(errors.New("name is missing, in the path as in the settings"))
		}
	}
	if !fileName.MatchString(name) {
		return invalid(fmt.Errorf("name %q: letters, digits, _ . - only, 64 at most", name))
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	before := b.now.Load()
	dir := before.file.FormulasDir
	if dir == "" {
		return ErrReadOnly
	}
	f, err := readSettings(place{inFile, name}, name, settings)
	if err != nil {
		return invalid(err)
	}
	if err := compileAlone(before.file, &f); err != nil {
		return err
	}
	file, text, err := fileOf(filepath.Join(dir, name+".yaml"), &f)
	if err != nil {
		return invalid(err)
	}
	folder := folderOf(dir)
	err = mayChange(sourcesOf(before.file, folder, b.options.Topic), before, name, file.place)
	if errors.Is(err, ErrUnknown) {
		err = nil
		if len(before.inForce) >= before.most {
			err = ErrFull
		}
	}
	if err != nil {
		return err
	}
	folder = slices.DeleteFunc(folder, func(s source) bool { return s.place == file.place })
	folder = append(folder, file)
	slices.SortStableFunc(folder, func(a, b source) int { return cmp.Compare(a.place.name, b.place.name) })
	e, err := before.next(before.file, sourcesOf(before.file, folder, b.options.Topic))
	if err != nil {
		return err
	}
	for _, fault := range e.faults {
		if fault.Place == file.place.name && fault.Name == name {
			return &memoryError{fault.Error} // all else was looked at before
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	if err := store.ReplaceFile(file.place.name, text); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	b.force(e)
	return syncFolder(dir)
}

// Draft reads and checks settings as Put does, and keeps nothing. What is invalid is an *InvalidError.
func (b *Book) Draft(name string, settings []byte) (stream.Formula, error) {
	f, err := readSettings(place{inFile, name}, name, settings)
	if err != nil {
		return stream.Formula{}, invalid(err)
	}
	if err := compileAlone(b.now.Load().file, &f); err != nil {
		return stream.Formula{}, err
	}
	return f.formula()
}

// Delete removes a formula's file and takes the formula out of force.
func (b *Book) Delete(name string) error {
	if !fileName.MatchString(name) {
		return ErrUnknown
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	before := b.now.Load()
	dir := before.file.FormulasDir
	if dir == "" {
		return ErrReadOnly
	}
	at := place{inFile, filepath.Join(dir, name+".yaml")}
	folder := folderOf(dir)
	if err := mayChange(sourcesOf(before.file, folder, b.options.Topic), before, name, at); err != nil {
		return err
	}
	folder = slices.DeleteFunc(folder, func(s source) bool { return s.place == at })
	e, err := before.next(before.file, sourcesOf(before.file, folder, b.options.Topic))
	if err != nil {
		return err
	}
	if err := os.Remove(at.name); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	b.force(e)
	return syncFolder(dir)
}

// mayChange looks whether a formula may be kept in a file, or deleted with it. It returns ErrUnknown where there is
// neither formula nor file, and ErrElsewhere for a formula that somebody keeps in another place, good or not, and for
// a file with more in it, or that cannot be read.
func mayChange(sources []source, before *edition, name string, file place) error {
	found := false
	for _, s := range sources {
		switch {
		case s.kind == inFolder:
			return s.err
		case s.place == file:
			found = true
			if len(s.names) == 0 {
				return fmt.Errorf("%w: %s cannot be read, and may hold more than one formula", ErrElsewhere, file.name)
			}
			if len(s.names) != 1 || s.names[0] != name {
				return fmt.Errorf("%w: %s has other formulas in it", ErrElsewhere, file.name)
			}
		case slices.Contains(s.names, name):
			return fmt.Errorf("%w: formula %s is in %s", ErrElsewhere, name, s.place.name)
		case s.err != nil:
			if f, ok := before.find(name); ok && s.holds(f.place) {
				return fmt.Errorf("%w: formula %s is in %s, which cannot be read", ErrElsewhere, name, s.place.name)
			}
		}
	}
	if !found {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return nil
}

// fileOf returns the file of one formula, as it will be read again, and its text.
func fileOf(path string, f *candidate) (source, []byte, error) {
	text, err := yaml.Marshal(formulaFile{Formulas: []config.FormulaSettings{f.FormulaSettings}})
	if err != nil {
		return source{}, nil, fmt.Errorf("formula %s: %w", f.Name, err)
	}
	if ref := config.Reference(string(text)); ref != "" {
		return source{}, nil, fmt.Errorf("%s: the environment is for files that people write", ref)
	}
	doc, err := config.Parse(path, text)
	if err != nil {
		return source{}, nil, err
	}
	file := formulasOf(doc)
	return file, text, file.err
}

// syncFolder makes sure that a change of a folder's names outlives a power cut.
func syncFolder(dir string) error {
	if err := store.SyncFile(dir); err != nil {
		return fmt.Errorf("formulas_dir: the change is in force, and may not outlive a power cut: %w", err)
	}
	return nil
}

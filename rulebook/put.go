package rulebook

import (
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
	dir := b.file.Load().FormulasDir
	if dir == "" {
		return ErrReadOnly
	}
	f, err := readSettings(place{inFile, name}, name, settings)
	if err != nil {
		return invalid(err)
	}
	one, err := compileAlone(b.rules.Load(), f)
	if err != nil {
		return err
	}
	file, text, err := fileOf(filepath.Join(dir, name+".yaml"), f)
	if err != nil {
		return invalid(err)
	}
	if err := b.look(b.file.Load(), false); err != nil {
		return err
	}
	err = b.ledger.mayChange(name, file.place)
	if errors.Is(err, ErrUnknown) {
		err = nil
		if len(b.ledger.names) >= b.options.most {
			err = ErrFull
		}
	}
	if err != nil {
		return err
	}
	if !f.Paused {
		if err := b.mayFit(one); err != nil {
			return fmt.Errorf("%s: formula %q: %w", file.place.name, name, err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	if err := store.ReplaceFile(file.place.name, text); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	if err := b.changed(file.place, &file); err != nil {
		return err
	}
	return syncFolder(dir)
}

// mayFit returns an error where the memory does not suffice for a formula.
func (b *Book) mayFit(f stream.Formula) error {
	if b.options.Fits == nil {
		return nil
	}
	rules, problems := b.rules.Load().Change([]stream.Formula{f})
	if rules == nil {
		return invalid(problems[0])
	}
	if tight := b.options.Fits(rules); tight != nil && b.options.Fits(b.rules.Load()) == nil {
		return fmt.Errorf("%w: %w", ErrMemory, tight)
	}
	return nil
}

// changed puts in force what a file of the folder holds now, as it was written; now is nil for one that was removed.
func (b *Book) changed(at place, now *source) error {
	if now != nil {
		b.folder.seen[at.name] = stateOf(at.name)
	} else {
		delete(b.folder.seen, at.name)
	}
	return b.settle(b.file.Load(), []finding{{at: at, now: now}})
}

// Draft reads and checks settings as Put does, and keeps nothing. What is invalid is an *InvalidError.
func (b *Book) Draft(name string, settings []byte) (stream.Formula, error) {
	f, err := readSettings(place{inFile, name}, name, settings)
	if err != nil {
		return stream.Formula{}, invalid(err)
	}
	return compileAlone(b.rules.Load(), f)
}

// Delete removes a formula's file and takes the formula out of force.
func (b *Book) Delete(name string) error {
	if !fileName.MatchString(name) {
		return ErrUnknown
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	dir := b.file.Load().FormulasDir
	if dir == "" {
		return ErrReadOnly
	}
	if err := b.look(b.file.Load(), false); err != nil {
		return err
	}
	at := place{inFile, filepath.Join(dir, name+".yaml")}
	if err := b.ledger.mayChange(name, at); err != nil {
		return err
	}
	if err := os.Remove(at.name); err != nil {
		return fmt.Errorf("formulas_dir: %w", err)
	}
	if err := b.changed(at, nil); err != nil {
		return err
	}
	return syncFolder(dir)
}

// mayChange looks whether a formula may be kept in a file, or deleted with it. It returns ErrUnknown where there is
// neither formula nor file, and ErrElsewhere for a formula that somebody keeps in another place, good or not, and for
// a file with more in it, or that cannot be read.
func (l *ledger) mayChange(name string, file place) error {
	for f := l.names[name]; f != nil; f = f.next {
		if f.place == file {
			continue
		}
		unread := ""
		if s := l.sources[f.place]; s != nil && s.err != nil {
			unread = ", which cannot be read"
		}
		return fmt.Errorf("%w: formula %s is in %s%s", ErrElsewhere, name, f.place.name, unread)
	}
	found := false
	for _, s := range l.sources {
		switch {
		case s.kind == inFolder:
			return s.err
		case s.place == file:
			found = true
			if s.err != nil && len(s.names) == 0 {
				return fmt.Errorf("%w: %s cannot be read, and may hold more than one formula", ErrElsewhere, file.name)
			}
			if !s.holdsOnly(name) {
				return fmt.Errorf("%w: %s has other formulas in it", ErrElsewhere, file.name)
			}
		case s.err != nil && slices.Contains(s.names, name):
			return fmt.Errorf("%w: formula %s is in %s", ErrElsewhere, name, s.place.name)
		}
	}
	if !found {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return nil
}

// holdsOnly reports whether a formula is all that a file has in it.
func (s *source) holdsOnly(name string) bool {
	if s.err != nil {
		return len(s.names) == 1 && s.names[0] == name
	}
	return len(s.candidates) == 1 && s.candidates[0].Name == name
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

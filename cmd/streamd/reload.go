package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"streamd/web"
)

// watchEvery is how often the folder of formulas is looked at. Its files are few,
// and a look costs less than telling of changes that come in pieces.
const watchEvery = 2 * time.Second

// reloads reads the configuration again on SIGHUP, and the formulas when their
// folder or their topic changes.
func (d *daemon) reloads(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	seen := d.folderState()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			now := d.folderState()
			if now == seen {
				continue
			}
			seen = now
			d.refresh()
		case <-d.topicChanged:
			d.refresh()
		case <-hup:
			if err := d.reload(); err != nil {
				d.log.Error().Err(err).Msg("not everything is reloaded")
			}
		}
	}
}

func (d *daemon) folderState() string {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	return d.base.folderState()
}

// refresh puts in force what the folder and the topic hold now.
func (d *daemon) refresh() {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if err := d.apply(d.base); err != nil {
		d.log.Error().Err(err).Msg("the formulas stay as they are")
	}
}

// reload reads everything again. A configuration with an error leaves all as it
// was; of the folder and the topic each formula stands for itself, and those that
// are not in force are the error.
func (d *daemon) reload() error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if d.path == "" {
		return errors.New("streamd: the demo has no configuration file to be read again")
	}
	base, err := loadBase(d.path)
	if err != nil {
		return err
	}
	if err := d.apply(base); err != nil {
		return err
	}
	var texts []string
	for _, f := range d.book.Load().faults {
		texts = append(texts, f.text())
	}
	if len(texts) > 0 {
		return &web.Invalid{Problems: texts}
	}
	return nil
}

// apply puts the formulas of a configuration, the folder and the topic in force,
// and tells what is new among those that are not.
func (d *daemon) apply(base *loaded) error {
	sources := append([]formulaSource{{origin: base.doc.path, candidates: base.own()}}, base.folder()...)
	sources = append(sources, d.topicSources()...)
	before := d.book.Load()
	book, err := base.assemble(sources, before)
	if err != nil {
		return err
	}
	d.base = base
	d.book.Store(book)
	if d.consumer != nil {
		d.consumer.Reload(book.rules)
		d.log.Info().Int("formulas", len(book.inForce)).Int("faults", len(book.faults)).Msg("reloaded")
	}
	for _, f := range book.faults {
		if before == nil || !slices.Contains(before.faults, f) {
			d.log.Error().Str("origin", f.Origin).Str("formula", f.Name).Bool("kept", f.Kept).Msg(f.Error)
		}
	}
	return nil
}

func (f *fault) text() string {
	if f.Kept {
		return f.Error + "\n  the version before stays in force"
	}
	return f.Error
}

// fileName is what a formula must be called to have a file of its own.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// putFormula keeps a formula in a file of its own and puts it in force. What is
// invalid changes nothing, and a formula that is kept elsewhere is not displaced.
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
	path := filepath.Join(d.base.FormulasDir, name+".yaml")
	if err := d.ownFile(name, path); err != nil && !errors.Is(err, web.ErrUnknown) {
		return err
	}
	doc, err := parseYAML(path, text)
	if err != nil {
		return &web.Invalid{Problems: []string{err.Error()}}
	}
	_, problems, err := d.base.judge([]candidate{{f, doc, "$.formulas[0]", path}})
	if err != nil {
		return err
	}
	if text, bad := problems[0]; bad {
		return &web.Invalid{Problems: strings.Split(text, "\n"), Check: d.checkFormula(f.Expression)}
	}
	if err := os.MkdirAll(d.base.FormulasDir, 0o755); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	if err := replaceFile(path, text); err != nil {
		return err
	}
	return d.apply(d.base)
}

// deleteFormula removes a formula's file and takes it out of force.
func (d *daemon) deleteFormula(name string) error {
	if !fileName.MatchString(name) {
		return web.ErrUnknown
	}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	path := filepath.Join(d.base.FormulasDir, name+".yaml")
	if err := d.ownFile(name, path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("streamd: formulas_dir: %w", err)
	}
	return d.apply(d.base)
}

// ownFile looks whether a formula's file is that of the formula alone. It returns
// web.ErrUnknown where there is neither formula nor file, and web.ErrElsewhere for a
// formula that somebody keeps in another place, or a file with more in it.
func (d *daemon) ownFile(name, path string) error {
	if f, ok := d.book.Load().find(name); ok && f.origin != path {
		return fmt.Errorf("%w: formula %s is in %s", web.ErrElsewhere, name, f.origin)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %s", web.ErrUnknown, name)
	}
	s := readFormulaFile(path)
	if s.err == nil && (len(s.candidates) != 1 || s.candidates[0].Name != name) {
		return fmt.Errorf("%w: %s has other formulas in it", web.ErrElsewhere, path)
	}
	return nil
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

// showFormulas lists the formulas in force with their origins, and what is not.
func (d *daemon) showFormulas() ([]web.Formula, any) {
	book := d.book.Load()
	formulas := book.rules.Formulas()
	all := make([]web.Formula, len(formulas))
	for i := range formulas {
		all[i] = web.Formula{Formula: &formulas[i], Origin: book.inForce[i].origin}
		for _, f := range book.faults {
			if f.Kept && (f.Name == formulas[i].Name || f.Name == "" && f.Origin == all[i].Origin) {
				all[i].Problem = f.Error
			}
		}
	}
	return all, append([]fault{}, book.faults...)
}

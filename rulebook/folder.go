package rulebook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"streamd/config"
)

// filesMax is how many files of the folder are read.
const filesMax = 20_000

// formulaFile is a file of that folder.
type formulaFile struct {
	Formulas []config.FormulaSettings `yaml:"formulas"`
}

// folderOf returns what is in the files of a folder, in the order of their names.
func folderOf(dir string) []source {
	files, err := filesOf(dir)
	if err != nil {
		return []source{{place: place{inFolder, filepath.Clean(dir)}, err: err}}
	}
	all := make([]source, 0, min(len(files), filesMax+1))
	for _, path := range files[:min(len(files), filesMax)] {
		all = append(all, readFormulaFile(path, nil))
	}
	if more := moreFiles(files); more != nil {
		all = append(all, *more)
	}
	return all
}

// moreFiles says in the place of the first one that files are not read; nil where all are.
func moreFiles(files []string) *source {
	more := len(files) - filesMax
	if more <= 0 {
		return nil
	}
	return &source{
		place: place{inFile, files[filesMax]},
		err:   fmt.Errorf("formulas_dir: %d files beyond %d are not read", more, filesMax),
	}
}

// readFormulaFile reads a file, of which a part may be as it was before.
func readFormulaFile(path string, before *source) source {
	if IsLines(path) {
		return readLines(path, before)
	}
	doc, err := config.Read(path)
	if err != nil {
		return source{place: place{inFile, path}, err: err}
	}
	return formulasOf(doc)
}

// formulasOf returns the formulas of a file.
func formulasOf(doc *config.Document) source {
	s := source{place: place{inFile, doc.Name()}}
	var f formulaFile
	if s.err = doc.Decode(&f); s.err != nil {
		var named struct{ Formulas []struct{ Name string } }
		doc.DecodeLoosely(&named)
		for _, f := range named.Formulas {
			s.names = append(s.names, f.Name)
		}
		return s
	}
	for i := range f.Formulas {
		s.candidates = append(s.candidates, &candidate{
			FormulaSettings: f.Formulas[i], doc: doc, path: formulaPath(i), place: s.place,
		})
	}
	s.ranked()
	return s
}

// filesOf lists the files of the folder; a folder that does not exist, or has no name, has none.
func filesOf(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("formulas_dir: %w", err)
	}
	var files []string
	for _, e := range entries {
		path, ext := filepath.Join(dir, e.Name()), filepath.Ext(e.Name())
		ours := ext == ".yaml" || ext == ".yml" || IsLines(path)
		if ours && !strings.HasPrefix(e.Name(), ".") && mayBeFile(path, e.Type()) {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	return files, nil
}

// mayBeFile leaves out what is no regular file, behind a link as well: reading a pipe could wait for ever. A link that
// leads nowhere is a file that cannot be read.
func mayBeFile(path string, t os.FileMode) bool {
	if t&os.ModeSymlink == 0 {
		return t.IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// folder is what was seen of a folder of formulas.
type folder struct {
	dir  string
	seen map[string]fileState // by path
	err  string               // why the files could not be listed
}

// fileState is another one when a file was changed.
type fileState struct {
	size, changed int64
	err           string
}

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil { // as a link that leads nowhere: reading it names the fault
		return fileState{err: err.Error()}
	}
	return fileState{size: info.Size(), changed: info.ModTime().UnixNano()}
}

// look finds the files that have changed since the last look, and reads them; with all, every file.
func (d *folder) look(l *ledger, all bool) (news []finding) {
	files, err := filesOf(d.dir)
	whole := d.place()
	if err != nil {
		if all || d.err != err.Error() {
			news = append(news, finding{at: whole, now: &source{place: whole, err: err}})
		}
		d.err = err.Error()
		return news
	}
	if d.err != "" {
		news = append(news, finding{at: whole})
		d.err = ""
	}
	now := make(map[string]fileState, len(files))
	for _, path := range files[:min(len(files), filesMax)] {
		state := stateOf(path)
		if now[path] = state; all || d.differs(path, state) {
			at := place{inFile, path}
			file := readFormulaFile(path, l.sources[at])
			news = append(news, finding{at: at, now: &file})
		}
	}
	if more := moreFiles(files); more != nil {
		state := fileState{err: more.err.Error()}
		if now[more.name] = state; all || d.differs(more.name, state) {
			news = append(news, finding{at: more.place, now: more})
		}
	}
	for path := range d.seen {
		if _, there := now[path]; !there {
			news = append(news, finding{at: place{inFile, path}})
		}
	}
	d.seen = now
	return news
}

// place is the folder as a whole.
func (d *folder) place() place { return place{inFolder, filepath.Clean(d.dir)} }

func (d *folder) differs(path string, state fileState) bool {
	was, known := d.seen[path]
	return !known || was != state
}

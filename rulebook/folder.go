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

// folderOf returns what is in the files of the folder, in the order of their names.
func folderOf(dir string) []source {
	if dir == "" {
		return nil
	}
	files, err := filesOf(dir)
	if err != nil {
		return []source{{place: place{inFolder, dir}, err: err}}
	}
	all := make([]source, min(len(files), filesMax))
	for i := range all {
		all[i] = readFormulaFile(files[i])
	}
	if more := len(files) - filesMax; more > 0 {
		all = append(all, source{
			place: place{inFile, files[filesMax]},
			err:   fmt.Errorf("formulas_dir: %d files beyond %d are not read", more, filesMax),
		})
	}
	return all
}

func readFormulaFile(path string) source {
	if IsLines(path) {
		return readLines(path)
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
	s.err = doc.Decode(&f)
	for i := range f.Formulas {
		s.names = append(s.names, f.Formulas[i].Name)
		s.candidates = append(s.candidates, candidate{
			FormulaSettings: f.Formulas[i], doc: doc, path: fmt.Sprintf("$.formulas[%d]", i), place: s.place,
		})
	}
	if s.err != nil {
		s.candidates, s.names = nil, nil
		var named struct{ Formulas []struct{ Name string } }
		doc.DecodeLoosely(&named)
		for _, f := range named.Formulas {
			s.names = append(s.names, f.Name)
		}
	}
	return s
}

// filesOf lists the files of the folder; a folder that does not exist has none.
func filesOf(dir string) ([]string, error) {
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

// folderState is a text that changes when a file of the folder does.
func folderState(dir string) string {
	if dir == "" {
		return ""
	}
	files, err := filesOf(dir)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil { // as a link that leads nowhere: folderOf names it
			fmt.Fprintf(&b, "%s %v\n", f, err)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}

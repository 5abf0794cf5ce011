package history

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"streamd/history/bucket"
	"streamd/history/layout"
)

// errEmpty is the error of an input without a byte in it.
var errEmpty = errors.New("the file is empty")

// input is a file, standard input, or a member of an archive.
type input struct {
	name   string // what reports call it
	stem   string // its last part without extensions: the symbol, where no column names it
	base   string // its last part
	format string // csv, jsonl, parquet or arrow, as its content is; "" until it is read
	pack   string // gz, zst, xz or bz2
	stdin  io.Reader
	stall  time.Duration // how long a pipe may give nothing

	folderSymbol string // the symbol, where several files have the name
	symbolBehind string // the symbol that stands behind the rows of a JSON document
	topic        bool   // the records of a partition, of which the first counts
	table        *layout.FileTable
	copied       *copied // where the input is read from a copy
	unit         string  // what the numbers of rows count, where that is not lines
	wholeTimes   wholeTimes

	path        string
	irregular   bool          // a pipe or device, which can be read only once
	object      *object       // in object storage
	whole       *bytes.Reader // what a pipe held, where it had to be read whole
	member      *zip.File     // of an archive
	memberBytes int64         // that it has there
}

// wholeTimes says what whole numbers in a column of times are.
type wholeTimes uint8

const (
	timesUnknown wholeTimes = iota // not looked at
	timesOther                     // dates in digits, days of a spreadsheet: what is read as text
	timesEpochs                    // epochs that tell their units
)

// wrap puts the name before an error.
func (in *input) wrap(err error) error { return fmt.Errorf("history: %s: %w", in.name, err) }

// inputs expands the paths of the data in their order. What is wrong with one
// of them is noted, and the others go on.
func (h *history) inputs(ctx context.Context) []*input {
	var all []*input
	for _, path := range h.data.Paths {
		if path == "-" {
			all = append(all, &input{name: "-", stem: "-", base: "-", stdin: h.data.Stdin})
			continue
		}
		if bucket.Is(path) {
			more, err := h.objects(ctx, path)
			if err != nil {
				h.fail(&input{name: path}, err)
			}
			all = append(all, more...)
			continue
		}
		paths := []string{path}
		if _, err := os.Lstat(path); err != nil && strings.ContainsAny(path, "*?[") {
			found, err := filepath.Glob(path)
			if err == nil && len(found) == 0 {
				err = errors.New("no file matches")
			}
			if err != nil {
				h.fail(&input{name: path}, err)
			}
			paths = found
		}
		for _, p := range paths {
			more, err := h.inputsOf(p)
			if err != nil {
				h.fail(&input{name: p}, err)
			}
			all = append(all, more...)
		}
	}
	for _, in := range all {
		in.stall = h.data.Stall
	}
	nameByFolder(all)
	return all
}

// inputsOf returns the inputs that a path is: itself, or the members of an
// archive.
func (h *history) inputsOf(path string) ([]*input, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory: name its files, as " + filepath.Join(path, "*"))
	}
	in := newInput(path)
	if info.Mode().IsRegular() {
		head, err := readHead(path)
		if err == nil && packOf(head) == "zip" {
			if err = foreignError(path, head); err == nil {
				return h.zipFile(path)
			}
		}
		if err == nil {
			err = in.recognizeHead(head)
		}
		if err != nil {
			return nil, err
		}
	}
	in.path, in.irregular = path, !info.Mode().IsRegular()
	return []*input{in}, nil
}

// newInput reads the parts of a name.
func newInput(name string) *input {
	in := &input{name: name, base: filepath.Base(name)}
	in.stem = in.base
	switch ext := in.cutExtension(); ext {
	case ".gz", ".zst", ".xz", ".bz2", ".zip":
		in.pack = ext[1:]
		in.cutExtension()
	}
	return in
}

// cutExtension takes the extension off the stem where it is one of a format; a
// name as BRK.B.csv has but one.
func (in *input) cutExtension() string {
	ext := filepath.Ext(in.stem)
	lower := strings.ToLower(ext)
	switch lower {
	case ".gz", ".zst", ".xz", ".bz2", ".zip", ".csv", ".txt", ".tsv", ".jsonl", ".json", ".ndjson", ".parquet",
		".arrow", ".arrows", ".feather", ".ipc":
		in.stem = strings.TrimSuffix(in.stem, ext)
		return lower
	}
	if in.stem == in.base {
		return lower
	}
	return ""
}

// open returns the bytes of the input as a stream, unpacked. Its Close may be
// called from another goroutine to end a read that does not come back.
func (in *input) open(ctx context.Context) (io.ReadCloser, error) {
	if in.stdin != nil {
		return newPump(ctx, in.stall, func() (io.Reader, error) { return in.stdin, nil }), nil
	}
	if in.member == nil && in.pipe() {
		p := newPump(ctx, in.stall, func() (io.Reader, error) { return os.Open(in.path) })
		if in.pack == "" {
			return p, nil
		}
		return unpack(ctx, in.pack, p)
	}
	if in.member != nil {
		return openMember(ctx, in)
	}
	var f io.ReadCloser
	if in.object != nil {
		f = in.object.open(ctx)
	} else {
		file, err := os.Open(in.path)
		if err != nil {
			return nil, errors.Unwrap(err)
		}
		f = file
	}
	if in.pack == "" {
		return withContext(ctx, f), nil
	}
	return unpack(ctx, in.pack, f)
}

// symbol returns the symbol that the path of the input gives.
func (in *input) symbol(d *Data) (string, error) {
	re := d.symbolFrom()
	if re == nil {
		for _, f := range in.folders() {
			if fieldOfName(f.name) == fieldSymbol {
				return f.value, nil
			}
		}
		if in.folderSymbol != "" {
			return in.folderSymbol, nil
		}
		if layout.Nameless(in.stem) {
			if folder := layout.FolderSymbol(in.name); folder != "" {
				return folder, nil
			}
		}
		return layout.SymbolOfStem(in.stem), nil
	}
	for _, text := range []string{filepath.ToSlash(in.name), in.base} {
		if groups := re.FindStringSubmatch(text); len(groups) > 1 && groups[1] != "" {
			return groups[1], nil
		}
	}
	return "", fmt.Errorf("%w: %s finds no symbol in the path %s", ErrUndecodable, re, in.name)
}

// symbolFrom returns the expression that finds the symbol in a path, nil for none.
func (d *Data) symbolFrom() *regexp.Regexp {
	if d.SymbolFrom == nil && d.Layout.SymbolFrom != "" {
		return regexp.MustCompile(d.Layout.SymbolFrom)
	}
	return d.SymbolFrom
}

// namesSymbols reports whether paths name the symbols, whatever a column says.
func (d *Data) namesSymbols() bool { return d.SymbolFrom != nil || d.Layout.SymbolFrom != "" }

// readTable finds out how the lines of the input are candles.
func (in *input) readTable(d *Data, l *lineReader) (*csvLayout, error) {
	want := d.Layout
	y, err := readLayout(l, &want)
	if err != nil || want.DayFrom == "" {
		return y, err
	}
	re := regexp.MustCompile(want.DayFrom)
	groups := re.FindStringSubmatch(filepath.ToSlash(in.name))
	if len(groups) < 2 || !y.Times.SetDay(groups[1]) {
		return nil, fmt.Errorf("%w: %s finds no day in the path %s", ErrUndecodable, re, in.name)
	}
	return y, nil
}

// nameByFolder gives inputs the names of their folders for symbols where files in several folders have the same
// name, as AAPL/1m.csv and MSFT/1m.csv, and no folder has several.
func nameByFolder(all []*input) {
	folders, stems := map[string]map[string]bool{}, map[string]map[string]bool{}
	add := func(to map[string]map[string]bool, key, value string) {
		if to[key] == nil {
			to[key] = map[string]bool{}
		}
		to[key][value] = true
	}
	for _, in := range all {
		add(folders, in.stem, path.Dir(filepath.ToSlash(in.name)))
		add(stems, path.Dir(filepath.ToSlash(in.name)), in.stem)
	}
	for _, in := range all {
		if len(folders[in.stem]) > 1 && len(stems[path.Dir(filepath.ToSlash(in.name))]) == 1 {
			in.folderSymbol = layout.FolderSymbol(in.name)
		}
	}
}

// likelySymbol returns the name of the column that may be the symbol, "" for none.
func (in *input) likelySymbol() string {
	switch {
	case in.copied != nil:
		return in.copied.likelySymbol
	case in.table != nil:
		return in.table.LikelySymbol
	}
	return ""
}

// facts returns what was understood of the input.
func (in *input) facts(d *Data) FileFacts {
	if in.copied != nil {
		f := in.copied.facts
		f.Name = in.name
		return f
	}
	f := FileFacts{Name: in.name, Format: in.format, Pack: in.pack}
	if in.member != nil && f.Pack == "" {
		f.Pack = "zip"
	}
	if in.table == nil {
		return f
	}
	y := in.table.Explicit()
	y.Stamp, y.Timeframe = d.Layout.Stamp, d.Layout.Timeframe
	y.SymbolFrom, y.DayFrom = d.Layout.SymbolFrom, d.Layout.DayFrom
	if in.unit != "" {
		y.Encoding, y.Delimiter = "", ""
	}
	f.Layout = &y
	for i, name := range in.table.Names {
		if !slices.Contains(in.table.At[:], i) && i != in.table.Adjusted && in.table.Groups == nil {
			f.Unused = append(f.Unused, name)
		}
	}
	return f
}

// contextReader ends with its context, also in the middle of a read from a
// pipe.
type contextReader struct {
	ctx  context.Context
	r    io.ReadCloser
	stop func() bool
}

func withContext(ctx context.Context, r io.ReadCloser) *contextReader {
	return &contextReader{ctx: ctx, r: r, stop: context.AfterFunc(ctx, func() { r.Close() })}
}

func (c *contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	n, err := c.r.Read(p)
	if err != nil && c.ctx.Err() != nil {
		err = context.Cause(c.ctx)
	}
	return n, err
}

func (c *contextReader) Close() error {
	c.stop()
	return c.r.Close()
}

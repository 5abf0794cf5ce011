package history

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// CopiesBytesDefault bounds the copies in a folder together.
const CopiesBytesDefault = 4 << 30

// Copies keeps what was read of inputs in a folder, as columns that need no decoding. A copy is found by the content of
// its input and by what is known of its layout, so a file that has changed, or is read in another way, has another
// one. Copies that are damaged are written again. Those that were used longest ago make room for others, but not those
// of the same run: what does not fit is read from the inputs. A folder may be used by several processes.
type Copies struct {
	folder   string
	program  string
	bytesMax int64

	mu    sync.Mutex
	bytes int64           // of the copies in the folder
	own   map[string]bool // paths of the copies of this run
	use   CopyUse
}

// CopyUse is how many inputs were read from copies, how many were copied, and the bytes of both.
type CopyUse struct {
	Read         int   `json:"read"`
	ReadBytes    int64 `json:"read_bytes"`
	Written      int   `json:"written"`
	WrittenBytes int64 `json:"written_bytes"`
}

// Add adds the use of another run.
func (u *CopyUse) Add(o CopyUse) {
	u.Read, u.ReadBytes = u.Read+o.Read, u.ReadBytes+o.ReadBytes
	u.Written, u.WrittenBytes = u.Written+o.Written, u.WrittenBytes+o.WrittenBytes
}

// OpenCopies uses a folder, which it makes where there is none. Program names the version of the reader: another one
// may understand an input otherwise. BytesMax bounds the folder, 0 for CopiesBytesDefault.
func OpenCopies(folder, program string, bytesMax int64) (*Copies, error) {
	c := &Copies{folder: folder, program: program, own: map[string]bool{}}
	c.bytesMax = cmp.Or(bytesMax, CopiesBytesDefault)
	const onlyOwner = 0o700
	if err := os.MkdirAll(folder, onlyOwner); err != nil {
		return nil, fmt.Errorf("history: cache: %w", err)
	}
	all, err := c.list()
	if err != nil {
		return nil, fmt.Errorf("history: cache: %w", err)
	}
	for _, one := range all {
		c.bytes += one.size
	}
	return c, nil
}

// Use returns what was used since the folder was opened.
func (c *Copies) Use() CopyUse {
	if c == nil {
		return CopyUse{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.use
}

// copySuffix is the end of the names of copies; what is being written has temporarySuffix.
const (
	copySuffix      = ".candles"
	temporarySuffix = ".tmp"
)

// temporaryAge is how old a file has to be that another process began and never finished.
const temporaryAge = time.Hour

// copyFile is a copy in the folder.
type copyFile struct {
	path string
	size int64
	used time.Time
}

// list returns the copies, those used longest ago first, and removes what was never finished.
func (c *Copies) list() ([]copyFile, error) {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return nil, err
	}
	var all []copyFile
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it was removed meanwhile, or is none of ours
		}
		path := filepath.Join(c.folder, e.Name())
		switch {
		case strings.HasSuffix(path, copySuffix):
			all = append(all, copyFile{path, info.Size(), info.ModTime()})
		case strings.HasSuffix(path, temporarySuffix) && time.Since(info.ModTime()) > temporaryAge:
			_ = os.Remove(path) // another process may have done so
		}
	}
	slices.SortFunc(all, func(a, b copyFile) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.path, b.path))
	})
	return all, nil
}

// path returns where the copy of a key is.
func (c *Copies) path(key string) string { return filepath.Join(c.folder, key+copySuffix) }

// claim keeps a copy from making room for others of this run.
func (c *Copies) claim(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own[path] = true
}

// found notes that a copy of so many bytes is used.
func (c *Copies) found(path string, size int64) {
	now := time.Now()
	_ = os.Chtimes(path, now, now) // it only decides what is removed first
	c.mu.Lock()
	defer c.mu.Unlock()
	c.use.Add(CopyUse{Read: 1, ReadBytes: size})
}

// errFull is the error of a folder that the copies of one run fill.
var errFull = errors.New("it is full of the other files of this run")

// keep gives a finished file its name, after making room for it.
func (c *Copies) keep(temporary, key string, size int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	path := c.path(key)
	if info, err := os.Stat(path); err == nil {
		c.bytes -= info.Size()
		_ = os.Remove(path) // it is damaged; the other one takes its name
	}
	if c.bytes+size > c.bytesMax {
		if err := c.makeRoom(c.bytesMax - size); err != nil {
			return err
		}
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	c.bytes += size
	c.own[path] = true
	c.use.Add(CopyUse{Written: 1, WrittenBytes: size})
	return nil
}

// makeRoom removes copies until the others take so many bytes at most. It looks at the folder again: other processes
// write there, too.
func (c *Copies) makeRoom(most int64) error {
	all, err := c.list()
	if err != nil {
		return err
	}
	c.bytes = 0
	for _, one := range all {
		c.bytes += one.size
	}
	for _, one := range all {
		if c.bytes <= most {
			return nil
		}
		if c.own[one.path] {
			continue
		}
		if err := os.Remove(one.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		c.bytes -= one.size
	}
	if c.bytes > most {
		return errFull
	}
	return nil
}

// copyKey is what a copy depends on besides the bytes of its input.
type copyKey struct {
	Version    int
	Program    string
	Layout     any
	Format     string
	Forming    bool
	Symbols    []string
	Shard      Shard
	Symbol     string // that the path names
	Folders    []string
	Path       string // where an expression is looked for in it
	Expression string
	Content    string
	Size       int64
}

// key returns the name of the copy of an input, "" where it can have none.
func (c *Copies) key(ctx context.Context, d *Data, in *input) (string, error) {
	size, err := in.size()
	if err != nil || in.pipe() || size > c.bytesMax {
		return "", err
	}
	k := copyKey{
		Version: copyVersion, Program: c.program, Layout: d.Layout, Format: d.Format, Forming: d.Forming,
		Symbols: d.Symbols, Shard: d.Shard, Size: size,
	}
	if k.Symbol, err = in.symbol(d); err != nil {
		return "", err
	}
	for _, f := range in.folders() {
		k.Folders = append(k.Folders, f.name+"="+f.value)
	}
	if d.SymbolFrom != nil {
		k.Expression = d.SymbolFrom.String()
	}
	if k.Expression != "" || d.Layout.DayFrom != "" {
		k.Path = in.name
	}
	if k.Content, err = in.contentSum(ctx); err != nil {
		return "", err
	}
	text, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// size returns the bytes of the input, packed as they are.
func (in *input) size() (int64, error) {
	switch {
	case in.member != nil:
		return in.memberBytes, nil
	case in.object != nil:
		return in.object.Size, nil
	}
	info, err := os.Stat(in.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// contentSum is a text that another content does not have: the ETag of an object, else a hash of the bytes, packed as
// they are.
func (in *input) contentSum(ctx context.Context) (string, error) {
	if in.object != nil && in.member == nil {
		return "etag " + in.object.ETag, nil
	}
	r, err := in.raw()
	if err != nil {
		return "", err
	}
	f := withContext(ctx, r)
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.CopyBuffer(h, f, make([]byte, parquetBuffer)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// raw opens the bytes of the input as they are.
func (in *input) raw() (io.ReadCloser, error) {
	if in.member == nil {
		return os.Open(in.path)
	}
	r, err := in.member.OpenRaw()
	if err != nil {
		return nil, err
	}
	return io.NopCloser(r), nil
}

package store

import (
	"errors"
	"fmt"
	"os"

	"github.com/tidwall/buntdb"
)

// File holds the snapshots and the checkpoint of one input partition. One goroutine uses it at a time.
type File struct {
	store  *Store
	from   Origin
	path   string
	db     *buntdb.DB
	size   int64          // of the file
	live   int64          // of the newest values in it
	values map[string]int // bytes of the newest value of each key
	// Damage says what of the file was damaged when it was opened, empty for
	// nothing. It stands beside the file then, under Aside.
	Damage, Aside string
}

// File opens the file of a partition, which is made if there is none, and
// returns what it holds. What does not verify is left out, and the file as it was
// is put aside. A file of a later release is an error that is stream.ErrNewer, and
// is not touched.
func (s *Store) File(from Origin) (*File, *Content, error) {
	f := &File{store: s, from: from, path: s.path(from), values: map[string]int{}}
	if err := checkRegular(f.path); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	data, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	found, err := scan(from, data)
	if err != nil {
		return nil, nil, fmt.Errorf("store: %s is left as it is: %w", f.path, err)
	}
	for key, r := range found.Records {
		f.hold(key, len(r.Bytes))
	}
	if found.Checkpoint != nil {
		f.hold(from.CheckpointKey(), len(found.Checkpoint.Append(nil)))
	}
	if found.fault != "" {
		f.Damage = found.fault
		if err := f.salvage(found); err != nil {
			return nil, nil, err
		}
	} else if found.valid < len(data) {
		if err := os.Truncate(f.path, int64(found.valid)); err != nil {
			return nil, nil, fmt.Errorf("store: torn end of %s: %w", f.path, err)
		}
	}
	f.measure(int64(len(data)))
	if err := f.open(); err != nil {
		return nil, nil, err
	}
	return f, &found.Content, nil
}

// Write sets records. After an error none of them, some or all are in the file; it
// is right to write them again.
func (f *File) Write(values map[string][]byte) error {
	n := int64(0)
	for key, v := range values {
		n += int64(len(key) + len(v))
	}
	if f.size > shrinkMin && f.size > 2*f.live || f.store.size.Load()+n > f.store.options.SizeMax &&
		f.size > f.live+f.live/8 {
		if err := f.shrink(); err != nil {
			return err
		}
	}
	if total := f.store.size.Load(); total+n > f.store.options.SizeMax {
		return fmt.Errorf("%w: %d bytes in %s, and %d more than %d", ErrFull, total, f.store.dir, n,
			f.store.options.SizeMax)
	}
	err := f.guarded(func() error {
		return f.db.Update(func(tx *buntdb.Tx) error {
			for key, v := range values {
				if _, _, err := tx.Set(key, string(v), nil); err != nil {
					return err
				}
			}
			return nil
		})
	})
	f.measure(f.size)
	if err != nil {
		return fmt.Errorf("store: writing %d records: %w", len(values), err)
	}
	for key, v := range values {
		f.hold(key, len(v))
	}
	return nil
}

// Checkpoint sets the checkpoint, after all records written before are on the disk.
func (f *File) Checkpoint(c *Checkpoint) error {
	if err := f.sync(); err != nil {
		return err
	}
	return f.Write(map[string][]byte{f.from.CheckpointKey(): c.Append(nil)})
}

// Close brings the file to the disk and closes it.
func (f *File) Close() error {
	if f.db == nil {
		return nil
	}
	err := errors.Join(f.sync(), f.db.Close())
	f.db = nil
	if err != nil {
		return fmt.Errorf("store: closing %s: %w", f.path, err)
	}
	return nil
}

// shrinkMin is the size below which a file is not worth being rewritten.
const shrinkMin = 16 << 20

func (f *File) hold(key string, n int) {
	f.live += int64(n - f.values[key])
	f.values[key] = n
}

// measure keeps account of the file's size, which was counted as before.
func (f *File) measure(before int64) {
	f.size = sizeOf(f.path)
	f.store.size.Add(f.size - before)
}

func (f *File) open() error {
	// The library would make the file readable by everybody.
	private, err := os.OpenFile(f.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := private.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	db, err := buntdb.Open(f.path)
	if err != nil {
		return fmt.Errorf("store: %s: %w", f.path, err)
	}
	f.db = db
	// Files are brought to the disk by sync, which says when that fails.
	if err := db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Never, AutoShrinkDisabled: true}); err != nil {
		return fmt.Errorf("store: %s: %w", f.path, err)
	}
	return nil
}

// guarded calls use, which uses the database. buntdb panics where it cannot take back
// what it has half written; then the file is reopened.
func (f *File) guarded(use func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("buntdb: %v", r)
			f.db = nil // its lock may be held
		}
	}()
	if err := f.store.options.Failing(); err != nil {
		return err
	}
	if f.db == nil {
		if err := f.reopen(); err != nil {
			return err
		}
	}
	return use()
}

func (f *File) reopen() error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	found, err := scan(f.from, data)
	if err != nil {
		return err
	}
	if err := f.rewrite(found); err != nil {
		return err
	}
	return f.open()
}

func (f *File) sync() error {
	if err := f.store.options.Failing(); err != nil {
		return fmt.Errorf("store: fsync: %w", err)
	}
	if err := SyncFile(f.path); err != nil {
		return fmt.Errorf("store: fsync: %w", err)
	}
	return nil
}

// shrink writes the newest values into a new file and puts it in place of the old
// one. buntdb's own does so without an fsync, and begins by sleeping.
func (f *File) shrink() error {
	err := f.guarded(func() error {
		tmp := f.path + ".tmp"
		out, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(f.db.Save(out), out.Sync(), out.Close()); err != nil {
			return errors.Join(err, os.Remove(tmp))
		}
		if err := errors.Join(f.db.Close(), os.Rename(tmp, f.path), SyncFile(f.store.dir)); err != nil {
			f.db = nil
			return err
		}
		return f.open()
	})
	f.measure(f.size)
	if err != nil {
		return fmt.Errorf("store: shrinking %s: %w", f.path, err)
	}
	return nil
}

// salvage puts a damaged file aside, in place of one that was put there before,
// and writes what is good of it into a new one.
func (f *File) salvage(found *scanned) error {
	f.Aside = f.path + ".damaged"
	if err := os.Rename(f.path, f.Aside); err != nil {
		return fmt.Errorf("store: %s is damaged: %w", f.path, err)
	}
	if err := f.rewrite(found); err != nil {
		return fmt.Errorf("store: salvaging %s: %w", f.path, err)
	}
	return nil
}

func (f *File) rewrite(found *scanned) error {
	var out []byte
	for key, r := range found.Records {
		out = appendSet(out, key, r.Bytes)
	}
	if found.Checkpoint != nil {
		out = appendSet(out, f.from.CheckpointKey(), found.Checkpoint.Append(nil))
	}
	return f.store.replace(f.path, out)
}

package store

import (
	"errors"
	"fmt"
	"os"

	"github.com/tidwall/buntdb"

	"streamd/stream"
)

// Partition is the file of one input partition. One goroutine uses it at a time.
type Partition struct {
	store  *Store
	from   stream.Origin
	path   string
	db     *buntdb.DB
	size   int64          // of the file
	live   int64          // of the newest values in it
	values map[string]int // bytes of the newest value of each key
	// Damage says what of the file was damaged when it was opened, empty for
	// nothing. It stands beside the file then, under Aside.
	Damage, Aside string
}

// Partition opens the file of a partition, which is made if there is none, and
// returns what it holds. What does not verify is left out, and the file as it was
// is put aside. A file of a later release is an error that is stream.ErrNewer, and
// is not touched.
func (s *Store) Partition(from stream.Origin) (*Partition, *Content, error) {
	p := &Partition{store: s, from: from, path: s.path(from), values: map[string]int{}}
	if err := checkRegular(p.path); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	data, err := os.ReadFile(p.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	found, err := scan(from, data)
	if err != nil {
		return nil, nil, fmt.Errorf("store: %s is left as it is: %w", p.path, err)
	}
	for key, r := range found.Records {
		p.hold(key, len(r.Bytes))
	}
	if found.Checkpoint != nil {
		p.hold(CheckpointKey(from), len(found.Checkpoint.Append(nil)))
	}
	if found.fault != "" {
		p.Damage = found.fault
		if err := p.salvage(found); err != nil {
			return nil, nil, err
		}
	} else if found.valid < len(data) {
		if err := os.Truncate(p.path, int64(found.valid)); err != nil {
			return nil, nil, fmt.Errorf("store: torn end of %s: %w", p.path, err)
		}
	}
	p.measure(int64(len(data)))
	if err := p.open(); err != nil {
		return nil, nil, err
	}
	return p, &found.Content, nil
}

// Write sets records. After an error none of them, some or all are in the file; it
// is right to write them again.
func (p *Partition) Write(values map[string][]byte) error {
	n := int64(0)
	for key, v := range values {
		n += int64(len(key) + len(v))
	}
	if p.size > shrinkMin && p.size > 2*p.live || p.store.size.Load()+n > p.store.options.SizeMax &&
		p.size > p.live+p.live/8 {
		if err := p.shrink(); err != nil {
			return err
		}
	}
	if total := p.store.size.Load(); total+n > p.store.options.SizeMax {
		return fmt.Errorf("%w: %d bytes in %s, and %d more than %d", ErrFull, total, p.store.dir, n,
			p.store.options.SizeMax)
	}
	err := p.guarded(func() error {
		return p.db.Update(func(tx *buntdb.Tx) error {
			for key, v := range values {
				if _, _, err := tx.Set(key, string(v), nil); err != nil {
					return err
				}
			}
			return nil
		})
	})
	p.measure(p.size)
	if err != nil {
		return fmt.Errorf("store: writing %d records: %w", len(values), err)
	}
	for key, v := range values {
		p.hold(key, len(v))
	}
	return nil
}

// Checkpoint sets the checkpoint, after all records written before are on the disk.
func (p *Partition) Checkpoint(c []byte) error {
	if err := p.sync(); err != nil {
		return err
	}
	return p.Write(map[string][]byte{CheckpointKey(p.from): c})
}

// Close brings the file to the disk and closes it.
func (p *Partition) Close() error {
	if p.db == nil {
		return nil
	}
	err := errors.Join(p.sync(), p.db.Close())
	p.db = nil
	if err != nil {
		return fmt.Errorf("store: closing %s: %w", p.path, err)
	}
	return nil
}

// shrinkMin is the size below which a file is not worth being written anew.
const shrinkMin = 16 << 20

func (p *Partition) hold(key string, n int) {
	p.live += int64(n - p.values[key])
	p.values[key] = n
}

// measure keeps account of the file's size, which was counted as before.
func (p *Partition) measure(before int64) {
	p.size = sizeOf(p.path)
	p.store.size.Add(p.size - before)
}

func (p *Partition) open() error {
	// The library would make the file readable by everybody.
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	db, err := buntdb.Open(p.path)
	if err != nil {
		return fmt.Errorf("store: %s: %w", p.path, err)
	}
	p.db = db
	// Files are brought to the disk by sync, which says when that fails.
	if err := db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Never, AutoShrinkDisabled: true}); err != nil {
		return fmt.Errorf("store: %s: %w", p.path, err)
	}
	return nil
}

// guarded calls f, which uses the database. buntdb panics where it cannot take back
// what it has half written; then the file is opened anew.
func (p *Partition) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("buntdb: %v", r)
			p.db = nil // its lock may be held
		}
	}()
	if err := p.store.options.Failing(); err != nil {
		return err
	}
	if p.db == nil {
		if err := p.reopen(); err != nil {
			return err
		}
	}
	return f()
}

func (p *Partition) reopen() error {
	data, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	found, err := scan(p.from, data)
	if err != nil {
		return err
	}
	if err := p.rewrite(found); err != nil {
		return err
	}
	return p.open()
}

func (p *Partition) sync() error {
	if err := p.store.options.Failing(); err != nil {
		return fmt.Errorf("store: fsync: %w", err)
	}
	if err := SyncFile(p.path); err != nil {
		return fmt.Errorf("store: fsync: %w", err)
	}
	return nil
}

// shrink writes the newest values into a new file and puts it in place of the old
// one. buntdb's own does so without an fsync, and begins by sleeping.
func (p *Partition) shrink() error {
	err := p.guarded(func() error {
		tmp := p.path + ".tmp"
		f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(p.db.Save(f), f.Sync(), f.Close()); err != nil {
			return errors.Join(err, os.Remove(tmp))
		}
		if err := errors.Join(p.db.Close(), os.Rename(tmp, p.path), SyncFile(p.store.dir)); err != nil {
			p.db = nil
			return err
		}
		return p.open()
	})
	p.measure(p.size)
	if err != nil {
		return fmt.Errorf("store: shrinking %s: %w", p.path, err)
	}
	return nil
}

// salvage puts a damaged file aside, in place of one that was put there before,
// and writes what is good of it into a new one.
func (p *Partition) salvage(found *scanned) error {
	p.Aside = p.path + ".damaged"
	if err := os.Rename(p.path, p.Aside); err != nil {
		return fmt.Errorf("store: %s is damaged: %w", p.path, err)
	}
	if err := p.rewrite(found); err != nil {
		return fmt.Errorf("store: salvaging %s: %w", p.path, err)
	}
	return nil
}

func (p *Partition) rewrite(found *scanned) error {
	var out []byte
	for key, r := range found.Records {
		out = appendSet(out, key, r.Bytes)
	}
	if found.Checkpoint != nil {
		out = appendSet(out, CheckpointKey(p.from), found.Checkpoint.Append(nil))
	}
	return p.store.replace(p.path, out)
}

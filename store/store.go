// Package store keeps the snapshots of series in a directory, so that a restart is
// quick: a buntdb file for every input partition, with a record for every series
// and a checkpoint.
//
// buntdb has no checksums, refuses a file with one bad page, swallows the errors of
// fsync and lets two processes open one file. So a lock file keeps a second process
// out, a file is looked through before it is opened and what verifies in a damaged
// one is kept, a checkpoint is written only when the records that it speaks of are
// known to be on the disk, and files shrink when this package says so.
package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// ErrFull is what Write and Checkpoint return when the directory has reached its
// limit.
var ErrFull = errors.New("store: the size limit is reached")

// Options of a store. The zero value of a field means its default.
type Options struct {
	SizeMax int64 // bytes of all files; 4 GiB
	// Failing is asked before every write and sync; an error that it returns is
	// taken for the disk's. Tests use it.
	Failing func() error
}

const sizeMaxDefault = 4 << 30

// Store is a directory of snapshots that belongs to this process.
type Store struct {
	dir     string
	options Options
	lock    *os.File
	size    atomic.Int64 // of all files
}

// errInUse is the error of a directory that another process has open.
var errInUse = errors.New("in use by another process")

// Open takes possession of a directory, which is made if there is none. It fails
// when another process has it.
func Open(dir string, o Options) (*Store, error) {
	if o.SizeMax == 0 {
		o.SizeMax = sizeMaxDefault
	}
	if o.Failing == nil {
		o.Failing = func() error { return nil }
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Store{dir: dir, options: o, lock: lock}
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), lock.Close())
	}
	for _, f := range files {
		s.size.Add(sizeOf(f))
	}
	return s, nil
}

// Close gives the directory free. Partitions are closed before.
func (s *Store) Close() error {
	if err := s.lock.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Identity returns the random id of the instance that the directory belongs to. A
// lost or unreadable one is re-created: then it is another instance.
func (s *Store) Identity() (string, error) {
	path := filepath.Join(s.dir, "instance-id")
	if err := checkRegular(path); err != nil {
		return "", fmt.Errorf("store: identity: %w", err)
	}
	if raw, err := os.ReadFile(path); err == nil {
		id := strings.TrimSpace(string(raw))
		if b, err := hex.DecodeString(id); err == nil && len(b) == identityBytes {
			return id, nil
		}
	}
	id := NewIdentity()
	if err := s.replace(path, []byte(id+"\n")); err != nil {
		return "", fmt.Errorf("store: identity: %w", err)
	}
	return id, nil
}

const identityBytes = 8

// checkRegular refuses what stands in the place of a file and may never end, as a
// pipe or a device.
func checkRegular(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file (%s): remove it", path, info.Mode().Type())
	}
	return nil
}

// NewIdentity returns a random id.
func NewIdentity() string {
	var b [identityBytes]byte
	_, _ = rand.Read(b[:]) // it never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// suffix is that of the partitions' files.
const suffix = ".db"

func (s *Store) path(from Origin) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s-%d%s", from.Topic, from.Partition, suffix))
}

// replace writes a file of the directory, and brings it to the disk.
func (s *Store) replace(path string, content []byte) error {
	if err := ReplaceFile(path, content); err != nil {
		return err
	}
	return SyncFile(s.dir)
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// ReplaceFile writes a file so that there is the old content or the new; which of them
// outlives a power cut is open until SyncFile of its directory.
func ReplaceFile(path string, content []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}

// SyncFile brings a file, or the names in a directory, to the disk.
func SyncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

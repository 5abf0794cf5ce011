package main

import (
	"fmt"
	"os"
	"path/filepath"

	"streamd/history"
)

// cacheOfUser is the value of --cache without one.
const cacheOfUser = "auto"

// cacheDir returns the folder that --cache means, "" without the flag.
func (f *dataFlags) cacheDir() (string, error) {
	if f.cache != cacheOfUser {
		return f.cache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", usage{fmt.Errorf("streamd: --cache: %w: name a folder, as --cache=DIR", err)}
	}
	return filepath.Join(dir, "streamd"), nil
}

// copies opens the folder of the files' copies.
func (f *dataFlags) copies() (*history.Copies, error) {
	dir, err := f.cacheDir()
	if err != nil {
		return nil, err
	}
	c, err := history.OpenCopies(filepath.Join(dir, "copies"), version(), 0)
	if err != nil {
		return nil, usage{fmt.Errorf("streamd: --cache: %w", err)}
	}
	return c, nil
}

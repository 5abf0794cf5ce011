// Package zone knows the time zones of the IANA database by name.
//
// The rules are those of the zoneinfo.zip beside this file, which is the one that the Go distribution ships. They are
// used on every machine alike: time.LoadLocation would ask $ZONEINFO and the files of the operating system first, and
// the same formula could say one thing on one machine and another thing on the next.
//
//	newYork, err := zone.Load("America/New_York")
package zone

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"
)

// archive holds a file for each zone, stored without compression. `make zones` takes it from the Go distribution.
//
//go:embed zoneinfo.zip
var archive string

// Error names a zone that does not exist.
type Error struct{ Name string }

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("unknown time zone %q (want a name like America/New_York)", e.Name)
}

// Load returns the zone with the name; the empty one is UTC. Its error is an *Error: "Local" is no zone,
// since it would mean another zone on another machine. Load reads the archive's directory, about 0.1 ms: callers keep
// what it returns. Any goroutine may call it.
func Load(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	files, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic("zone: the embedded archive is damaged: " + err.Error())
	}
	for _, f := range files.File {
		if f.Name != name || f.FileInfo().IsDir() {
			continue
		}
		rules, err := f.Open()
		if err != nil {
			panic("zone: the embedded archive is damaged: " + err.Error())
		}
		data, err := io.ReadAll(rules)
		if err != nil {
			panic("zone: the embedded archive is damaged: " + err.Error())
		}
		return time.LoadLocationFromTZData(name, data)
	}
	return nil, &Error{Name: name}
}

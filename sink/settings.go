package sink

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Settings is an entry of `sinks:` in the configuration: the settings of one kind of
// sink. A further kind is a field here, whose type says how it is opened.
type Settings struct {
	File   *FileSettings   `yaml:"file,omitempty" json:"file,omitempty"`
	Stdout *StdoutSettings `yaml:"stdout,omitempty" json:"stdout,omitempty"`
}

// kind is what the type of each field of Settings does. Check reports settings with
// which the sink cannot be opened, without opening it.
type kind interface {
	Check() error
	Open() (Sink, error)
}

// Check reports whether one kind of sink is set and its settings are right. The place is
// the key that an error is about, empty for the entry as a whole.
func (s Settings) Check() (place string, err error) {
	place, k, err := s.chosen()
	if err != nil {
		return "", err
	}
	return place, k.Check()
}

// Open opens the sink. The settings have passed Check.
func (s Settings) Open() (Sink, error) {
	_, k, err := s.chosen()
	if err != nil {
		return nil, err
	}
	return k.Open()
}

// chosen returns the field that is set, and its key in the configuration.
func (s Settings) chosen() (key string, k kind, err error) { return Chosen[kind](s, "sink") }

// Chosen returns the one pointer field of a struct of settings that is set, and its key in the configuration. Fields of
// other types do not count. What says, in errors, what the struct is the settings of; a field that is no K is a mistake
// of the program, and panics.
func Chosen[K any](settings any, what string) (key string, k K, err error) {
	var keys []string
	fields := reflect.ValueOf(settings)
	set := 0
	for i := range fields.NumField() {
		if fields.Field(i).Kind() != reflect.Pointer {
			continue
		}
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("yaml"), ",")
		keys = append(keys, name)
		if fields.Field(i).IsNil() {
			continue
		}
		set++
		var ok bool
		if k, ok = fields.Field(i).Interface().(K); !ok {
			panic(what + ": " + name + " lacks a method of its kind")
		}
		key = name
	}
	if set != 1 {
		var none K
		return "", none, fmt.Errorf("a %s is one of %s", what, strings.Join(keys, ", "))
	}
	return key, k, nil
}

// FileSettings is a sink that appends JSON lines to a file.
type FileSettings struct {
	Path string `yaml:"path" json:"path"`
}

// Check wants a path.
func (f *FileSettings) Check() error {
	if f.Path == "" {
		return errors.New("path is missing")
	}
	return nil
}

// Open opens the file, which is made if there is none.
func (f *FileSettings) Open() (Sink, error) { return OpenLines(f.Path) }

// StdoutSettings is a sink that writes JSON lines to the standard output.
type StdoutSettings struct{}

// Check finds nothing wrong: there are no settings.
func (*StdoutSettings) Check() error { return nil }

// Open returns the sink.
func (*StdoutSettings) Open() (Sink, error) { return standardOutput(), nil }

package config

import (
	"reflect"
	"slices"
	"strings"
)

// reloadable are the keys that a running daemon reloads.
var reloadable = []string{"formulas", "formulas_dir", "indicators", "universes", "notify"}

// Reload reads a configuration again for a daemon that runs: of its keys it takes those of formulas and receivers,
// and names in later the others that have changed. As with Load, the file may be there beside an error.
func Reload(path string, running *Configuration) (f *Configuration, later []string, err error) {
	f, err = Load(path)
	if f == nil {
		return nil, nil, err
	}
	now, then := reflect.ValueOf(f).Elem(), reflect.ValueOf(running).Elem()
	for i := range now.NumField() {
		key, _, _ := strings.Cut(now.Type().Field(i).Tag.Get("yaml"), ",")
		if key == "" || slices.Contains(reloadable, key) ||
			reflect.DeepEqual(now.Field(i).Interface(), then.Field(i).Interface()) {
			continue
		}
		later = append(later, key)
		now.Field(i).Set(then.Field(i))
	}
	f.inputs = running.inputs
	return f, later, err
}

package main

import (
	"errors"

	"streamd/config"
	"streamd/rulebook"
	"streamd/stream"
)

// loadConfig reads and checks a configuration with its own formulas, and those of its folder where that is wanted. The
// error lists every problem that was found.
func loadConfig(path string, folder bool) (*config.Configuration, *stream.Rules, error) {
	file, err := config.Load(path)
	if file == nil {
		return nil, nil, usage{err}
	}
	return compileConfig(file, err, folder)
}

// compileConfig compiles the formulas of a configuration of which some problems are known.
func compileConfig(file *config.Configuration, known error, folder bool) (*config.Configuration, *stream.Rules, error) {
	rules, err := rulebook.Compile(file, folder)
	if err := errors.Join(known, err); err != nil {
		return nil, nil, usage{err}
	}
	return file, rules, nil
}

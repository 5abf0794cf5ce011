package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"streamd/candle/wire"
	"streamd/history/layout"

	"github.com/goccy/go-yaml"
)

// LayoutSettings say of files of history what they do not tell themselves, as the flags of these names do.
type LayoutSettings struct {
	Map            map[string]string `yaml:"map,omitempty"`
	Timezone       string            `yaml:"timezone,omitempty"`
	TimeFormat     string            `yaml:"time_format,omitempty"`
	Stamp          string            `yaml:"stamp,omitempty" jsonschema:"enum=start,enum=end"`
	PriceScale     float64           `yaml:"price_scale,omitempty"`
	Encoding       string            `yaml:"encoding,omitempty"`
	InputTimeframe string            `yaml:"input_timeframe,omitempty"`
	Adjusted       bool              `yaml:"adjusted,omitempty"`
	SymbolFrom     string            `yaml:"symbol_from,omitempty"`
	Format         string            `yaml:"format,omitempty"`
}

// Layout returns the preset of messages, "" for none, and the layout of files that the settings say. A FILE.yaml is
// relative to the folder.
func (s *LayoutSettings) Layout(folder string) (messages string, y layout.FileLayout, err error) {
	if s == nil {
		return "", y, nil
	}
	if messages, y, err = s.formatLayout(folder); err != nil {
		return "", y, err
	}
	return messages, y.Over(s.own()), nil
}

// own is what the settings say beside the format.
func (s *LayoutSettings) own() layout.FileLayout {
	return layout.FileLayout{
		Columns: s.Map, Timezone: s.Timezone, TimeFormat: s.TimeFormat, Stamp: s.Stamp, PriceScale: s.PriceScale,
		Encoding: s.Encoding, Timeframe: s.InputTimeframe, Adjusted: s.Adjusted, SymbolFrom: s.SymbolFrom,
	}
}

// formatLayout reads what the format is: a preset of messages, a preset of files, or a file with a layout.
func (s *LayoutSettings) formatLayout(folder string) (messages string, y layout.FileLayout, err error) {
	if s.Format == "" {
		return "", y, nil
	}
	if _, ok := wire.Format(s.Format); ok {
		return s.Format, y, nil
	}
	if y, ok := layout.Preset(s.Format); ok {
		return "", y, nil
	}
	path := s.Format
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", y, fmt.Errorf("no format %q: want a preset of messages, of files (%s), or FILE.yaml", s.Format,
			strings.Join(layout.PresetNames(), ", "))
	}
	if err != nil {
		return "", y, err
	}
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&y)
	if err == nil {
		err = y.Check()
	}
	if err != nil {
		return "", y, fmt.Errorf("%s: %w", s.Format, err)
	}
	return "", y, nil
}

// Check returns what is wrong with the settings at a path of the document, each with its place.
func (s *LayoutSettings) Check(doc *Document, path string) error {
	p := &problems{doc: doc}
	s.check(p, path, filepath.Dir(doc.Name()))
	return p.err()
}

func (s *LayoutSettings) check(p *problems, path, folder string) {
	if s == nil {
		return
	}
	for _, one := range []struct {
		key string
		y   layout.FileLayout
	}{
		{"map", layout.FileLayout{Columns: s.Map}},
		{"timezone", layout.FileLayout{Timezone: s.Timezone}},
		{"time_format", layout.FileLayout{TimeFormat: s.TimeFormat}},
		{"stamp", layout.FileLayout{Stamp: s.Stamp}},
		{"price_scale", layout.FileLayout{PriceScale: s.PriceScale}},
		{"encoding", layout.FileLayout{Encoding: s.Encoding}},
		{"input_timeframe", layout.FileLayout{Timeframe: s.InputTimeframe}},
		{"symbol_from", layout.FileLayout{SymbolFrom: s.SymbolFrom}},
	} {
		if err := one.y.Check(); err != nil {
			p.add(path+"."+one.key, "%v", err)
		}
	}
	if _, _, err := s.formatLayout(folder); err != nil {
		p.add(path+".format", "%v", err)
	}
}

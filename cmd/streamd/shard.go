package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"streamd/history"
	"streamd/replay"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// addShard gives a command the flag that makes it work on a part of the series.
func (f *jobFlags) addShard(c *cobra.Command) {
	c.Flags().StringVar(&f.shardText, "shard", "", "work on part i of n of the series, as 0/4, and write a part for "+
		"streamd merge to -o or standard output; i counts from 0 or from 1 (4/4 is 0/4)")
}

// partFile is where a part goes. A file gets its name only when it is whole.
type partFile struct {
	form string // that merge prints without -o
	path string // "" for standard output
	to   io.Writer
	file *os.File
}

// openPart reads -o of a command with --shard: a path, or the name of a format, which goes to standard output.
func openPart(c *cobra.Command, o string, allowed ...string) (*partFile, error) {
	if slices.Contains(formats, o) {
		if !slices.Contains(allowed, o) {
			return nil, usage{fmt.Errorf("streamd: -o %s: this command writes %s", o, strings.Join(allowed, ", "))}
		}
		p := &partFile{form: o, to: c.OutOrStdout()}
		if f, ok := p.to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, usage{errors.New("streamd: --shard writes a part, which is no text: -o FILE")}
		}
		return p, nil
	}
	form := strings.TrimPrefix(filepath.Ext(o), ".")
	if form == "txt" || !slices.Contains(allowed, form) {
		form = allowed[0]
	}
	f, err := os.CreateTemp(filepath.Dir(o), "."+filepath.Base(o)+".*")
	if err != nil {
		return nil, usage{fmt.Errorf("streamd: -o: %w", err)}
	}
	return &partFile{form: form, path: o, to: f, file: f}, nil
}

// write writes the part and ends the file.
func (f *partFile) write(p *replay.Part) error {
	err := p.Write(f.to)
	if f.file == nil {
		return err
	}
	if err = errors.Join(err, f.file.Chmod(0o644), f.file.Close()); err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("streamd: -o: %w", err)
	}
	return nil
}

// discard removes what was begun, unless it has its name.
func (f *partFile) discard() {
	if f != nil && f.file != nil {
		f.file.Close()
		os.Remove(f.file.Name())
	}
}

// openOutputs opens the output of a command, or its part where it works on a shard; the other is nil.
func (f *jobFlags) openOutputs(c *cobra.Command, o string, allowed ...string) (*output, *partFile, error) {
	if f.shardText == "" {
		out, err := openOutput(c, o, allowed...)
		return out, nil, err
	}
	part, err := openPart(c, o, allowed...)
	return nil, part, err
}

// formOf returns the format of what openOutputs opened.
func formOf(out *output, part *partFile) string {
	if out != nil {
		return out.format
	}
	return part.form
}

// finishPart writes the part of a job, and says what could not be read of it.
func (f *jobFlags) finishPart(c *cobra.Command, to *partFile, p *replay.Part, report history.Report,
	failed map[string]string,
) error {
	if c.Context().Err() != nil {
		return interrupted{errors.New("streamd: interrupted: no part is written")}
	}
	p.Shard, p.Report = f.shard, report
	if err := to.write(p); err != nil {
		return err
	}
	printReport(c.ErrOrStderr(), report, failed)
	fmt.Fprintf(c.ErrOrStderr(), "shard %s: %d series read\n", f.shard, report.Good)
	return nil
}

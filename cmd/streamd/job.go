package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"streamd/history"
	"streamd/replay"

	"github.com/spf13/cobra"
)

// jobFlags are the flags of every command that runs a job over history.
type jobFlags struct {
	*dataFlags
	timeout  time.Duration
	progress bool
}

// addJobFlags gives a command the flags of a job. The command must be made
// variadic for "data".
func addJobFlags(c *cobra.Command) *jobFlags {
	f := &jobFlags{dataFlags: addDataFlags(c)}
	f.addTopics(c)
	c.Flags().DurationVar(&f.timeout, "timeout", replay.TimeoutDefault, "for the work on one series")
	c.Flags().BoolVar(&f.progress, "progress", false, "show progress even where standard error is no terminal")
	return f
}

// start makes the job of a command, with its progress bar running.
func (f *jobFlags) start(c *cobra.Command, set *formulaSet, kind replay.JobType, d history.Data) (*replay.Job, *bar) {
	j := set.job(kind, d)
	j.Workers, j.Timeout = f.workers, f.timeout
	j.MemoryMax, j.LeftOut = f.memoryMax, f.leftOut
	b := newBar(c.ErrOrStderr(), c.Name(), f.progress)
	j.Progress = b.set
	return j, b
}

// ended is how a job ended that worked on so many symbols: told to stop, without
// any, or well.
func ended(c *cobra.Command, symbols int) error {
	switch {
	case c.Context().Err() != nil:
		return interrupted{fmt.Errorf("streamd: interrupted after %d symbols", symbols)}
	case symbols == 0:
		return errors.New("streamd: no symbol could be read")
	}
	return nil
}

// errorsShown is how many errors of symbols and files a command prints.
const errorsShown = 20

// printReport says what was not read, and which symbols failed.
func printReport(w io.Writer, r history.Report, failed map[string]string) {
	all := texts(r.Errors)
	maps.Copy(all, failed)
	printErrors(w, r, all)
}

func texts(errs map[string]error) map[string]string {
	all := map[string]string{}
	for what, err := range errs {
		all[what] = err.Error()
	}
	return all
}

// printErrors says what was left out of files and taken for granted of them, and which symbols and files failed.
func printErrors(w io.Writer, r history.Report, failed map[string]string) {
	for i, what := range sortedKeys(r.LeftOut) {
		if i == errorsShown {
			fmt.Fprintf(w, "… and rows of %d more files left out\n", len(r.LeftOut)-i)
			break
		}
		fmt.Fprintf(w, "%s: %s\n", what, history.Sentence(r.LeftOut[what]))
	}
	printNotes(w, r.Notes)
	for i, what := range sortedKeys(failed) {
		if i == errorsShown {
			fmt.Fprintf(w, "… and %d more, all of them in --summary\n", len(failed)-i)
			return
		}
		fmt.Fprintf(w, "%s: %s\n", what, failed[what])
	}
}

// printNotes prints what was taken for granted once, with the first file and how many others it is true of.
func printNotes(w io.Writer, notes map[string][]string) {
	files := map[string][]string{}
	for _, file := range sortedKeys(notes) {
		for _, note := range notes[file] {
			files[note] = append(files[note], file)
		}
	}
	for i, note := range sortedKeys(files) {
		if i == errorsShown {
			fmt.Fprintf(w, "… and %d more notes\n", len(files)-i)
			return
		}
		if all := files[note]; len(all) > 1 {
			fmt.Fprintf(w, "%s and %d more: %s\n", all[0], len(all)-1, note)
		} else {
			fmt.Fprintf(w, "%s: %s\n", all[0], note)
		}
	}
}

package main

import (
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"
)

// bar shows how far a job is, with rate and remaining time.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
}

// newBar returns a running progress bar, or nil where w is no terminal and the
// bar is not forced. A nil bar does nothing.
func newBar(w io.Writer, what string, forced bool) *bar {
	f, ok := w.(*os.File)
	if !forced && (!ok || !term.IsTerminal(int(f.Fd()))) {
		return nil
	}
	p := progress.NewWriter()
	p.SetOutputWriter(w)
	p.SetAutoStop(false)
	p.SetTrackerLength(30)
	p.SetUpdateFrequency(100 * time.Millisecond)
	p.Style().Visibility.ETA, p.Style().Visibility.Speed, p.Style().Visibility.Percentage = true, true, true
	b := &bar{writer: p, tracker: &progress.Tracker{Message: what}}
	p.AppendTracker(b.tracker)
	go p.Render()
	return b
}

// set tells how much is done; the total is 0 until it is known.
func (b *bar) set(done, total int) {
	if b == nil {
		return
	}
	b.tracker.UpdateTotal(int64(total))
	b.tracker.SetValue(int64(done))
}

// stop ends the bar and leaves its last line.
func (b *bar) stop() {
	if b == nil {
		return
	}
	b.tracker.MarkAsDone()
	time.Sleep(150 * time.Millisecond) // one more update shows the end
	b.writer.Stop()
}

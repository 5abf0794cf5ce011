package sink

import "io"

// Through puts a writer of a test before the sink's own.
func (l *Lines) Through(f func(io.Writer) io.Writer) { l.w = f(l.w) }

package history

import (
	"context"
	"sync"
	"sync/atomic"
)

// index finds out what the inputs hold, so many side by side.
func (h *history) index(ctx context.Context, workers int) error {
	inputs := h.inputs(ctx)
	h.report.countInputs(inputs)
	type found struct {
		c   *contents
		err error
	}
	all := make([]found, len(inputs))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(inputs)) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(inputs) {
					return
				}
				if h.needless(inputs[i]) {
					all[i].c = &contents{elsewhere: true}
					continue
				}
				all[i].c, all[i].err = contentsOf(ctx, h.data, inputs[i])
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for i, in := range inputs {
		h.add(in, all[i].c, all[i].err)
	}
	return nil
}

// contentsOf finds out what an input holds, by its copy where copies are kept.
func contentsOf(ctx context.Context, d *Data, in *input) (*contents, error) {
	if d.Copies == nil {
		return readContents(ctx, d, in)
	}
	c, err := d.Copies.contents(ctx, d, in)
	if c != nil {
		return c, nil
	}
	c, direct := readContents(ctx, d, in)
	if direct == nil && err != nil {
		c.notes = append(c.notes, "not kept in the cache: "+err.Error())
	}
	return c, direct
}

// readContents finds out what an input holds, or reads it where it does not tell.
func readContents(ctx context.Context, d *Data, in *input) (*contents, error) {
	if err := in.recognize(ctx); err != nil {
		return nil, err
	}
	switch {
	case in.format == "" || in.format == "jsonl":
		return collectStream(ctx, d, in)
	case in.format == "parquet":
		return parquetContents(ctx, d, in)
	case in.format == "arrow":
		return arrowContents(ctx, d, in)
	}
	return csvContents(ctx, d, in)
}

// seekable reports whether the input can be read from any place.
func (in *input) seekable() bool { return in.pack == "" && in.member == nil && !in.pipe() }

// pipe reports whether the input can be read only once.
func (in *input) pipe() bool { return in.stdin != nil || in.irregular }

// close ends the use of archives.
func (h *history) close() {
	for _, f := range h.archives {
		f.Close()
	}
}

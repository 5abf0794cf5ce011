package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"streamd/candle/zone"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Arrow's two formats for interprocess communication (Feather of version 2 is the
// first of them): a file is a stream between magic bytes, with a footer that says
// where its messages lie. It is read as a stream, which needs no footer and works
// on a pipe (https://arrow.apache.org/docs/format/Columnar.html).
var (
	arrowFileMagic   = []byte("ARROW1\x00\x00")
	arrowStreamMagic = []byte{0xff, 0xff, 0xff, 0xff}
)

// isArrow reports whether content is in one of Arrow's formats. The length of a
// message after the mark of a stream is far below what it could say: other content
// may begin with these four bytes, too.
func isArrow(head []byte) bool {
	if bytes.HasPrefix(head, arrowFileMagic) {
		return true
	}
	return len(head) >= 8 && bytes.HasPrefix(head, arrowStreamMagic) && head[7] == 0
}

// collectArrow reads a table of Arrow.
func collectArrow(ctx context.Context, d *Data, in *input, r io.Reader) (*contents, error) {
	text, err := arrowText(r, in.folders())
	if err != nil {
		return nil, err
	}
	in.unit = "row"
	return collectCSV(ctx, d, in, text)
}

// arrowContents reads a file of Arrow.
func arrowContents(ctx context.Context, d *Data, in *input) (*contents, error) {
	f, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return collectArrow(ctx, d, in, f)
}

// arrowRows are the rows of a table of Arrow.
type arrowRows struct {
	r       *ipc.Reader
	columns []tableColumn
	leaves  []arrowLeaf
	layout  *textLayout
	begun   bool

	batch arrow.RecordBatch
	lines []lineCells // by group, of the batch
	row   int64       // the next one of it
}

// arrowText returns the rows of a table of Arrow as text.
func arrowText(r io.Reader, folders []folder) (io.Reader, error) {
	b := bufio.NewReaderSize(r, parquetBuffer)
	head, err := b.Peek(len(arrowFileMagic))
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return nil, errEmpty
	case bytes.HasPrefix(head, arrowFileMagic):
		if _, err := b.Discard(len(arrowFileMagic)); err != nil {
			return nil, err
		}
	case !isArrow(head):
		return nil, fmt.Errorf("%w: it does not start as a table of Arrow does", ErrUndecodable)
	}
	a := &arrowRows{}
	err = guard(func() error {
		a.r, err = ipc.NewReaderFromMessageReader(&arrowMessages{r: b})
		return err
	})
	if err != nil {
		return nil, arrowError(err)
	}
	a.leaves = arrowLeaves(a.r.Schema())
	for _, l := range a.leaves {
		a.columns = append(a.columns, l.column)
	}
	a.layout = newTextLayout(columnNames(a.columns), folders)
	return &rowText{next: a.next}, nil
}

// arrowError is the error of a table that cannot be read on.
func arrowError(err error) error {
	switch {
	case errors.Is(err, ErrUndecodable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends early, as if cut off", ErrUndecodable)
	}
	return fmt.Errorf("%w: %w", ErrUndecodable, err)
}

// next appends the lines of some rows.
func (a *arrowRows) next(b []byte) ([]byte, error) {
	if !a.begun {
		a.begun = true
		b = a.layout.header(b)
	}
	for a.batch == nil || a.row == a.batch.NumRows() {
		batch, err := a.r.Read()
		if errors.Is(err, io.EOF) {
			return b, io.EOF
		}
		if err != nil {
			return b, arrowError(err)
		}
		a.batch, a.row = batch, 0
		if err := a.open(); err != nil {
			return b, err
		}
	}
	to := min(a.row+rowsOfText, a.batch.NumRows())
	for i := range a.lines {
		b = a.lines[i].appendLines(b, int(a.row), int(to))
	}
	a.row = to
	return b, nil
}

// open makes the cells of a batch.
func (a *arrowRows) open() error {
	cells := make([]cell, len(a.leaves))
	for i, l := range a.leaves {
		if a.columns[i].repeated {
			continue
		}
		array := a.batch.Column(l.at[0])
		c, err := arrowCell(array, l.at[1:])
		if err != nil {
			return fmt.Errorf("%w: column %s: %w", ErrUndecodable, l.column.path, err)
		}
		cells[i] = c
	}
	a.lines = a.layout.lines(cells)
	return nil
}

// arrowLeaf is a column of values, at any depth of the schema.
type arrowLeaf struct {
	column tableColumn
	at     []int // the places of the groups around it, and its own
}

// arrowLeaves returns the columns of values of a schema. Those that no cell can hold
// count as lists.
func arrowLeaves(schema *arrow.Schema) []arrowLeaf {
	var leaves []arrowLeaf
	var walk func(fields []arrow.Field, around arrowLeaf)
	walk = func(fields []arrow.Field, around arrowLeaf) {
		for i, f := range fields {
			own := arrowLeaf{
				column: tableColumn{path: append(append([]string(nil), around.column.path...), f.Name)},
				at:     append(append([]int(nil), around.at...), i),
			}
			if group, ok := f.Type.(*arrow.StructType); ok {
				walk(group.Fields(), own)
				continue
			}
			own.column.text = arrowIsText(f.Type)
			own.column.repeated = !arrowIsScalar(f.Type)
			leaves = append(leaves, own)
		}
	}
	walk(schema.Fields(), arrowLeaf{})
	return leaves
}

// arrowZone returns the zone of a column of timestamps; nil for none.
func arrowZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	if name == "UTC" || name == "Z" {
		return time.UTC, nil
	}
	if t, err := time.Parse("-07:00", name); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(name, offset), nil
	}
	return zone.Load(name)
}

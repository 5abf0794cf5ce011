package history

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding"
)

// columnReader reads the values of a column from a row on, over pages and row
// groups. A column chunk may have pages of plain values and pages of places in
// its dictionary.
type columnReader[T any] struct {
	file   *parquetFile
	column *parquetColumn
	decode func(v encoding.Values, into []T) ([]T, error) // appends the values of a page or dictionary
	// the values of a page as they lie there; nil where they must be made
	view func(v encoding.Values) []T
	null T
	row  int64 // in the file, of the next value

	group  int         // the row group of pages
	end    int64       // the first row behind it
	pages  *pageReader // nil outside of row groups, else &reader
	reader pageReader
	values []T // of the page at hand that are not yet taken; they may be its memory

	own        []T // memory for values
	filled     []T // memory for values with nulls between them
	dictionary []T // of the row group
}

// read appends so many values.
func (r *columnReader[T]) read(n int, into []T) ([]T, error) {
	for n > 0 {
		values, err := r.take(n)
		if err != nil {
			return into, err
		}
		into = append(into, values...)
		n -= len(values)
	}
	return into, nil
}

// ready returns how many values, so many at most, the next take returns.
func (r *columnReader[T]) ready(most int) (int, error) {
	for len(r.values) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	return min(most, len(r.values)), nil
}

// take returns the next values, so many at most and at least one; they are valid
// until the next call.
func (r *columnReader[T]) take(most int) ([]T, error) {
	n, err := r.ready(most)
	if err != nil {
		return nil, err
	}
	values := r.values[:n]
	r.advance(n)
	return values, nil
}

// skip passes over so many values. Row groups and their rests that it passes
// over are not read.
func (r *columnReader[T]) skip(n int) error {
	for n > 0 {
		if len(r.values) > 0 {
			k := min(n, len(r.values))
			r.advance(k)
			n -= k
			continue
		}
		if r.pages == nil || r.row+int64(n) >= r.end {
			r.leave()
			r.row += int64(n)
			return nil
		}
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

func (r *columnReader[T]) advance(k int) {
	r.values = r.values[k:]
	r.row += int64(k)
}

// next reads the next page.
func (r *columnReader[T]) next() error {
	if r.pages == nil {
		if err := r.enter(); err != nil {
			return err
		}
	}
	r.values = nil
	page, err := r.pages.next()
	if errors.Is(err, io.EOF) {
		if r.row < r.end {
			return r.damaged(errors.New("it has fewer values than rows"))
		}
		r.leave()
		return nil
	}
	if err != nil {
		return r.damaged(err)
	}
	values, err := r.pageValues(page)
	if err != nil {
		return r.damaged(err)
	}
	r.values = values[min(page.skip, len(values)):]
	if int64(len(r.values)) > r.end-r.row {
		return r.damaged(errors.New("it has more values than rows"))
	}
	return nil
}

// enter opens the row group of the next row.
func (r *columnReader[T]) enter() error {
	start := int64(0)
	for i := range r.file.Metadata().RowGroups {
		g := &r.file.Metadata().RowGroups[i]
		end := start + g.NumRows
		if r.row >= end {
			start = end
			continue
		}
		r.group, r.end = i, end
		r.reader.start(r.file, r.column, &g.Columns[r.column.index].MetaData, r.row-start)
		r.pages = &r.reader
		r.dictionary = r.dictionary[:0]
		return nil
	}
	return r.damaged(io.ErrUnexpectedEOF)
}

// leave closes the row group.
func (r *columnReader[T]) leave() { r.values, r.pages = nil, nil }

// close lets go of the file. What is left of the reader is memory for the next one.
func (r *columnReader[T]) close() {
	r.reader.release()
	*r = columnReader[T]{reader: r.reader, own: r.own, filled: r.filled, dictionary: r.dictionary[:0]}
}

// begin makes a closed or new reader one of a column from a row on.
func (r *columnReader[T]) begin(file *parquetFile, c *parquetColumn, row int64, null T) {
	r.file, r.column, r.row, r.null = file, c, row, null
}

func (r *columnReader[T]) damaged(err error) error {
	return fmt.Errorf("%w: column %s, row %d: %w", ErrUndecodable, r.column.name, r.row, err)
}

// pageValues returns the values of a page, one for each row.
func (r *columnReader[T]) pageValues(page *pageData) ([]T, error) {
	var values []T
	var err error
	switch {
	case page.dictionary:
		values, err = r.lookUp(page.places)
	case r.view != nil:
		values = r.view(page.values)
	default:
		r.own, err = r.decode(page.values, r.own[:0])
		values = r.own
	}
	if err != nil || page.nulls == 0 {
		return values, err
	}
	return r.fill(values, page.levels, page.nulls)
}

// lookUp takes values from the dictionary.
func (r *columnReader[T]) lookUp(places []int32) ([]T, error) {
	if len(r.dictionary) == 0 && len(places) > 0 {
		var err error
		if r.dictionary, err = r.decode(r.pages.dictionary, r.dictionary); err != nil {
			return nil, err
		}
	}
	values := r.own[:0]
	if cap(values) < len(places) {
		values = make([]T, 0, len(places))
	}
	values = values[:len(places)]
	dictionary := r.dictionary
	for i, at := range places {
		if uint(at) >= uint(len(dictionary)) {
			return nil, fmt.Errorf("place %d in a dictionary of %d", at, len(dictionary))
		}
		values[i] = dictionary[at]
	}
	r.own = values
	return values, nil
}

// fill puts nulls between values.
func (r *columnReader[T]) fill(values []T, levels []byte, nulls int) ([]T, error) {
	if len(levels) != len(values)+nulls {
		return nil, fmt.Errorf("%d values and %d nulls for %d rows", len(values), nulls, len(levels))
	}
	r.filled = r.filled[:0]
	for _, level := range levels {
		if level == 0 {
			r.filled = append(r.filled, r.null)
			continue
		}
		if len(values) == 0 {
			return nil, errors.New("fewer values than rows")
		}
		r.filled = append(r.filled, values[0])
		values = values[1:]
	}
	return r.filled, nil
}

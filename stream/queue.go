package stream

import "sort"

// queue is a list that is added to at its end and taken from at its front.
type queue[T any] struct {
	items   []T
	from    int // the front
	dropped int // taken from the front so far
}

func (q *queue[T]) all() []T { return q.items[q.from:] }

func (q *queue[T]) len() int { return len(q.items) - q.from }

// end returns the number that the next item gets, counted from the first one ever.
func (q *queue[T]) end() int { return q.dropped + q.len() }

func (q *queue[T]) put(v T) {
	if len(q.items) == cap(q.items) && q.from > len(q.items)/2 { // moved to the front once in a while
		n := copy(q.items, q.items[q.from:])
		clear(q.items[n:])
		q.items, q.from = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

func (q *queue[T]) drop(n int) {
	clear(q.items[q.from : q.from+n]) // they may refer to memory
	if q.from, q.dropped = q.from+n, q.dropped+n; q.from == len(q.items) {
		q.items, q.from = q.items[:0], 0
	}
}

// extremes has the greatest of the values since any of the places that it still knows: a row of
// those that no later one has reached, so it falls.
type extremes struct{ queue[extreme] }

type extreme struct {
	at    int64
	value float64
}

// put adds the value of the newest place.
func (e *extremes) put(at int64, value float64) {
	for n := len(e.items); n > e.from && e.items[n-1].value <= value; n = len(e.items) {
		e.items = e.items[:n-1]
	}
	e.queue.put(extreme{at, value})
}

// since returns the greatest value at a place or after it: there is one.
func (e *extremes) since(at int64) float64 {
	row := e.all()
	return row[sort.Search(len(row)-1, func(i int) bool { return row[i].at >= at })].value
}

// forget lets go of what lies before a place.
func (e *extremes) forget(at int64) {
	n := 0
	for row := e.all(); n < len(row) && row[n].at < at; {
		n++
	}
	e.drop(n)
}

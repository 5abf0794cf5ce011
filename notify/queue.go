package notify

import (
	"math/rand/v2"
	"slices"
	"time"

	"streamd/kafka"
)

// queue holds the signals of one receiver between their topic and their delivery, and says what is
// to be sent next. It knows no clock: every call is given the time. Signals of a symbol leave in
// their order. What fails waits, and others of the receiver go on meanwhile, as far as they are
// not behind it.
type queue struct {
	retry   retryPolicy
	lanes   map[laneKey]*lane
	symbols map[string][]*item // not delivered, in their order
	retried []*parcel          // that have failed, and wait
	tracks  map[kafka.TopicPartition]*track
	sent    map[int][]time.Time // of a route with a rate, when its last messages went out
	seq     uint64
	count   int // of items
	bytes   int // of their payloads

	failures int       // of the receiver, in a row
	pausedTo time.Time // for them
}

// Limits of what a receiver has in hand: behind them its topic is not read on.
const (
	queueSignalsMax = 10_000 // of those delivered, too, as long as one before them is not
	queueBytesMax   = 32 << 20
)

// retryPolicy says how failed deliveries are repeated.
type retryPolicy struct {
	first, max, total time.Duration
	random            *rand.Rand // for jitter
}

// item is a signal on its way to the receiver.
type item struct {
	*Signal
	at     kafka.TopicPartition
	offset int64
	seq    uint64
	route  *route
}

type laneKey struct {
	route int
	group string
}

// lane are signals that go the same way: one message each, or joined.
type lane struct {
	route  *route
	items  []*item
	due    time.Time // not before
	joined bool      // all that wait become one message
	over   bool      // because there were too many of them: "and 12 more"
	last   time.Time // when a group's last message was made
}

// parcel is a message with the items in it. It stays the same until it is delivered.
type parcel struct {
	*Notice
	items    []*item
	attempts int
	first    time.Time // attempt
	next     time.Time
	why      string // it is given up: the reason, for the topic of undelivered signals
}

// track follows what of a partition is delivered.
type track struct {
	next  int64  // offset to read
	marks []mark // of the signals from the first that is not delivered on
}

type mark struct {
	offset int64
	done   bool
}

func newQueue(p retryPolicy) *queue {
	q := &queue{retry: p}
	q.reset()
	return q
}

// reset forgets all signals, as their partitions are somebody else's.
func (q *queue) reset() {
	q.lanes, q.symbols = map[laneKey]*lane{}, map[string][]*item{}
	q.retried, q.count, q.bytes = nil, 0, 0
	q.tracks = map[kafka.TopicPartition]*track{}
	if q.sent == nil {
		q.sent = map[int][]time.Time{}
	}
}

// assign begins a partition at an offset.
func (q *queue) assign(tp kafka.TopicPartition, offset int64) { q.tracks[tp] = &track{next: offset} }

// full reports whether no further signal may be put.
func (q *queue) full() bool {
	marks := 0
	for _, t := range q.tracks {
		marks += len(t.marks)
	}
	return marks >= queueSignalsMax || q.bytes >= queueBytesMax
}

// oldest returns how long ago the oldest signal was written that is not delivered; 0 for none.
func (q *queue) oldest(now time.Time) time.Duration {
	age := time.Duration(0)
	for _, waiting := range q.symbols {
		age = max(age, now.Sub(waiting[0].Written))
	}
	return age
}

// uncommitted returns how many signals are delivered behind one that is not: they would come again
// after a crash. With those that wait they are at most queueSignalsMax.
func (q *queue) uncommitted() int {
	n := 0
	for _, t := range q.tracks {
		n += len(t.marks)
	}
	return n - q.count
}

// skip notes that the topic was read up to an offset.
func (q *queue) skip(tp kafka.TopicPartition, next int64) {
	if t := q.tracks[tp]; t != nil {
		t.next = max(t.next, next)
	}
}

// put takes a signal that goes a route. It reports false where the route's quiet hours drop it.
func (q *queue) put(s *Signal, r *route, at kafka.TopicPartition, offset int64, now time.Time) bool {
	q.skip(at, offset+1)
	var quietTo time.Time
	if r.quiet != nil {
		if end, inside := r.quiet.until(s.Written); inside {
			if r.quiet.drop {
				return false
			}
			quietTo = end
		}
	}
	q.seq++
	i := &item{Signal: s, at: at, offset: offset, seq: q.seq, route: r}
	q.tracks[at].marks = append(q.tracks[at].marks, mark{offset: offset})
	q.count++
	q.bytes += len(s.Payload)
	q.symbols[s.Symbol] = append(q.symbols[s.Symbol], i)
	key := laneKey{r.index, r.groupOf(s)}
	l := q.lanes[key]
	if l == nil {
		l = &lane{route: r, joined: r.grouped}
		q.lanes[key] = l
	}
	if len(l.items) == 0 {
		l.due = now
		if r.grouped {
			l.due = now.Add(r.wait)
			if next := l.last.Add(r.interval); !l.last.IsZero() && next.After(l.due) {
				l.due = next
			}
		}
	}
	if !quietTo.IsZero() {
		l.joined = true
		if quietTo.After(l.due) {
			l.due = quietTo
		}
	}
	l.items = append(l.items, i)
	return true
}

// writer writes the message about signals that are sent together: of them, so many are shown
// (all for 0); over says that they are those beyond the route's rate.
type writer func(signals []*Signal, r *route, most int, over bool) *Notice

// next returns what is to be sent now, or when to ask again: zero for when something is put.
func (q *queue) next(now time.Time, write writer) (*parcel, time.Time) {
	var again time.Time
	sooner := func(t time.Time) {
		if again.IsZero() || t.Before(again) {
			again = t
		}
	}
	if now.Before(q.pausedTo) {
		if q.count > 0 {
			sooner(q.pausedTo)
		}
		return nil, again
	}
	for _, p := range q.retried {
		switch {
		case !q.first(p.items):
		case now.Before(p.next):
			sooner(p.next)
		default:
			return p, time.Time{}
		}
	}
	var best *lane
	var take []*item
	for key, l := range q.lanes {
		if len(l.items) == 0 {
			if !now.Before(l.last.Add(l.route.interval)) {
				delete(q.lanes, key) // nothing of it matters any more
			}
			continue
		}
		if now.Before(l.due) {
			sooner(l.due)
			continue
		}
		if wait := q.window(l.route, now); wait > 0 {
			l.due, l.joined, l.over = now.Add(wait), true, true
			sooner(l.due)
			continue
		}
		if free := q.free(l); len(free) > 0 && (best == nil || free[0].seq < take[0].seq) {
			best, take = l, free
		}
	}
	if best == nil {
		return nil, again
	}
	return q.pack(best, take, now, write), time.Time{}
}

// free returns the items of a lane that make its next message: none of them is behind another
// signal of its symbol that is not in it.
func (q *queue) free(l *lane) []*item {
	var take []*item
	taken := map[string]int{}
	for _, i := range l.items {
		if n := taken[i.Symbol]; q.symbols[i.Symbol][n] == i {
			take = append(take, i)
			if !l.joined {
				return take
			}
			taken[i.Symbol] = n + 1
		}
	}
	return take
}

// first reports whether no earlier signal of the items' symbols waits.
func (q *queue) first(items []*item) bool {
	seen := map[string]int{}
	for _, i := range items {
		if q.symbols[i.Symbol][seen[i.Symbol]] != i {
			return false
		}
		seen[i.Symbol]++
	}
	return true
}

// pack makes a parcel of items, which it takes from their lane.
func (q *queue) pack(l *lane, take []*item, now time.Time, write writer) *parcel {
	inside := map[*item]bool{}
	signals := make([]*Signal, len(take))
	for k, i := range take {
		inside[i] = true
		signals[k] = i.Signal
	}
	if len(take) == 1 && take[0] == l.items[0] {
		l.items = l.items[1:] // the usual case, also of a long backlog
	} else {
		l.items = slices.DeleteFunc(l.items, func(i *item) bool { return inside[i] })
	}
	most, over := 0, l.over
	if l.joined {
		most = l.route.most
	}
	if len(l.items) == 0 {
		l.last, l.over, l.joined = now, false, l.route.grouped
	} else if l.route.grouped {
		l.due = now.Add(l.route.interval) // of those behind a signal that is not delivered
	}
	if r := l.route; r.rate.count > 0 {
		q.sent[r.index] = append(q.sent[r.index], now)
	}
	return &parcel{Notice: write(signals, l.route, most, over), items: take, first: now}
}

// window returns how long the route's rate makes its next message wait: in no span are there more
// than it says.
func (q *queue) window(r *route, now time.Time) time.Duration {
	if r.rate.count == 0 {
		return 0
	}
	times := q.sent[r.index]
	for len(times) > 0 && !now.Before(times[0].Add(r.rate.span)) {
		times = times[1:]
	}
	q.sent[r.index] = times
	if len(times) < r.rate.count {
		return 0
	}
	return times[0].Add(r.rate.span).Sub(now)
}

// delivered takes a parcel out for good.
func (q *queue) delivered(p *parcel) {
	q.succeeded()
	q.remove(p)
}

// succeeded ends the pause of a receiver that had failed.
func (q *queue) succeeded() { q.failures, q.pausedTo = 0, time.Time{} }

func (q *queue) remove(p *parcel) {
	q.retried = slices.DeleteFunc(q.retried, func(x *parcel) bool { return x == p })
	for _, i := range p.items {
		q.count--
		q.bytes -= len(i.Payload)
		rest := slices.DeleteFunc(q.symbols[i.Symbol], func(x *item) bool { return x == i })
		if len(rest) == 0 {
			delete(q.symbols, i.Symbol)
		} else {
			q.symbols[i.Symbol] = rest
		}
		q.tracks[i.at].finish(i.offset)
	}
}

// failed puts a parcel back to be sent again, after the receiver has failed. What the receiver
// asked for (0 for nothing) goes before the policy's greatest pause. It returns when.
func (q *queue) failed(p *parcel, now time.Time, after time.Duration) time.Time {
	p.attempts++
	q.failures++
	pause := q.retry.pause(p.attempts)
	if after > 0 {
		pause = after
		q.pausedTo = now.Add(after)
	} else {
		q.pausedTo = now.Add(min(pause, q.retry.pause(q.failures)))
	}
	p.next = now.Add(pause)
	if !slices.Contains(q.retried, p) {
		q.retried = append(q.retried, p)
	}
	return p.next
}

// giveUp reports whether a parcel has been tried for long enough.
func (q *queue) giveUp(p *parcel, now time.Time) bool { return now.Sub(p.first) >= q.retry.total }

// pause is exponential with full jitter: anything up to the doubled one
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func (p *retryPolicy) pause(attempts int) time.Duration {
	most := min(p.first<<min(attempts-1, 30), p.max)
	if most <= 0 {
		most = p.max
	}
	return time.Duration(p.random.Int64N(int64(most) + 1))
}

// finish notes that an offset is processed.
func (t *track) finish(offset int64) {
	if t == nil {
		return
	}
	i, found := slices.BinarySearchFunc(t.marks, offset, func(m mark, o int64) int {
		return int(m.offset - o)
	})
	if found {
		t.marks[i].done = true
	}
	n := 0
	for n < len(t.marks) && t.marks[n].done {
		n++
	}
	t.marks = t.marks[n:]
}

// low returns the offset below which everything is processed.
func (t *track) low() int64 {
	if len(t.marks) > 0 {
		return t.marks[0].offset
	}
	return t.next
}

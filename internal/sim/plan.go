package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"streamd/live"
)

// Scenario is everything that a seed decides beforehand.
type Scenario struct {
	Seed        uint64
	Brokers     int
	Release     Release
	Partitions  int32
	Symbols     int
	Bars        int           // of each symbol
	Gap         time.Duration // between two bars
	Instances   int
	Delivery    live.Delivery
	Session     time.Duration
	LossyReload bool          // reloads forget the signals that are open: a planted bug
	Static      bool          // members of the group come back as who they were
	Snapshots   time.Duration // how long a change waits for one
	Others      bool          // formulas look at other series
	Grace       time.Duration // that bars wait for missing candles
	Rates       Rates
	Events      []Event
}

// Release is as what the brokers answer. The older two know no epoch of its own for a
// transaction (KIP-890), so streamd fences.
type Release string

// The releases of a Scenario.
const (
	Kafka4   Release = "Apache Kafka 4"
	Kafka3   Release = "Apache Kafka 3.9"
	Redpanda Release = "Redpanda 24.3"
)

// Rates are the probabilities of a request's fate.
type Rates struct {
	LoseRequest float64 // the connection breaks before the broker has it
	LoseAnswer  float64 // ... after the broker has done it
	Late        float64 // the connection breaks, and the broker gets it later
	Double      float64 // the broker gets it twice
	Slow        float64 // it takes up to a second
	Refuse      float64 // a connection is refused
}

// Event is something that happens to an instance or to the brokers.
type Event struct {
	At   time.Duration
	Kind EventKind
	Who  int // instance
	For  time.Duration
}

// EventKind names an event.
type EventKind string

// Crash is kill -9, Damage the same with a disk that lost or tore its last
// writes, Wipe with one that lost everything. Freeze stops the instance's
// traffic for longer than its session and then lets it go on: a zombie. Stop is
// SIGTERM. Cut is a broken network. Full is a disk that takes nothing. Move gives
// partitions and groups to other brokers. Reload puts the same formulas in force again.
// Expire deletes the input below the low-water of the state topic. All but the last three
// come back after a time.
const (
	Crash  EventKind = "crash"
	Damage EventKind = "damage"
	Wipe   EventKind = "wipe"
	Freeze EventKind = "freeze"
	Stop   EventKind = "stop"
	Cut    EventKind = "cut"
	Full   EventKind = "full"
	Move   EventKind = "move"
	Expire EventKind = "expire"
	Reload EventKind = "reload"
)

// NewPlan draws the plan of a seed.
func NewPlan(seed uint64) Scenario {
	r := draw(seed, "plan")
	p := Scenario{
		Seed: seed, Brokers: 1 + r.IntN(3), Partitions: 2 + r.Int32N(3), Symbols: 3 + r.IntN(4), Bars: 30 + r.IntN(50),
		Gap: time.Duration(100+r.IntN(300)) * time.Millisecond, Instances: 1 + r.IntN(3),
		Delivery: live.ExactlyOnce, Session: time.Duration(3+r.IntN(4)) * time.Second,
	}
	if r.IntN(4) == 0 {
		p.Delivery = live.AtLeastOnce
	}
	if r.IntN(5) > 0 { // one in five has a perfect network
		p.Rates = Rates{
			LoseRequest: r.Float64() * 0.02, LoseAnswer: r.Float64() * 0.03, Late: r.Float64() * 0.01,
			Double: r.Float64() * 0.02, Slow: r.Float64() * 0.05, Refuse: r.Float64() * 0.1,
		}
	}
	length := time.Duration(p.Bars) * p.Gap
	p.Static = r.IntN(2) == 0
	p.Release = []Release{Kafka4, Kafka4, Kafka3, Redpanda}[draw(seed, "release").IntN(4)]
	p.Snapshots = time.Duration(200+r.IntN(3000)) * time.Millisecond
	kinds := []EventKind{Crash, Crash, Crash, Damage, Wipe, Freeze, Freeze, Stop, Cut, Move, Full, Expire, Expire}
	for range 1 + r.IntN(10) {
		e := Event{
			At: time.Duration(r.Int64N(int64(length + length/4))), Kind: kinds[r.IntN(len(kinds))],
			Who: r.IntN(p.Instances),
			For: time.Duration(r.Int64N(int64(3 * time.Second))),
		}
		if e.Kind == Freeze {
			e.For += p.Session
		}
		p.Events = append(p.Events, e)
	}
	reloads := draw(seed, "reloads")
	for range reloads.IntN(4) {
		p.Events = append(p.Events, Event{
			At: time.Duration(reloads.Int64N(int64(length))), Kind: Reload, Who: reloads.IntN(p.Instances),
		})
	}
	slices.SortFunc(p.Events, func(a, b Event) int { return int(a.At - b.At) })
	return p
}

// draw returns a source of random numbers for one purpose of a seed. Separate
// purposes are independent, so that what happens first does not change them.
func draw(seed uint64, purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

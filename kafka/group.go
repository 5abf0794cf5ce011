package kafka

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
)

// GroupConfig describes a member of a consumer group; zero values mean the defaults.
type GroupConfig struct {
	ID string
	// InstanceID makes the member static (KIP-345): when it comes back within
	// the session timeout it takes its partitions back without a rebalance.
	InstanceID string
	Topics     []string
	Patterns   []*regexp.Regexp // topics whose whole name matches one
	Except     []string         // topics that match no pattern
	// Skip leaves out a topic that a pattern matches; nil leaves out none. All members
	// should come to the same.
	Skip func(context.Context, Topic) bool
	// SessionTimeout is after how long without a heartbeat the broker gives
	// the member up; default 10 s.
	SessionTimeout time.Duration
	// RebalanceTimeout is how long the group waits for members to give up
	// their partitions and rejoin; default SessionTimeout.
	RebalanceTimeout time.Duration
	Heartbeat        time.Duration // default 1 s
	// TopicRefresh is how often topics and partitions are looked up; default 5 s.
	TopicRefresh time.Duration
	// OnRetry is told of failures that the group deals with itself. It is
	// called from the group's goroutines.
	OnRetry func(error)
}

// Group is a member of a consumer group by the classic protocol: eager
// rebalances, assignment computed by the member that the broker makes leader.
// Next and Close are for one goroutine.
type Group struct {
	client   *Client
	cfg      GroupConfig
	memberID string
	topics   []Topic // as of the last join
	current  *Generation
	closed   bool
	fatal    error
	// nudges are the rebalances that this member asked for because its topics
	// are others than its assignment was made for; the last one for nudgedFor.
	nudges    uint32
	nudgedFor []byte
	// excuses are how many fences may be nobody's doing: see excused.
	excuses int
	named   time.Time // when a static member last asked for its member id
}

// Assignment is a partition that a member owns in one generation.
type Assignment struct {
	TopicPartition
	TopicID TopicID
	// Offset is the committed position, or -1 when there is none.
	Offset int64
}

// Generation is one membership: from a rebalance to the next. The member
// heartbeats until the following Next or Close, also after Done, so that the
// owner can finish and commit what it holds.
type Generation struct {
	GroupMember
	Assignments []Assignment // ordered by topic and partition
	Leader      bool

	group    *Group
	nudgeFor []byte          // with ErrTopicsChanged: the topics now
	life     context.Context // ends with Done
	finish   context.CancelCauseFunc
	stop     context.CancelFunc // ends the heartbeats
	wait     sync.WaitGroup
}

// Group prepares a member. It joins with the first Next.
func (c *Client) Group(cfg GroupConfig) (*Group, error) {
	switch {
	case cfg.ID == "":
		return nil, errors.New("kafka: group without an id")
	case len(cfg.Topics) == 0 && len(cfg.Patterns) == 0:
		return nil, fmt.Errorf("kafka: group %s without topics", cfg.ID)
	}
	cfg.SessionTimeout = defaultTo(cfg.SessionTimeout, 10*time.Second)
	cfg.RebalanceTimeout = defaultTo(cfg.RebalanceTimeout, cfg.SessionTimeout)
	cfg.Heartbeat = defaultTo(cfg.Heartbeat, time.Second)
	cfg.TopicRefresh = defaultTo(cfg.TopicRefresh, 5*time.Second)
	if cfg.Heartbeat > cfg.SessionTimeout/3 {
		return nil, fmt.Errorf("kafka: group %s: heartbeat %v above a third of the session timeout %v", cfg.ID,
			cfg.Heartbeat, cfg.SessionTimeout)
	}
	if cfg.OnRetry == nil {
		cfg.OnRetry = func(error) {}
	}
	return &Group{client: c, cfg: cfg, excuses: 1}, nil
}

// assignmentProtocol is the name of this package's assignment. It is its own, so that
// the broker refuses a consumer with another assignor: that one would take partitions
// and make no signals of them.
const assignmentProtocol = "streamd"

// Next gives up the current generation, joins the group (again) and returns
// the next one. Call it when the current generation is Done, after finishing
// and committing what it holds. Transient failures are repeated until the
// context ends. An error that is FencedInstanceID means that another process
// has the instance id: two share it, and this one is out for good.
func (g *Group) Next(ctx context.Context) (*Generation, error) {
	switch {
	case g.closed:
		return nil, ErrClosed
	case g.fatal != nil:
		return nil, g.fatal
	}
	if g.current != nil {
		g.current.end()
		if errors.Is(g.current.Err(), FencedInstanceID) && !g.excused() {
			g.fatal = g.current.Err()
			return nil, g.fatal
		}
		switch {
		case errors.Is(g.current.Err(), UnknownMemberID):
			g.memberID = ""
		case errors.Is(g.current.Err(), ErrTopicsChanged):
			g.nudges, g.nudgedFor = g.nudges+1, g.current.nudgeFor
		}
		g.current = nil
	}
	began := time.Now()
	for n := 1; ; n++ {
		gen, err := g.join(ctx)
		if err == nil {
			g.current = gen
			return gen, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		pause := backoff(n)
		switch code := codeOf(err); {
		case code == MemberIDRequired:
			continue // the answer held the id to join with
		case code == FencedInstanceID && !g.excused():
			g.fatal = err
			return nil, err
		case code == FencedInstanceID:
		case code == UnknownMemberID:
			g.memberID = ""
		case code == InconsistentProtocol && time.Since(began) < g.cfg.SessionTimeout+g.cfg.RebalanceTimeout:
			// A member of an older release may have left without saying so.
		case code == InconsistentProtocol:
			return nil, fmt.Errorf("%w: %w", ErrForeignMembers, err)
		case code == RebalanceInProgress, code == IllegalGeneration:
		case !retriable(err):
			return nil, err
		}
		g.cfg.OnRetry(err)
		if !sleep(ctx, pause) {
			return nil, ctx.Err()
		}
	}
}

// lateMost is how late a broker may carry out a join that it was sent.
const lateMost = time.Minute

// excused reports whether a fence may be nobody's doing, and if so has the member
// join without its member id. A static join gives the instance id a new member id
// even when nobody waits for the answer any more: this member's own, of which the
// answer was lost, or that of its predecessor, killed while it joined. Each such
// join fences once. A second process of the same instance id fences again, and
// outlives this one.
func (g *Group) excused() bool {
	if g.excuses == 0 || time.Since(g.named) > lateMost {
		return false
	}
	g.excuses--
	g.memberID = ""
	return true
}

// Close ends the membership. A dynamic member leaves the group, so that the
// others take over at once; a static one does not, so that it finds its
// partitions again if it comes back within the session timeout.
func (g *Group) Close(ctx context.Context) error {
	return g.close(ctx, g.cfg.InstanceID == "")
}

// Leave ends the membership of a static member, too, for good.
func (g *Group) Leave(ctx context.Context) error { return g.close(ctx, true) }

func (g *Group) close(ctx context.Context, leave bool) error {
	if g.closed {
		return nil
	}
	g.closed = true
	if g.current != nil {
		g.current.end()
	}
	if !leave || g.memberID == "" || g.fatal != nil {
		return nil
	}
	err := g.coordinated(ctx, func(ctx context.Context, node int32) error {
		r, err := g.client.request(ctx, node, 13, 3, false, func(w *writer) {
			w.str(g.cfg.ID)
			w.array(1)
			w.str(g.memberID)
			w.optional(g.cfg.InstanceID)
		})
		if err != nil {
			return err
		}
		return parseLeaveGroup(&r)
	})
	if errors.Is(err, UnknownMemberID) {
		return nil // gone already
	}
	return err
}

func (g *Group) coordinated(ctx context.Context, send func(context.Context, int32) error) error {
	return g.client.coordinated(ctx, coordinatorKey{g.cfg.ID, groupCoordinator}, send)
}

// matching returns the topics that the group reads now.
func (g *Group) matching(ctx context.Context) ([]Topic, error) {
	all, err := g.client.MatchTopics(ctx, g.cfg.Topics, g.cfg.Patterns, g.cfg.Except)
	if err != nil || g.cfg.Skip == nil {
		return all, err
	}
	all = slices.DeleteFunc(all, func(t Topic) bool {
		return !slices.Contains(g.cfg.Topics, t.Name) && g.cfg.Skip(ctx, t)
	})
	return all, ctx.Err()
}

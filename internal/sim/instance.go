package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"streamd/kafka"
	"streamd/live"
	"streamd/topics"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// instance is a streamd with its disk, which runs as one process after the
// other.
type instance struct {
	world *World
	name  string

	mu          sync.Mutex
	process     *process
	incarnation int
	ended       []*process
	disk        string    // directory of the newest process
	ending      EventKind // of it
	random      *rand.Rand
	full        atomic.Bool // the disk takes nothing
}

func (i *instance) failing() error {
	if i.full.Load() {
		return errFull
	}
	return nil
}

var errFull = errors.New("no space left on device")

// process is one run of an instance.
type process struct {
	network  *network
	consumer *live.Consumer
	cancel   context.CancelFunc
	done     chan struct{}
}

// start runs the instance, unless it runs.
func (i *instance) start() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.process != nil {
		return
	}
	i.incarnation++
	name := fmt.Sprintf("%s%d", i.name, i.incarnation)
	w := i.world
	p := &process{network: newNetwork(w, name), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	client, err := kafka.Open(kafka.Config{
		Brokers: w.addresses, Dial: p.network.Dial,
		OnRetry: func(op string, err error) { w.logf("%s: %s again: %v", name, op, err) },
	})
	if err != nil {
		panic("sim: " + err.Error())
	}
	state := i.state(i.newDisk(name))
	mapping := topics.Source{Name: candlesTopic, Mapping: flat()}
	id := ""
	if w.plan.Static {
		id = group + "-" + i.name
	}
	consumer := live.New(live.Config{
		Client: client, Group: group, InstanceID: id, TransactionalID: group + "-" + i.name,
		Topics: []topics.Source{mapping}, Delivery: w.plan.Delivery,
		Signals: signalsTopic, DeadLetters: deadTopic, Outcomes: outcomesTopic,
		SessionTimeout: w.plan.Session, State: state, Rules: w.rules,
		Engine: engineOptions(), Across: w.plan.across(),
		Log: zerolog.New(traceLog{w, name}).Level(zerolog.InfoLevel), Metrics: live.NewMetrics(metrics.NewSet()),
	})
	w.logf("%s starts", name)
	go func() {
		defer close(p.done)
		defer func() {
			if err := state.Store.Close(); err != nil {
				w.violate("%s: %v", name, err)
			}
		}()
		defer client.Close()
		err := consumer.Run(ctx)
		w.logf("%s ended: %v", name, err)
		if ctx.Err() == nil {
			w.violate("%s ended by itself: %v", name, err)
		}
	}()
	p.consumer = consumer
	i.process = p
}

// reload puts the same formulas in force again, as SIGHUP does. A lossy reload is what a streamd
// would do that forgets open signals: for some time its formulas end none.
func (i *instance) reload(lossy bool, d time.Duration) {
	i.mu.Lock()
	p := i.process
	i.mu.Unlock()
	if p == nil {
		return
	}
	again := func(forgetful bool) {
		rules, err := i.world.plan.simRules(forgetful)
		if err != nil {
			panic("sim: " + err.Error()) // they were compiled before
		}
		p.consumer.Reload(rules)
	}
	if lossy {
		again(true)
		time.Sleep(d)
	}
	again(false)
}

// take ends the present process's time and returns it, or nil.
func (i *instance) take() *process {
	i.mu.Lock()
	defer i.mu.Unlock()
	p := i.process
	if p != nil {
		i.process = nil
		i.ended = append(i.ended, p)
	}
	return p
}

// crash is kill -9: from now on nothing of the process reaches anybody. Its
// goroutines still have to end, which they do against a dead network.
func (i *instance) crash(kind EventKind) {
	if p := i.take(); p != nil {
		i.mu.Lock()
		i.ending = kind
		i.mu.Unlock()
		p.network.die()
		p.cancel()
	}
}

// stop is SIGTERM.
func (i *instance) stop() {
	if p := i.take(); p != nil {
		p.cancel()
		<-p.done
		p.network.die()
	}
}

// freeze makes a zombie of the process for a time.
func (i *instance) freeze(d time.Duration) {
	i.mu.Lock()
	p := i.process
	i.mu.Unlock()
	if p == nil || !p.network.freeze() {
		return
	}
	time.Sleep(d)
	i.world.logf("%s thaws", p.network.name)
	p.network.thaw()
}

func (i *instance) cutOff(d time.Duration) {
	i.mu.Lock()
	p := i.process
	i.mu.Unlock()
	if p == nil {
		return
	}
	p.network.setCut(true)
	time.Sleep(d)
	p.network.setCut(false)
}

// await waits until all processes, crashed ones included, have unwound.
func (i *instance) await() {
	for _, p := range i.ended {
		<-p.done
	}
}

// traceLog puts a process's log into the trace.
type traceLog struct {
	world *World
	name  string
}

func (t traceLog) Write(b []byte) (int, error) {
	t.world.logf("%s: %s", t.name, b)
	return len(b), nil
}

package doctor

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"streamd/kafka"
)

// askBrokers reports whether the cluster answers at all.
func (e *examination) askBrokers(ctx context.Context) bool {
	within, stop := e.within(ctx)
	defer stop()
	var err error
	if e.brokers, err = e.Client.Brokers(within); err != nil {
		e.note(Broken, "no broker answers at %s within %v: %v; is one running there, and is that its listener for "+
			"clients? kafka.brokers names them", strings.Join(e.Addresses, ", "), e.AnswerTime, err)
		return false
	}
	offers := make([]*kafka.Offer, len(e.brokers))
	errs := make([]error, len(e.brokers))
	var asked sync.WaitGroup
	for i, b := range e.brokers {
		asked.Go(func() { offers[i], errs[i] = e.askOffer(within, b.ID) })
	}
	asked.Wait()
	levels := map[int16]bool{}
	all := true
	for i, b := range e.brokers {
		var old *kafka.TooOldError
		switch {
		case errors.As(errs[i], &old):
			e.note(Fatal, "broker %d at %s: %v", b.ID, b.Address, errs[i])
			all = false
		case errs[i] != nil:
			e.note(Broken, "broker %d at %s does not answer within %v: %v", b.ID, b.Address, e.AnswerTime, errs[i])
			all = false
		default:
			v := offers[i].TransactionVersion
			levels[v] = true
			if e.level < 0 || v < e.level {
				e.level = v
			}
		}
	}
	if all {
		e.note(Fine, "brokers that answer: %d of %d", len(e.brokers), len(e.brokers))
	}
	if len(e.brokers) == 1 {
		e.note(Warning, "a single broker: what it loses with its disk is gone, and while it is away nothing moves")
	}
	if len(levels) > 1 {
		e.note(Warning, "the brokers have different levels of transaction.version, as in an upgrade; the lowest counts")
	}
	e.askSettings(within)
	return all
}

// askOffer asks one broker until it answers.
func (e *examination) askOffer(ctx context.Context, broker int32) (*kafka.Offer, error) {
	for {
		o, err := e.Client.Offer(ctx, broker)
		var old *kafka.TooOldError
		if err == nil || errors.As(err, &old) || ctx.Err() != nil {
			return o, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// sayDelivery says what the delivery rests on, unless something has shown that it does not hold.
func (e *examination) sayDelivery() {
	switch {
	case e.refused || e.level < 0:
	case !e.ExactlyOnce:
		e.note(Fine, "at_least_once: a signal may come again, with the same id")
	case e.level >= 2:
		e.note(Fine, "exactly_once holds: each transaction has an epoch of its own (transaction.version %d)", e.level)
	default:
		e.note(Fine, "exactly_once holds by fencing: transaction.version is %d, so after each lost answer streamd "+
			"takes a new epoch before the next transaction; with level 2 the brokers do it", e.level)
	}
}

// askSettings looks at settings of the brokers.
func (e *examination) askSettings(ctx context.Context) {
	settings, err := e.Client.BrokerSettings(ctx, e.brokers[0].ID)
	if err != nil {
		e.note(Warning, "the brokers' settings are not known: %v (DESCRIBE_CONFIGS on the cluster shows them)", err)
		return
	}
	e.settings = settings
	most, ok := milliseconds(settings, "transaction.max.timeout.ms")
	if ok && e.ExactlyOnce && most < e.TransactionTimeout {
		e.refused = true
		e.note(Fatal, "transaction.max.timeout.ms is %v, below the %v that streamd asks for: no transaction can begin",
			most, e.TransactionTimeout)
	}
	if least, ok := milliseconds(settings, "group.min.session.timeout.ms"); ok && e.SessionTimeout > 0 &&
		e.SessionTimeout < least {
		e.note(Fatal, "group.min.session.timeout.ms is %v, above the session timeout of %v: the group cannot be joined",
			least, e.SessionTimeout)
	}
	if len(e.brokers) == 1 {
		return
	}
	for _, name := range []string{"offsets.topic.replication.factor", "transaction.state.log.replication.factor"} {
		if n, err := strconv.Atoi(settings[name]); err == nil && n < 2 {
			e.note(Broken, "%s is %d: one broker's disk alone has the offsets or the transactions", name, n)
		}
	}
	if n, err := strconv.Atoi(settings["transaction.state.log.min.isr"]); err == nil && n < 2 && e.ExactlyOnce {
		e.note(Broken, "transaction.state.log.min.isr is %d: an end that one broker alone has may be lost", n)
	}
}

// milliseconds reads a setting; -1 is for ever.
func milliseconds(settings map[string]string, name string) (time.Duration, bool) {
	n, err := strconv.ParseInt(settings[name], 10, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	return time.Duration(min(n, int64(1<<63-1)/int64(time.Millisecond))) * time.Millisecond, true
}

package doctor

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/kafka"
)

// own is a topic that streamd writes.
type own struct {
	name, what string
	state      bool
}

func (e *examination) own() []own {
	all := []own{{e.Signals, "signals", false}, {e.DeadLetters, "dead letters", false}, {e.State, "state", true}}
	return slices.DeleteFunc(all, func(o own) bool { return o.name == "" })
}

// inputs are the input topics that exist.
func (e *examination) inputs(ctx context.Context) ([]kafka.Topic, error) {
	return e.Client.MatchTopics(ctx, e.Inputs, e.Patterns, e.Except)
}

// askRights names missing rights by operation and resource.
func (e *examination) askRights(ctx context.Context) {
	ctx, stop := e.within(ctx)
	defer stop()
	names := slices.Clone(e.Inputs)
	for _, o := range e.own() {
		names = append(names, o.name)
	}
	found, cluster, failed, err := e.Client.TopicRights(ctx, names)
	if err != nil {
		e.note(Broken, "the topics' rights are not known: %v", err)
		return
	}
	for _, name := range e.Inputs {
		switch rights, ok := found[name]; {
		case kafka.Denied(failed[name]):
			e.note(Broken, "missing ACL: DESCRIBE and READ on topic %s (input)", name)
		case !ok && !e.Await:
			e.note(Broken, "topic %s (input) does not exist: --create-topics makes it", name)
		case !ok:
		case !rights.May(kafka.Read):
			e.note(Broken, "missing ACL: READ on topic %s (input)", name)
		}
	}
	for _, o := range e.own() {
		rights, ok := found[o.name]
		level := Broken
		if o.state && e.StateDir {
			level = Warning // the directory has the same records
		}
		switch {
		case kafka.Denied(failed[o.name]):
			e.note(level, "missing ACL: DESCRIBE and WRITE on topic %s (%s)", o.name, o.what)
		case !ok && !cluster.May(kafka.Create):
			e.note(level, "topic %s (%s) does not exist, and CREATE on the cluster is missing", o.name, o.what)
		case !ok:
			e.note(Warning, "topic %s (%s) does not exist yet: streamd will make it", o.name, o.what)
		case !rights.May(kafka.Write):
			e.note(level, "missing ACL: WRITE on topic %s (%s)", o.name, o.what)
		case o.state && !rights.May(kafka.Read):
			e.note(level, "missing ACL: READ on topic %s (%s)", o.name, o.what)
		}
	}
}

// messageBytes is the largest batch that streamd sends.
const messageBytes = 1_000_000

// spare is what retention needs beyond the time between snapshots.
const spare = 5 * time.Minute

// askTopics looks at the settings of the topics that exist.
func (e *examination) askTopics(ctx context.Context) {
	ctx, stop := e.within(ctx)
	defer stop()
	inputs, err := e.inputs(ctx)
	if err != nil {
		e.note(Broken, "the input topics are not known: %v", err)
	}
	if len(inputs) == 0 && len(e.Patterns) > 0 && err == nil {
		e.note(Warning, "no topic matches the patterns of the input")
	}
	for _, t := range inputs {
		e.retention(ctx, t.Name)
	}
	for _, o := range e.own() {
		topics, err := e.Client.Topics(ctx, o.name)
		if err != nil {
			continue // said with the rights
		}
		e.durability(ctx, o, topics[0])
	}
}

// retention holds an input's against the age of snapshots.
func (e *examination) retention(ctx context.Context, topic string) {
	settings, err := e.Client.TopicSettings(ctx, topic)
	if err != nil {
		e.note(Warning, "the settings of topic %s (input) are not known: %v", topic, err)
		return
	}
	kept, ok := milliseconds(settings, "retention.ms")
	if !ok || !strings.Contains(settings["cleanup.policy"], "delete") {
		return
	}
	switch {
	case kept < e.SnapshotEvery:
		e.note(Fatal, "topic %s (input) keeps candles for %v, less than state.snapshot_every (%v): after a restart "+
			"candles are gone that no snapshot holds", topic, kept, e.SnapshotEvery)
	case kept < e.SnapshotEvery+spare:
		e.note(Broken, "topic %s (input) keeps candles for %v: state.snapshot_every (%v) and some minutes are needed",
			topic, kept, e.SnapshotEvery)
	}
}

// durability looks at replicas, sizes and cleaning of a topic that streamd writes.
func (e *examination) durability(ctx context.Context, o own, t kafka.Topic) {
	settings, err := e.Client.TopicSettings(ctx, o.name)
	if err != nil {
		e.note(Warning, "the settings of topic %s (%s) are not known: %v", o.name, o.what, err)
		return
	}
	replicas := 0
	for _, p := range t.Partitions {
		if replicas == 0 || p.Replicas < replicas {
			replicas = p.Replicas
		}
	}
	acknowledged, err := strconv.Atoi(settings["min.insync.replicas"])
	switch {
	case len(e.brokers) == 1 || err != nil:
	case replicas < 2:
		e.note(Broken, "topic %s (%s) is on one broker alone: what it loses is lost", o.name, o.what)
	case acknowledged < 2:
		e.note(Broken, "topic %s (%s): min.insync.replicas is %d, so what one broker alone has acknowledged "+
			"may be lost; set it to 2", o.name, o.what, acknowledged)
	case acknowledged > replicas:
		e.note(Broken, "topic %s (%s): min.insync.replicas is %d, but it has %d replicas: nothing can be written",
			o.name, o.what, acknowledged, replicas)
	}
	if most, err := strconv.Atoi(settings["max.message.bytes"]); err == nil && most < messageBytes {
		e.note(Warning, "topic %s (%s): max.message.bytes is %d; streamd's batches have up to %d bytes, and a larger "+
			"message is dropped", o.name, o.what, most, messageBytes)
	}
	policy := settings["cleanup.policy"]
	switch {
	case o.state && !strings.Contains(policy, "compact"):
		level := Broken
		if e.StateDir {
			level = Warning
		}
		e.note(level, "topic %s (state): cleanup.policy is %s, so records of quiet series expire; set it to compact",
			o.name, policy)
	case !o.state && strings.Contains(policy, "compact"):
		e.note(Broken, "topic %s (%s): cleanup.policy is %s, so older messages of a key vanish", o.name, o.what, policy)
	}
}

package kafka

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
)

// TopicPartition names a partition; it is usable as a map key.
type TopicPartition struct {
	Topic     string
	Partition int32
}

func (tp TopicPartition) String() string { return fmt.Sprintf("%s/%d", tp.Topic, tp.Partition) }

// Compare orders by topic, then partition.
func (tp TopicPartition) Compare(other TopicPartition) int {
	return cmp.Or(cmp.Compare(tp.Topic, other.Topic), cmp.Compare(tp.Partition, other.Partition))
}

// TopicID is the identity of a topic: a topic that is deleted and created
// again under its name has another one.
type TopicID [16]byte

func (id TopicID) String() string { return hex.EncodeToString(id[:]) }

// Topic is what the cluster says about a topic.
type Topic struct {
	Name       string
	ID         TopicID
	Internal   bool
	Partitions []Partition // ordered by id
}

// Partition is one partition of a Topic. Leader is -1 while there is none.
type Partition struct {
	ID, Leader, LeaderEpoch int32
	Replicas                int // how many brokers are to have it
}

// Topics describes the named topics in the order of their names, or all when
// none is named. A name that does not exist is UnknownTopicOrPartition.
func (c *Client) Topics(ctx context.Context, names ...string) ([]Topic, error) {
	var topics []Topic
	err := c.retry(ctx, "Metadata", func(ctx context.Context) (err error) {
		topics, err = c.fetchMetadata(ctx, names)
		if err == nil || len(names) == 0 {
			return err
		}
		// A missing topic is an answer, not a fault that time heals.
		if e, ok := err.(*RequestError); ok && e.Code == UnknownTopicOrPartition {
			return &permanent{err}
		}
		return err
	})
	return topics, unwrapPermanent(err)
}

// MatchTopics lists the topics that exist and are named or match one of the
// patterns (in full). Internal topics match no pattern, nor do those excepted.
func (c *Client) MatchTopics(ctx context.Context, names []string, patterns []*regexp.Regexp, except []string) ([]Topic,
	error,
) {
	all, err := c.Topics(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t Topic) bool {
		if slices.Contains(names, t.Name) {
			return false
		}
		return t.Internal || slices.Contains(except, t.Name) ||
			!slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool {
				at := p.FindStringIndex(t.Name)
				return at != nil && at[0] == 0 && at[1] == len(t.Name)
			})
	}), nil
}

// ClusterID is the cluster's own random id; another one behind the same
// address means another cluster.
func (c *Client) ClusterID(ctx context.Context) (string, error) {
	err := c.retry(ctx, "Metadata", func(ctx context.Context) error {
		_, err := c.fetchMetadata(ctx, []string{})
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clusterID, err
}

// Versions of Metadata. Where there are no topic ids, a topic that was made anew under its
// name is found by its offsets alone.
const (
	metadataOldest = 8  // the newest that Redpanda answers
	metadataIDs    = 10 // the first with topic ids (KIP-516)
)

// askMetadata asks any broker; nil means all topics, an empty list none.
func (c *Client) askMetadata(ctx context.Context, names []string, rights bool) (m metadata, err error) {
	version, err := c.newerOr(ctx, anyBroker, 3, metadataIDs, metadataOldest)
	if err != nil {
		return m, err
	}
	withIDs := version >= metadataIDs
	r, err := c.request(ctx, anyBroker, 3, version, withIDs, func(w *writer) {
		if names == nil {
			w.array(-1)
		} else {
			w.array(len(names))
		}
		for _, n := range names {
			if withIDs {
				w.b = append(w.b, make([]byte, 16)...)
			}
			w.str(n)
			w.tags()
		}
		w.bool(false) // a typing error must not create a topic
		w.bool(rights)
		w.bool(rights)
		w.tags()
	})
	if err != nil {
		return m, err
	}
	return parseMetadata(&r, withIDs)
}

// fetchMetadata remembers what askMetadata learns.
func (c *Client) fetchMetadata(ctx context.Context, names []string) ([]Topic, error) {
	m, err := c.askMetadata(ctx, names, false)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(m.topics, func(a, b Topic) int { return cmp.Compare(a.Name, b.Name) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clusterID = m.clusterID
	for i := range m.topics {
		t := m.topics[i]
		c.topics[t.Name] = &t
	}
	for _, e := range m.failed {
		if e.Code == UnknownTopicOrPartition {
			delete(c.topics, e.Topic)
		}
	}
	if names == nil {
		// The full list is the truth: what is not in it is gone. A topic may
		// vanish between listing and describing; that is no error here.
		for name := range c.topics {
			if _, ok := slices.BinarySearchFunc(m.topics, name,
				func(t Topic, n string) int { return cmp.Compare(t.Name, n) }); !ok {
				delete(c.topics, name)
			}
		}
		return m.topics, nil
	}
	if len(m.failed) > 0 {
		return m.topics, m.failed[0]
	}
	return m.topics, nil
}

type metadata struct {
	clusterID     string
	brokers       []Broker
	topics        []Topic
	rights        []Rights // of the topics
	clusterRights Rights
	failed        []*RequestError
}

func parseMetadata(r *reader, withIDs bool) (metadata, error) {
	var m metadata
	r.i32() // throttle
	for range r.array(11) {
		m.brokers = append(m.brokers, parseBroker(r)) // the transport keeps its own list
	}
	m.clusterID = r.str()
	r.i32()          // controller
	topicBytes := 13 // at least
	if withIDs {
		topicBytes = 25
	}
	for range r.array(topicBytes) {
		code := r.code()
		t := Topic{Name: r.str()}
		if withIDs {
			t.ID = r.uuid()
		}
		t.Internal = r.bool()
		for range r.array(22) {
			// A partition without a leader comes with an error code and leader -1.
			_ = r.code()
			p := Partition{ID: r.i32(), Leader: r.i32(), LeaderEpoch: r.i32()}
			for list := range 3 { // replicas, in sync, offline
				for range r.array(4) {
					r.i32()
					if list == 0 {
						p.Replicas++
					}
				}
			}
			r.tags()
			t.Partitions = append(t.Partitions, p)
		}
		rights := Rights(r.i32())
		r.tags()
		if code != None {
			m.failed = append(m.failed, &RequestError{Op: "Metadata", Topic: t.Name, Partition: -1, Code: code})
			continue
		}
		slices.SortFunc(t.Partitions, func(a, b Partition) int { return cmp.Compare(a.ID, b.ID) })
		m.topics, m.rights = append(m.topics, t), append(m.rights, rights)
	}
	m.clusterRights = Rights(r.i32())
	r.tags()
	return m, r.err
}

// leader is the node that leads the partition as far as is known, or -1.
func (c *Client) leader(tp TopicPartition) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.topics[tp.Topic]
	if t == nil {
		return -1
	}
	// Ids are dense in every cluster seen so far, but nothing promises it.
	if i := int(tp.Partition); i >= 0 && i < len(t.Partitions) && t.Partitions[i].ID == tp.Partition {
		return t.Partitions[i].Leader
	}
	for _, p := range t.Partitions {
		if p.ID == tp.Partition {
			return p.Leader
		}
	}
	return -1
}

// topicID is the id of a topic as far as is known, or zero.
func (c *Client) topicID(name string) TopicID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.topics[name]; t != nil {
		return t.ID
	}
	return TopicID{}
}

// byLeader groups partitions by the node that leads them, asking the cluster
// when one of them is not known yet.
func (c *Client) byLeader(ctx context.Context, partitions []TopicPartition) (map[int32][]TopicPartition, error) {
	for asked := false; ; asked = true {
		nodes := map[int32][]TopicPartition{}
		for _, tp := range partitions {
			node := c.leader(tp)
			nodes[node] = append(nodes[node], tp)
		}
		unknown := nodes[-1]
		if len(unknown) == 0 {
			return nodes, nil
		}
		if asked {
			return nil, &RequestError{
				Op: "Metadata", Topic: unknown[0].Topic, Partition: unknown[0].Partition,
				Code: LeaderNotAvailable,
			}
		}
		if _, err := c.fetchMetadata(ctx, topicNames(unknown)); err != nil {
			return nil, err
		}
	}
}

// partitionCount is 0 for a topic that is not known yet.
func (c *Client) partitionCount(topic string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.topics[topic]; t != nil {
		return len(t.Partitions)
	}
	return 0
}

type coordinatorKey struct {
	name string
	kind int8 // 0 group, 1 transaction
}

const (
	groupCoordinator int8 = 0
	txnCoordinator   int8 = 1
)

// coordinator finds the broker in charge of a group or a transactional id.
// kafka-go would ask before every request; the answer is kept instead, until
// forgetCoordinator.
func (c *Client) coordinator(ctx context.Context, key coordinatorKey) (int32, error) {
	c.mu.Lock()
	node, ok := c.coordinators[key]
	c.mu.Unlock()
	if ok {
		return node, nil
	}
	r, err := c.request(ctx, anyBroker, 10, 2, false, func(w *writer) {
		w.str(key.name)
		w.i8(key.kind)
	})
	if err != nil {
		return -1, err
	}
	node, err = parseFindCoordinator(&r)
	if err != nil {
		return -1, err
	}
	c.mu.Lock()
	c.coordinators[key] = node
	c.mu.Unlock()
	return node, nil
}

func parseFindCoordinator(r *reader) (int32, error) {
	r.i32()
	code, detail, node := r.code(), r.str(), r.i32()
	r.raw() // host and port: the transport knows them by the node
	r.i32()
	if r.err != nil {
		return -1, r.err
	}
	if code != None {
		return -1, &RequestError{Op: "FindCoordinator", Partition: -1, Code: code, Detail: detail}
	}
	return node, nil
}

func (c *Client) forgetCoordinator(key coordinatorKey) {
	c.mu.Lock()
	delete(c.coordinators, key)
	c.mu.Unlock()
}

// coordinated sends a request to the coordinator of key, and forgets who that
// is when the answer says so or none comes.
func (c *Client) coordinated(ctx context.Context, key coordinatorKey,
	send func(ctx context.Context, node int32) error,
) error {
	node, err := c.coordinator(ctx, key)
	if err != nil {
		return err
	}
	err = send(ctx, node)
	if err != nil && ctx.Err() == nil {
		switch code := codeOf(err); code {
		case CoordinatorNotAvailable, NotCoordinator, None:
			c.forgetCoordinator(key)
		}
	}
	return err
}

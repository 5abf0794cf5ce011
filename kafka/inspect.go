package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// What an operator asks: brokers, settings, rights, open transactions.

// Broker is a member of the cluster with the address that it advertises.
type Broker struct {
	ID      int32
	Address string
}

// Brokers lists the cluster's brokers.
func (c *Client) Brokers(ctx context.Context) ([]Broker, error) {
	m, err := c.inspectMetadata(ctx, nil)
	return m.brokers, err
}

// Offer asks one broker what it offers.
func (c *Client) Offer(ctx context.Context, broker int32) (*Offer, error) {
	o, err := c.askOffer(ctx, broker)
	if err != nil {
		return nil, err
	}
	return o, o.check()
}

// Right is one of Kafka's ACL operations.
type Right int8

// The operations that this program needs.
const (
	Read   Right = 3
	Write  Right = 4
	Create Right = 5
)

func (o Right) String() string {
	return map[Right]string{Read: "READ", Write: "WRITE", Create: "CREATE"}[o]
}

// Rights are the operations that this client's user may do, as Kafka's bit field.
type Rights int32

// May reports whether an operation is allowed. A broker without an authorizer
// allows all.
func (r Rights) May(o Right) bool { return r == noRights || r&(1<<o) != 0 }

// noRights is what a broker answers that was not asked for them.
const noRights Rights = -1 << 31

// TopicRights returns what may be done with topics that exist, and with the cluster.
// A topic that is missing, or may not even be seen, is in failed with the reason.
func (c *Client) TopicRights(ctx context.Context, topics []string) (found map[string]Rights, cluster Rights,
	failed map[string]error, err error,
) {
	m, err := c.inspectMetadata(ctx, topics)
	found, failed = map[string]Rights{}, map[string]error{}
	for i, t := range m.topics {
		found[t.Name] = m.rights[i]
	}
	for _, e := range m.failed {
		failed[e.Topic] = e
	}
	return found, m.clusterRights, failed, err
}

// inspectMetadata is Metadata with rights; no names ask for brokers alone.
func (c *Client) inspectMetadata(ctx context.Context, names []string) (m metadata, err error) {
	if names == nil {
		names = []string{}
	}
	err = c.retry(ctx, "Metadata", func(ctx context.Context) error {
		m, err = c.askMetadata(ctx, names, true)
		return err
	})
	return m, err
}

// TopicSettings returns a topic's settings by name, its broker's defaults included.
func (c *Client) TopicSettings(ctx context.Context, topic string) (map[string]string, error) {
	return c.describeConfigs(ctx, anyBroker, 2, topic)
}

// BrokerSettings returns a broker's settings by name.
func (c *Client) BrokerSettings(ctx context.Context, broker int32) (map[string]string, error) {
	return c.describeConfigs(ctx, broker, 4, strconv.Itoa(int(broker)))
}

func (c *Client) describeConfigs(ctx context.Context, node int32, kind int8, name string) (
	settings map[string]string, err error,
) {
	err = c.retry(ctx, "DescribeConfigs", func(ctx context.Context) error {
		r, err := c.request(ctx, node, 32, 1, false, func(w *writer) {
			w.array(1)
			w.i8(kind)
			w.str(name)
			w.array(-1) // all
			w.bool(false)
		})
		if err == nil {
			settings, err = parseDescribeConfigs(&r, name)
		}
		return err
	})
	return settings, err
}

func parseDescribeConfigs(r *reader, name string) (map[string]string, error) {
	settings := map[string]string{}
	r.i32()
	for range r.array(11) {
		code, detail := r.code(), r.str()
		r.i8()
		r.raw()
		for range r.array(9) {
			key, value := r.str(), r.str()
			r.bool()
			r.i8()
			r.bool()
			for range r.array(5) {
				r.raw()
				r.raw()
				r.i8()
			}
			settings[key] = value
		}
		if r.err == nil && code != None {
			return nil, &RequestError{Op: "DescribeConfigs", Topic: name, Partition: -1, Code: code, Detail: detail}
		}
	}
	return settings, r.err
}

// OpenTransaction is one that is neither committed nor aborted in full.
type OpenTransaction struct {
	ID      string // transactional
	State   string // Ongoing, PrepareCommit, PrepareAbort
	Started time.Time
	// Partitions are those that it holds: who reads them committed waits for it.
	Partitions []TopicPartition
}

// OpenTransactions lists the open transactions that a broker coordinates.
func (c *Client) OpenTransactions(ctx context.Context, broker int32) ([]OpenTransaction, error) {
	r, err := c.request(ctx, broker, 66, 0, true, func(w *writer) {
		w.array(3)
		w.str("Ongoing")
		w.str("PrepareCommit")
		w.str("PrepareAbort")
		w.array(0)
		w.tags()
	})
	if err != nil {
		return nil, err
	}
	ids, err := parseListTransactions(&r)
	if err != nil {
		return nil, err
	}
	var open []OpenTransaction
	for _, id := range ids {
		t, err := c.describeTransaction(ctx, broker, id)
		if err != nil {
			return nil, err
		}
		if t.State == "Ongoing" || t.State == "PrepareCommit" || t.State == "PrepareAbort" {
			open = append(open, t)
		}
	}
	return open, nil
}

func parseListTransactions(r *reader) (ids []string, err error) {
	r.i32()
	code := r.code()
	for range r.array(1) {
		r.raw()
		r.tags()
	}
	for range r.array(10) {
		ids = append(ids, r.str())
		r.i64()
		r.raw()
		r.tags()
	}
	r.tags()
	if r.err == nil && code != None {
		return nil, &RequestError{Op: "ListTransactions", Partition: -1, Code: code}
	}
	return ids, r.err
}

func (c *Client) describeTransaction(ctx context.Context, node int32, id string) (OpenTransaction, error) {
	r, err := c.request(ctx, node, 65, 0, true, func(w *writer) {
		w.array(1)
		w.str(id)
		w.tags()
	})
	if err != nil {
		return OpenTransaction{}, err
	}
	return parseDescribeTransaction(&r, id)
}

func parseDescribeTransaction(r *reader, id string) (OpenTransaction, error) {
	t := OpenTransaction{ID: id}
	var code Code
	r.i32()
	for range r.array(28) {
		code = r.code()
		r.raw()
		t.State = r.str()
		r.i32()
		t.Started = time.UnixMilli(r.i64())
		r.i64()
		r.i16()
		for range r.array(3) {
			topic := r.str()
			for range r.array(4) {
				t.Partitions = append(t.Partitions, TopicPartition{topic, r.i32()})
			}
			r.tags()
		}
		r.tags()
	}
	r.tags()
	if r.err == nil && code != None {
		return t, &RequestError{Op: "DescribeTransactions", Partition: -1, Code: code}
	}
	return t, r.err
}

// EndTransaction aborts the open transaction of a transactional id and fences its
// producer.
func (c *Client) EndTransaction(ctx context.Context, id string) error {
	_, err := c.initProducerID(ctx, ProducerConfig{TransactionalID: id, TransactionTimeout: 15 * time.Second},
		producerID{-1, -1})
	return err
}

// TryTransaction begins a transaction about a group's offsets under an id of its own
// and aborts it: whether the user may, and by how much the coordinator's clock is ahead
// of this one.
func (c *Client) TryTransaction(ctx context.Context, id, group string) (clockAhead time.Duration, err error) {
	p, err := c.Producer(ctx, ProducerConfig{TransactionalID: id})
	if err != nil {
		return 0, err
	}
	before := time.Now()
	if err := p.enlistGroup(ctx, group); err != nil {
		return 0, err
	}
	between := before.Add(time.Since(before) / 2)
	key := coordinatorKey{id, txnCoordinator}
	var t OpenTransaction
	described := c.coordinated(ctx, key, func(ctx context.Context, node int32) error {
		t, err = c.describeTransaction(ctx, node, id)
		return err
	})
	if err := p.endTxn(ctx, false); err != nil {
		return 0, fmt.Errorf("kafka: aborting the trial transaction %q: %w", id, err)
	}
	return t.Started.Sub(between), described
}

// parseBroker reads one entry of Metadata's brokers.
func parseBroker(r *reader) Broker {
	b := Broker{ID: r.i32()}
	host := r.str()
	b.Address = net.JoinHostPort(host, strconv.Itoa(int(r.i32())))
	r.raw()
	r.tags()
	return b
}

// Denied reports whether an error says that the user lacks a right.
func Denied(err error) bool {
	switch codeOf(err) {
	case TopicAuthorization, GroupDenied, ClusterDenied, TransactionalIDDenied:
		return true
	}
	return errors.Is(err, SASLFailed)
}

package kafka

import (
	"context"
	"fmt"
	"time"
)

// LeastRelease is the oldest Apache Kafka that answers everything in needed. Redpanda
// 24.3 does, too; it is why some versions are older than Kafka 3.0's newest.
const LeastRelease = "3.0"

// needed are the requests of this package with the version that is sent, or the
// oldest of them where the version depends on the broker.
var needed = [...]struct {
	request      string
	key, version int16
}{
	{"Produce", 0, produceOldest},
	{"Fetch", 1, 11},
	{"ListOffsets", 2, 4},
	{"Metadata", 3, metadataOldest},
	{"OffsetCommit", 8, 7},
	{"OffsetFetch", 9, 7},
	{"FindCoordinator", 10, 2},
	{"JoinGroup", 11, 5},
	{"Heartbeat", 12, 3},
	{"LeaveGroup", 13, 3},
	{"SyncGroup", 14, 3},
	{"ApiVersions", 18, 3},
	{"CreateTopics", 19, 4},
	{"InitProducerId", 22, 3},
	{"AddPartitionsToTxn", 24, 2},
	{"AddOffsetsToTxn", 25, 1},
	{"EndTxn", 26, 2},
	{"TxnOffsetCommit", 28, 3},
	{"DescribeTransactions", 65, 0},
}

// Offer is what one broker says about itself.
type Offer struct {
	// TransactionVersion is the finalized level of the cluster's feature
	// transaction.version as this broker has it: 2 for KIP-890's transactions,
	// 0 also where the broker does not know the feature.
	TransactionVersion int16
	// NewestProduce and NewestEndTxn are versions of these requests.
	NewestProduce, NewestEndTxn int16

	newest map[int16]int16 // version of each request
	asked  time.Time
}

// TooOldError says that a broker lacks a request that this package sends.
type TooOldError struct {
	Request        string
	Needed, Newest int16 // versions; Newest is -1 where the broker lacks the request
}

func (e *TooOldError) Error() string {
	has := fmt.Sprintf("only up to version %d", e.Newest)
	if e.Newest < 0 {
		has = "no such request"
	}
	return fmt.Sprintf("kafka: the broker is too old: %s version %d is needed, it has %s "+
		"(Apache Kafka %s or later answers it)", e.Request, e.Needed, has, LeastRelease)
}

// check returns a *TooOldError for the first request that the broker lacks.
func (o *Offer) check() error {
	for _, n := range needed {
		most, ok := o.newest[n.key]
		if !ok {
			most = -1
		}
		if most < n.version {
			return &TooOldError{Request: n.request, Needed: n.version, Newest: most}
		}
	}
	return nil
}

// joinsByItself reports whether records and offsets join a transaction at this
// broker without having been announced (KIP-890, part 2).
func (o *Offer) joinsByItself() bool {
	return o.TransactionVersion >= 2 && o.NewestProduce >= produceJoins && o.newest[28] >= offsetsJoin
}

// endsEpoch reports whether EndTxn at this broker begins a new epoch.
func (o *Offer) endsEpoch() bool {
	return o.TransactionVersion >= 2 && o.NewestEndTxn >= endTxnNewEpoch
}

// CheckVersions asks a broker whether it answers all requests that this package
// sends; a *TooOldError names one that it lacks.
func (c *Client) CheckVersions(ctx context.Context) error {
	return c.retry(ctx, "ApiVersions", func(ctx context.Context) error {
		o, err := c.askOffer(ctx, anyBroker)
		if err != nil {
			return err
		}
		return o.check()
	})
}

// offerAge is after how long a broker is asked again what it offers: the level of
// a feature can change while connections stand.
const offerAge = 3 * time.Second

// offer is what a broker offers, by an answer that is not older than offerAge, or
// by the last one if the broker does not answer now.
func (c *Client) offer(ctx context.Context, node int32) (*Offer, error) {
	c.mu.Lock()
	known := c.offers[node]
	c.mu.Unlock()
	if known != nil && time.Since(known.asked) < offerAge {
		return known, nil
	}
	fresh, err := c.askOffer(ctx, node)
	if err != nil && (known == nil || ctx.Err() != nil) {
		return nil, err
	}
	if err != nil {
		return known, nil
	}
	c.mu.Lock()
	c.offers[node] = fresh
	c.mu.Unlock()
	return fresh, nil
}

// newerOr returns the newer of two versions of a request if the broker answers it, else
// the older one. What a broker answers changes only with its release, so any offer of it
// will do, however old.
func (c *Client) newerOr(ctx context.Context, node int32, key, newer, older int16) (int16, error) {
	c.mu.Lock()
	o := c.offers[node]
	c.mu.Unlock()
	if o == nil {
		var err error
		if o, err = c.offer(ctx, node); err != nil {
			return 0, err
		}
	}
	if o.newest[key] >= newer {
		return newer, nil
	}
	return older, nil
}

// forgetOffer has the next offer ask the broker.
func (c *Client) forgetOffer(node int32) {
	c.mu.Lock()
	delete(c.offers, node)
	c.mu.Unlock()
}

// askOffer sends ApiVersions v3, the first with features (KIP-584). A broker that
// lacks it answers v0, with the versions of ApiVersions alone.
func (c *Client) askOffer(ctx context.Context, node int32) (*Offer, error) {
	k := &call{key: 18, version: 3, flexible: true, node: node}
	w := c.begin(k)
	w.str("streamd")
	w.str("1")
	w.tags()
	k.flexible = false // the header of this answer never is
	r, err := c.roundTrip(ctx, k, w, c.cfg.RequestTimeout)
	if err != nil {
		return nil, err
	}
	o, err := parseOffer(&r)
	o.asked = time.Now()
	return o, err
}

func parseOffer(r *reader) (*Offer, error) {
	o := &Offer{newest: map[int16]int16{}}
	code := r.code()
	r.flexible = code != UnsupportedVersion
	for range r.array(6) {
		key := r.i16()
		r.i16() // the oldest version
		o.newest[key] = r.i16()
		r.tags()
	}
	switch {
	case r.err != nil:
		return o, r.err
	case code == UnsupportedVersion:
		return o, nil
	case code != None:
		return o, &RequestError{Op: "ApiVersions", Partition: -1, Code: code}
	}
	r.i32() // throttle
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		tag, size := r.uvarint(), r.uvarint()
		section := reader{b: r.take(int(min(size, uint64(len(r.b)+1)))), flexible: true}
		if tag != 2 { // the finalized features
			continue
		}
		for range section.array(6) {
			name, most := section.str(), section.i16()
			section.i16()
			section.tags()
			if name == "transaction.version" {
				o.TransactionVersion = most
			}
		}
		if section.err != nil {
			return o, section.err
		}
	}
	o.NewestProduce, o.NewestEndTxn = o.newest[0], o.newest[26]
	return o, r.err
}

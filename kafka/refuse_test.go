package kafka

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Records that a broker names as invalid are dropped, and the others go out.
func TestInvalidRecords(t *testing.T) {
	for _, release := range []*kversion.Versions{kversion.V3_9_0(), kversion.Stable()} {
		cluster, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"), kfake.MaxVersions(release))
		p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
		cluster.ControlKey(int16(kmsg.Produce), func(q kmsg.Request) (kmsg.Response, error, bool) {
			answer := q.ResponseKind().(*kmsg.ProduceResponse)
			topic, part := kmsg.NewProduceResponseTopic(), kmsg.NewProduceResponseTopicPartition()
			topic.Topic, part.ErrorCode = "in", kerr.InvalidRecord.Code
			for _, i := range []int32{7, 0, 49} {
				bad := kmsg.NewProduceResponseTopicPartitionErrorRecord()
				bad.RelativeOffset = i
				part.ErrorRecords = append(part.ErrorRecords, bad)
			}
			topic.Partitions = append(topic.Partitions, part)
			answer.Topics = append(answer.Topics, topic)
			return answer, nil, true
		})
		ctx := within(t, 10*time.Second)
		must(t, p.Begin())
		add(t, p, "in", 0, 50)
		var refused *RefusedError
		if err := p.Commit(ctx); !errors.As(err, &refused) || refused.Records != 3 {
			t.Errorf("%v", err)
		}
		must(t, p.Commit(ctx))
		transact(t, p, "in", false)
		f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
		f.Add(TopicPartition{"in", 0}, 0)
		if seen := collect(t, f, 147); len(seen) != 100 {
			t.Errorf("%d different values", len(seen))
		}
	}
}

// The code of an answer that says most is told: the partitions beside one that is refused
// were not attempted.
func TestRefusedTopicIsNamed(t *testing.T) {
	cluster, c := fake(t, kfake.SeedTopics(1, "a", "denied", "z"), kfake.MaxVersions(kversion.V3_9_0()))
	cluster.ControlKey(int16(kmsg.AddPartitionsToTxn), func(q kmsg.Request) (kmsg.Response, error, bool) {
		answer := q.ResponseKind().(*kmsg.AddPartitionsToTxnResponse)
		for _, asked := range q.(*kmsg.AddPartitionsToTxnRequest).Topics {
			topic, part := kmsg.NewAddPartitionsToTxnResponseTopic(), kmsg.NewAddPartitionsToTxnResponseTopicPartition()
			topic.Topic, part.ErrorCode = asked.Topic, kerr.OperationNotAttempted.Code
			if asked.Topic == "denied" {
				part.ErrorCode = kerr.TopicAuthorizationFailed.Code
			}
			topic.Partitions = append(topic.Partitions, part)
			answer.Topics = append(answer.Topics, topic)
		}
		return answer, nil, true
	})
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	ctx := within(t, 10*time.Second)
	must(t, p.Begin())
	for _, topic := range []string{"a", "denied", "z"} {
		add(t, p, topic, 0, 1)
	}
	var refused *RequestError
	if err := p.Commit(ctx); !errors.As(err, &refused) || refused.Topic != "denied" ||
		!errors.Is(err, TopicAuthorization) {
		t.Errorf("%v", err)
	}
	must(t, p.Abort(ctx))
	must(t, p.Begin())
	add(t, p, "a", 0, 1)
	must(t, p.Commit(ctx))
}

package kafka

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A producer that opens ends an empty transaction as its predecessor's last one ended,
// where the coordinator still knows how that was.
func TestMarkersOfThePredecessor(t *testing.T) {
	for _, test := range []struct {
		states []string // that the coordinator tells, one after the other
		want   string
	}{
		{[]string{"CompleteCommit"}, "commit"},
		{[]string{"CompleteAbort"}, "abort"},
		{[]string{"PrepareCommit", "PrepareCommit", "CompleteCommit"}, "commit"},
		{[]string{"PrepareAbort", "CompleteAbort"}, "abort"},
		{[]string{"Ongoing"}, ""},
		{[]string{"Empty"}, ""},
		{[]string{"unknown id"}, ""},
	} {
		cluster, c := fake(t, kfake.SeedTopics(3, "out", "other"))
		asked, ends, partitions, groups := 0, "", 0, 0
		cluster.ControlKey(int16(kmsg.DescribeTransactions), func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			resp := req.ResponseKind().(*kmsg.DescribeTransactionsResponse)
			state := kmsg.NewDescribeTransactionsResponseTransactionState()
			state.State = test.states[min(asked, len(test.states)-1)]
			if state.State == "unknown id" {
				state.State, state.ErrorCode = "", kerr.TransactionalIDNotFound.Code
			}
			asked++
			resp.TransactionStates = append(resp.TransactionStates, state)
			return resp, nil, true
		})
		cluster.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			switch req := req.(type) {
			case *kmsg.AddPartitionsToTxnRequest:
				for _, topic := range req.Topics {
					partitions += len(topic.Partitions)
				}
			case *kmsg.AddOffsetsToTxnRequest:
				groups++
			case *kmsg.EndTxnRequest:
				ends += map[bool]string{true: "commit", false: "abort"}[req.Commit]
			}
			return nil, nil, false
		})
		p := newProducer(t, c, ProducerConfig{
			TransactionalID: "t", Groups: []string{"g"},
			Topics: []string{"out", "missing"},
		})
		if asked != len(test.states) || ends != test.want || test.want != "" && (partitions != 3 || groups != 1) ||
			test.want == "" && partitions+groups > 0 {
			t.Errorf("%v: asked %d times, ended %q over %d partitions and %d groups", test.states, asked, ends,
				partitions, groups)
		}
		must(t, p.Begin())
		add(t, p, "out", 0, 10)
		must(t, p.Commit(within(t, 20*time.Second)))
		f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
		addAll(f, "out", 3)
		wantOnce(t, collect(t, f, 10), 0, 10)
	}
}

package doctor

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/kafka"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Each row breaks one thing, and its line says so; without it the line is not there.
func TestExamine(t *testing.T) {
	for name, c := range map[string]struct {
		opts  []kfake.Opt
		spoil func(*testing.T, *kfake.Cluster, *kafka.Client)
		want  string
		level Level
	}{
		"all is right":   {level: Warning, want: "exactly_once holds: each transaction has an epoch of its own"},
		"before 4.0":     {opts: []kfake.Opt{kfake.MaxVersions(kversion.V3_9_0())}, level: Warning, want: "by fencing"},
		"2.8":            {opts: []kfake.Opt{kfake.MaxVersions(kversion.V2_8_0())}, level: Fatal, want: "too old"},
		"no input topic": {level: Broken, want: "topic candles (input) does not exist", spoil: deleteInput},
		"open transaction": {
			level: Broken, spoil: leaveOpen,
			want: `for transaction "stuck" (Ongoing); streamd doctor --abort stuck ends it`,
		},
		"no transactional id": {
			level: Broken, want: "missing ACL: WRITE on the transactional ids", spoil: denyTransactions,
		},
		"no transactional id and no group": {
			level: Broken, want: "missing ACL: READ on group g", spoil: denyGroup,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, err := kfake.NewCluster(append(c.opts, kfake.NumBrokers(1),
				kfake.SeedTopics(1, "candles", "signals", "dead"))...)
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs(), RetryBudget: 5 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if c.spoil != nil {
				c.spoil(t, cluster, client)
			}
			findings := Examine(t.Context(), Config{
				Client: client, Group: "g", Inputs: []string{"candles"}, Signals: "signals", DeadLetters: "dead",
				State: "g-state", StateDir: true, ExactlyOnce: true, Try: true,
				SnapshotEvery: 30 * time.Second, SessionTimeout: 10 * time.Second,
			})
			found := false
			for _, f := range findings {
				found = found || strings.Contains(f.Text, c.want) && (c.level == Warning || f.Level == c.level)
			}
			holds := slices.ContainsFunc(findings, func(f Symptom) bool { return strings.Contains(f.Text, "exactly_once holds") })
			if denied := strings.Contains(c.want, "missing ACL"); denied == holds && c.level != Fatal {
				t.Errorf("a line says that exactly_once holds: %v\n%v", holds, findings)
			}
			if !found || Worst(findings) != c.level {
				t.Errorf("want %v %q, found:\n%v", c.level, c.want, findings)
			}
		})
	}
}

func deleteInput(t *testing.T, cluster *kfake.Cluster, _ *kafka.Client) {
	if err := cluster.DeleteTopic("candles"); err != nil {
		t.Fatal(err)
	}
}

// leaveOpen begins a transaction that the coordinator says is a minute old.
func leaveOpen(t *testing.T, cluster *kfake.Cluster, client *kafka.Client) {
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	p, err := client.Producer(ctx, kafka.ProducerConfig{TransactionalID: "stuck", TransactionTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Begin(); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(ctx, &kafka.ProducerRecord{Topic: "signals", Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	cluster.ControlKey(int16(kmsg.DescribeTransactions), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		answer := r.ResponseKind().(*kmsg.DescribeTransactionsResponse)
		for _, id := range r.(*kmsg.DescribeTransactionsRequest).TransactionalIDs {
			state := kmsg.NewDescribeTransactionsResponseTransactionState()
			state.TransactionalID, state.State = id, "Ongoing"
			state.StartTimestamp = time.Now().UnixMilli()
			if id == "stuck" {
				state.StartTimestamp -= 60_000
			}
			topic := kmsg.NewDescribeTransactionsResponseTransactionStateTopic()
			topic.Topic, topic.Partitions = "signals", []int32{0}
			state.Topics = append(state.Topics, topic)
			answer.TransactionStates = append(answer.TransactionStates, state)
		}
		return answer, nil, true
	})
}

func denyTransactions(_ *testing.T, cluster *kfake.Cluster, _ *kafka.Client) {
	cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.InitProducerID}, TxnID: "g-doctor", Count: -1,
		Err: kerr.TransactionalIDAuthorizationFailed,
	})
}

func denyGroup(t *testing.T, cluster *kfake.Cluster, client *kafka.Client) {
	denyTransactions(t, cluster, client)
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Count: -1, Err: kerr.GroupAuthorizationFailed})
}

// What nobody can be asked at is named, first with what was tried and then with a way on.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	client, err := kafka.Open(kafka.Config{Brokers: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	findings := Examine(t.Context(), Config{
		Client: client, Addresses: []string{"127.0.0.1:1"}, Group: "g", AnswerTime: 300 * time.Millisecond,
	})
	text := findings[0].Text
	if len(findings) != 1 || !strings.HasPrefix(text, "no broker answers at 127.0.0.1:1 within 300ms: ") ||
		!strings.Contains(text, "refused") || !strings.Contains(text, "kafka.brokers") || strings.Contains(text, "deadline") {
		t.Errorf("%v", findings)
	}
}

package kafka

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"streamd/internal/seed"
)

func assignTo(n int, partitions []TopicPartition, topics ...string) map[TopicPartition]string {
	var members []subscriber
	for i := range n {
		members = append(members, subscriber{fmt.Sprint("m", i), fmt.Sprint("instance-", i), topics})
	}
	owner := map[TopicPartition]string{}
	for m, tps := range assign(members, partitions) {
		for _, tp := range tps {
			owner[tp] = m
		}
	}
	return owner
}

// Many topics of one partition and one topic of many are spread alike.
func TestAssignIsEven(t *testing.T) {
	seed.Check(t, func(t *rapid.T) {
		var partitions []TopicPartition
		var topics []string
		for i := range rapid.IntRange(1, 40).Draw(t, "topics") {
			topics = append(topics, fmt.Sprint("t", i))
			for p := range rapid.IntRange(1, 8).Draw(t, "partitions") {
				partitions = append(partitions, TopicPartition{topics[i], int32(p)})
			}
		}
		n := rapid.IntRange(1, 12).Draw(t, "members")
		before := assignTo(n, partitions, topics...)
		if len(before) != len(partitions) {
			t.Fatalf("%d of %d partitions assigned", len(before), len(partitions))
		}
		load := map[string]int{}
		for _, m := range before {
			load[m]++
		}
		for i := range n {
			if got, share := load[fmt.Sprint("m", i)], len(partitions)/n; got < share || got > share+1 {
				t.Fatalf("m%d has %d of %d partitions among %d members", i, got, len(partitions), n)
			}
		}
	})
}

// TestAssignIsSticky: one member more moves about its own share. That is a
// property of hashing, so it is held on many partitions; of a dozen, the even
// spread may move half.
func TestAssignIsSticky(t *testing.T) {
	var partitions []TopicPartition
	var topics []string
	for i := range 100 {
		topics = append(topics, fmt.Sprint("t", i))
		for p := range int32(4) {
			partitions = append(partitions, TopicPartition{topics[i], p})
		}
	}
	for n := 1; n <= 12; n++ {
		before := assignTo(n, partitions, topics...)
		moved := 0
		for tp, m := range assignTo(n+1, partitions, topics...) {
			if before[tp] != m {
				moved++
			}
		}
		if limit := 3 * len(partitions) / (n + 1); moved > limit {
			t.Errorf("%d of %d partitions moved when member %d joined, want at most %d", moved, len(partitions), n+1,
				limit)
		}
	}
}

func TestAssignRespectsSubscriptions(t *testing.T) {
	got := assign([]subscriber{
		{"m1", "m1", []string{"a", "shared"}}, {"m2", "m2", []string{"shared"}},
	}, []TopicPartition{{"a", 0}, {"a", 1}, {"shared", 0}, {"shared", 1}, {"nobody", 0}})
	if len(got["m1"]) != 3 || len(got["m2"]) != 1 || got["m2"][0].Topic != "shared" {
		t.Errorf("%v", got)
	}
	if !slices.IsSortedFunc(got["m1"], TopicPartition.Compare) {
		t.Errorf("not in order: %v", got["m1"])
	}
}

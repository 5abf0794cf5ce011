package kafka

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
)

// subscriber is one member as the group's leader sees it. Identity is its
// instance id, or its member id when it is dynamic.
type subscriber struct {
	memberID, identity string
	topics             []string
}

// assign spreads partitions over the members that subscribe to their topics.
//
// It is a function of the identities and partitions alone, so a member that
// comes back under its identity finds what it had. Partitions that are
// subscribed by the same members are spread evenly, to within one, by
// rendezvous hashing (Thaler and Ravishankar 1998) with that bound as each
// member's capacity: when a member joins or leaves, few other partitions move,
// and a move costs a restore of state.
func assign(members []subscriber, partitions []TopicPartition) map[string][]TopicPartition {
	members = slices.SortedFunc(slices.Values(members), func(a, b subscriber) int {
		return cmp.Or(cmp.Compare(a.identity, b.identity), cmp.Compare(a.memberID, b.memberID))
	})
	partitions = slices.SortedFunc(slices.Values(partitions), TopicPartition.Compare)
	type class struct {
		members    []int
		partitions []TopicPartition
	}
	var order []string
	classes := map[string]*class{}
	for _, tp := range partitions {
		var key strings.Builder
		var in []int
		for i, m := range members {
			if slices.Contains(m.topics, tp.Topic) {
				in = append(in, i)
				key.Write(binary.AppendUvarint(nil, uint64(i)))
			}
		}
		if len(in) == 0 {
			continue
		}
		c := classes[key.String()]
		if c == nil {
			c = &class{members: in}
			classes[key.String()] = c
			order = append(order, key.String())
		}
		c.partitions = append(c.partitions, tp)
	}
	assigned := make(map[string][]TopicPartition, len(members))
	for _, key := range order {
		c := classes[key]
		spread(members, c.members, c.partitions, assigned)
	}
	for _, tps := range assigned {
		slices.SortFunc(tps, TopicPartition.Compare)
	}
	return assigned
}

// spread gives each of the members in (indexes) its share of the partitions.
func spread(members []subscriber, in []int, partitions []TopicPartition, assigned map[string][]TopicPartition) {
	share, larger := len(partitions)/len(in), len(partitions)%len(in)
	taken := make(map[int]int, len(in))
	ranked := slices.Clone(in)
	weight := make(map[int]uint64, len(in))
	for _, tp := range partitions {
		for _, m := range in {
			weight[m] = rendezvous(members[m].identity, tp)
		}
		slices.SortFunc(ranked, func(a, b int) int {
			return cmp.Or(cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b))
		})
		for _, m := range ranked {
			if taken[m] < share || taken[m] == share && larger > 0 {
				if taken[m] == share {
					larger--
				}
				taken[m]++
				assigned[members[m].memberID] = append(assigned[members[m].memberID], tp)
				break
			}
		}
	}
}

func rendezvous(identity string, tp TopicPartition) uint64 {
	h := fnv.New64a()
	h.Write([]byte(identity))
	h.Write([]byte{0})
	h.Write([]byte(tp.Topic))
	h.Write(binary.AppendVarint([]byte{0}, int64(tp.Partition)))
	// FNV's high bits hardly move with the last byte; finish as splitmix64 does.
	z := h.Sum64()
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

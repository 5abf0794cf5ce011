package kafka

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// The embedded consumer protocol: what a member says when it joins, and what
// the leader answers for it. The broker carries both as opaque bytes.

// fingerprint tells lists of topics apart: by name, id and number of partitions.
func fingerprint(topics []Topic) []byte {
	h := fnv.New64a()
	for _, t := range slices.SortedFunc(slices.Values(topics),
		func(a, b Topic) int { return cmp.Compare(a.Name, b.Name) }) {
		h.Write([]byte(t.Name))
		h.Write(t.ID[:])
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(t.Partitions))))
	}
	return h.Sum(nil)
}

// subscription encodes version 0 of ConsumerProtocolSubscription. The user
// data is a fingerprint of the topics. The broker starts a rebalance when a
// member's bytes change, so a topic that grew or was recreated reaches the
// whole group whichever member sees it first, while a member that rejoins
// unchanged disturbs nobody. A member that wants a rebalance although its
// topics are those that the broker has of it already counts up nudges.
func subscription(topics []Topic, nudges uint32) []byte {
	var w writer
	w.i16(0)
	w.array(len(topics))
	for _, t := range slices.SortedFunc(slices.Values(topics),
		func(a, b Topic) int { return cmp.Compare(a.Name, b.Name) }) {
		w.str(t.Name)
	}
	w.bytes(binary.BigEndian.AppendUint32(fingerprint(topics), nudges))
	return w.b
}

func parseSubscription(b []byte) ([]string, error) {
	r := reader{b: b}
	r.i16()
	var topics []string
	for range r.array(2) {
		topics = append(topics, r.str())
	}
	return topics, r.err
}

// share is what the leader gives a member. The assignment's user data is the
// fingerprint of the member's topics as the leader saw them: a static member
// that comes back gets the old bytes, and sees by them what has changed since.
type share struct {
	memberID   string
	partitions []TopicPartition
	madeFor    []byte // nil from a leader of another kind
}

func (s *share) encode() []byte {
	var w writer
	w.i16(0)
	writeByTopic(&w, s.partitions, func(tp TopicPartition) { w.i32(tp.Partition) })
	w.bytes(s.madeFor)
	return w.b
}

func parseAssignment(b []byte) (share, error) {
	var s share
	if len(b) == 0 {
		return s, nil // a member that was given nothing
	}
	r := reader{b: b}
	r.i16()
	for range r.array(6) {
		topic := r.str()
		for range r.array(4) {
			s.partitions = append(s.partitions, TopicPartition{topic, r.i32()})
		}
	}
	s.madeFor = slices.Clone(r.bytes())
	return s, r.err
}

type joinAnswer struct {
	code             Code
	generation       int32
	leader, memberID string
	members          []joinedMember // only for the leader
}

type joinedMember struct {
	memberID, instanceID string
	subscription         []byte
}

func parseJoinGroup(r *reader) (joinAnswer, error) {
	r.i32()
	a := joinAnswer{code: r.code(), generation: r.i32()}
	r.raw() // protocol: every member offers the one
	a.leader, a.memberID = r.str(), r.str()
	for range r.array(8) {
		a.members = append(a.members, joinedMember{r.str(), r.str(), r.bytes()})
	}
	return a, r.err
}

func parseSyncGroup(r *reader) (share, error) {
	r.i32()
	code, assignment := r.code(), r.bytes()
	if r.err != nil {
		return share{}, r.err
	}
	if code != None {
		return share{}, &RequestError{Op: "SyncGroup", Partition: -1, Code: code}
	}
	return parseAssignment(assignment)
}

func parseOffsetFetch(r *reader, found map[TopicPartition]int64) error {
	r.i32()
	var failed *RequestError
	for range r.array(3) {
		topic := r.str()
		for range r.array(17) {
			tp := TopicPartition{topic, r.i32()}
			offset := r.i64()
			r.i32()
			r.raw()
			code := r.code()
			r.tags()
			if code != None && (failed == nil || failed.Code.Retriable()) {
				failed = &RequestError{Op: "OffsetFetch", Topic: topic, Partition: tp.Partition, Code: code}
			}
			if r.err == nil && code == None {
				found[tp] = offset
			}
		}
		r.tags()
	}
	code := r.code()
	r.tags()
	switch {
	case r.err != nil:
		return r.err
	case code != None:
		return &RequestError{Op: "OffsetFetch", Partition: -1, Code: code}
	case failed != nil:
		return failed
	}
	return nil
}

func parseLeaveGroup(r *reader) error {
	r.i32()
	if err := topLevel(r, "LeaveGroup"); err != nil {
		return err
	}
	for range r.array(6) {
		r.raw()
		r.raw()
		if err := topLevel(r, "LeaveGroup"); err != nil {
			return err
		}
	}
	return r.err
}

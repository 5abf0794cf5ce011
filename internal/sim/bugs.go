package sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Bug stands between a process and the brokers and makes the process look to
// them as one with that bug would. It is given every request and passes on what
// it likes: streamd itself has no switch for this.
type Bug func(l *link, request []byte) ([]byte, error)

// bugState is what the bugs remember of a process.
type bugState struct {
	revoking  bool
	sequences map[string]int32
	owed      func() // an EndTxn that was answered but not sent
	commits   int    // that were asked for

	bases map[string]int32 // number of the first batch of an epoch that the process believes in, by partition
	next  map[string]int32 // number of the next batch, by partition and epoch at the broker
}

// planted are the bugs that the checks must find.
var planted = map[string]Bug{
	"offset committed before signals":    offsetsFirst,
	"snapshot newer than its offset":     commitOnlySaid,
	"no fencing":                         noFencing,
	"dropped duplicate check":            noDuplicateCheck,
	"lost flush on revoke":               lostFlush,
	"outcome before its candle's commit": topicFirst(outcomesTopic),
	noFenceBug:                           noFence,
}

// offsetsFirst commits the offsets by themselves, ahead of the transaction that
// brings the signals.
func offsetsFirst(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	if txn, ok := r.body.(*kmsg.TxnOffsetCommitRequest); ok {
		plain := kmsg.NewPtrOffsetCommitRequest()
		plain.Version = 7
		plain.Group, plain.Generation, plain.MemberID, plain.InstanceID = txn.Group, txn.Generation, txn.MemberID,
			txn.InstanceID
		for _, t := range txn.Topics {
			topic := kmsg.NewOffsetCommitRequestTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				partition := kmsg.NewOffsetCommitRequestTopicPartition()
				partition.Partition, partition.Offset = p.Partition, p.Offset
				topic.Partitions = append(topic.Partitions, partition)
			}
			plain.Topics = append(plain.Topics, topic)
		}
		if _, err := ask(l.server, frameOf(plain)); err != nil {
			return nil, err
		}
	}
	return ask(l.server, request)
}

// topicFirst writes what belongs to a topic by itself, ahead of its transaction. What the process asks of the topic is
// answered, and not done.
func topicFirst(topic string) Bug {
	return func(l *link, request []byte) ([]byte, error) { return topicAhead(l, topic, request) }
}

func topicAhead(l *link, topic string, request []byte) ([]byte, error) {
	r := parseRequest(request)
	produce, ok := r.body.(*kmsg.ProduceRequest)
	if !ok {
		return ask(l.server, request)
	}
	early := *produce
	early.TransactionID, early.Topics = nil, nil
	rest := produce.Topics[:0:0]
	for _, t := range produce.Topics {
		if t.Topic != topic {
			rest = append(rest, t)
			continue
		}
		for _, p := range t.Partitions {
			outsideTransaction(p.Records)
		}
		early.Topics = append(early.Topics, t)
	}
	if len(early.Topics) == 0 {
		return ask(l.server, request)
	}
	if _, err := ask(l.server, frameOf(&early)); err != nil {
		return nil, err
	}
	acknowledged := acknowledge(&early).(*kmsg.ProduceResponse)
	if len(rest) == 0 {
		return r.answer(acknowledged), nil
	}
	produce.Topics = rest
	answer, err := ask(l.server, r.rebuild())
	if err != nil {
		return nil, err
	}
	resp := produce.ResponseKind().(*kmsg.ProduceResponse)
	if err := resp.ReadFrom(answer[4:]); err != nil {
		return nil, err
	}
	resp.Topics = append(resp.Topics, acknowledged.Topics...)
	return r.answer(resp), nil
}

// outsideTransaction makes a batch one of no producer in particular.
func outsideTransaction(batch []byte) {
	if len(batch) < batchHeaderBytes {
		return
	}
	const transactional = 1 << 4
	batch[attributesAt+1] &^= transactional
	for i := producerAt; i < countAt; i++ {
		batch[i] = 0xff
	}
	binary.BigEndian.PutUint32(batch[crcAt:], crc32.Checksum(batch[attributesAt:], crc32.MakeTable(crc32.Castagnoli)))
}

// commitOnlySaid tells the process that its transaction is committed some time
// before it is, or, every sixteenth time, although it is aborted. What the
// process holds and writes to its disk meanwhile is newer than what is out.
func commitOnlySaid(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	l.settleOwed(r.body)
	end, ok := r.body.(*kmsg.EndTxnRequest)
	if !ok || !end.Commit {
		return ask(l.server, request)
	}
	l.mu.Lock()
	if l.bug.commits++; l.bug.commits%16 == 0 {
		end.Commit = false
		request = r.rebuild()
	}
	l.bug.owed = func() { l.apart(request) }
	l.mu.Unlock()
	time.AfterFunc(2*time.Second, func() { l.settleOwed(end) })
	said := end.ResponseKind().(*kmsg.EndTxnResponse)
	said.ProducerID, said.ProducerEpoch = end.ProducerID, end.ProducerEpoch+1
	return r.answer(said), nil
}

// apart sends a request on a connection of its own.
func (l *link) apart(request []byte) {
	server, err := l.world.virtual.DialContext(context.Background(), "tcp", l.address)
	if err == nil {
		defer server.Close()
		_, err = ask(server, request)
	}
	if err != nil {
		l.world.logf("%s: sent apart: %v", l.name, err)
	}
}

// settleOwed sends what is owed before the next transaction, and never if the
// process is dead.
func (n *network) settleOwed(next kmsg.Request) {
	switch next.(type) {
	case *kmsg.AddPartitionsToTxnRequest, *kmsg.AddOffsetsToTxnRequest, *kmsg.EndTxnRequest,
		*kmsg.InitProducerIDRequest, *kmsg.ProduceRequest, *kmsg.TxnOffsetCommitRequest:
	default:
		return
	}
	n.mu.Lock()
	owed := n.bug.owed
	n.bug.owed = nil
	dead := n.dead
	n.mu.Unlock()
	if owed != nil && !dead {
		owed()
	}
}

// noFencing commits offsets as nobody in particular, whom no generation binds.
func noFencing(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	if txn, ok := r.body.(*kmsg.TxnOffsetCommitRequest); ok {
		txn.Generation, txn.MemberID, txn.InstanceID = -1, "", nil
		request = r.rebuild()
	}
	return ask(l.server, request)
}

// noDuplicateCheck renumbers every batch, so that the brokers take a
// repeated one for another.
func noDuplicateCheck(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	if produce, ok := r.body.(*kmsg.ProduceRequest); ok {
		for _, t := range produce.Topics {
			for _, p := range t.Partitions {
				l.renumber(fmt.Sprintf("%s/%d", t.Topic, p.Partition), p.Records)
			}
		}
		request = r.rebuild()
	}
	return ask(l.server, request)
}

// Places in a record batch of version 2.
const (
	crcAt, attributesAt, producerAt, sequenceAt, countAt, batchHeaderBytes = 17, 21, 43, 53, 57, 61
)

func (n *network) renumber(partition string, batch []byte) {
	if len(batch) < batchHeaderBytes {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bug.sequences == nil {
		n.bug.sequences = map[string]int32{}
	}
	key := partition + string(batch[producerAt:sequenceAt])
	binary.BigEndian.PutUint32(batch[sequenceAt:], uint32(n.bug.sequences[key]))
	n.bug.sequences[key] += int32(binary.BigEndian.Uint32(batch[countAt:]))
	binary.BigEndian.PutUint32(batch[crcAt:], crc32.Checksum(batch[attributesAt:], crc32.MakeTable(crc32.Castagnoli)))
}

// lostFlush drops the signals that are on their way when the partitions are to
// be given up, but not their offsets.
func lostFlush(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	l.mu.Lock()
	revoking := l.bug.revoking
	l.mu.Unlock()
	switch body := r.body.(type) {
	case *kmsg.HeartbeatRequest:
		answer, err := ask(l.server, request)
		if err != nil {
			return nil, err
		}
		resp := body.ResponseKind().(*kmsg.HeartbeatResponse)
		if err := resp.ReadFrom(answer[4:]); err == nil && resp.ErrorCode == kerr.RebalanceInProgress.Code {
			l.setRevoking(true)
		}
		return answer, nil
	case *kmsg.JoinGroupRequest:
		l.setRevoking(false)
	case *kmsg.ProduceRequest:
		if revoking {
			return r.answer(acknowledge(body)), nil
		}
	}
	return ask(l.server, request)
}

// noFenceBug shows only where brokers begin no epoch of their own with each transaction.
const noFenceBug = "no fence after a lost answer"

// fencesSkipped is what an epoch that the process believes in counts fences by, above the
// epoch that the broker knows.
const fencesSkipped = 128

// noFence takes no new epoch after a lost answer, so that a request which comes late may
// touch the next transaction. The process believes that it has a new one each time; its
// epochs and sequence numbers are put back on the way.
func noFence(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	switch body := r.body.(type) {
	case *kmsg.InitProducerIDRequest:
		if body.ProducerID < 0 {
			break
		}
		if said := body.ResponseKind().(*kmsg.InitProducerIDResponse); body.ProducerEpoch < 1<<15-fencesSkipped {
			said.ProducerID, said.ProducerEpoch = body.ProducerID, body.ProducerEpoch+fencesSkipped
			return r.answer(said), nil
		}
		body.ProducerEpoch %= fencesSkipped
	case *kmsg.AddPartitionsToTxnRequest:
		body.ProducerEpoch %= fencesSkipped
	case *kmsg.AddOffsetsToTxnRequest:
		body.ProducerEpoch %= fencesSkipped
	case *kmsg.TxnOffsetCommitRequest:
		body.ProducerEpoch %= fencesSkipped
	case *kmsg.EndTxnRequest:
		body.ProducerEpoch %= fencesSkipped
	case *kmsg.ProduceRequest:
		for _, t := range body.Topics {
			for _, p := range t.Partitions {
				l.putBack(fmt.Sprintf("%s/%d", t.Topic, p.Partition), p.Records)
			}
		}
	default:
		return ask(l.server, request)
	}
	return ask(l.server, r.rebuild())
}

// putBack gives a batch the epoch and the numbers that it would have without the fences
// that were skipped.
func (n *network) putBack(partition string, batch []byte) {
	const epochAt = producerAt + 8
	if len(batch) < batchHeaderBytes {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bug.bases == nil {
		n.bug.bases, n.bug.next = map[string]int32{}, map[string]int32{}
	}
	believed := partition + string(batch[producerAt:sequenceAt])
	epoch := binary.BigEndian.Uint16(batch[epochAt:]) % fencesSkipped
	binary.BigEndian.PutUint16(batch[epochAt:], epoch)
	real := partition + string(batch[producerAt:sequenceAt])
	base, known := n.bug.bases[believed]
	if !known {
		base = n.bug.next[real]
		n.bug.bases[believed] = base
	}
	sequence := base + int32(binary.BigEndian.Uint32(batch[sequenceAt:]))
	n.bug.next[real] = max(n.bug.next[real], sequence+int32(binary.BigEndian.Uint32(batch[countAt:])))
	binary.BigEndian.PutUint32(batch[sequenceAt:], uint32(sequence))
	binary.BigEndian.PutUint32(batch[crcAt:], crc32.Checksum(batch[attributesAt:], crc32.MakeTable(crc32.Castagnoli)))
}

func (n *network) setRevoking(v bool) {
	n.mu.Lock()
	n.bug.revoking = v
	n.mu.Unlock()
}

func acknowledge(produce *kmsg.ProduceRequest) kmsg.Response {
	resp := produce.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range produce.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition = p.Partition
			topic.Partitions = append(topic.Partitions, partition)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

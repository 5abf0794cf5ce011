package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	segment "github.com/segmentio/kafka-go"
)

// Code is an error code of the Kafka protocol. It is an error itself, so
// errors.Is(err, kafka.NotLeader) works on everything this package returns.
type Code int16

// The codes that this package or its callers act on.
const (
	None                    Code = 0
	OffsetOutOfRange        Code = 1
	CorruptMessage          Code = 2
	UnknownTopicOrPartition Code = 3
	LeaderNotAvailable      Code = 5
	NotLeader               Code = 6
	RequestTimedOut         Code = 7
	ReplicaNotAvailable     Code = 9
	MessageTooLarge         Code = 10
	NetworkException        Code = 13
	CoordinatorLoading      Code = 14
	CoordinatorNotAvailable Code = 15
	NotCoordinator          Code = 16
	InvalidTopic            Code = 17
	RecordListTooLarge      Code = 18
	NotEnoughReplicas       Code = 19
	NotEnoughAfterAppend    Code = 20
	IllegalGeneration       Code = 22
	InconsistentProtocol    Code = 23
	UnknownMemberID         Code = 25
	RebalanceInProgress     Code = 27
	TopicAuthorization      Code = 29
	GroupDenied             Code = 30
	ClusterDenied           Code = 31
	InvalidTimestamp        Code = 32
	UnsupportedVersion      Code = 35
	TopicAlreadyExists      Code = 36
	NotController           Code = 41
	UnsupportedFormat       Code = 43
	PolicyViolation         Code = 44
	OutOfOrderSequence      Code = 45
	DuplicateSequence       Code = 46
	InvalidProducerEpoch    Code = 47
	InvalidTxnState         Code = 48
	InvalidProducerMapping  Code = 49
	ConcurrentTransactions  Code = 51
	TransactionalIDDenied   Code = 53
	OperationNotAttempted   Code = 55
	StorageError            Code = 56
	SASLFailed              Code = 58
	UnknownProducerID       Code = 59
	GroupIDNotFound         Code = 69
	FencedLeaderEpoch       Code = 74
	UnknownLeaderEpoch      Code = 75
	UnsupportedCompression  Code = 76
	OffsetNotAvailable      Code = 78
	MemberIDRequired        Code = 79
	FencedInstanceID        Code = 82
	InvalidRecord           Code = 87
	UnstableOffsetCommit    Code = 88
	ThrottlingQuota         Code = 89
	ProducerFenced          Code = 90
	TransactionAbortable    Code = 120
)

// Error names the code in Kafka's words.
func (c Code) Error() string {
	switch c { // that kafka-go takes for another one, or does not know
	case OperationNotAttempted:
		return "Operation Not Attempted (code 55)"
	case TransactionAbortable:
		return "Transaction Abortable (code 120)"
	}
	return fmt.Sprintf("%s (code %d)", segment.Error(c).Title(), int16(c))
}

// Is makes the codes of one meaning match that meaning's error:
// ErrFenced, ErrGenerationLost, ErrAbortable.
func (c Code) Is(target error) bool {
	switch target {
	case ErrFenced:
		switch c {
		case InvalidProducerEpoch, InvalidTxnState, InvalidProducerMapping, FencedInstanceID, ProducerFenced:
			return true
		}
	case ErrGenerationLost:
		switch c {
		case IllegalGeneration, UnknownMemberID, RebalanceInProgress, FencedInstanceID:
			return true
		}
	case ErrAbortable:
		return c == OutOfOrderSequence || c == UnknownProducerID || c == TransactionAbortable
	}
	return false
}

// Retriable reports whether the same request may succeed later, perhaps at
// another broker.
func (c Code) Retriable() bool {
	switch c {
	case CorruptMessage, UnknownTopicOrPartition, LeaderNotAvailable, NotLeader, RequestTimedOut, ReplicaNotAvailable,
		NetworkException, CoordinatorLoading, CoordinatorNotAvailable, NotCoordinator, NotEnoughReplicas,
		NotEnoughAfterAppend, NotController, ConcurrentTransactions, StorageError, FencedLeaderEpoch,
		UnknownLeaderEpoch, OffsetNotAvailable, UnstableOffsetCommit, ThrottlingQuota:
		return true
	}
	return false
}

// RefusesTopic reports whether a broker takes no records of this producer for a topic,
// until somebody changes its permissions or its settings.
func (c Code) RefusesTopic() bool {
	switch c {
	case InvalidTopic, TopicAuthorization, UnsupportedFormat, PolicyViolation, UnsupportedCompression:
		return true
	}
	return false
}

// refusesRecord reports whether a broker has something against single records of a batch:
// a topic that is compacted wants keys, a schema something else.
func (c Code) refusesRecord() bool { return c == InvalidRecord || c == InvalidTimestamp }

// moved reports whether the partition's leader must be looked up again.
func (c Code) moved() bool {
	switch c {
	case UnknownTopicOrPartition, LeaderNotAvailable, NotLeader, ReplicaNotAvailable, NetworkException, StorageError,
		FencedLeaderEpoch, UnknownLeaderEpoch:
		return true
	}
	return false
}

var (
	// ErrFenced means that a newer producer or member with the same id took
	// over: nothing more can be written, what is in memory must be dropped and
	// restored from what was committed.
	ErrFenced = errors.New("kafka: fenced by a newer instance or an expired transaction")
	// ErrGenerationLost means that the group has moved on: the offsets were
	// not committed, and the partitions may already belong to another member.
	ErrGenerationLost = errors.New("kafka: the group generation has ended")
	// ErrAbortable means that this transaction cannot be committed, but that the producer
	// is all right: Abort, and send the same records in another one.
	ErrAbortable = errors.New("kafka: the transaction must be aborted")
	// ErrRetriesExhausted means that a retriable condition outlasted
	// Config.RetryBudget. The operation may be called again.
	ErrRetriesExhausted = errors.New("kafka: retries exhausted")
	// ErrInDoubt means that the answer to a commit was lost: the transaction
	// may be committed or not. Commit again resolves it.
	ErrInDoubt = errors.New("kafka: outcome of the transaction not known yet")
	// ErrBufferFull means that a producer holds ProducerConfig.BufferBytes of
	// unsent records: flush before adding more.
	ErrBufferFull = errors.New("kafka: producer buffer full")
	// ErrTopicRecreated means that a topic was deleted, and another one made under
	// its name: the offsets of the one mean nothing in the other.
	ErrTopicRecreated = errors.New("kafka: the topic was re-created under its name")
	// ErrForeignMembers means that consumers of another kind are in the group. They
	// would take partitions of which no signals are made.
	ErrForeignMembers = errors.New("kafka: consumers of another kind are in the group; give it a name of its own")
	// ErrClosed is returned by everything that was closed.
	ErrClosed = errors.New("kafka: closed")
)

// RequestError is an error code with what was asked. Topic is empty for
// requests that are about no topic, Partition then is -1.
type RequestError struct {
	Op        string
	Topic     string
	Partition int32
	Code      Code
	// Detail is the broker's own message, often empty.
	Detail string
}

func (e *RequestError) Error() string {
	s := "kafka: " + e.Op
	if e.Topic != "" {
		s += " " + e.Topic
		if e.Partition >= 0 {
			s += fmt.Sprintf("/%d", e.Partition)
		}
	}
	s += ": " + e.Code.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

func (e *RequestError) Unwrap() error { return e.Code }

// OffsetOutOfRangeError says that a partition does not hold the offset that a
// fetch asked for: expired, or past the end of a topic that was recreated.
type OffsetOutOfRangeError struct {
	TopicPartition
	Offset int64 // what was asked for
	// Earliest and Latest bound what the partition holds, Latest being the
	// offset of the next record; -1 when they could not be learned.
	Earliest, Latest int64
}

func (e *OffsetOutOfRangeError) Error() string {
	return fmt.Sprintf("kafka: offset %d out of range %d to %d (%s)", e.Offset, e.Earliest, e.Latest, e.TopicPartition)
}

func (e *OffsetOutOfRangeError) Unwrap() error { return OffsetOutOfRange }

// TooLargeError says that one record was not sent because it is larger than
// the producer or the broker accepts. The records around it are not affected.
type TooLargeError struct {
	TopicPartition
	// Index counts the records added since the last Flush, from 0.
	Index int
	// SizeBytes is the encoded record; LimitBytes is 0 when the broker did not say.
	SizeBytes, LimitBytes int
}

func (e *TooLargeError) Error() string {
	limit := "the broker's limit"
	if e.LimitBytes > 0 {
		limit = fmt.Sprintf("the limit of %d", e.LimitBytes)
	}
	return fmt.Sprintf("kafka: record %d of %d bytes above %s (%s)", e.Index, e.SizeBytes, limit, e.TopicPartition)
}

func (e *TooLargeError) Unwrap() error { return MessageTooLarge }

// RetryError is what OnRetry functions are told of a request that is repeated: its failure,
// and for how long it has failed.
type RetryError struct {
	Err error
	For time.Duration
}

func (e *RetryError) Error() string { return e.Err.Error() }

func (e *RetryError) Unwrap() error { return e.Err }

// RefusedError says that records were dropped because the brokers refuse them whenever
// they are sent: the records themselves, or all records of a topic that is named in
// ProducerConfig.Droppable. The records around them are not affected.
type RefusedError struct {
	TopicPartition
	Records int
	Err     error
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("kafka: %d records dropped: %v", e.Records, e.Err)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// CorruptError says that stored bytes are not valid record batches.
type CorruptError struct {
	TopicPartition
	Offset int64 // base offset of the batch
	Reason string
	// Next is the offset after the batch, 0 where that cannot be told.
	Next int64
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("kafka: corrupt batch at offset %d: %s (%s)", e.Offset, e.Reason, e.TopicPartition)
}

func (e *CorruptError) Unwrap() error { return CorruptMessage }

// retriable classifies what a round trip returned: protocol codes by their
// table, a refused login or certificate as final, every other failure of a
// connection as worth another attempt.
func retriable(err error) bool {
	if _, ok := err.(*permanent); ok {
		return false
	}
	var code Code
	if errors.As(err, &code) {
		return code.Retriable()
	}
	var login segment.Error
	if errors.As(err, &login) {
		return login != segment.SASLAuthenticationFailed && login != segment.UnsupportedSASLMechanism &&
			login != segment.IllegalSASLState
	}
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	if errors.As(err, &certificate) || errors.As(err, &authority) {
		return false
	}
	var old *TooOldError
	return !errors.As(err, &old) && !errors.Is(err, ErrForeignMembers) && !errors.Is(err, ErrClosed) &&
		!errors.Is(err, context.Canceled)
}

// lostAnswer reports whether the request may have been carried out although
// it failed: no answer came, or the broker gave up waiting for replicas.
func lostAnswer(err error) bool {
	var code Code
	if !errors.As(err, &code) {
		return true
	}
	return code == RequestTimedOut || code == NotEnoughAfterAppend || code == NetworkException
}

// codeOf is the protocol's code inside err, None when there is none.
func codeOf(err error) Code {
	var code Code
	errors.As(err, &code)
	return code
}

// permanent shields a retriable code where waiting would not help.
type permanent struct{ error }

func unwrapPermanent(err error) error {
	if p, ok := err.(*permanent); ok {
		return p.error
	}
	return err
}

// Package kafka is all that the program knows of Kafka's protocol. It dials,
// authenticates and routes with kafka-go's Transport, and does the rest itself:
// kafka-go's Reader delivers aborted records, its Writer can repeat records,
// and neither can take part in a transaction.
//
//	client.go, wire.go      connection, requests, retries; Kafka's primitive types
//	metadata.go, admin.go   topics, leaders, coordinators; CreateTopic, ListOffsets
//	batch.go, record.go     record batches: checking and reading them
//	encode.go, compress.go  writing them; codecs
//	fetcher.go              Fetcher: partitions and their state; fetch_loop.go, a broker's
//	producer.go             Producer: idempotent; produce_send.go, its retries
//	transaction.go          the same Producer in transactions, with offsets;
//	                        transaction_wire.go, its requests;
//	                        fence.go, requests that come late; versions.go, what a
//	                        broker answers;
//	                        settle.go, markers that a killed broker owes
//	group.go, generation.go Group: membership, dynamic or static; group_join.go, its
//	                        requests; group_offsets.go, its committed offsets; assign.go
//	errors.go               Code and the typed errors
//
// It needs brokers of Kafka 3.0 or later, or Redpanda (see CheckVersions), and keeps to
// request versions that Kafka 4 still answers. It logs nothing and counts nothing:
// failures that are repeated go to the OnRetry functions, all others are
// returned.
//
// # Reading
//
//	f := client.Fetcher(kafka.FetcherConfig{ReadCommitted: true})
//	f.Add(kafka.TopicPartition{Topic: "candles", Partition: 0}, offset)
//	for {
//		part, err := f.Poll(ctx)   // one partition's part of an answer
//		for part.Next(&record) {}  // part.Err says why a partition stopped
//		position = part.NextOffset // moves over hidden records, too
//		part.Release()
//	}
//
// A partition has at most two unreleased parts, so an owner that does not keep
// up is not sent more, and holds up no other partition. Parts may be given to
// other goroutines, one each.
//
// # Writing exactly once
//
//	p.Begin()
//	p.Add(ctx, &message)
//	p.SendOffsets(generation.GroupMember, offsets)
//	err := p.Commit(ctx)
//
// Add copies. Commit sends everything, the offsets at the same time as the
// records. Its documentation says what each error means: again (ErrInDoubt,
// ErrRetriesExhausted), Abort and send the same records again
// (ErrAbortable, ErrGenerationLost and others, while the partitions are still owned), or
// start over from what was committed (ErrFenced). Readers see nothing of it
// before the commit if they read committed.
//
// # Membership
//
// Group.Next joins and returns a Generation with its partitions and committed
// positions. When its Done is closed the owner stops, finishes, commits and
// calls Next again, all within half the session timeout; heartbeats go on
// until then. A static member that comes back within the session is in the same
// generation again, and no one else rejoins. FencedInstanceID from Next is
// final: another process has the instance id.
package kafka

// Package live drives the engine from Kafka topics, as a member of a consumer group. Its
// twin, package replay, drives the same engine from history.
//
// A Consumer owns the partitions that the group gives it. Each has a worker with an engine
// of its own, which outlives a rebalance that gives the partition back. What the workers
// make goes through one delivery, in order, which commits the offsets with it.
//
// The file map. The group: consumer.go (generations), assign.go (partitions). One
// partition: phase.go (the states of its life), partition.go (what is known of it),
// worker.go (its goroutine), applier.go (records to results), ask.go (questions to it).
// State: saver.go (when), snapshot.go (what), keeper.go and statefile.go (the disk),
// statetopic.go, restore.go, past.go (history). Output: held.go, delivery.go, send.go,
// outbox.go (sinks). To be seen: ready.go, metrics.go.
package live

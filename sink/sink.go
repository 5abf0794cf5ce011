// Package sink takes matches out of the daemon: to the signals topic, to the
// dead-letter topic, and through a Sink to files, the terminal and whatever else is
// added. A match is the same bytes in all of them.
//
// The file map: sink.go is the contract of a Sink, settings.go the table of kinds,
// lines.go the files and the terminal, signal.go the messages for Kafka. Package
// sinktest holds every sink to the contract.
package sink

import "context"

// Sink takes signals to one place. Signals come to it after they are committed to the
// signals topic, which remains the record of what was sent: a sink is at least once.
//
// One goroutine at a time calls a Sink. Close may come while a Write is stuck.
type Sink interface {
	// Write brings out a batch of signals, each the JSON of one SignalMatch without a
	// line end, in their order. It returns when all of them have been taken or one was
	// not. Signals must be taken in the order of the batches and within a batch, so that
	// no reader sees the newer signal of a symbol first.
	//
	// After an error the caller waits a little and calls Write again with the same batch,
	// until Write succeeds or the process ends; it never leaves a batch out. A sink that
	// has taken a part of the batch may go on behind that part, or take all of it again:
	// receivers tell repeated signals by their id. An error says which sink failed and
	// why. It carries no secrets, as it is logged.
	//
	// When ctx ends, Write returns soon if its medium lets it. The process does not wait
	// for a Write that hangs, it delays no other sink, and the signals that wait behind it
	// are bounded in bytes by the caller.
	//
	// The batch and the payloads belong to the caller: a sink neither writes to them nor
	// keeps them after Write has returned nil.
	Write(ctx context.Context, batch [][]byte) error

	// Close gives up what the sink holds. There is no Write behind it. It may come after a
	// Write that failed, and then loses what that Write did not take. It does not wait for
	// a Write that hangs, but returns an error.
	Close() error
}

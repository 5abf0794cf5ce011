// Package rulebook keeps the formulas of a daemon: those of its configuration, of the files in a folder and of a
// compacted topic.
//
// Each formula is checked by itself. A good one is in force; where the newest version of one is bad, the version before
// stays in force and the fault is listed:
//
//	book, err := rulebook.Open(file, rulebook.Options{Change: engine.Reload})
//	go book.Watch(ctx)                                  // follows the folder and the topic
//	err = book.Put("oversold", []byte("expression: rsi(close, 2) < 10")) // writes a file of the folder
//	inForce, faults := book.List()
//
// Compile is for commands that want every formula good or none.
//
// Errors of Put, Delete and Reload are *InvalidError, *NotInForceError, ErrUnknown, ErrElsewhere, ErrReadOnly, ErrFull,
// ErrMemory and ErrNoConfig; others are of the file system.
package rulebook

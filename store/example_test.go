package store_test

import (
	"fmt"
	"log"
	"os"

	"streamd/store"
)

// A directory belongs to one process at a time, and has an identity of its own.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	id, err := s.Identity()
	if err != nil {
		log.Fatal(err)
	}
	_, twice := store.Open(dir, store.Options{})
	fmt.Println("identity:", len(id) > 0, "opened twice:", twice == nil)
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}
	// Output: identity: true opened twice: false
}

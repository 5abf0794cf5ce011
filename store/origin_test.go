package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"testing"

	"streamd/stream"
)

// Keys and origins come back as they were written.
func TestOrigin(t *testing.T) {
	for _, o := range []Origin{{}, {Topic: "candles.1m", Partition: 12, TopicID: [16]byte{1, 15: 9}}} {
		if got, ok := parseOrigin(o.Bytes()); !ok || got != o {
			t.Errorf("%+v, %v of %+v", got, ok, o)
		}
		if _, ok := parseOrigin(o.Bytes()[1:]); ok {
			t.Error("an origin that is cut off is read")
		}
		for _, key := range []string{o.CheckpointKey(), o.RecordKey(series("A/B 1m"))} {
			topic, partition, ok := PartitionOfKey([]byte(key))
			if !ok || topic != o.Topic || partition != o.Partition {
				t.Errorf("key %q: %s/%d, %v", key, topic, partition, ok)
			}
		}
	}
	for _, key := range []string{"", "a", "a/", "a/x", "a/3000000000/S 1m"} {
		if _, _, ok := PartitionOfKey([]byte(key)); ok {
			t.Errorf("key %q names a partition", key)
		}
	}
}

type series string

func (s series) String() string { return string(s) }

// A record that a release of version 1 wrote is read; it had the origin in three fields. One of a release to come is not.
func TestRecordVersions(t *testing.T) {
	first, err := os.ReadFile("testdata/record-version-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, was, _, err := Verify(first); err != nil || was != from {
		t.Errorf("origin %+v, %v", was, err)
	}
	s, err := stream.New(newTape(t).engine.Rules(), stream.Options{Buffer: 200}).Restore(first)
	if err != nil || s.Key.Symbol != "S0" || s.Bars() != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	next := bytes.Clone(first[:len(first)-4])
	next[4] = 99
	next = binary.LittleEndian.AppendUint32(next, crc32.Checksum(next, castagnoli))
	if _, _, _, err := Verify(next); !errors.Is(err, stream.ErrNewer) {
		t.Errorf("a record of a later release: %v", err)
	}
}

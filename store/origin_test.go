package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
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

// Records of version 1, which had the origin in three fields, are read.
func TestRecordVersion1(t *testing.T) {
	records, _ := newTape(t).step(t, 3, rand.New(rand.NewPCG(1, 1)))
	for key, record := range records {
		first := bytes.Clone(record[:len(record)-4])
		origin := from.Bytes()
		first[4] = 1
		first = append(first[:5], first[5+2:]...) // without the length of the origin
		first = binary.LittleEndian.AppendUint32(first, crc32.Checksum(first, castagnoli))
		_, was, _, err := Verify(first)
		if err != nil || was != from || !bytes.Contains(first, origin) {
			t.Errorf("%s: origin %+v, %v", key, was, err)
		}
		if _, err := stream.New(newTape(t).engine.Rules(), stream.Options{Buffer: 200}).Restore(first); err != nil {
			t.Error(err)
		}
		first[4] = 3
		first = binary.LittleEndian.AppendUint32(first[:len(first)-4], crc32.Checksum(first[:len(first)-4], castagnoli))
		if _, _, _, err := Verify(first); !errors.Is(err, stream.ErrNewer) {
			t.Errorf("a record of a later release: %v", err)
		}
	}
}

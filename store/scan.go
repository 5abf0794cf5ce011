package store

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"streamd/stream"
)

// Content is what a file, or a topic, holds of a partition.
type Content struct {
	Records    map[string]Snapshot // by key
	Checkpoint *Checkpoint         // nil if there is none
}

// Snapshot is the newest record of a series that is kept somewhere.
type Snapshot struct {
	Bytes    []byte
	Position int64
	TopicID  [16]byte
}

// Take sets what is under a key if it belongs to the partition, whatever the id of
// its topic. It returns an error that is stream.ErrDamaged for a value that does
// not verify, and stream.ErrNewer for one of a later release.
func (c *Content) Take(from Origin, key string, value []byte) error {
	if key == from.CheckpointKey() {
		p, err := ParseCheckpoint(value)
		if err != nil {
			return err
		}
		if p.CheckpointKey() != key {
			return fmt.Errorf("store: checkpoint of %s under %s: %w", p.CheckpointKey(), key, stream.ErrDamaged)
		}
		c.Checkpoint = p
		return nil
	}
	series, origin, position, err := Verify(value)
	if err != nil {
		return fmt.Errorf("store: record %q: %w", key, err)
	}
	if origin.CheckpointKey() != from.CheckpointKey() || origin.RecordKey(series) != key {
		return fmt.Errorf("store: record of %s under %q: %w", origin.RecordKey(series), key, stream.ErrDamaged)
	}
	if c.Records == nil {
		c.Records = map[string]Snapshot{}
	}
	c.Records[key] = Snapshot{Bytes: value, Position: position, TopicID: origin.TopicID}
	return nil
}

// Limits of what is taken for a command of buntdb's file.
const (
	keyBytesMax   = 1 << 10
	valueBytesMax = 1 << 28
)

var setCommand = []byte("*3\r\n$3\r\nset\r\n")

// scanned is what is in a file's bytes, and what is wrong with it.
type scanned struct {
	Content
	valid int    // bytes up to the end of the last whole command
	fault string // what is damaged, empty for nothing; a torn end alone is no damage
}

// scan reads the bytes of a file, wherever it is damaged: behind a place that makes
// no sense it goes on with the next one that does. Only the newest value of a key
// is verified, an older one where that is bad. Values are parts of the data.
func scan(from Origin, data []byte) (*scanned, error) {
	s := &scanned{}
	older := map[string][][]byte{} // all values of a key, oldest first
	var order []string
	for at := 0; at < len(data); {
		key, value, n := parseSet(data[at:])
		if n > 0 {
			if len(older[key]) == 0 {
				order = append(order, key)
			}
			older[key] = append(older[key], value)
			at += n
			s.valid = at
			continue
		}
		next := bytes.Index(data[at+1:], setCommand)
		if next < 0 && tornEnd(data[at:]) {
			break
		}
		s.note("byte %d is not the beginning of a value", at)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	for _, key := range order {
		values := older[key]
		for i := len(values) - 1; i >= 0; i-- {
			err := s.Take(from, key, values[i])
			if err == nil {
				break
			}
			if errors.Is(err, stream.ErrNewer) {
				return nil, err
			}
			s.note("%v", err)
		}
	}
	return s, nil
}

func (s *scanned) note(format string, args ...any) {
	if s.fault == "" {
		s.fault = fmt.Sprintf(format, args...)
	}
}

// tornEnd reports whether the bytes are the beginning of a command: a write that
// a crash cut off.
func tornEnd(b []byte) bool {
	n := min(len(b), len(setCommand))
	if !bytes.Equal(b[:n], setCommand[:n]) {
		return false
	}
	for rest := b[n:]; len(rest) > 0; {
		if rest[0] != '$' {
			return false
		}
		line, after, whole := bytes.Cut(rest[1:], []byte("\r\n"))
		if !whole {
			return len(line) <= len("1000000000\r")
		}
		size, err := strconv.Atoi(string(line))
		if err != nil || size < 0 || size > valueBytesMax {
			return false
		}
		if size+2 > len(after) {
			return true
		}
		rest = after[size+2:]
	}
	return true
}

// parseSet reads a command that sets a key, and returns its length, 0 if it is
// none.
func parseSet(b []byte) (key string, value []byte, n int) {
	if !bytes.HasPrefix(b, setCommand) {
		return "", nil, 0
	}
	at := len(setCommand)
	k, at := parseBulk(b, at, keyBytesMax)
	v, at := parseBulk(b, at, valueBytesMax)
	if at == 0 {
		return "", nil, 0
	}
	return string(k), v, at
}

// parseBulk reads `$LENGTH\r\n` and as many bytes and `\r\n`, from a place on, and
// returns the place behind it, 0 if that is not there.
func parseBulk(b []byte, at, sizeMax int) ([]byte, int) {
	if at == 0 || at >= len(b) || b[at] != '$' {
		return nil, 0
	}
	size, digits := 0, 0
	for at++; at < len(b) && b[at] >= '0' && b[at] <= '9' && size <= sizeMax; at++ {
		size, digits = size*10+int(b[at]-'0'), digits+1
	}
	end := at + 2 + size
	if digits == 0 || size > sizeMax || end+2 > len(b) || b[at] != '\r' || b[at+1] != '\n' || b[end] != '\r' ||
		b[end+1] != '\n' {
		return nil, 0
	}
	return b[at+2 : end], end + 2
}

// appendSet appends the command that sets a key, as buntdb writes it.
func appendSet(dst []byte, key string, value []byte) []byte {
	dst = append(dst, setCommand...)
	dst = append(dst, '$')
	dst = strconv.AppendInt(dst, int64(len(key)), 10)
	dst = append(dst, "\r\n"...)
	dst = append(dst, key...)
	dst = append(dst, "\r\n$"...)
	dst = strconv.AppendInt(dst, int64(len(value)), 10)
	dst = append(dst, "\r\n"...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

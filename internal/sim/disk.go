package sim

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"streamd/live"
	"streamd/store"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A process of an instance has a directory of its own, which begins as what the
// disk holds when the process before ended: that one may still be writing, to
// nobody, while it unwinds.

// newDisk makes the directory of the next process.
func (i *instance) newDisk(name string) string {
	dir := filepath.Join(i.world.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		panic("sim: " + err.Error())
	}
	if i.disk != "" {
		copyDisk(dir, i.disk, i.ending, i.random)
	}
	i.disk, i.ending = dir, Stop
	return dir
}

// copyDisk copies the files as a crash of that kind leaves them.
func copyDisk(to, from string, ending EventKind, random *rand.Rand) {
	if ending == Wipe {
		return
	}
	files, err := os.ReadDir(from)
	if err != nil {
		panic("sim: " + err.Error())
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			continue // it was just renamed
		}
		if ending == Damage && strings.HasSuffix(f.Name(), ".db") && len(data) > 0 {
			data = damage(data, random)
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), data, 0o644); err != nil {
			panic("sim: " + err.Error())
		}
	}
}

// damage loses the end of a file, or pages, or turns bits over.
func damage(data []byte, random *rand.Rand) []byte {
	at := random.IntN(len(data))
	const page = 4096
	switch random.IntN(5) {
	case 0:
		return data[:at]
	case 1:
		clear(data[at:])
	case 2:
		clear(data[at&^(page-1) : min(len(data), at&^(page-1)+page)])
	case 3:
		for range 1 + random.IntN(8) {
			data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		}
	case 4:
		return data[:len(data)-min(len(data), random.IntN(20_000))]
	}
	return data
}

// state opens the store of a process.
func (i *instance) state(dir string) live.StateConfig {
	s, err := store.Open(dir, store.Options{Failing: i.failing})
	if err != nil {
		panic("sim: " + err.Error())
	}
	return live.StateConfig{Store: s, Topic: stateTopic, Every: i.world.plan.Snapshots}
}

// stateRecord holds a record of the state topic against the oracle's, and notes how
// far its offset must be committed.
func (c *checker) stateRecord(key string, value []byte) {
	if !strings.Contains(key, " ") { // of a partition
		p, err := store.ParseCheckpoint(value)
		if err != nil {
			c.world.violate("checkpoint %s: %v", key, err)
			return
		}
		c.lowWater[p.Partition] = p.LowWater
		return
	}
	c.states++
	series, from, position, err := store.Verify(value)
	if err != nil {
		c.world.violate("record %s: %v", key, err)
		return
	}
	at := recordAt{from.Partition, series.Symbol, position}
	if c.universe != nil {
		c.universe.states[at] = hashOf(value)
	} else if want, ok := c.world.oracle.records[at]; !ok || want != hashOf(value) {
		c.world.violate("the state of %s at %d is not that of an uninterrupted run", key, position)
	}
	c.held[from.Partition] = max(c.held[from.Partition], position)
}

// expire removes the input below what the state topic holds: from now on a state is
// not to be had without it.
func (w *World) expire() {
	request := kmsg.NewPtrDeleteRecordsRequest()
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = candlesTopic
	w.checker.mu.Lock()
	for p, low := range w.checker.lowWater {
		if u := w.checker.universe; u != nil {
			at, _ := u.resume.At(candlesTopic, p)
			low = min(low, at)
		}
		part := kmsg.NewDeleteRecordsRequestTopicPartition()
		part.Partition, part.Offset = p, low
		topic.Partitions = append(topic.Partitions, part)
	}
	w.checker.mu.Unlock()
	if len(topic.Partitions) == 0 {
		return
	}
	request.Topics = append(request.Topics, topic)
	if _, err := request.RequestWith(w.ctx, w.checker.client); err != nil {
		w.logf("expire: %v", err)
	}
}

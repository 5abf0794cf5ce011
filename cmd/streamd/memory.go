package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"streamd/config"
	"streamd/stream"

	"github.com/rs/zerolog"
)

// limitMemory has the garbage collector keep to limits.memory, and returns what the state of series may take of it;
// nil where no limit is known.
func limitMemory(cfg *config.Configuration, log zerolog.Logger) *stream.Budget {
	available := availableMemory("/")
	limit := cfg.MemoryLimit(available)
	if limit <= 0 {
		log.Info().Msg("the memory has no limit")
		return nil
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	budget := stateShare(limit)
	log.Info().Int64("limit_mb", limit>>20).Int64("for_state_mb", budget>>20).Int64("available_mb", available>>20).
		Msg("memory")
	return stream.NewBudget(budget)
}

// stateShare is what is left for the state of series: buffers of the brokers' answers, snapshots on their way and the
// garbage collector need the rest.
func stateShare(limit int64) int64 { return limit - min(limit/2, 160<<20+limit/8) }

// availableMemory is the least of the machine's memory, the cgroup's limit and the process's own, as the files below a
// root tell; 0 where nothing does.
func availableMemory(root string) int64 {
	least := int64(0)
	note := func(bytes int64) {
		if bytes > 0 && (least == 0 || bytes < least) {
			least = bytes
		}
	}
	note(kilobytesOf(filepath.Join(root, "proc/meminfo"), "MemTotal:"))
	note(numberIn(filepath.Join(root, "sys/fs/cgroup/memory/memory.limit_in_bytes"))) // version 1
	cgroups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err == nil {
		for line := range bytes.Lines(cgroups) {
			path, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "0::")
			for ; ok; path = filepath.Dir(path) { // a limit of any group above holds as well
				note(numberIn(filepath.Join(root, "sys/fs/cgroup", path, "memory.max")))
				ok = path != "/" && path != "."
			}
		}
	}
	note(addressSpace(filepath.Join(root, "proc/self/limits")))
	return least
}

// addressSpace is the limit of `ulimit -v`. The Go runtime reserves some of it that it never uses.
func addressSpace(path string) int64 {
	const reserved = 256 << 20
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("Max address space")); ok {
			if fields := bytes.Fields(rest); len(fields) > 0 {
				n, err := strconv.ParseInt(string(fields[0]), 10, 64)
				if err == nil {
					return max(n-reserved, n/2)
				}
			}
		}
	}
	return 0
}

// kilobytesOf returns the bytes of a line as "MemTotal: 16384 kB".
func kilobytesOf(path, name string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != name {
			continue
		}
		if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			return n << 10
		}
	}
	return 0
}

// numberIn returns the number in a file, 0 for "max" or where there is none.
func numberIn(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n >= 1<<60 { // version 1 has a huge number for none
		return 0
	}
	return n
}

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The least limit counts: of the machine, of each cgroup above the process, of the process.
func TestAvailableMemory(t *testing.T) {
	root := t.TempDir()
	for _, step := range []struct {
		path, text string
		want       int64
	}{
		{"nothing", "", 0},
		{"proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n", 16 << 30},
		{"proc/self/cgroup", "0::/a/b\n", 16 << 30},
		{"sys/fs/cgroup/a/b/memory.max", "max\n", 16 << 30},
		{"sys/fs/cgroup/a/memory.max", "4294967296\n", 4 << 30},
		{"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n", 4 << 30},
		{"proc/self/limits", "Max address space         unlimited            unlimited            bytes\n", 4 << 30},
		{"proc/self/limits", "Max address space         1073741824           unlimited            bytes\n", 768 << 20},
	} {
		path := filepath.Join(root, step.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := availableMemory(root); got != step.want {
			t.Errorf("with %s %q: %d, want %d", step.path, step.text, got, step.want)
		}
	}
}

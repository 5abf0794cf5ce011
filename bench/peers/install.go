package main

import (
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// peer is a program that prints lines "PEER MODE INDICATOR NANOSECONDS".
type peer struct {
	name    string
	command []string
}

// install brings the peers into the cache, each by its own package manager, and
// builds the programs that run them.
func install(dir, cache string, n int, only string) []peer {
	check(os.MkdirAll(cache, 0o755))
	here, err := filepath.Abs(dir)
	check(err)
	bars, rising, count := filepath.Join(cache, "bars.f64"), filepath.Join(cache, "rising.f64"), strconv.Itoa(n)
	all := []struct {
		name string
		make func() []string
	}{
		{"talib-c", func() []string { return append(talibC(here, cache), bars, rising, count) }},
	}
	var peers []peer
	for _, p := range all {
		if only == "" || slices.Contains(strings.Split(only, ","), p.name) {
			peers = append(peers, peer{p.name, p.make()})
		}
	}
	return peers
}

// python returns the interpreter of a virtual environment with TA-Lib.
func python(cache string) string {
	program := filepath.Join(cache, "venv", "bin", "python")
	if _, err := os.Stat(program); err != nil {
		log.Print("installing TA-Lib")
		run([]string{"python3", "-m", "venv", filepath.Join(cache, "venv")}, "")
		run([]string{program, "-m", "pip", "install", "--quiet", "TA-Lib==0.8.2", "numpy"}, "")
	}
	return program
}

// talibC builds the program against the C library in the wheel.
func talibC(here, cache string) []string {
	python(cache)
	found, err := filepath.Glob(filepath.Join(cache, "venv", "lib", "python3*", "site-packages", "ta_lib.libs", "libta-lib-*"))
	check(err)
	if len(found) != 1 {
		log.Fatalf("peers: %d C libraries in the wheel of TA-Lib", len(found))
	}
	program := filepath.Join(cache, "talib")
	run([]string{"cc", "-O2", "-o", program, filepath.Join(here, "c", "talib.c"), found[0], "-Wl,-rpath," + filepath.Dir(found[0])}, "")
	return []string{program}
}

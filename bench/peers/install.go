package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
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
		make func() ([]string, error)
	}{
		{"talib-c", func() ([]string, error) {
			program, err := talibC(here, cache)
			return append(program, bars, rising, count), err
		}},
		{"talib-rust", func() ([]string, error) {
			program, err := talibRust(here, cache)
			return append(program, bars), err
		}},
		{"go", func() ([]string, error) {
			program, err := goPeers(here, cache)
			return append(program, bars), err
		}},
		{"talipp", func() ([]string, error) {
			program, err := python(cache)
			return []string{program, filepath.Join(here, "py", "talipp_cost.py"), bars}, err
		}},
	}
	var peers []peer
	for _, p := range all {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		command, err := p.make()
		if err != nil {
			// The others are worth a comparison without it, but not without a word.
			log.Printf("NOT COMPARED: %s cannot be installed: %v", p.name, err)
			continue
		}
		peers = append(peers, peer{p.name, command})
	}
	return peers
}

// python returns the interpreter of a virtual environment with the packages.
func python(cache string) (string, error) {
	program := filepath.Join(cache, "venv", "bin", "python")
	if _, err := os.Stat(program); err != nil {
		log.Print("installing TA-Lib and talipp")
		if err := try("", "python3", "-m", "venv", filepath.Join(cache, "venv")); err != nil {
			return "", err
		}
	}
	return program, try("", program, "-m", "pip", "install", "--quiet", "TA-Lib==0.8.2", "numpy", "talipp==2.7.0")
}

// talibC builds the program against the C library in the wheel.
func talibC(here, cache string) ([]string, error) {
	if _, err := python(cache); err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(cache, "venv", "lib", "python3*", "site-packages", "ta_lib.libs",
		"libta-lib-*"))
	check(err)
	if len(found) != 1 {
		return nil, fmt.Errorf("%d C libraries in the wheel of TA-Lib", len(found))
	}
	program := filepath.Join(cache, "talib")
	return []string{program}, try("", "cc", "-O2", "-o", program, filepath.Join(here, "c", "talib.c"), found[0],
		"-Wl,-rpath,"+filepath.Dir(found[0]))
}

// talibRust builds the program with TA-Lib's crate.
func talibRust(here, cache string) ([]string, error) {
	target := filepath.Join(cache, "rust")
	err := try(filepath.Join(here, "rust"), "cargo", "build", "--release", "--quiet", "--target-dir", target)
	return []string{filepath.Join(target, "release", "peers")}, err
}

// goPeers builds the other Go libraries in a module of their own.
func goPeers(here, cache string) ([]string, error) {
	dir := filepath.Join(cache, "go")
	check(os.MkdirAll(dir, 0o755))
	text, err := os.ReadFile(filepath.Join(here, "gopeers", "main.go.txt"))
	check(err)
	check(os.WriteFile(filepath.Join(dir, "main.go"), text, 0o644))
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		if err := try(dir, "go", "mod", "init", "peers"); err != nil {
			return nil, err
		}
	}
	if err := try(dir, "go", "get", "github.com/cinar/indicator/v2@v2.1.16",
		"github.com/markcheno/go-talib@v0.0.0-20250114000313-ec55a20c902f"); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "peers")
	return []string{program}, try(dir, "go", "build", "-o", program, ".")
}

// try runs a command in a folder; the error has what it said.
func try(dir string, command ...string) error {
	c := exec.Command(command[0], command[1:]...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, out)
	}
	return nil
}

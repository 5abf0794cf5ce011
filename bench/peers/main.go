// Command peers compares what an indicator costs here and elsewhere, in turn in
// one run on the same bars: our rows, bar by bar and in blocks, against TA-Lib C
// (its streaming tier and batch), TA-Lib's Rust crate, go-talib, cinar/indicator
// and talipp. It installs them into a cache and prints nanoseconds per bar and
// ratios: the least of all rounds, since other work on the machine only adds.
//
//	go run ./bench/peers [-cache DIR] [-rounds N]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

var sink io.Writer = io.Discard

func main() {
	home, err := os.UserCacheDir()
	check(err)
	cache := flag.String("cache", filepath.Join(home, "streamd-peers"), "where the peers are installed")
	dir := flag.String("dir", "bench/peers", "the directory of this program's sources")
	rounds := flag.Int("rounds", 5, "runs of each, in turn")
	n := flag.Int("bars", 1_000_000, "bars")
	self := flag.Bool("ours", false, "measure our own rows only, and print them")
	only := flag.String("only", "", "the peers wanted, separated by commas; all if empty")
	flag.Parse()
	log.SetFlags(0)
	if *self {
		ours(newBars(*n))
		return
	}
	abs, err := filepath.Abs(*cache)
	check(err)
	peers := install(*dir, abs, *n, *only)
	b := newBars(*n)
	write(filepath.Join(abs, "bars.f64"), b.open, b.high, b.low, b.close, b.volume)
	write(filepath.Join(abs, "rising.f64"), b.rising)
	binary, err := os.Executable()
	check(err)
	peers = append([]peer{{name: "streamd", command: []string{binary, "-ours", "-bars", strconv.Itoa(*n)}}}, peers...)
	best := costs{}
	for round := range *rounds {
		for _, p := range peers {
			log.Printf("round %d of %d: %s", round+1, *rounds, p.name)
			best.add(run(p.command, ""))
		}
	}
	best.print(os.Stdout)
}

// run runs a command to its end and returns what it printed.
func run(command []string, dir string) string {
	c := exec.Command(command[0], command[1:]...)
	c.Dir = dir
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	if err := c.Run(); err != nil {
		log.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, problems.String())
	}
	return out.String()
}

func check(err error) {
	if err != nil {
		log.Fatal(fmt.Errorf("peers: %w", err))
	}
}

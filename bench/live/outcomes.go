package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// follow compares the CPU that the daemon needs where nothing becomes of its signals with what it needs where they end
// and have outcomes: with one formula, which costs as little as a candle can, and with 20. The least CPU of the rounds
// counts: other work on the machine only adds to it.
func follow(binary, brokers, in, run string, n, rounds int) {
	one := "  - {name: f, expression: 'bar_index % 100 == 37'}\n"
	for name, formulas := range map[string]string{"1 formula": one, "20 formulas": sparse()} {
		plain := strings.ReplaceAll(formulas, "}\n", ", mode: edge}\n")
		ending := strings.ReplaceAll(plain, "}\n", ", resolve: true}\n") + "outcomes: {after: [1, 5, 20]}\n"
		alone, both := 0.0, 0.0
		for round := range rounds {
			group := fmt.Sprintf("%s-%s-%d", run, name[:1], round)
			alone = max(alone, perCPU(binary, brokers, in, group+"a", plain, n))
			both = max(both, perCPU(binary, brokers, in, group+"b", ending, n))
		}
		log.Printf("%-12s candles per second of CPU: signals alone %.0f, with resolves and outcomes %.0f, %.2fx", name,
			alone, both, both/alone)
	}
}

// perCPU runs the daemon over a full topic and returns candles per second of its CPU time, its start and stop included.
func perCPU(binary, brokers, in, group, rest string, n int) float64 {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	const listen = "127.0.0.1:18997"
	cmd := exec.Command(binary, "run", "-c", configure(dir, brokers, in, group, "exactly_once", listen, rest))
	cmd.Stderr = os.Stderr
	check(cmd.Start())
	for counter("http://"+listen+"/metrics") < n {
		time.Sleep(100 * time.Millisecond) // each question is CPU of the daemon
	}
	check(cmd.Process.Signal(syscall.SIGTERM))
	check(cmd.Wait())
	return float64(n) / (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
}

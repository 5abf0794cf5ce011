package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// daemon is one `streamd run`.
type daemon struct {
	name   string
	config string
	state  string // its directory
	ready  string // URL
	binary string

	cmd    *exec.Cmd
	done   chan struct{} // closed when the process has ended
	asked  bool          // we ended it
	slow   time.Duration // the longest it took to end after SIGTERM
	log    *os.File
	frozen bool
}

const formulas = `
  - {name: above, expression: "close > ema(close, 200)", mode: edge, resolve: true}
  - {name: cross, expression: "crossover(ema(close, 50), ema(close, 200))", signal_type: ENTRY}
  - {name: oversold, expression: "rsi(close, 14) < 35 and close < ema(close, 200)", cooldown: 7}
  - {name: pulse, expression: "bar_index % 20 == 7 and ema(close, 200) + macd(close).hist + atr(14) != 0", mode: every}
  - {name: run, expression: "close > close[1]", for: 5, cooldown: 3}
  - {name: ends, expression: "close > ema(close, 9)", mode: edge, expires: 6, rearm: "close < ema(close, 20)"}
`

func (r *rig) formulas() string {
	if r.disturbance != nil {
		return universeFormulas
	}
	return formulas
}

// configure writes the configuration of a daemon. Members of one group differ
// in directory and port, and every second gives its partitions away when it is
// stopped.
func (r *rig) configure(name, group, outputs, delivery string) (*daemon, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	listen := l.Addr().String()
	l.Close()
	d := &daemon{
		name: name, binary: r.Binary, config: filepath.Join(r.dir, name+".yaml"),
		state: filepath.Join(r.dir, name+".state"),
		ready: "http://" + listen + "/readyz",
	}
	notify := ""
	if r.receivers != nil && outputs == "" {
		notify = r.receivers.section()
	}
	text := fmt.Sprintf(`
kafka:
  brokers: [%s]
  group: %s
  topics: [{name: %s, timeframe: 1m}]
  signals: %s
  dead_letters: %s
  delivery: %s
  session_timeout: %s
  leave_on_stop: %t
state: {dir: %q%s}
buffer: 300
formulas:%shttp: {listen: %q}
log: {level: info, format: json}
outcomes: {after: [1, 5, 20], topic: %s}
%s`, strings.ReplaceAll(r.Brokers, ",", ", "), group, r.input(), r.signals()+outputs, r.dead()+outputs, delivery,
		r.Session, len(r.daemons)%2 == 1, d.state, stateOptions, r.formulas(), listen,
		r.outcomes()+outputs, notify)
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return d, nil
}

// stateOptions follow the directory in the configuration's state section.
const stateOptions = ", snapshot_every: 1s"

// member adds a daemon to the group under test.
func (r *rig) member(name string) (*daemon, error) {
	d, err := r.configure(name, r.run, "", r.Delivery)
	if err == nil {
		r.daemons = append(r.daemons, d)
	}
	return d, err
}

// start runs the daemon, its log appended to that of earlier runs.
func (d *daemon) start() error {
	var err error
	if d.log, err = os.OpenFile(d.config+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	d.cmd = exec.Command(d.binary, "run", "-c", d.config)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	d.asked, d.done = false, make(chan struct{})
	if err := d.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, done chan struct{}, log *os.File) {
		_ = cmd.Wait() // the state is asked for where it matters
		log.Close()
		close(done)
	}(d.cmd, d.done, d.log)
	return nil
}

func (d *daemon) running() bool {
	if d.cmd == nil {
		return false
	}
	select {
	case <-d.done:
		return false
	default:
		return true
	}
}

// kill is kill -9.
func (d *daemon) kill() {
	if d.running() {
		d.asked = true
		_ = d.cmd.Process.Kill() // it may just have ended
		<-d.done
	}
	d.frozen = false
}

// stop is SIGTERM; the daemon must end with exit code 0 within a few seconds.
func (d *daemon) stop() error {
	if !d.running() {
		return nil
	}
	d.asked = true
	began := time.Now()
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
	defer func() { d.slow = max(d.slow, time.Since(began)) }()
	select {
	case <-d.done:
	case <-time.After(30 * time.Second):
		d.kill()
		return fmt.Errorf("kill: %s did not stop within 30 s of SIGTERM", d.name)
	}
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("kill: %s ended with exit code %d after SIGTERM", d.name, code)
	}
	return nil
}

func (d *daemon) signal(s syscall.Signal) {
	d.frozen = s == syscall.SIGSTOP
	_ = d.cmd.Process.Signal(s) // it may just have ended, which the loop finds
}

// awaitReady waits until the daemon says that it is, or the time is over.
func (d *daemon) awaitReady(ctx context.Context, most time.Duration) bool {
	client := http.Client{Timeout: time.Second}
	for end := time.Now().Add(most); time.Now().Before(end) && ctx.Err() == nil &&
		d.running(); pause(ctx, 30*time.Millisecond) {
		resp, err := client.Get(d.ready)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the status says it all
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}

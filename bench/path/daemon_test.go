//go:build kafka

package path

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"streamd/kafka"
)

type config struct {
	partitions int32
	formulas   map[string]string
}

// daemon is a running streamd with topics of its own.
type daemon struct {
	t                             *testing.T
	brokers, input, signals, dead string
	cmd                           *exec.Cmd
	log                           *bytes.Buffer
	metrics                       string
}

var build struct {
	once sync.Once
	path string
	err  error
}

// binary is streamd, built once.
func binary(t *testing.T) string {
	build.once.Do(func() {
		dir, err := os.MkdirTemp("", "streamd-path")
		build.path, build.err = filepath.Join(dir, "streamd"), err
		if out, err := exec.Command("go", "build", "-o", build.path, "../../cmd/streamd").CombinedOutput(); err != nil {
			build.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	must(t, build.err)
	return build.path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if build.path != "" {
		_ = os.RemoveAll(filepath.Dir(build.path)) // a temporary file
	}
	os.Exit(code)
}

func start(t *testing.T, c config) *daemon {
	t.Helper()
	brokers := os.Getenv("STREAMD_KAFKA")
	if brokers == "" {
		t.Fatal("STREAMD_KAFKA is not set to the bootstrap address of a real cluster")
	}
	name := "path-" + rand.Text()
	d := &daemon{
		t: t, brokers: brokers, input: name + ".candles", signals: name + ".signals", dead: name + ".dead",
		log: new(bytes.Buffer),
	}
	client, err := kafka.Open(kafka.Config{Brokers: strings.Split(brokers, ",")})
	must(t, err)
	defer client.Close()
	must(t, client.CreateTopic(t.Context(), kafka.TopicSpec{Name: d.input, Partitions: c.partitions, Replication: -1}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	listen := l.Addr().String()
	l.Close()
	d.metrics = "http://" + listen + "/metrics"
	dir := t.TempDir()
	text := fmt.Sprintf("kafka:\n  brokers: [%s]\n  group: %s\n  topics: [{name: %s, timeframe: 1m}]\n  signals: "+
		"%s\n  dead_letters: %s\nstate: {dir: %q}\nhttp: {listen: %q}\nformulas:\n",
		strings.ReplaceAll(brokers, ",", ", "), name, d.input, d.signals, d.dead, filepath.Join(dir, "state"), listen)
	for name, expression := range c.formulas {
		text += fmt.Sprintf("  - {name: %s, expression: %q}\n", name, expression)
	}
	path := filepath.Join(dir, "config.yaml")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	d.cmd = exec.Command(binary(t), "run", "-c", path)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	must(t, d.cmd.Start())
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill() // after a failure
			_ = d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("%.4000s", d.log)
		}
	})
	return d
}

// stop ends the daemon as a supervisor does; it must exit with 0.
func (d *daemon) stop() {
	d.t.Helper()
	at := time.Now()
	must(d.t, d.cmd.Process.Signal(syscall.SIGTERM))
	timer := time.AfterFunc(30*time.Second, func() { _ = d.cmd.Process.Kill() })
	defer timer.Stop()
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("after SIGTERM: %v", err)
	}
	d.t.Logf("ended %v after SIGTERM", time.Since(at).Round(time.Millisecond))
}

// produce sends key|value lines with kcat, idempotently: on a broker that has just
// come up librdkafka sends again, and without it candles are twice and late in the topic.
func (d *daemon) produce(lines []string, args ...string) {
	d.t.Helper()
	cmd := exec.Command("kcat", append([]string{
		"-P", "-b", d.brokers, "-t", d.input, "-K", "|", "-X",
		"enable.idempotence=true",
	}, args...)...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("kcat: %v\n%s", err, out)
	}
}

// consume reads a topic to its end with kcat, committed records only.
func (d *daemon) consume(topic, format string) []string {
	d.t.Helper()
	out := output(d.t, "kcat", "-C", "-q", "-e", "-b", d.brokers, "-t", topic, "-o", "beginning", "-X",
		"isolation.level=read_committed", "-f", format)
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

func (d *daemon) broker(args ...string) {
	d.t.Helper()
	defer time.Sleep(time.Second) // a killed process holds its port a little longer
	if out, err := exec.Command("../../tools/kafka.sh", args...).CombinedOutput(); err != nil {
		d.t.Fatalf("kafka.sh %v: %v\n%s", args, err, out)
	}
}

// await waits until a counter, summed over its labels, is at n.
func (d *daemon) await(name string, n int) {
	d.t.Helper()
	line := regexp.MustCompile(`(?m)^` + name + `(?:\{[^}]*\})? (\d+)`)
	sum := 0
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		r, err := http.Get(d.metrics)
		if err != nil {
			continue
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		must(d.t, err)
		sum = 0
		for _, m := range line.FindAllSubmatch(body, -1) {
			v, err := strconv.Atoi(string(m[1]))
			must(d.t, err)
			sum += v
		}
		if sum >= n {
			break
		}
	}
	if sum != n {
		d.t.Fatalf("%s is at %d, want %d", name, sum, n)
	}
}

// awaitSignals waits until that many are counted as delivered.
func (d *daemon) awaitSignals(n int) {
	d.t.Helper()
	d.await("streamd_signals_total", n)
}

// peakMemory is the most resident memory that the daemon had, in bytes.
func (d *daemon) peakMemory() int {
	d.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	must(d.t, err)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		d.t.Skip("no VmHWM here")
	}
	kib, err := strconv.Atoi(string(m[1]))
	must(d.t, err)
	return kib << 10
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, &stderr)
	}
	return string(out)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"

	"streamd/candle"
	decoder "streamd/candle/wire"
	"streamd/kafka"
	"streamd/live"
	"streamd/stream"
	"streamd/topics"
)

// stage is a part of the way of a candle, and the functions that tell it: the first stage of which a stack has one,
// called from outside of the stages before.
type stage struct {
	name  string
	calls *regexp.Regexp
}

var stages = []stage{
	{"garbage collection", regexp.MustCompile(`^runtime\.(gc|bg)[A-Z]|^runtime\.\(\*(gc|mheap|sweep)`)},
	{"decompress", regexp.MustCompile(`klauspost/compress|pierrec/lz4|golang/snappy`)},
	{"encode signals", regexp.MustCompile(`\.AppendJSON|^streamd/sink\.`)},
	{"produce, commit", regexp.MustCompile(`^streamd/kafka\.\(\*Producer\)|^streamd/live\.\(\*delivery\)`)},
	{"decode JSON", regexp.MustCompile(`^streamd/candle/wire\.`)},
	{"engine", regexp.MustCompile(`^streamd/(stream|formula|incremental|ringbuf)[./]`)},
	{"fetch, split records", regexp.MustCompile(`^streamd/kafka\.\(\*(Fetcher|Fetched|fetch)|^streamd/kafka\.`)},
	{"worker", regexp.MustCompile(`^streamd/live\.`)},
	{"network", regexp.MustCompile(`segmentio/kafka-go|^net\.|^internal/poll\.`)},
	{"scheduler", regexp.MustCompile(`^runtime\.`)},
	{"other", regexp.MustCompile(``)},
}

// breakdown runs the consumer of the daemon within this process over the topic, with one signal in 100 candles, and
// prints where its CPU went, and how long its commits took.
func breakdown(ctx context.Context, c *kafka.Client, in, run string, n int) {
	var all []stream.Formula
	for i, e := range sparseExpressions() {
		all = append(all, stream.Formula{Name: fmt.Sprint("f", i), Expression: e})
	}
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: all})
	if len(problems) > 0 {
		log.Fatal(problems[0])
	}
	mapping, _ := decoder.Format("flat")
	minute, err := candle.ParseTimeframe("1m")
	check(err)
	ctx, stop := context.WithCancel(ctx)
	set := metrics.NewSet()
	var commits, signals int
	var committing time.Duration
	consumer := live.New(live.Config{
		Client: c, Group: run, TransactionalID: run, Delivery: live.ExactlyOnce, SessionTimeout: 6 * time.Second,
		Topics:  []topics.Source{{Name: in, Mapping: mapping, Default: decoder.Defaults{Timeframe: minute}}},
		Signals: in + ".out", Rules: rules, Log: zerolog.Nop(), Metrics: live.NewMetrics(set),
		Traced: func(done live.Committed) {
			commits, signals, committing = commits+1, signals+done.Signals, committing+done.End.Sub(done.Start)
		},
	})
	path := filepath.Join(os.TempDir(), "streamd-live.prof")
	profile, err := os.Create(path)
	check(err)
	defer profile.Close()
	check(pprof.StartCPUProfile(profile))
	began := time.Now()
	go func() {
		for applied(set) < n {
			time.Sleep(10 * time.Millisecond)
		}
		stop()
	}()
	check(consumer.Run(ctx))
	took := time.Since(began)
	pprof.StopCPUProfile()
	each := committing / time.Duration(max(commits, 1))
	log.Printf("%d candles in %v with the joining of the group, %d signals, %d commits of %v each", n,
		took.Round(time.Millisecond), signals, commits, each.Round(time.Millisecond))
	printStages(path, n)
	log.Printf("profile: %s", path)
}

// applied returns how many candles the consumer has applied.
func applied(set *metrics.Set) int {
	var b bytes.Buffer
	set.WritePrometheus(&b)
	sum := 0
	for _, m := range candlesLine.FindAllSubmatch(b.Bytes(), -1) {
		v, err := strconv.Atoi(string(m[1]))
		check(err)
		sum += v
	}
	return sum
}

// printStages adds up the stacks of a profile by stage.
func printStages(path string, n int) {
	binary, err := os.Executable()
	check(err)
	text, err := exec.Command("go", "tool", "pprof", "-traces", "-unit", "us", binary, path).Output()
	check(err)
	spent := make([]time.Duration, len(stages))
	total := time.Duration(0)
	var stack []string
	var value time.Duration
	flush := func() {
		if len(stack) > 0 {
			spent[stageOf(stack)] += value
			total += value
		}
		stack = stack[:0]
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "---") {
			flush()
			continue
		}
		if len(line) < traceColumn {
			continue
		}
		if micros := strings.TrimSuffix(strings.TrimSpace(line[:traceColumn]), "us"); micros != "" {
			v, err := strconv.ParseFloat(micros, 64)
			if err != nil {
				continue // the head of the report
			}
			value = time.Duration(v * float64(time.Microsecond))
		}
		stack = append(stack, strings.TrimSpace(line[traceColumn:]))
	}
	flush()
	order := make([]int, len(stages))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(spent[b], spent[a]) })
	for _, i := range order {
		log.Printf("%-22s %5.0f ns a candle  %4.1f %%", stages[i].name, float64(spent[i])/float64(n),
			100*float64(spent[i])/float64(max(total, 1)))
	}
	log.Printf("%-22s %5.0f ns a candle", "all", float64(total)/float64(n))
}

// traceColumn is where the functions begin in what pprof prints.
const traceColumn = 13

// stageOf returns the stage of a stack, whose innermost call is first.
func stageOf(stack []string) int {
	for i, s := range stages {
		if slices.ContainsFunc(stack, s.calls.MatchString) {
			return i
		}
	}
	return len(stages) - 1
}

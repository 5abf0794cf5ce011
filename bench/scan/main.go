// Command scan times a scan of synthetic history from memory, for bench-scan:
// it prints one line of JSON for each task. The arrays are those that peers.py
// makes: DIR/NAME_o.npy and so on, float64, symbols by bars. With -file it scans
// that file instead. -cpuprofile writes where the time went.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"syscall"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/replay"
	"streamd/stream"
)

// named are the registered indicators, whose values the task ind8 computes.
var named = []string{"sma_20", "sma_50", "sma_200", "ema_12", "ema_26", "rsi_14", "atr_14", "volume_sma_20"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir := flag.String("data", "", "folder with the arrays")
	name := flag.String("name", "daily", "daily or minute")
	workers := flag.Int("workers", 1, "series worked on at a time")
	reps := flag.Int("reps", 3, "repetitions; the fastest counts")
	expression := flag.String("formula", "close > sma(close, 20) and rsi(close, 14) > 70 and volume > 2 * "+
		"sma(volume, 20)", "what is scanned for")
	only := flag.String("task", "", "scan, matches or ind8; all of them by default")
	file := flag.String("file", "", "file to scan instead of the arrays")
	profile := flag.String("cpuprofile", "", "file for a profile of the CPU")
	flag.Parse()
	runtime.GOMAXPROCS(*workers)
	data := history.Data{Paths: []string{*file}}
	if *file == "" {
		var err error
		if data, err = load(*dir, *name); err != nil {
			return err
		}
	}
	if *profile != "" {
		to, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer to.Close()
		if err := pprof.StartCPUProfile(to); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	scan := &replay.Job{
		Data: data, Workers: *workers, CountOnly: true,
		Formulas: []stream.Formula{{Name: "scan", Expression: *expression}},
	}
	full := *scan
	full.CountOnly = false
	for _, task := range []struct {
		name string
		run  func() (int, error)
	}{
		{"scan", func() (int, error) { return matches(scan) }},
		{"matches", func() (int, error) { return matches(&full) }},
		{"ind8", func() (int, error) { return len(data.Memory), indicators(data, *workers) }},
	} {
		if *only != "" && task.name != *only {
			continue
		}
		var times, used []float64
		found := 0
		for range *reps {
			start, cpu := time.Now(), seconds()
			var err error
			if found, err = task.run(); err != nil {
				return err
			}
			times, used = append(times, time.Since(start).Seconds()), append(used, seconds()-cpu)
		}
		line, err := json.Marshal(map[string]any{
			"peer": "streamd", "task": task.name, "wall": slices.Min(times), "cpu": slices.Min(used),
			"found": found, "threads": *workers,
		})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

// seconds returns the CPU time that the process has used.
func seconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func matches(j *replay.Job) (int, error) {
	results, _, err := replay.Scan(context.Background(), j)
	if err != nil {
		return 0, err
	}
	return replay.Aggregate(results, "").Total, nil
}

// indicators computes the registered indicators on every bar of every series;
// those of one series at a time are kept, as the peers do.
func indicators(data history.Data, workers int) error {
	j := &replay.Job{Data: data, Workers: workers}
	evaluators := make([]*replay.Evaluator, workers)
	columns := make([][][]float64, workers)
	var mu sync.Mutex
	var failed error
	_, err := replay.Each(context.Background(), j, func(ctx context.Context, w int, t *history.Tape) {
		err := func() error {
			var err error
			if evaluators[w] == nil {
				if evaluators[w], err = replay.NewEvaluator(named, nil, 0, t.Key.Timeframe); err != nil {
					return err
				}
				columns[w] = make([][]float64, len(named))
			}
			return evaluators[w].Run(ctx, &t.Block, func(first int, values [][]float64) error {
				for k, v := range values {
					if first == 0 {
						columns[w][k] = columns[w][k][:0]
					}
					columns[w][k] = append(columns[w][k], v...)
				}
				return nil
			})
		}()
		if err != nil {
			mu.Lock()
			failed = err
			mu.Unlock()
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

// load reads the arrays into memory, a tape for each symbol.
func load(dir, name string) (history.Data, error) {
	var d history.Data
	step, timeframe := 24*time.Hour, "1d"
	if name == "minute" {
		step, timeframe = time.Minute, "1m"
	}
	tf, err := candle.ParseTimeframe(timeframe)
	if err != nil {
		return d, err
	}
	var columns [5][]float64
	bars := 0
	for i, c := range "ohlcv" {
		path := filepath.Join(dir, fmt.Sprintf("%s_%c.npy", name, c))
		if columns[i], bars, err = readArray(path); err != nil {
			return d, fmt.Errorf("scan: %s: %w", path, err)
		}
	}
	times := make([]int64, bars)
	for i := range times {
		times[i] = 1451606400*int64(time.Second) + int64(i)*int64(step)
	}
	for s := 0; s*bars < len(columns[0]); s++ {
		part := func(i int) []float64 { return columns[i][s*bars : (s+1)*bars : (s+1)*bars] }
		d.Memory = append(d.Memory, history.Tape{
			Key: candle.Series{Symbol: fmt.Sprintf("S%04d", s), Timeframe: tf},
			Block: stream.Block{
				Time: times, Open: part(0), High: part(1), Low: part(2), Close: part(3),
				Volume: part(4),
			},
		})
	}
	return d, nil
}

// readArray reads a two-dimensional array of float64 in NumPy's format, whose
// header says how long it is: magic, version, length of the header, header.
func readArray(path string) (values []float64, columns int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	if len(raw) < 10 || string(raw[:6]) != "\x93NUMPY" {
		return nil, 0, fmt.Errorf("no array")
	}
	end := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	header := string(raw[10:end])
	var rows int
	at := len("{'descr': '<f8', 'fortran_order': False, 'shape': (")
	if _, err := fmt.Sscanf(header[at:], "%d, %d)", &rows, &columns); err != nil {
		return nil, 0, fmt.Errorf("header %q: %w", header, err)
	}
	raw = raw[end:]
	values = make([]float64, rows*columns)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return values, columns, nil
}

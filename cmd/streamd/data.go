package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"streamd/candle"
	"streamd/config"
	"streamd/history"
	"streamd/kafka"
	"streamd/replay"
	"streamd/topics"

	"github.com/spf13/cobra"
)

// dataFlags are the flags of every command that reads history.
type dataFlags struct {
	paths      []string
	timeframe  string
	from, to   string
	cold       bool
	symbols    []string
	symbolFrom string
	workers    int
	layout     layoutFlags
	memory     string
	memoryMax  int64 // what memory says, in bytes
	cache      string

	shardText string
	shard     history.Shard // what shardText says

	config  string // for topics
	topics  []string
	group   string
	gather  time.Duration
	offsets string
	leftOut func(context.Context) (*replay.Omissions, error) // of the configuration's group
}

// addDataFlags gives a command the flags of history. The command must be made
// variadic for "data".
func addDataFlags(c *cobra.Command) *dataFlags { return addDataFlagsAs(c, "format") }

// addDataFlagsAs is addDataFlags for a command whose flag for the format of JSON lines has another name.
func addDataFlagsAs(c *cobra.Command, format string) *dataFlags {
	f := &dataFlags{}
	flags := c.Flags()
	flags.StringArrayVar(&f.paths, "data", nil,
		"files of candles (CSV, JSON, Parquet, also packed), globs, - for standard input")
	flags.StringVar(&f.timeframe, "timeframe", "",
		"timeframe to aggregate finer candles to, as 1d; the input's own by default")
	flags.StringVar(&f.from, "from", "",
		"first open time that is reported, RFC 3339 or a date; what lies before it warms the indicators")
	flags.StringVar(&f.to, "to", "", "end of the open times, exclusive")
	flags.BoolVar(&f.cold, "cold", false, "start the indicators at --from, as if there were no history before it")
	flags.StringSliceVar(&f.symbols, "symbols", nil, "symbols and patterns, as AAPL,BTC*, or @FILE with one a line")
	flags.StringVar(&f.symbolFrom, "symbol-from", "",
		"regular expression whose first group on the path is the symbol")
	f.layout.add(c, format)
	flags.StringVar(&f.memory, "memory", "",
		"most memory for what is ranked over a universe, as 500MB: more is refused before it is ranked")
	flags.StringVar(&f.cache, "cache", "", "keep converted copies of the files, found by their content, in a folder, "+
		"which later runs read instead; without one in the user's folder for caches")
	flags.Lookup("cache").NoOptDefVal = cacheOfUser
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "series worked on at a time")
	return f
}

// data checks the flags.
func (f *dataFlags) data(c *cobra.Command) (history.Data, error) {
	if len(f.paths) == 0 {
		return history.Data{}, usage{fmt.Errorf("streamd: %s needs --data PATH", c.Name())}
	}
	d, err := f.selection(c)
	if err == nil && f.cache != "" {
		d.Copies, err = f.copies()
	}
	return d, err
}

// selection checks the flags that say which part of the history is wanted.
func (f *dataFlags) selection(c *cobra.Command) (history.Data, error) {
	d := history.Data{Paths: f.paths, Stdin: c.InOrStdin(), Cold: f.cold}
	if f.workers < 1 {
		return d, usage{fmt.Errorf("streamd: --workers %d is below 1", f.workers)}
	}
	var err error
	if f.memoryMax, err = parseBytes(f.memory); err != nil {
		return d, usage{fmt.Errorf("streamd: --memory: %w", err)}
	}
	if f.shardText != "" {
		if f.shard, err = history.ParseShard(f.shardText); err != nil {
			return d, usage{fmt.Errorf("streamd: --shard: %w", err)}
		}
		d.Shard = f.shard
	}
	if f.timeframe != "" {
		tf, err := candle.ParseTimeframe(f.timeframe)
		if err != nil {
			return d, usage{fmt.Errorf("streamd: --timeframe: %w", err)}
		}
		d.Timeframe = tf
	}
	for _, b := range []struct {
		flag, text string
		into       *int64
	}{{"from", f.from, &d.From}, {"to", f.to, &d.To}} {
		if b.text == "" {
			continue
		}
		t, err := history.ParseTime(b.text)
		if err != nil {
			return d, usage{fmt.Errorf("streamd: --%s: %w", b.flag, err)}
		}
		*b.into = t.UnixNano()
	}
	if f.cold && f.from == "" {
		return d, usage{errors.New("streamd: --cold needs --from")}
	}
	if d.From != 0 && d.To != 0 && d.From >= d.To {
		return d, usage{fmt.Errorf("streamd: --from %s is not before --to %s", f.from, f.to)}
	}
	if f.symbolFrom != "" {
		re, err := regexp.Compile(f.symbolFrom)
		if err == nil && re.NumSubexp() < 1 {
			err = errors.New("it has no group")
		}
		if err != nil {
			return d, usage{fmt.Errorf("streamd: --symbol-from: %w", err)}
		}
		d.SymbolFrom = re
	}
	if err := f.layout.into(&d); err != nil {
		return d, err
	}
	symbols, err := symbolList(f.symbols)
	if err != nil {
		return d, usage{fmt.Errorf("streamd: --symbols: %w", err)}
	}
	d.Symbols = symbols
	return d, nil
}

// addTopics gives a command the flags of history that is in Kafka.
func (f *dataFlags) addTopics(c *cobra.Command) {
	c.Flags().StringVarP(&f.config, "config", "c", "config.yaml", "configuration file")
	c.Flags().StringSliceVar(&f.topics, "topic", nil,
		"topics of the configuration to read candles from, instead of files")
	c.Flags().StringVar(&f.offsets, "offsets", "",
		"offsets of every partition to read, as 1000..2000, the end exclusive and either open")
	c.Flags().StringVar(&f.group, "group", "",
		"share the topics with the other instances that name this group; another scan wants another name")
	c.Flags().DurationVar(&f.gather, "gather", 3*time.Second, "how long --group waits for a further instance")
}

// history is data for commands that read files or topics; the function ends the
// connection to the brokers.
func (f *dataFlags) history(c *cobra.Command) (history.Data, func(), error) {
	none := func() {}
	if len(f.paths) > 0 && len(f.topics) > 0 {
		return history.Data{}, none, usage{errors.New("streamd: --data or --topic, not both")}
	}
	if len(f.topics) > 0 && f.shardText != "" {
		return history.Data{}, none, usage{errors.New("streamd: --shard divides files; --group shares topics")}
	}
	if len(f.topics) == 0 && (f.offsets != "" || f.group != "") && c.Flags().Lookup("data") != nil {
		return history.Data{}, none, usage{errors.New("streamd: --offsets and --group are for --topic")}
	}
	if len(f.topics) == 0 && c.Flags().Lookup("data") != nil {
		if len(f.paths) == 0 {
			return history.Data{}, none, usage{fmt.Errorf("streamd: %s needs --data PATH or --topic T", c.Name())}
		}
		d, err := f.data(c)
		return d, none, err
	}
	cfg, _, err := loadConfig(f.config, false)
	if err != nil {
		return history.Data{}, none, err
	}
	d, err := f.selection(c)
	if err != nil {
		return d, none, err
	}
	topics, err := inputs(cfg, f.topics)
	if err != nil {
		return d, none, err
	}
	k, err := cfg.Client()
	if err != nil {
		return d, none, err
	}
	client, err := kafka.Open(k)
	if err != nil {
		return d, none, usage{err}
	}
	d.Topics = &history.TopicRange{
		Client: client, Topics: topics, Except: cfg.Outputs(), Group: f.group,
		Gather: f.gather, AheadMax: cfg.AheadMax(),
	}
	f.leftOut = func(ctx context.Context) (*replay.Omissions, error) {
		return readLeftOut(ctx, client, cfg.BarriersTopic())
	}
	if d.Topics.OffsetFrom, d.Topics.OffsetTo, err = parseOffsets(f.offsets); err != nil {
		client.Close()
		return d, none, err
	}
	return d, client.Close, nil
}

// parseOffsets reads FROM..TO, of which either may be left out.
func parseOffsets(s string) (from, to int64, err error) {
	if s == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(s, "..")
	for _, n := range []struct {
		text string
		into *int64
	}{{a, &from}, {b, &to}} {
		if n.text != "" && err == nil {
			*n.into, err = strconv.ParseInt(n.text, 10, 64)
		}
	}
	if !ok || err != nil || from < 0 || b != "" && to <= from {
		return 0, 0, usage{fmt.Errorf("streamd: --offsets %s: want FROM..TO, as 1000..2000", s)}
	}
	return from, to, nil
}

// inputs returns the configured topics of the names, all for none.
func inputs(cfg *config.Configuration, names []string) ([]topics.Source, error) {
	if len(names) == 0 {
		return cfg.Inputs(), nil
	}
	var found []topics.Source
	for _, name := range names {
		t, ok := cfg.Input(name)
		if !ok {
			return nil, usage{fmt.Errorf("streamd: --topic %s: the configuration has no such input", name)}
		}
		found = append(found, t)
	}
	return found, nil
}

// symbolList expands @FILE to the names in it, one a line, # for comments.
func symbolList(given []string) ([]string, error) {
	var symbols []string
	for _, s := range given {
		s = strings.TrimSpace(s)
		if !strings.HasPrefix(s, "@") {
			if s != "" {
				symbols = append(symbols, s)
			}
			continue
		}
		text, err := os.ReadFile(s[1:])
		if err != nil {
			return nil, err
		}
		n := len(symbols)
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				symbols = append(symbols, line)
			}
		}
		if len(symbols) == n {
			return nil, fmt.Errorf("%s names no symbol", s[1:])
		}
	}
	return symbols, nil
}

// dataError is the error of a command whose history could not be read: wrong
// use where a file is missing or no history at all.
func dataError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return usage{fmt.Errorf("streamd: %w", err)}
}

package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"streamd/history"
	"streamd/replay"
	"streamd/stream"
)

// backtestForms are what a backtest writes.
var backtestForms = []string{"table", "json", "jsonl", "csv", "parquet"}

// backtestFlags are the settings of a backtest.
type backtestFlags struct {
	data                *jobFlags
	formulas            formulaFlags
	entry, exit         string
	side, size          string
	cash                float64
	fee, slippage       string
	stop, target, trail string
	barsMax             int
	splits, rank        string
	portfolio           bool
	positionsMax        int
	out, report         string
	sort                string
	walk                int
}

func backtestCommand() *cobra.Command {
	f := &backtestFlags{}
	c := &cobra.Command{
		Use:   "backtest --entry EXPR [--exit EXPR] --data PATH...",
		Short: "Trade the signals of formulas on history: trades, equity and statistics",
		Long: `Backtest trades the bars on which the entry formula fires, which are the signals
that live would give. What is true at the close of a bar is done at the open of
the next; a position that is open at the end is closed at the last close. Every
symbol trades with cash of its own, one position at a time; with --portfolio all
symbols trade from one purse. With -f the formulas of the signal type ENTRY open
positions, those of EXIT close them.

A position that leaves the account worth nothing ends there (margin_call). A jump
of 1.8 or more between a close and the next open is taken for a split in unadjusted
prices; --splits says what becomes of the position. Trades that ran into one, and
trades held over a hole of more than 10 usual steps, are counted and named.`,
		Example: `  streamd backtest --entry 'crossover(sma(close, 10), sma(close, 30))' \
    --exit 'crossunder(sma(close, 10), sma(close, 30))' --data daily.csv
  streamd backtest --entry 'rsi(close, 2) < 5' --stop 5% --target 10% --max-bars 20 --data 'daily/*.csv' -o json
  streamd backtest --entry 'close > highest(high, 50)[1]' --exit 'close < lowest(low, 20)[1]' \
    --portfolio --max-positions 10 --size 'risk:1%@atr(14)*2' --rank 'roc(close, 60)' --data 'daily/*.csv'`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage{fmt.Errorf("streamd: backtest takes its formulas from --entry and --exit, or -f; found %q",
					args)}
			}
			return backtest(c, f)
		},
	}
	f.data = addJobFlags(c)
	f.data.addShard(c)
	f.formulas.add(c)
	flags := c.Flags()
	flags.StringVar(&f.entry, "entry", "", "formula that opens a position")
	flags.StringVar(&f.exit, "exit", "", "formula that closes it")
	flags.StringVar(&f.side, "side", "long", "long or short")
	flags.Float64Var(&f.cash, "cash", 10_000, "at the start: of each symbol, or of the one purse of --portfolio")
	flags.StringVar(&f.size, "size", "100%", "what a trade takes: a share of the account, as 50%; a fixed sum, as "+
		"2500; equal parts of the purse: equal; or what loses a share of the account if the price moves by a "+
		"distance, as risk:1%@atr(14)*2")
	flags.StringVar(&f.fee, "fee", "0", "of the value on both sides, as 0.001 or 0.1%")
	flags.StringVar(&f.slippage, "slippage", "0", "by which market and stop fills are worse, as 0.0005 or 0.05%")
	flags.StringVar(&f.stop, "stop", "", "loss from the entry price that ends a trade, as 5%")
	flags.StringVar(&f.target, "target", "", "gain from the entry price that ends a trade, as 10%")
	flags.StringVar(&f.trail, "trail", "", "loss from the best close so far that ends a trade, as 8%")
	flags.IntVar(&f.barsMax, "max-bars", 0, "bars after the entry's at whose open a trade ends")
	flags.StringVar(&f.splits, "splits", "stop", "what a split does to a position: stop closes it at the last close "+
		"before, ignore takes the jump for a gain or loss, adjust changes its units by the nearest whole ratio")
	flags.BoolVar(&f.portfolio, "portfolio", false, "trade all symbols from one purse")
	flags.IntVar(&f.positionsMax, "max-positions", 0,
		"positions that --portfolio holds at a time (default: one a symbol)")
	flags.StringVar(&f.rank, "rank", "",
		"expression that decides whose entry is taken when there are more than places: "+
			"the greatest first, as roc(close, 60)")
	flags.StringVarP(&f.out, "output", "o", "table",
		"table, json, jsonl, csv or parquet (the trades), or a path that ends so")
	flags.StringVar(&f.report, "report", "", "file (.html) for a page with equity, drawdown, the trades on the "+
		"candles and tables")
	flags.StringVar(&f.sort, "sort", "sharpe", "figure that orders a sweep: sharpe, sortino, cagr, return, "+
		"profit_factor, expectancy, win_rate, max_drawdown, trades")
	flags.IntVar(&f.walk, "walk-forward", 0, "steps in which the best of a sweep on one part of history is traded on "+
		"the next")
	return variadic(c, "data")
}

func backtest(c *cobra.Command, f *backtestFlags) error {
	rules, err := f.rules()
	if err != nil {
		return err
	}
	set, err := f.signals()
	if err != nil {
		return err
	}
	if len(set.axes) > 0 && rules.Portfolio {
		return usage{errors.New("streamd: --portfolio takes one value of each --param: leave out the range, " +
			"or run it once for each value")}
	}
	data, closeData, err := f.data.history(c)
	if err != nil {
		return err
	}
	defer closeData()
	out, part, err := f.data.openOutputs(c, f.out, backtestForms...)
	if err != nil {
		return err
	}
	defer part.discard()
	j, b := f.data.start(c, set, replay.TypeBacktest, data)
	if len(set.axes) > 0 {
		if part != nil || out.format == "parquet" {
			return usage{errSweepForm}
		}
		return sweepBacktest(c, f, j, rules, set.axes, b, out)
	}
	j.KeepCandles = f.report != ""
	if f.walk > 0 {
		return usage{errors.New("streamd: --walk-forward chooses among the values of --param: give one a range")}
	}
	started := time.Now()
	accounts, report, err := replay.TradeSeries(c.Context(), j, rules)
	b.stop()
	if err != nil {
		return dataError(err)
	}
	task := replay.TaskOf(j, version())
	task.Rules, task.Settings = rules, f.settings(rules, set)
	if part != nil {
		task.Print = map[string]string{"output": part.form}
		p := &replay.Part{Task: task, Accounts: accounts, Took: time.Since(started)}
		return f.data.finishPart(c, part, p, report, texts(accounts.Errors()))
	}
	return finishBacktest(c, out, accounts.Backtest(), report, f.report, &task)
}

// finishBacktest writes the outcome of all symbols, and the page of --report where a path is given.
func finishBacktest(c *cobra.Command, out *output, b *replay.Backtest, report history.Report, page string,
	task *replay.Task,
) error {
	if err := errors.Join(writeBacktest(out, b), out.close()); err != nil {
		return err
	}
	if page != "" {
		w, err := os.Create(page)
		if err != nil {
			return fmt.Errorf("streamd: --report: %w", err)
		}
		err = replay.WriteReport(w, "Backtest of "+task.Formulas[0].Name, task.Settings, b)
		if err = errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
	printReport(c.ErrOrStderr(), report, b.Errors)
	return ended(c, len(b.Symbols))
}

// settings are the lines about the backtest on the page of --report.
func (f *backtestFlags) settings(rules *replay.TradingRules, set *formulaSet) []replay.Setting {
	var settings []replay.Setting
	for _, g := range set.formulas {
		settings = append(settings, replay.Setting{
			Name:  strings.ToLower(string(g.Signal)) + " " + g.Name,
			Value: strings.TrimSpace(g.Expression),
		})
	}
	settings = append(settings,
		replay.Setting{Name: "rules", Value: fmt.Sprintf("%s, cash %s %s, size %s, fee %s, slippage %s, splits %s",
			rules.Side, plain(rules.Cash), f.purse(rules), f.size, plain(rules.Fee), plain(rules.Slippage),
			rules.Splits)},
		replay.Setting{Name: "exits", Value: fmt.Sprintf("stop %s, target %s, trail %s, at most %d bars",
			cmp.Or(f.stop, "none"), cmp.Or(f.target, "none"), cmp.Or(f.trail, "none"), rules.BarsMax)},
		replay.Setting{Name: "data", Value: strings.Join(append(slices.Clone(f.data.paths), f.data.topics...), " ")})
	if rules.BarsMax == 0 {
		settings[len(settings)-2].Value = strings.TrimSuffix(settings[len(settings)-2].Value, ", at most 0 bars")
	}
	return settings
}

// purse says whose the cash is.
func (f *backtestFlags) purse(rules *replay.TradingRules) string {
	switch {
	case !rules.Portfolio:
		return "a symbol"
	case rules.PositionsMax == 0:
		return "in one purse" + f.ranked()
	}
	return fmt.Sprintf("in one purse of at most %d positions%s", rules.PositionsMax, f.ranked())
}

func (f *backtestFlags) ranked() string {
	if f.rank == "" {
		return ""
	}
	return " ranked by " + f.rank
}

// signals returns the formulas that open and close positions.
func (f *backtestFlags) signals() (*formulaSet, error) {
	inline := f.entry != "" || f.exit != ""
	switch {
	case inline && f.formulas.file != "":
		return nil, usage{errors.New("streamd: --entry or -f, not both")}
	case inline && f.entry == "":
		return nil, usage{errors.New("streamd: --exit without --entry opens no position")}
	case inline:
		named := []stream.Formula{{Name: "entry", Expression: f.entry, Signal: stream.Entry}}
		if f.exit != "" {
			named = append(named, stream.Formula{Name: "exit", Expression: f.exit, Signal: stream.Exit})
		}
		return f.formulas.check(&formulaSet{formulas: named})
	case f.formulas.file == "":
		return nil, usage{errors.New("streamd: backtest needs --entry EXPR, or -f FILE with formulas of the signal " +
			"type ENTRY")}
	}
	set, err := f.formulas.load(nil, "entry")
	if err != nil {
		return nil, err
	}
	for i := range set.formulas {
		if set.formulas[i].Signal == stream.Entry {
			return set, nil
		}
	}
	return nil, usage{fmt.Errorf("streamd: %s: no formula has signal_type: ENTRY", f.formulas.file)}
}

// rules reads the flags that say how signals become trades.
func (f *backtestFlags) rules() (*replay.TradingRules, error) {
	r := &replay.TradingRules{
		Side: replay.Side(f.side), Cash: f.cash, BarsMax: f.barsMax, Splits: replay.SplitPolicy(f.splits),
		Portfolio: f.portfolio, PositionsMax: f.positionsMax, Rank: f.rank,
	}
	for _, g := range []struct {
		flag, text string
		into       *float64
	}{
		{"fee", f.fee, &r.Fee},
		{"slippage", f.slippage, &r.Slippage},
		{"stop", f.stop, &r.Stop},
		{"target", f.target, &r.Target},
		{"trail", f.trail, &r.Trail},
	} {
		if g.text == "" {
			continue
		}
		v, _, err := replay.ParseShare(g.text)
		if err != nil {
			return nil, usage{fmt.Errorf("streamd: --%s %s: %w", g.flag, g.text, err)}
		}
		*g.into = v
	}
	if !f.portfolio && (f.positionsMax != 0 || f.rank != "" || f.size == "equal") {
		return nil, usage{errors.New("streamd: --max-positions, --rank and --size equal need --portfolio: without it " +
			"every symbol has cash of its own")}
	}
	if err := r.ParseSize(f.size); err != nil {
		return nil, usage{fmt.Errorf("streamd: --size %s: %w", f.size, err)}
	}
	if err := r.Check(); err != nil {
		return nil, usage{fmt.Errorf("streamd: %w", err)}
	}
	return r, nil
}

func writeBacktest(out *output, b *replay.Backtest) error {
	switch out.format {
	case "json":
		return writeJSON(out, b)
	case "jsonl":
		e := json.NewEncoder(out)
		for i := range b.Trades {
			if err := e.Encode(&b.Trades[i]); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		return tradesCSV(out, b.Trades)
	case "parquet":
		return tradesParquet(out, b.Trades)
	}
	return backtestTable(out, b)
}

func tradesCSV(out *output, trades []replay.Trade) error {
	rows := [][]string{{
		"symbol", "side", "entry_time", "entry_price", "exit_time", "exit_price", "size", "pnl",
		"return", "bars", "exit_reason", "mae", "mfe", "fees", "slippage", "splits", "holes",
	}}
	for i := range trades {
		t := &trades[i]
		rows = append(rows, []string{
			out.text(t.Symbol), string(t.Side), t.EntryTime.Format(time.RFC3339Nano), plain(t.EntryPrice),
			t.ExitTime.Format(time.RFC3339Nano), plain(t.ExitPrice), plain(t.Size), plain(t.PnL), plain(t.Return),
			strconv.Itoa(t.Bars), string(t.ExitReason), plain(t.MAE), plain(t.MFE),
			plain(t.Fees), plain(t.Slippage), strconv.Itoa(t.Splits), strconv.Itoa(t.Holes),
		})
	}
	return csv.NewWriter(out).WriteAll(rows)
}

// backtestTable prints a line for each symbol and one for all.
func backtestTable(out *output, b *replay.Backtest) error {
	t := newTable("symbol", "trades", "win rate", "profit factor", "expectancy", "return", "CAGR", "Sharpe", "Sortino",
		"drawdown", "exposure", "held")
	row := func(name string, s *replay.Stats) {
		t.AppendRow([]any{
			name, s.Trades, share(s.WinRate), decimals(s.ProfitFactor), decimals(s.Expectancy), share(s.Return),
			share(s.CAGR),
			decimals(s.Sharpe), decimals(s.Sortino), share(s.MaxDrawdown), share(s.Exposure),
			share(s.BuyAndHold.Return),
		})
	}
	for _, symbol := range sortedKeys(b.Symbols) {
		row(symbol, &b.Symbols[symbol].Stats)
	}
	row("all", &b.Stats)
	fmt.Fprintln(out, t.Render())
	s := &b.Stats
	if !s.Start.IsZero() {
		fmt.Fprintf(out, "\n%s to %s: best trade %s, worst %s, %s bars on average; longest drawdown %s days, "+
			"Calmar %s, SQN %s, Kelly %s; fees %s, slippage %s\n", s.Start.Format(time.DateOnly),
			s.End.Format(time.DateOnly),
			share(s.BestTrade), share(s.WorstTrade), decimals(s.AverageBars), decimals(s.LongestDrawdown),
			decimals(s.Calmar), decimals(s.SQN), share(s.Kelly), decimals(s.Fees), decimals(s.Slippage))
	}
	monthTable(out, b.Monthly)
	for _, note := range b.Notes {
		fmt.Fprintln(out, "note:", note)
	}
	return nil // the output's buffer keeps the first error, which close reports
}

// monthTable prints the returns of the months, a year a line.
func monthTable(out *output, months []replay.MonthReturn) {
	if len(months) < 2 {
		return
	}
	header := []any{"return"}
	for m := time.January; m <= time.December; m++ {
		header = append(header, m.String()[:3])
	}
	t := newTable(append(header, "year")...)
	for _, y := range replay.Years(months) {
		row := []any{y.Year}
		for _, r := range y.Months {
			row = append(row, share(r))
		}
		t.AppendRow(append(row, share(y.Return)))
	}
	fmt.Fprintf(out, "\n%s\n", t.Render())
}

// share prints a fraction in percent, and decimals a number, "–" without a value.
func share(r replay.Ratio) string {
	if r != r || math.IsInf(float64(r), 0) {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(r))
}

func decimals(r replay.Ratio) string {
	if r != r || math.IsInf(float64(r), 0) {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(r))
}

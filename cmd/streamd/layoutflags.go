package main

import (
	"fmt"
	"strings"

	"streamd/config"
	"streamd/history"
	"streamd/history/layout"

	"github.com/spf13/cobra"
)

// layoutFlags are the flags that say of files what they do not tell themselves.
type layoutFlags struct {
	columns    []string
	timezone   string
	timeFormat string
	stamp      string
	priceScale float64
	encoding   string
	timeframe  string
	adjusted   bool
	format     string
}

// add gives a command the flags; that of the format has the name formatFlag.
func (f *layoutFlags) add(c *cobra.Command, formatFlag string) {
	flags := c.Flags()
	flags.StringSliceVar(&f.columns, "map", nil,
		"columns of the files by field, as time=ts,close=last,volume= (none) or open=#2")
	flags.StringVar(&f.timezone, "timezone", "", "zone of times without an offset, "+
		"and of the days, weeks and months of --timeframe, as America/New_York; UTC by default")
	flags.StringVar(&f.timeFormat, "time-format", "",
		"how times are written: mdy, dmy, ymd, or a layout as 02.01.2006 15:04 or %d.%m.%Y %H:%M")
	flags.StringVar(&f.stamp, "stamp", "", "whether bars are stamped at their start (default) or end")
	flags.Float64Var(&f.priceScale, "price-scale", 0, "unit of prices that are whole numbers, as 1e-9")
	flags.StringVar(&f.encoding, "encoding", "", "encoding of text: "+strings.Join(layout.EncodingNames(), ", "))
	flags.StringVar(&f.timeframe, "input-timeframe", "", "timeframe of the bars in the files, where their steps "+
		"do not tell it")
	flags.BoolVar(&f.adjusted, "adjusted", false, "adjust all prices by the adjusted close that the files have")
	flags.StringVar(&f.format, formatFlag, "",
		"preset of messages or files, as binance-kline or histdata, or a layout as FILE.yaml")
}

// into gives the layout to the data.
func (f *layoutFlags) into(d *history.Data) error {
	format := config.LayoutSettings{Format: f.format}
	messages, y, err := format.Layout("")
	if err != nil {
		return usage{fmt.Errorf("streamd: --format: %w", err)}
	}
	own := layout.FileLayout{
		Timezone: f.timezone, TimeFormat: f.timeFormat, Stamp: f.stamp, PriceScale: f.priceScale, Encoding: f.encoding,
		Timeframe: f.timeframe, Adjusted: f.adjusted,
	}
	for _, pair := range f.columns {
		field, column, ok := strings.Cut(pair, "=")
		if !ok {
			return usage{fmt.Errorf("streamd: --map %s: want FIELD=COLUMN", pair)}
		}
		if own.Columns == nil {
			own.Columns = map[string]string{}
		}
		own.Columns[strings.TrimSpace(field)] = strings.TrimSpace(column)
	}
	if err := own.Check(); err != nil {
		return usage{fmt.Errorf("streamd: %w", err)}
	}
	d.Format, d.Layout = messages, y.Over(own)
	return nil
}

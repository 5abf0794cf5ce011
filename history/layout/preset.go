package layout

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// presets are the layouts of files that do not tell it themselves: their zone, their scale, or the order of columns
// without names. The sources are the vendors' descriptions of their files.
var presets = map[string]FileLayout{
	// QuantConnect LEAN, Data/readme: prices in 1/10000, times in New York.
	"lean-equity": {PriceScale: 1e-4, Timezone: "America/New_York"},
	// Minutes and seconds: milliseconds since midnight; the day and the symbol are in the file's name.
	"lean-minute": {
		PriceScale: 1e-4, Timezone: "America/New_York", Header: "none", TimeFormat: "ms-of-day",
		DayFrom:    `(\d{8})_[^/]*$`,
		SymbolFrom: `\d{8}_([^_/]+)_[^/]*$`, Columns: numbered("time open high low close volume"),
	},
	"lean-crypto": {
		Timezone: "UTC", Header: "none", TimeFormat: "ms-of-day", DayFrom: `(\d{8})_[^/]*$`,
		SymbolFrom: `\d{8}_([^_/]+)_[^/]*$`, Columns: numbered("time open high low close volume"),
	},
	// Quotes: bars of the bid, their size, bars of the ask; a bar is the mean of both.
	"lean-forex": {
		Header:  "none",
		Columns: numbered("time open high low close - ask_open ask_high ask_low ask_close"),
	},
	"coinbase-rest": {Columns: numbered("time low high open close volume")},
	"bitfinex":      {Columns: numbered("time open close high low volume")},
	"ccxt":          {Columns: numbered("time open high low close volume")},
	// HistData.com F.A.Q.: Eastern Standard Time without daylight saving.
	"histdata":    {Timezone: "Etc/GMT+5"},
	"ninjatrader": {Stamp: "end"},
	"new-york":    {Timezone: "America/New_York"},
	// MetaTrader servers of most brokers, so that a week has five daily bars.
	"server": {Timezone: "Europe/Athens"},
}

// Preset returns the layout of a name.
func Preset(name string) (FileLayout, bool) {
	y, ok := presets[name]
	y.Columns = maps.Clone(y.Columns)
	return y, ok
}

// PresetNames returns the names of all presets in order.
func PresetNames() []string { return slices.Sorted(maps.Keys(presets)) }

// numbered gives fields the numbers of their columns.
func numbered(fields string) map[string]string {
	columns := map[string]string{}
	for i, field := range strings.Fields(fields) {
		if field == "-" {
			continue
		}
		columns[field] = "#" + strconv.Itoa(i+1)
	}
	return columns
}

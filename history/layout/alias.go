package layout

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The fields of a candle that columns hold.
const (
	Symbol = iota
	Timeframe
	Time
	Clock // a time of day beside the date in Time
	Open
	High
	Low
	Close
	Volume
	AskOpen // where a file has the bars of bid and ask: a bar is the mean of both
	AskHigh
	AskLow
	AskClose
	FieldCount
)

// FieldNames are the names of the fields in a FileLayout and in messages.
var FieldNames = [FieldCount]string{
	"symbol", "timeframe", "time", "clock", "open", "high", "low", "close", "volume",
	"ask_open", "ask_high", "ask_low", "ask_close",
}

// aliases are the names that columns have in the files of data vendors, brokers, exchanges and spreadsheets, those
// preferred first. They are compared in the form that Word gives them.
var aliases = [FieldCount][]string{
	Symbol: strings.Fields("symbol ticker ts_code code instrument secid secucode pair contract product_id " +
		"tradingsymbol " +
		"股票代码 代码 종목코드 銘柄コード stock name"),
	Timeframe: strings.Fields("timeframe per interval 周期"),
	Time: strings.Fields("timestamp datetime ts open_time opentime window_start ts_event date_time date day " +
		"trade_date " +
		"tradedate trading_date timestamp_utc time_utc datetime_utc gmt_time utc_time local_time time start " +
		"start_date " +
		"start_time time_period_start begin unix unix_timestamp unix_time epoch mapdate t data fecha datum zeit " +
		"日期 时间 交易日期 日付 日時 データ日付 날짜 일자 시간 дата date_utc"),
	Open: strings.Fields("open open_price openpx openingpx opening_price price_open o otwarcie abertura apertura " +
		"ouverture erster eröffn eröffnung eroeffnung 开盘 开盘价 始値 시가 открытие открытие_цена"),
	High: strings.Fields("high high_price highpx highest_price price_high h najwyzszy najwyższy maxima máximo " +
		"maximo hoch " +
		"plus_haut 最高 最高价 高値 고가 макс max"),
	Low: strings.Fields("low low_price lowpx lowest_price price_low l najnizszy najniższy minima mínimo minimo " +
		"tief plus_bas " +
		"最低 最低价 安値 저가 мин min"),
	Close: strings.Fields("close close_price closepx closingpx price_close c last close/last closing_price " +
		"price zamkniecie " +
		"zamknięcie fechamento cierre ultimo último zuletzt schlusskurs schluss dernier 收盘 收盘价 終値 종가 закрытие цена"),
	Volume: strings.Fields("volume vol v volume_btc volume_base base_volume volume_traded real_volume qty " +
		"quantity total_volume " +
		"totalvolumetraded tickvol tick_volume wolumen stuecke stücke volumen 成交量 出来高 거래량 объём объем"),
}

// dateNames and clockNames are those of a date and a time of day side by side; indexNames those of the index that
// pandas writes.
var (
	dateNames  = strings.Fields("date data fecha datum trade_date tradedate trading_date 日期 日付 날짜 일자 дата day")
	clockNames = strings.Fields("time hora zeit uhrzeit hour clock trade_time tradetime bar_time 时间 時刻 시간 время")
	indexNames = []string{"", "index", "unnamed:_0", "unnamed:0"}
)

// adjustedNames are those of a close that is adjusted for splits and dividends.
var adjustedNames = strings.Fields("adj_close adjusted_close adjclose adj_close_price adjusted close_adj closeadj")

// Word brings the name of a column to the form in which aliases are compared: lower case, without brackets, currency
// and leading numbers, its words joined by _.
func Word(name string) string {
	name = strings.ToLower(norm.NFC.String(strings.TrimSpace(name)))
	if strings.HasPrefix(name, "__index_level") {
		return "index"
	}
	name = strings.TrimSpace(strings.Trim(name, "\ufeff\"'<>#[] \u00a0"))
	if rest := strings.TrimLeftFunc(name, unicode.IsDigit); len(rest) < len(name) && strings.HasPrefix(rest, ".") {
		name = rest[1:] // 1. open
	}
	if i := strings.IndexAny(name, "(["); i > 0 {
		if strings.HasPrefix(name, "vol") {
			name = strings.NewReplacer("(", "_", ")", "", "[", "_", "]", "").Replace(name) // Volume (BTC)
		} else {
			name = name[:i] // Open (USD)
		}
	}
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || r == '.' || r == '-' || r == '_'
	}), "_")
}

// The ranks of columns of volumes that name a currency, behind all aliases.
const (
	rankCurrency = 1000
	rankQuote    = 2000
)

// Rank returns how good a word is as the name of a field, 0 the best and below 0 where it is none.
func Rank(field int, word string) int {
	if i := slices.Index(aliases[field], word); i >= 0 || field != Volume {
		return i
	}
	rest, ok := strings.CutPrefix(word, "volume_")
	if !ok || len(rest) < 2 || len(rest) > 8 {
		return -1
	}
	switch rest {
	case "usd", "usdt", "usdc", "busd", "eur", "currency", "quote":
		return rankQuote
	case "ma", "sma", "ema", "avg", "change", "weighted", "mean", "std", "ratio", "delta", "notional", "score":
		return -1
	}
	return rankCurrency
}

// FieldOf returns the field that a column's name is the name of, -1 for none. Where a name serves several fields, as
// time for a clock, it is the first of them.
func FieldOf(name string) int {
	word := Word(name)
	for field := range aliases {
		if Rank(field, word) >= 0 {
			return field
		}
	}
	return -1
}

// IsIndex reports whether a name is that of an index without one.
func IsIndex(name string) bool { return slices.Contains(indexNames, Word(name)) }

// prices are the names of the four prices, for names that are made of them and something that all four share.
var prices = [...][2]string{{"open", "o"}, {"high", "h"}, {"low", "l"}, {"close", "c"}}

// Words returns the words of the names of columns. What the names of all four prices begin or end with is no part of
// them: a ticker as in AAPL.Open, a side as in bidOpen.
func Words(names []string) []string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = Word(tupleHead(name))
	}
	if slices.ContainsFunc(words, func(w string) bool { return Rank(Open, w) >= 0 || Rank(Close, w) >= 0 }) {
		return words
	}
	shared := sharedAffixes(names)
	if len(shared) != 1 {
		return words
	}
	for i, name := range names {
		rest, begins := strings.CutPrefix(strings.ToLower(name), shared[0].before)
		if rest, ends := strings.CutSuffix(rest, shared[0].behind); begins && ends {
			words[i] = Word(rest)
		}
	}
	return words
}

// affix is what names share around a word.
type affix struct{ before, behind string }

// sharedAffixes returns what surrounds the words of all four prices in some names, each once.
func sharedAffixes(names []string) []affix {
	found := map[affix]int{}
	var order []affix
	for k, price := range prices {
		for _, name := range names {
			name = strings.ToLower(name)
			at := strings.LastIndex(name, price[0])
			length := len(price[0])
			if at < 0 {
				at, length = len(name)-1, 1
				if at < 1 || name[at:] != price[1] || !strings.ContainsRune("._- :", rune(name[at-1])) {
					continue
				}
			}
			a := affix{name[:at], name[at+length:]}
			if found[a] == 0 {
				order = append(order, a)
			}
			found[a] |= 1 << k
		}
	}
	return slices.DeleteFunc(order, func(a affix) bool { return found[a] != 1<<len(prices)-1 || a == affix{} })
}

// tupleHead returns the first part of a name that pandas made of several, as in ('Close', 'AAPL').
func tupleHead(name string) string {
	if !strings.HasPrefix(name, "('") {
		return name
	}
	head, _, ok := strings.Cut(name[2:], "'")
	if !ok {
		return name
	}
	return head
}

// fieldByName returns the field of a name in a FileLayout, -1 for none.
func fieldByName(name string) int {
	if name == "timestamp" {
		return Time
	}
	return slices.Index(FieldNames[:], name)
}

package layout

import "strings"

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
	Symbol: wordsOf("symbol ticker ts_code code instrument instrument_name inst_id secid secucode pair contract",
		"product_id tradingsymbol security security_code stock_code stock_symbol ric sym asset sc_code",
		"股票代码 代码 证券代码 合约代码 證券代號 종목코드 銘柄コード コード тикер stock name"),
	Timeframe: wordsOf("timeframe per interval granularity resolution bar_size 周期"),
	Time: wordsOf("timestamp datetime ts open_time window_start ts_event date_time date day trade_date tradedate",
		"trading_date dates timestamp_utc time_utc datetime_utc date_utc gmt_time utc_time local_time time start",
		"start_date start_time begin begin_time time_period_start period_start bar_start candle_begin_time unix",
		"unix_timestamp unix_time epoch timestamp_ms timestamp_ns mapdate dtyyyymmdd date_ymd snapped_at dt t",
		"data fecha fecha_hora data_hora datum zeit dato tarih tanggal ngày dátum",
		"日期 时间 時間 交易日期 日付 日付け 日時 データ日付 날짜 일자 시간 дата"),
	Open: wordsOf("open open_price openpx openingpx opening_price price_open px_open o",
		"eröffnung eroeffnung eröffn eröffnungskurs erster ouverture ouv apertura abertura otwarcie açılış öppen",
		"öppningskurs openingskoers åpning åbning mở pembukaan nyitó otevírací ouv deschidere",
		"открытие открытие_цена откр 开盘 开盘价 开 開盤 開盤價 始値 시가 오픈"),
	High: wordsOf("high high_price highpx highest_price price_high px_high h",
		"maximum hoch höchst höchstkurs tageshoch plus_haut haut máximo máxima massimo najwyzszy hoog högst høy høj",
		"yüksek cao tertinggi макс максимум max 最高 最高价 最高價 高 高値 고가"),
	Low: wordsOf("low low_price lowpx lowest_price price_low px_low l",
		"minimum tief tiefst tiefstkurs tagestief plus_bas bas mínimo mínima minimo najnizszy laag lägst lav düşük",
		"thấp terendah мин минимум min 最低 最低价 最低價 低 安値 저가"),
	Close: wordsOf("close close_price closepx closingpx price_close c closing_price last close/last px_last",
		"schluss schlusskurs clôture fermeture cierre chiusura fechamento zamkniecie kapanış slutkurs slutt slot",
		"đóng_cửa penutupan záró zavírací clot închidere закрытие закр 收盘 收盘价 收 收盤 收盤價 終値 종가",
		"price zuletzt letzter dernier último ultimo ostatnio laatst senast siste şimdi lần_cuối terakhir цена"),
	Volume: wordsOf("volume vol v volume_btc volume_base base_volume volume_traded real_volume qty quantity",
		"total_volume tickqty traded_volume trade_volume px_volume shares_traded number_of_shares no_of_shares",
		"total_traded_quantity tottrdqty ttl_trd_qnty totalvolumetraded tickvol tick_volume",
		"wolumen wol stuecke stücke stück volumen volumi volym hacim hac khối_lượng kl forgalom objem",
		"成交量 成交股数 成交股數 交易量 出来高 売買高 거래량 объём объем"),
}

// dateNames and clockNames are those of a date and a time of day side by side; indexNames those of the index that
// pandas writes.
var (
	dateNames = wordsOf("date data fecha datum dato tarih trade_date tradedate trading_date dtyyyymmdd date_ymd",
		"日期 日付 日付け 날짜 일자 дата day")
	clockNames = wordsOf("time hora zeit uhrzeit heure saat hour clock trade_time tradetime bar_time",
		"时间 時間 時刻 시간 время")
	indexNames = []string{"", "index", "unnamed:0"}
)

// adjustedNames are those of a close that is adjusted for splits and dividends.
var adjustedNames = wordsOf("adj_close adjusted_close adj_close_price adjusted close_adj 調整後終値")

// wordsOf returns the words of names, of which a text holds several.
func wordsOf(names ...string) []string {
	var words []string
	for _, name := range strings.Fields(strings.Join(names, " ")) {
		words = append(words, Word(name))
	}
	return words
}

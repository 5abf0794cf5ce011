package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"streamd/candle"
)

// Encode appends a candle as a message that a format reads back. It is false for a format that only readers know.
func Encode(b []byte, format string, m *candle.Message) ([]byte, bool) {
	encode, ok := encoders()[format]
	if !ok {
		return b, false
	}
	return encode(b, m), true
}

// Encoded returns the names of the formats that Encode writes, sorted.
func Encoded() []string { return slices.Sorted(maps.Keys(encoders())) }

func encoders() map[string]func([]byte, *candle.Message) []byte {
	return map[string]func([]byte, *candle.Message) []byte{
		"flat": appendFlat, "binance-kline": appendBinance, "cryptofeed": appendCryptofeed,
	}
}

func appendFlat(b []byte, m *candle.Message) []byte {
	b = appendText(append(b, `{"symbol":`...), m.Symbol)
	if !m.Timeframe.IsZero() {
		b = append(append(append(b, `,"timeframe":"`...), m.Timeframe.String()...), '"')
	}
	b = append(b, `,"timestamp":"`...)
	b = append(time.Unix(0, m.Candle.Time).UTC().AppendFormat(b, time.RFC3339Nano), '"')
	b = appendNumbers(b, m, "open", "high", "low", "close", "volume", false)
	return append(strconv.AppendBool(append(b, `,"closed":`...), m.Closed), '}')
}

// appendBinance writes the event kline of Binance's streams: prices are text, T is the bar's last millisecond.
func appendBinance(b []byte, m *candle.Message) []byte {
	open := m.Candle.Time / int64(time.Millisecond)
	end := m.Timeframe.Next(m.Candle.Time)/int64(time.Millisecond) - 1
	b = strconv.AppendInt(append(b, `{"e":"kline","E":`...), end+1, 10)
	b = appendText(append(b, `,"s":`...), m.Symbol)
	b = strconv.AppendInt(append(b, `,"k":{"t":`...), open, 10)
	b = strconv.AppendInt(append(b, `,"T":`...), end, 10)
	b = appendText(append(b, `,"s":`...), m.Symbol)
	b = appendText(append(b, `,"i":`...), m.Timeframe.String())
	b = appendNumbers(b, m, "o", "h", "l", "c", "v", true)
	return append(strconv.AppendBool(append(b, `,"x":`...), m.Closed), "}}"...)
}

// appendCryptofeed writes what cryptofeed's Kafka backend sends on its channel candles: times are decimal seconds.
func appendCryptofeed(b []byte, m *candle.Message) []byte {
	seconds := func(name string, ns int64) {
		b = append(append(append(b, `,"`...), name...), `":`...)
		b = strconv.AppendFloat(b, float64(ns/int64(time.Millisecond))/1000, 'f', -1, 64)
	}
	b = appendText(append(b, `{"exchange":"FEED","symbol":`...), m.Symbol)
	seconds("start", m.Candle.Time)
	seconds("stop", m.Timeframe.Next(m.Candle.Time)-int64(time.Millisecond))
	b = appendText(append(b, `,"interval":`...), m.Timeframe.String())
	b = appendNumbers(b, m, "open", "high", "low", "close", "volume", false)
	return append(strconv.AppendBool(append(b, `,"closed":`...), m.Closed), '}')
}

func appendNumbers(b []byte, m *candle.Message, open, high, low, closing, volume string, quoted bool) []byte {
	for _, f := range [...]struct {
		name  string
		value float64
	}{
		{open, m.Candle.Open},
		{high, m.Candle.High},
		{low, m.Candle.Low},
		{closing, m.Candle.Close},
		{volume, m.Candle.Volume},
	} {
		b = append(append(append(b, `,"`...), f.name...), `":`...)
		if quoted {
			b = append(b, '"')
		}
		b = strconv.AppendFloat(b, f.value, 'f', -1, 64)
		if quoted {
			b = append(b, '"')
		}
	}
	return b
}

// appendText appends a JSON string.
func appendText[T string | []byte](b []byte, s T) []byte {
	quoted, err := json.Marshal(string(s))
	if err != nil {
		panic(err) // of a string there is none
	}
	return append(b, quoted...)
}

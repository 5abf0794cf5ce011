package wire_test

import (
	"fmt"

	"streamd/candle/wire"
)

func ExampleDecoder_Decode() {
	mapping, _ := wire.Format("binance-kline")
	decoder, err := wire.NewDecoder(mapping, wire.Defaults{})
	if err != nil {
		fmt.Println(err)
		return
	}
	message := `{"e":"kline","s":"BTCUSDT","k":{"t":1700000040000,"s":"BTCUSDT","i":"1m",` +
		`"o":"10","h":"12","l":"9","c":"11","v":"5","x":true,"V":"2"}}`
	candles, err := decoder.Decode(nil, nil, []byte(message))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range candles {
		fmt.Println(string(m.Symbol), m.Timeframe, m.Candle.Close, m.Candle.Volume, m.Closed)
	}
	// Output: BTCUSDT 1m 11 5 true
}

package topics

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/kafka"
)

func testTopic(t *testing.T, format string) Source {
	t.Helper()
	m, ok := wire.Format(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: "candles", Mapping: m, Default: wire.Defaults{Timeframe: minute}}
}

// Bybit's answer over REST has the newest candle first.
func TestReadInOrderOfTime(t *testing.T) {
	r, err := testTopic(t, "bybit").NewReader()
	if err != nil {
		t.Fatal(err)
	}
	msgs, err := r.Read(nil, &kafka.Record{Value: []byte(`{"result":{"symbol":"BTCUSDT","list":[
		["1700000120000","3","3","3","3","1"],["1700000060000","2","2","2","2","1"],
		["1700000000000","1","1","1","1","1"]]}}`)})
	if err != nil || len(msgs) != 3 {
		t.Fatalf("%d candles, %v", len(msgs), err)
	}
	for i, want := range []float64{1, 2, 3} {
		if msgs[i].Candle.Close != want {
			t.Errorf("candle %d closes at %v, want %v", i, msgs[i].Candle.Close, want)
		}
	}
}

func TestAnswers(t *testing.T) {
	for value, want := range map[string]error{
		`{"event":"subscribe","arg":{"channel":"candle1m","instId":"BTC-USDT"},"connId":"a4d3ae55"}`: ErrAnswer,
		`{"success":true,"ret_msg":"","conn_id":"x","op":"subscribe"}`:                               ErrAnswer,
		`{"method":"subscribe","result":{"channel":"ohlc","symbol":"BTC/USD"},"success":true}`:       ErrAnswer,
		`{"channel":"heartbeat"}`: ErrAnswer,
		`{"channel":"subscriptions","events":[{"subscriptions":{"candles":["BTC-USD"]}}]}`: ErrAnswer,
		`{"result":null,"id":1}`: ErrAnswer,
		`[{"ev":"status","status":"auth_success","message":"authenticated"}]`: ErrAnswer,
		`[{"T":"success","msg":"connected"}]`:                                 ErrAnswer,
		`{"topic":"kline.1.BTCUSDT","type":"snapshot"}`:                       nil,
		`{"result":null}`: nil, `{"event":"other"}`: nil, `[]`: nil, `not json`: nil, ``: nil,
		`[{"ev":"status"},{"ev":"AM"}]`: nil,
	} {
		for _, format := range []string{"okx", "bybit", "kraken", "coinbase", "binance-kline", "polygon", "alpaca"} {
			r, err := testTopic(t, format).NewReader()
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Read(nil, &kafka.Record{Value: []byte(value)})
			if want != nil && !errors.Is(err, want) {
				t.Errorf("%s: %s: %v", format, value, err)
			}
			if want == nil && errors.Is(err, ErrAnswer) {
				t.Errorf("%s: %s is taken for an answer", format, value)
			}
		}
	}
	flat, err := testTopic(t, "flat").NewReader()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flat.Read(nil, &kafka.Record{Value: []byte(`{"event":"subscribe"}`)}); errors.Is(err, ErrAnswer) {
		t.Error("a message of the format flat is taken for an exchange's answer")
	}
}

// State records are told by their first bytes, in topics that a pattern matches alone.
func TestOwnRecords(t *testing.T) {
	named := testTopic(t, "flat")
	pattern := named
	pattern.Pattern = regexp.MustCompile("candles.*")
	for _, c := range []struct {
		topic Source
		own   bool
	}{{named, false}, {pattern, true}} {
		r, err := c.topic.NewReader()
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{"sdSR\x02....", "sdCP\x01...."} {
			if _, err := r.Read(nil, &kafka.Record{Value: []byte(value)}); errors.Is(err, ErrOwn) != c.own {
				t.Errorf("%q, by a pattern %v: %v", value, c.own, err)
			}
		}
	}
}

func TestAhead(t *testing.T) {
	minute := testTopic(t, "flat").Default.Timeframe
	written := time.Date(2024, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		open  time.Duration // behind the record
		limit time.Duration
		ahead bool
	}{
		{-time.Minute, 5 * time.Minute, false},
		{6 * time.Minute, 5 * time.Minute, false},
		{6*time.Minute + 1, 5 * time.Minute, true},
		{74 * 365 * 24 * time.Hour, 5 * time.Minute, true},
		{74 * 365 * 24 * time.Hour, 0, false},
	} {
		m := &candle.Message{Timeframe: minute, Candle: candle.Candle{Time: written.Add(c.open).UnixNano()}}
		if got := Ahead(m, &kafka.Record{TimestampMs: written.UnixMilli()}, c.limit); got != c.ahead {
			t.Errorf("%v behind its record with a limit of %v: ahead %v", c.open, c.limit, got)
		}
		if Ahead(m, &kafka.Record{}, c.limit) {
			t.Errorf("%v: ahead of a record without a time", c.open)
		}
	}
}

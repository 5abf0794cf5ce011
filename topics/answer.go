package topics

import (
	"encoding/json"
	"slices"
)

// answers are the messages other than candles that an exchange sends on the socket of the
// candles, by a field of theirs and what it holds. They come from the exchanges' manuals:
// answers to subscriptions, heartbeats, greetings.
var answers = map[string][]string{
	"event": { // OKX, Kraken version 1, Bitfinex
		"subscribe", "unsubscribe", "subscribed", "unsubscribed", "subscriptionStatus", "systemStatus", "heartbeat",
		"info", "pong", "login", "channel-conn-count",
	},
	"op":      {"subscribe", "unsubscribe", "ping", "pong", "auth"},                // Bybit
	"method":  {"subscribe", "unsubscribe", "ping", "pong"},                        // Kraken version 2
	"channel": {"subscriptions", "heartbeats", "heartbeat", "status"},              // Coinbase, Kraken version 2
	"type":    {"subscriptions", "subscribe", "heartbeat", "welcome", "pong"},      // Coinbase Exchange, KuCoin
	"ret_msg": {"pong", "subscribe"},                                               // Bybit
	"T":       {"success", "subscription"},                                         // Alpaca
	"ev":      {"status"},                                                          // Polygon
	"status":  {"connected", "auth_success", "success", "ok", "online", "pending"}, // Polygon, Huobi
}

// answerBytesMax is above any answer of an exchange.
const answerBytesMax = 64 << 10

// isAnswer reports whether a message that holds no candle is an answer of the exchange:
// an object, or a list of objects, all of which say so.
func isAnswer(value []byte) bool {
	if len(value) > answerBytesMax {
		return false
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil {
		var one map[string]json.RawMessage
		if err := json.Unmarshal(value, &one); err != nil {
			return false
		}
		list = append(list, one)
	}
	for _, fields := range list {
		if !answersOnly(fields) {
			return false
		}
	}
	return len(list) > 0
}

func answersOnly(fields map[string]json.RawMessage) bool {
	// Binance answers {"result":null,"id":1}.
	if result, ok := fields["result"]; ok && len(fields) == 2 && string(result) == "null" {
		_, numbered := fields["id"]
		return numbered
	}
	for name, known := range answers {
		var text string
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, &text) == nil && slices.Contains(known, text) {
			return true
		}
	}
	return false
}

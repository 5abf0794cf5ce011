// Package wire decodes candles from messages: JSON of any exchange, described by a Mapping (mapping.go; the presets
// are in format.go), in one pass and without an allocation for the usual message (decoder.go, walk.go, scan.go). It
// also reads numbers and times as text, in messages and in files (number.go, timetext.go, filetext.go).
//
// Keys match exactly, because exchanges use keys that differ by case only. What is wrong with a message is a
// *candle.Defect, whose reason is a label of metrics and of dead letters.
package wire

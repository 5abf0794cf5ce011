// Package pattern holds the candlesticks: each file is one shape with its row, which the package catalog lists beside
// the indicators, and pattern.go is what they all judge bars by: long and short bodies, shadows, gaps, and the
// averages that these are measured against (TA-Lib's candle settings).
package pattern

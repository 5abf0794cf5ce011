// Package pattern holds the candlesticks: each file is one shape and its row, pattern.go what they all judge by.
package pattern

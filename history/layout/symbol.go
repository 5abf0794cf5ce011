package layout

import (
	"path"
	"regexp"
	"strings"
)

var (
	// datedName is a name that ends in a month or a date.
	datedName = regexp.MustCompile(`^(.+?)[-_. ]((?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?|` +
		`(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))$`)
	// framedName is a name that ends in a timeframe.
	framedName = regexp.MustCompile(`^(.+?)[-_. ]\d+(?:s|m|h|d|w|mo|M|min)$`)
	// plainFolder is a folder that names a date or a timeframe, and so no symbol.
	plainFolder = regexp.MustCompile(`(?i)^(?:\d{4}([-_]?\d\d){0,2}|\d+(?:s|m|h|d|w|mo|min|minutes?|hours?|days?)|daily|hourly|` +
		`minutes?|weekly|monthly|data|csv|bars|candles|ohlcv?|prices?|history|\.|\.\.|)$`)
)

// SymbolOfStem returns the symbol that the name of a file without extensions is: it, without the month or date at its
// end and the timeframe before that, so that several months are one series.
func SymbolOfStem(stem string) string {
	m := datedName.FindStringSubmatch(stem)
	if m == nil {
		return stem
	}
	if f := framedName.FindStringSubmatch(m[1]); f != nil {
		return f[1]
	}
	return m[1]
}

// FolderSymbol returns the folder that a file lies in where that may be its symbol, "" where it names a date, a
// timeframe or nothing.
func FolderSymbol(name string) string {
	folder := path.Base(path.Dir(strings.ReplaceAll(name, `\`, "/")))
	if plainFolder.MatchString(folder) || folder == "/" {
		return ""
	}
	return folder
}

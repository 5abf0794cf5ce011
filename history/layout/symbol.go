package layout

import (
	"path"
	"regexp"
	"strings"
)

var (
	// datedName is a name that ends in a date or a month.
	datedName = regexp.MustCompile(`^(.+?)[-_. ]((?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?|` +
		`(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])?)$`)
	// framedName is a name that ends in a timeframe.
	framedName = regexp.MustCompile(`^(.+?)[-_. ]\d+(?:s|m|h|d|w|mo|M|min)$`)
	// namelessStem is a file's name that is a date, a month or a timeframe alone.
	namelessStem = regexp.MustCompile(`(?i)^(?:(?:19|20)\d\d[-_](?:0[1-9]|1[0-2])(?:[-_]\d\d)?|` +
		`(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|\d{1,3}(?:s|m|h|d|w|mo|min))$`)
	// plainFolder is a folder that names a date or a timeframe, and so no symbol.
	plainFolder = regexp.MustCompile(`(?i)^(?:(?:19|20)\d\d([-_]?\d\d){0,2}|` +
		`\d+(?:s|m|h|d|w|mo|min|minutes?|hours?|days?)|daily|hourly|minutes?|weekly|monthly|` +
		`data|csv|bars|candles|ohlcv?|prices?|history|\.|\.\.|)$`)
)

// SymbolOfStem returns the symbol that the name of a file without extensions is: it, without the months or dates at
// its end and the timeframe before them, so that several months are one series. Six digits are a month only behind a
// name of some length: SZ_200512 is a share.
func SymbolOfStem(stem string) string {
	const shortest, month = 4, len("200601")
	rest := stem
	for {
		m := datedName.FindStringSubmatch(rest)
		if m == nil || len(m[2]) == month && len(m[1]) < shortest {
			break
		}
		rest = m[1]
	}
	if f := framedName.FindStringSubmatch(rest); f != nil && rest != stem {
		return f[1]
	}
	return rest
}

// Nameless reports whether the name of a file without extensions is a date or a timeframe, which is no symbol.
func Nameless(stem string) bool { return namelessStem.MatchString(stem) }

// FolderSymbol returns the folder that a file lies in where that may be its symbol, "" where it names a date, a
// timeframe or nothing.
func FolderSymbol(name string) string {
	folder := path.Base(path.Dir(strings.ReplaceAll(name, `\`, "/")))
	if plainFolder.MatchString(folder) || folder == "/" {
		return ""
	}
	return folder
}

package candle

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxSymbolBytes is how long a symbol may be.
const MaxSymbolBytes = 64

// CheckSymbol returns nil for a symbol that may name a series, else a *Defect.
func CheckSymbol(symbol []byte) error {
	if defect := SymbolDefect(symbol); defect != nil {
		return defect
	}
	return nil
}

// SymbolDefect returns the reason against a symbol, nil for a good one.
func SymbolDefect(symbol []byte) *Defect {
	if len(symbol) == 0 {
		return &Defect{ReasonSymbolEmpty, "symbol is empty"}
	}
	if len(symbol) > MaxSymbolBytes {
		return &Defect{ReasonSymbolTooLong, fmt.Sprintf("symbol of %d bytes, more than %d", len(symbol),
			MaxSymbolBytes)}
	}
	for _, c := range symbol {
		if c < ' ' || c >= 0x7f {
			return checkUnicodeSymbol(symbol)
		}
	}
	return nil
}

// checkUnicodeSymbol is SymbolDefect for other than printable ASCII.
func checkUnicodeSymbol(symbol []byte) *Defect {
	if !utf8.Valid(symbol) {
		return &Defect{ReasonSymbolNotUTF8, fmt.Sprintf("symbol %q is not UTF-8", symbol)}
	}
	if bytes.ContainsFunc(symbol, unicode.IsControl) {
		return &Defect{ReasonSymbolControl, fmt.Sprintf("symbol %q has control characters", symbol)}
	}
	if bytes.ContainsFunc(symbol, invisible) {
		return &Defect{ReasonSymbolControl, fmt.Sprintf("symbol %q has characters that are not seen", symbol)}
	}
	return nil
}

// invisible reports whether a character is not seen, or turns the direction of text: two symbols that look the same
// would be two series. These are the format characters of Unicode (Cf), its separators of lines and paragraphs, and the
// blanks without width that it counts as letters or marks.
func invisible(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector)
}

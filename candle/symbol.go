package candle

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// checkSymbol returns the reason against a symbol, nil for a good one.
func checkSymbol(symbol []byte) *Defect {
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

// checkUnicodeSymbol is checkSymbol for other than printable ASCII.
func checkUnicodeSymbol(symbol []byte) *Defect {
	if !utf8.Valid(symbol) {
		return &Defect{ReasonSymbolNotUTF8, fmt.Sprintf("symbol %q is not UTF-8", symbol)}
	}
	if bytes.ContainsFunc(symbol, unicode.IsControl) {
		return &Defect{ReasonSymbolControl, fmt.Sprintf("symbol %q has control characters", symbol)}
	}
	return nil
}

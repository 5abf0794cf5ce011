package formula

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// ParamSetting is what takes the place of the value of a `param` line, as it is written: what the line has, a number
// or a text, says how it is read. So 700 is a number for one param, and the symbol 700 for another.
type ParamSetting string

// NumberSetting returns the setting that is a number.
func NumberSetting(x float64) ParamSetting { return ParamSetting(strconv.FormatFloat(x, 'f', -1, 64)) }

// Number returns the setting as a number, and whether it is one. Infinity and NaN are none.
func (s ParamSetting) Number() (float64, bool) {
	x, err := strconv.ParseFloat(string(s), 64)
	if err != nil {
		n, errInt := strconv.ParseInt(string(s), 0, 64) // 0x10 and 1_000, as YAML has them
		x, err = float64(n), errInt
	}
	return x, err == nil && x-x == 0
}

// MarshalJSON writes a number as such where it stands for the same text, else a string.
func (s ParamSetting) MarshalJSON() ([]byte, error) {
	if x, ok := s.Number(); ok && NumberSetting(x) == s && !(x == 0 && math.Signbit(x)) {
		return json.Marshal(x)
	}
	return json.Marshal(string(s))
}

// UnmarshalJSON reads a number, whose text is the setting, or a string.
func (s *ParamSetting) UnmarshalJSON(raw []byte) error {
	switch c := raw[0]; {
	case c == '"':
		return json.Unmarshal(raw, (*string)(s))
	case c == '-' || c >= '0' && c <= '9':
		*s = ParamSetting(raw)
		return nil
	}
	return fmt.Errorf("a parameter is %s, which is neither a number nor a text", raw)
}

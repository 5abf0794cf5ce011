package config

import (
	"fmt"
	"strconv"
	"strings"
)

// memoryShareDefault is the share of the available memory that limits.memory is by default, in percent.
const memoryShareDefault = 80

// memoryMin is the least limits.memory in bytes: with less the program itself does not run.
const memoryMin = 64 << 20

// formulasMaxDefault is limits.formulas where it is not set.
const formulasMaxDefault = 1_000_000

// FormulasMax returns how many formulas may be in force.
func (f *Configuration) FormulasMax() int {
	if f.Limits.Formulas == 0 {
		return formulasMaxDefault
	}
	return f.Limits.Formulas
}

// MemoryLimit returns the memory in bytes that the process may use, of those that there are; 0 for no limit.
func (f *Configuration) MemoryLimit(available int64) int64 {
	limit, err := parseMemory(f.Limits.Memory, available)
	if err != nil {
		return 0 // it was checked
	}
	return limit
}

// parseMemory reads a share of what is available as 80%, or a size as 2GB, 512MB or 1GiB, or off.
func parseMemory(text string, available int64) (int64, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return available / 100 * memoryShareDefault, nil
	case text == "off":
		return 0, nil
	}
	number, unit := text, int64(1)
	for suffix, bytes := range map[string]int64{
		"%": 0, "MB": 1e6, "GB": 1e9, "MiB": 1 << 20, "GiB": 1 << 30,
	} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = strings.TrimSpace(rest), bytes
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || unit == 1 || !(n > 0) || n > 1e6:
		return 0, fmt.Errorf("%q is neither a share as 80%% nor a size as 512MB or 2GB, nor off", text)
	case unit == 0 && n > 100:
		return 0, fmt.Errorf("%q is more than there is", text)
	case unit == 0:
		return int64(float64(available) / 100 * n), nil
	}
	if size := int64(n * float64(unit)); size >= memoryMin {
		return size, nil
	}
	return 0, fmt.Errorf("%q is less than the %d MiB that the program itself takes", text, int64(memoryMin)>>20)
}

package replay

import "slices"

// calendar holds the open times of the series of a timeframe. Most series have the same ones, or the last of them:
// these share memory.
type calendar struct {
	known [][]int64 // times that differ, the longest at most so many
	axis  []int64   // open times at which any series has a bar, once all are known
}

// knownMax is how many calendars are compared with that of a new series.
const knownMax = 32

// share returns a copy of rising times that lives on, or a part of one that is there already.
func (c *calendar) share(times []int64) []int64 {
	for _, known := range c.known {
		if len(known) < len(times) {
			continue
		}
		if i, found := slices.BinarySearch(known, times[0]); found && len(known)-i >= len(times) {
			if part := known[i : i+len(times) : i+len(times)]; slices.Equal(part, times) {
				return part
			}
		}
	}
	own := slices.Clone(times)
	c.axis = append(c.axis, own...)
	if len(c.axis) > 4*len(times)+1<<16 {
		c.compact()
	}
	if len(c.known) < knownMax {
		c.known = append(c.known, own)
	} else if i := shortest(c.known); len(c.known[i]) < len(own) {
		c.known[i] = own
	}
	return own
}

func shortest(all [][]int64) int {
	least := 0
	for i := range all {
		if len(all[i]) < len(all[least]) {
			least = i
		}
	}
	return least
}

// settle ends the collecting of times.
func (c *calendar) settle() {
	c.compact()
	c.known = nil
}

func (c *calendar) compact() {
	slices.Sort(c.axis)
	c.axis = slices.Compact(c.axis)
}

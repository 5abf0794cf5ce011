package live

import "fmt"

// Ready reports whether every assigned partition is where its committed offset
// says, and if not, why.
func (c *Consumer) Ready() (bool, string) {
	if err := c.delivery.failing.Load(); err != nil {
		return false, "nothing gets out: " + (*err).Error()
	}
	if !c.joined.Load() {
		return false, "joining the consumer group"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var restoring, rebuilt int
	var restored, restoreOf, reread, rereadOf int64
	for _, w := range c.workers {
		if err := w.fault.Load(); err != nil {
			return false, (*err).Error()
		}
		if w.phase() != following {
			restoring++
			reread += w.reread.Load()
			rereadOf += w.rereadOf.Load()
		}
		if w.rebuilt.Load() {
			rebuilt++
		}
		restored += w.restored.Load()
		restoreOf += w.restoreOf.Load()
	}
	note := ""
	if rebuilt > 0 {
		note = fmt.Sprintf("; %d of %d partitions rebuilt from retained input", rebuilt, len(c.workers))
	}
	if err := c.keeper.failing.Load(); err != nil {
		note += "; the local store cannot be written: " + (*err).Error()
	}
	note += c.awaited()
	switch {
	case restored < restoreOf:
		return false, fmt.Sprintf("restoring %s of %s series%s", thousands(restored), thousands(restoreOf), note)
	case restoring > 0:
		return false, fmt.Sprintf("restoring %d of %d partitions: %s records of the input to be read again%s",
			restoring, len(c.workers), thousands(rereadOf-reread), note)
	case c.delivery.waiting():
		return false, "signals wait for the brokers" + note
	}
	return true, "ready" + note
}

// awaited says which bars wait for other series, and for whom where this instance closes them.
func (c *Consumer) awaited() string {
	if c.closer == nil {
		return ""
	}
	if text := c.closer.waits.Load(); text != nil {
		if *text == "" {
			return ""
		}
		return "; " + *text
	}
	for _, w := range c.workers {
		if need := w.foreign.awaited.Load(); need != nil {
			return fmt.Sprintf("; %s waits until the owner of the first partition has closed it", need)
		}
	}
	return ""
}

// thousands writes a number with commas.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

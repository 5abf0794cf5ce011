package across

// Admission is the rules by which series become members.
type Admission struct {
	Join   int // bars of a series before it is a member
	Silent int // bars of the universe without a candle after which a series must rejoin
}

// AdmissionDefault returns the rules that hold where a configuration says nothing.
func AdmissionDefault() Admission { return Admission{Join: 2, Silent: 50} }

// Membership is what a universe knows of one series. The zero value is a series that has no candle yet.
//
// The bars of a universe are the open times at which any of its series has a candle. They are numbered from 0, so
// that nights and holidays count for nobody.
type Membership struct {
	bars int32 // candles since it joined, Join at most
	last int32 // bar of its newest candle
}

// Trade notes a candle of the series on a bar, each bar later than the one before, and reports whether the series is
// a member on it.
func (m *Membership) Trade(r Admission, bar int32) bool {
	if m.bars > 0 && m.silent(r, bar) {
		m.bars = 0
	}
	member := int(m.bars) >= r.Join
	if !member || m.bars == 0 {
		m.bars++
	}
	m.last = bar
	return member
}

// Expected reports whether the series should have a candle on a bar: it is a member, and was not silent for too long.
func (m *Membership) Expected(r Admission, bar int32) bool {
	return m.bars > 0 && int(m.bars) >= r.Join && !m.silent(r, bar)
}

// silent reports whether the bars without a candle between the newest one and a bar are too many.
func (m *Membership) silent(r Admission, bar int32) bool { return int(bar-m.last)-1 >= r.Silent }

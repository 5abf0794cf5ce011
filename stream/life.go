package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"time"
)

// life is what a series remembers of a formula whose signals end (`resolve`, `expires`), or
// that is silent behind a signal until it is armed again (`once`, `rearm`).
type life struct {
	opener   digest // the id of the signal that has not ended yet
	since    int32  // its bar
	open     bool   // there is one
	turned   bool   // the condition was not true on a bar that `gaps: fill` put in
	disarmed bool
}

// digest is the 16 bytes that an id writes as 32 hex digits.
type digest [16]byte

// lives reports whether anything of a signal's life is set.
func (f *Formula) lives() bool { return f.ends() || f.Once || f.Rearm != "" }

// ends reports whether the signals of the formula end.
func (f *Formula) ends() bool { return f.Resolve || f.Expires > 0 }

// tend is what fire does for a formula with a life: it finds the bars, among those judged last,
// on which the formula fires and on which an open signal ends, in their order. A bar that
// `gaps: fill` put in (fire is false) neither fires nor ends anything, but is remembered.
func (e *Engine) tend(s *SeriesState, b *Block, i, from, n int, candidates, yes uint64, out *Effects, fire bool) {
	p, d := s.program, &s.decisions
	f, t, l := &p.firings[i], &d.triggers[i], &d.lives[i]
	bar := p.plan.Bars(s.slab) - b.Len() + from
	bars := ^uint64(0) >> (64 - n)
	arming := p.arming(i, from, n)
	silentTo := 0 // the first bar after the last fire, of those judged
	for at := 0; fire && at < n; {
		due := (candidates | l.ending(f, yes, int32(bar))) & bars &^ (1<<at - 1)
		if due == 0 {
			break
		}
		j := bits.TrailingZeros64(due)
		at = j + 1
		if l.disarmed && arming&(1<<at-1)&^(1<<silentTo-1) != 0 {
			l.disarmed = false
		}
		fires := candidates>>j&1 == 1 && !l.disarmed &&
			t.fire(f, int32(bar+j), p.open(i, bar+j+1, from+j))
		withheld := fires && s.withheld(i, from+j)
		if l.open && (fires && !withheld || l.ending(f, yes, int32(bar))>>j&1 == 1) {
			e.ended = append(e.ended, Match{
				Series: s.Key, Candle: e.matched(b, from+j), rule: &p.rules[i], id: l.opener, resolve: true,
				bars: int32(bar+j) - l.since, seq: int32(from + j),
			})
			l.open, l.turned = false, false
		}
		if !fires {
			continue
		}
		l.disarmed, silentTo = f.latched, at
		if withheld {
			out.Withheld++
			continue
		}
		m := out.match(s, &p.rules[i], e.matched(b, from+j), from+j, false)
		if f.ends() && !e.options.Lean {
			l.opener, l.since, l.open = m.digest(), int32(bar+j), true
		}
	}
	if l.open && f.resolve && !fire && ^yes&bars != 0 {
		l.turned = true
	}
	if arming&bars&^(1<<silentTo-1) != 0 {
		l.disarmed = false
	}
	d.attend(i, f)
}

// ending returns the bars on which an open signal would end, of bars the first of which is the
// given one of the series: those on which the condition is not true, and those on which it expires.
func (l *life) ending(f *firing, yes uint64, bar int32) uint64 {
	if !l.open {
		return 0
	}
	var on uint64
	if f.resolve {
		on = ^yes
	}
	if l.turned {
		on = ^uint64(0)
	}
	if f.expires > 0 {
		on |= ^uint64(0) << max(l.since+f.expires-bar, 0)
	}
	return on
}

// arming returns the bars, of the n judged last, on which the formula's rearm is true.
func (p *program) arming(i, from, n int) uint64 {
	if p.rules[i].Rearm == "" {
		return 0
	}
	var on uint64
	for j := range n {
		if p.exec.Value(p.rules[i].rearmed, from+j) == 1 {
			on |= 1 << j
		}
	}
	return on
}

// attend notes whether the formula must be looked at on bars on which its condition is the same
// as before: an open signal may expire, a silent formula be armed.
func (d *decisions) attend(i int, f *firing) {
	l := &d.lives[i]
	bit := uint64(1) << (i & 63)
	if d.tended[i>>6] &^= bit; l.open && (f.expires > 0 || l.turned) || l.disarmed && f.rearms {
		d.tended[i>>6] |= bit
	}
}

// A snapshot keeps a life as numbers: bars since the opener and 1, 0 for none open; the opener's
// id in four; 1 for disarmed.
const lifeLen = 6

func (l *life) numbers(bars int) [lifeLen]float64 {
	var n [lifeLen]float64
	if l.open {
		n[0] = float64(bars - int(l.since))
		for k := range 4 {
			n[1+k] = float64(binary.BigEndian.Uint32(l.opener[4*k:]))
		}
	}
	if l.disarmed {
		n[5] = 1
	}
	return n
}

func (l *life) setNumbers(n []float64, bars int, f *firing) {
	*l = life{disarmed: n[5] == 1 && f.latched}
	if n[0] > 0 && f.ends() {
		l.open, l.since = true, int32(bars-int(n[0]))
		for k := range 4 {
			binary.BigEndian.PutUint32(l.opener[4*k:], uint32(n[1+k]))
		}
	}
}

// lifeKey names the life of a rule in a record.
func (r *rule) lifeKey() uint64 { return hashKey("life " + hex.EncodeToString(r.digest[:])) }

// livesCount returns how many rules have a life.
func (p *program) livesCount() int {
	n := 0
	for i := range p.rules {
		if p.rules[i].lives() {
			n++
		}
	}
	return n
}

// IsResolve reports whether the match says that a signal has ended, and is no signal itself.
func (m *Match) IsResolve() bool { return m.resolve }

// SignalType returns the type that the payload shows.
func (m *Match) SignalType() SignalType {
	if m.resolve {
		return Resolve
	}
	return m.rule.signal()
}

// resolveDigest is the id of a RESOLVE: a function of the signal that it ends and of the candle.
func (m *Match) resolveDigest(candle []byte) digest {
	b := append([]byte("resolve\x00"), m.id[:]...)
	sum := sha256.Sum256(append(b, candle...))
	return digest(sum[:16])
}

// appendResolve appends the message that a signal has ended.
func (m *Match) appendResolve(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = m.appendID(dst)
	dst = append(dst, `","resolves":"`...)
	dst = hex.AppendEncode(dst, m.id[:])
	dst = append(dst, `","formula":`...)
	dst = appendText(dst, m.rule.Name)
	dst = append(dst, `,"signal_type":"RESOLVE","symbol":`...)
	dst = appendText(dst, m.Series.Symbol)
	dst = append(dst, `,"timeframe":"`...)
	dst, _ = m.Series.Timeframe.AppendText(dst)
	dst = append(dst, `","timestamp":"`...)
	dst = time.Unix(0, m.Candle.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","candle":`...)
	dst = appendPrices(dst, m.Candle)
	dst = append(dst, `,"bars":`...)
	dst = appendNumber(dst, float64(m.bars))
	return append(dst, '}')
}

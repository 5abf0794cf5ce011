package pattern

import "streamd/incremental"

// cdlAbandonedBabyRow finds a doji with a gap on either side.
func cdlAbandonedBabyRow() *incremental.Row {
	return shape{
		name: "cdlabandonedbaby", title: "Abandoned Baby", lookback: 12, penetration: 0.3, judge: judgeAbandonedBaby,
		doc: "A long body, a doji whose whole range gaps away from it, and a body against the first that gaps back " +
			"and closes " +
			"deeper in the first body than penetration times its length. +100 turns a fall, -100 a rise.",
		example: "cdlabandonedbaby(0.3) != 0",
	}.row()
}

func judgeAbandonedBaby(c candles) int {
	first, baby, third := c.bar(2), c.bar(1), c.bar(0)
	top := first.white() && third.black() &&
		baby.rangeAbove(first) && third.rangeBelow(baby) && third.close < first.close-c.depth(2)
	bottom := first.black() && third.white() &&
		baby.rangeBelow(first) && third.rangeAbove(baby) && third.close > first.close+c.depth(2)
	return hit((top || bottom) && c.long(2) && c.doji(1) && c.long(0), third.signed())
}

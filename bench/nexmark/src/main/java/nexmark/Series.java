package nexmark;

import java.nio.ByteBuffer;

/**
 * What one symbol remembers, as numbers in one array, so that it is a value of a state store: rings of the last closes,
 * highs, lows and volumes, running sums, averages, and what each formula said on the last bar. Every indicator costs
 * the same on each bar, but for the extremes, which look through 20 values.
 */
final class Series {
    static final int RING = 256; // a power of two above the longest window
    private static final int BARS = 0, SUM20 = 1, SUM50 = 2, SUM200 = 3, SQUARES = 4, VOLUMES = 5, EMA12 = 6, EMA26 = 7;
    private static final int SIGNAL = 8, GAIN = 9, LOSS = 10, ATR = 11, LAST = 12, CLOSE = 13;
    private static final int VOLUME = CLOSE + RING, HIGH = VOLUME + 32, LOW = HIGH + 32, SAID = LOW + 32;

    final double[] m;
    private final int formulas;

    // of the bar at hand
    double open, high, low, close, volume;
    double sma20, sma50, sma200, ema12, ema26, hist, rsi, atr, volumes, upper, lower, highest, lowest, deviation, roc;

    Series(int formulas) {
        this.formulas = formulas;
        m = new double[SAID + formulas];
    }

    int bars() { return (int) m[BARS]; }

    /** What the formula said on the bar before: 1, 0, or -1 before it could say anything. */
    double said(int formula) { return m[SAID + formula] - 1; }

    void say(int formula, double value) { m[SAID + formula] = value + 1; }

    private double ago(int n) { return m[CLOSE + (bars() - n & RING - 1)]; }

    void step(Candle c) {
        open = c.open; high = c.high; low = c.low; close = c.close; volume = c.volume;
        int n = bars();
        double before = m[LAST];
        m[SUM20] += close - (n >= 20 ? ago(20) : 0);
        m[SUM50] += close - (n >= 50 ? ago(50) : 0);
        m[SUM200] += close - (n >= 200 ? ago(200) : 0);
        m[SQUARES] += close * close - (n >= 20 ? ago(20) * ago(20) : 0);
        m[VOLUMES] += volume - (n >= 20 ? m[VOLUME + (n - 20 & 31)] : 0);
        roc = n >= 10 ? (close / ago(10) - 1) * 100 : Double.NaN;
        m[CLOSE + (n & RING - 1)] = close;
        m[VOLUME + (n & 31)] = volume;
        m[HIGH + (n & 31)] = high;
        m[LOW + (n & 31)] = low;
        sma20 = n >= 19 ? m[SUM20] / 20 : Double.NaN;
        sma50 = n >= 49 ? m[SUM50] / 50 : Double.NaN;
        sma200 = n >= 199 ? m[SUM200] / 200 : Double.NaN;
        volumes = n >= 19 ? m[VOLUMES] / 20 : Double.NaN;
        deviation = n >= 19 ? Math.sqrt(Math.max(0, m[SQUARES] / 20 - sma20 * sma20)) : Double.NaN;
        upper = sma20 + 2 * deviation;
        lower = sma20 - 2 * deviation;
        m[EMA12] = average(n, 12, m[EMA12], 2.0 / 13, close);
        m[EMA26] = average(n, 26, m[EMA26], 2.0 / 27, close);
        ema12 = n >= 11 ? m[EMA12] : Double.NaN;
        ema26 = n >= 25 ? m[EMA26] : Double.NaN;
        if (n >= 25) {
            m[SIGNAL] = average(n - 25, 9, m[SIGNAL], 0.2, m[EMA12] - m[EMA26]);
        }
        hist = n >= 33 ? m[EMA12] - m[EMA26] - m[SIGNAL] : Double.NaN;
        if (n >= 1) {
            double change = close - before;
            double range = Math.max(high - low, Math.max(Math.abs(high - before), Math.abs(low - before)));
            m[GAIN] = average(n - 1, 14, m[GAIN], 1.0 / 14, Math.max(change, 0));
            m[LOSS] = average(n - 1, 14, m[LOSS], 1.0 / 14, Math.max(-change, 0));
            m[ATR] = average(n - 1, 14, m[ATR], 1.0 / 14, range);
        }
        double moves = m[GAIN] + m[LOSS];
        rsi = n >= 14 ? (moves == 0 ? 0 : 100 * m[GAIN] / moves) : Double.NaN;
        atr = n >= 14 ? m[ATR] : Double.NaN;
        highest = n >= 19 ? high : Double.NaN;
        lowest = n >= 19 ? low : Double.NaN;
        for (int i = 1; i < 20 && n >= 19; i++) {
            highest = Math.max(highest, m[HIGH + (n - i & 31)]);
            lowest = Math.min(lowest, m[LOW + (n - i & 31)]);
        }
        m[LAST] = close;
        m[BARS]++;
    }

    /** The mean of the first values, and an exponential average from there on. */
    private static double average(int n, int period, double last, double weight, double value) {
        if (n < period) {
            return last + value / period;
        }
        return last + (value - last) * weight;
    }

    byte[] bytes() {
        ByteBuffer b = ByteBuffer.allocate(8 * m.length);
        b.asDoubleBuffer().put(m);
        return b.array();
    }

    static Series of(byte[] bytes, int formulas) {
        Series s = new Series(formulas);
        ByteBuffer.wrap(bytes).asDoubleBuffer().get(s.m);
        return s;
    }
}

package nexmark;

/** The twenty shapes of main.go, by number, with a constant that makes a formula of them. */
final class Formula {
    /** The value of a shape on the bar: 1, 0, or -1 while an indicator of it has no value. */
    static double value(int shape, double d, Series s) {
        return switch (shape) {
            case 0 -> and(s.close, s.sma20, s.rsi, 55 + d);
            case 1 -> and(s.close, s.sma50, s.rsi, 60 + d);
            case 2 -> and(s.close, s.sma200, s.rsi, 65 + d);
            case 3 -> and(s.sma20, s.close, 45 - d, s.rsi);
            case 4 -> and(s.sma50, s.close, 40 - d, s.rsi);
            case 5 -> and(s.sma200, s.close, 35 - d, s.rsi);
            case 6 -> and(s.ema12, s.ema26, s.hist, d / 10);
            case 7 -> and(s.ema26, s.ema12, -d / 10, s.hist);
            case 8 -> and(s.close, s.upper, s.rsi, 60 + d);
            case 9 -> and(s.lower, s.close, 40 - d, s.rsi);
            case 10 -> and(s.close, s.highest - 0.1 * s.atr, s.rsi, 60 + d);
            case 11 -> and(s.lowest + 0.1 * s.atr, s.close, 40 - d, s.rsi);
            case 12 -> and(s.roc, 1 + d / 10, s.rsi, 60);
            case 13 -> and(-1 - d / 10, s.roc, 40, s.rsi);
            case 14 -> and(s.volume, (1.5 + d / 20) * s.volumes, s.close, s.open);
            case 15 -> and(s.volume, (1.5 + d / 20) * s.volumes, s.open, s.close);
            case 16 -> and(s.deviation, (2 + d / 10) * s.atr, s.rsi, 50);
            case 17 -> and(s.deviation, (2 + d / 10) * s.atr, 50, s.rsi);
            case 18 -> and(s.hist, 0, s.close, (1 + d / 100) * s.sma200);
            default -> and(s.high - s.low, (1.2 + d / 10) * s.atr, s.volume, s.volumes);
        };
    }

    /** Whether a is above b, and c above d. */
    private static double and(double a, double b, double c, double d) {
        if (a != a || b != b || c != c || d != d) {
            return -1;
        }
        return a > b && c > d ? 1 : 0;
    }

    private Formula() {}
}

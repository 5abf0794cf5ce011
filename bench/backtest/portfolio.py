"""Holds streamd backtest --portfolio to a second implementation of its rules, which is this file.

usage: portfolio.py STREAMD CSV...

Every strategy is traded by both on all symbols of the files together (columns symbol, timestamp,
open, high, low, close, volume; also .gz). The trades must be the same: symbols, times and reasons
exactly, prices, sizes and results to 1e-9; and so must the equity at every time. The bars on which
formulas fire, ranks and distances are those of streamd eval: only the trading is compared.
"""

import csv
import gzip
import io
import json
import subprocess
import sys

TOLERANCE = 1e-9
DUST = 1e-9

CROSS = ("crossover(sma(close, 10), sma(close, 30))", "crossunder(sma(close, 10), sma(close, 30))")
BREAKOUT = ("close > highest(high, 50)[1]", "close < lowest(low, 20)[1]")
DIP = ("close > sma(close, 200) and rsi(close, 2) < 10", "close > sma(close, 5)")
STRATEGIES = [
    dict(name="equal parts", signals=CROSS, size="equal", fee=0.001),
    dict(name="three places by momentum", signals=CROSS, size="equal", places=3, rank="roc(close, 60)", fee=0.001),
    dict(name="a tenth each", signals=BREAKOUT, size="10%", slippage=0.0005),
    dict(name="half each, two places", signals=DIP, size="50%", places=2, rank="0 - rsi(close, 2)", fee=0.0005),
    dict(name="risk by range", signals=BREAKOUT, size="risk:1%@atr(14)*2", places=4, rank="roc(close, 60)", fee=0.001, stop=0.08),
    dict(name="stop, target, trail, bars", signals=DIP, size="equal", places=5, stop=0.03, target=0.04, trail=0.02, bars=8, slippage=0.001),
    dict(name="shorts", signals=CROSS, side="short", size="equal", places=4, fee=0.001, stop=0.2),
    dict(name="ruin of shorts", signals=CROSS, side="short", size="100%", splits="ignore"),
    dict(name="splits adjusted", signals=CROSS, size="equal", splits="adjust", fee=0.001),
    dict(name="a fixed sum", signals=DIP, size="2500", target=0.02),
]


def run(binary, *args):
    return subprocess.run([binary, *args], capture_output=True, check=True, text=True).stdout


def streamd(binary, files, s):
    args = ["backtest", "--portfolio", "--entry", s["signals"][0], "--exit", s["signals"][1], "-o", "json", "--size", s["size"]]
    for flag, key in (("side", "side"), ("fee", "fee"), ("slippage", "slippage"), ("stop", "stop"), ("target", "target"), ("trail", "trail"), ("max-bars", "bars"), ("max-positions", "places"), ("rank", "rank"), ("splits", "splits")):
        if key in s:
            args += ["--" + flag, str(s[key])]
    return json.loads(run(binary, *args, "--data", *files))


def read(binary, files, s):
    """The bars of each symbol, by time, with what the formulas say on them."""
    expressions = [*s["signals"], s.get("rank", "0 * close")]
    expressions.append(s["size"].partition("@")[2] or "0 * close")
    said = {}
    for row in csv.reader(io.StringIO(run(binary, "eval", *expressions, "--data", *files))):
        said[row[0], row[1]] = row[2:]
    symbols = {}
    for path in files:
        with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as f:
            for row in csv.DictReader(f):
                key = row["symbol"], row["timestamp"]
                if key not in said:
                    continue
                entry, exit_, rank, distance = said.pop(key)
                symbols.setdefault(row["symbol"], []).append(dict(
                    time=row["timestamp"], entry=entry == "true", exit=exit_ == "true",
                    rank=float(rank) if rank else None, distance=float(distance) if distance else 0.0,
                    **{k: float(row[k]) for k in ("open", "high", "low", "close")}))
    return symbols


class Account:
    """One purse and what it holds: symbol to position."""

    def __init__(self, s, bars):
        self.s, self.bars, self.cash, self.held, self.trades = s, bars, 10_000.0, {}, []
        self.sign = -1 if s.get("side") == "short" else 1
        self.fee, self.slip = s.get("fee", 0), s.get("slippage", 0)

    def value(self, but=None):
        return self.cash + sum(self.sign * p["units"] * p["last"] for k, p in self.held.items() if k != but)

    def out(self, symbol, index, price, reason, market=True):
        p = self.held[symbol]
        if market:
            price *= 1 - self.sign * self.slip
        got = p["units"] * price * (self.sign - self.fee)
        rest = self.value(symbol)
        if rest + got <= DUST * 10_000:
            got, reason = -rest, "margin_call"
        del self.held[symbol]
        self.cash += got
        bars = self.bars[symbol]
        self.trades.append(dict(
            symbol=symbol, entry_time=bars[p["start"]]["time"], entry_price=p["price"], exit_time=bars[index]["time"],
            exit_price=price, size=p["units"], pnl=got - p["paid"], exit_reason=reason))
        if reason == "margin_call":
            for other in list(self.held):
                if other in self.held:
                    self.out(other, self.held[other]["seen"], self.held[other]["last"], "margin_call")
            self.cash = 0.0

    def into(self, symbol, index, equity, places):
        bar, before = self.bars[symbol][index], self.bars[symbol][index - 1]
        price = bar["open"] * (1 + self.sign * self.slip)
        size = self.s["size"]
        if size == "equal":
            money = equity / places
        elif size.startswith("risk:"):
            if before["distance"] <= 0:
                return
            money = equity * float(size[5:].partition("%")[0]) / 100 / before["distance"] * price * (1 + self.fee)
        elif size.endswith("%"):
            money = equity * float(size[:-1]) / 100
        else:
            money = float(size)
        money = min(money, self.value() - sum(p["units"] * p["last"] for p in self.held.values()))
        if money <= DUST * 10_000 or price <= 0:
            return
        units = money / (price * (1 + self.fee))
        paid = units * price * (self.sign + self.fee)
        self.cash -= paid
        self.held[symbol] = dict(units=units, price=price, start=index, seen=index, paid=paid, best=price, last=bar["open"])

    def split(self, symbol, index):
        last, opened = self.bars[symbol][index - 1]["close"], self.bars[symbol][index]["open"]
        if last <= 0 or opened <= 0 or 1 / 1.8 < opened / last < 1.8:
            return
        how = self.s.get("splits", "stop")
        if how == "stop":
            self.out(symbol, index - 1, last, "split")
        elif how == "adjust":
            ratio = round(last / opened) if last > opened else 1 / round(opened / last)
            p = self.held[symbol]
            p["units"] *= ratio
            for k in ("price", "best", "last"):
                p[k] /= ratio

    def within(self, symbol, index):
        """Stop, trail, target and ruin within a bar. Levels are compared times the sign: then all are long."""
        p, bar, sign = self.held[symbol], self.bars[symbol][index], self.sign
        levels = []
        rest = self.value(symbol)
        if sign < 0:
            levels.append((-rest / (p["units"] * (1 + self.fee)), "margin_call"))
        elif rest <= DUST * 10_000:
            levels.append((max(0, -rest / (p["units"] * (1 - self.fee))), "margin_call"))
        if "stop" in self.s:
            levels.append((sign * p["price"] * (1 - sign * self.s["stop"]), "stop"))
        if "trail" in self.s:
            levels.append((sign * p["best"] * (1 - sign * self.s["trail"]), "trail"))
        level, reason = max(levels, key=lambda x: x[0]) if levels else (float("-inf"), "")
        goal = sign * p["price"] * (1 + sign * self.s["target"]) if "target" in self.s else float("inf")
        low, high = sorted((sign * bar["low"], sign * bar["high"]))
        opened = sign * bar["open"]
        if opened <= level:
            self.out(symbol, index, bar["open"], reason)
        elif opened >= goal:
            self.out(symbol, index, bar["open"], "target", market=False)
        elif low <= level:
            self.out(symbol, index, sign * level, reason)
        elif high >= goal:
            self.out(symbol, index, sign * goal, "target", market=False)
        else:
            p["last"] = bar["close"]
            p["best"] = sign * max(sign * p["best"], sign * bar["close"])


def trade(s, bars):
    """The trades, and the equity by time."""
    a, equity = Account(s, bars), {}
    at = {}
    for symbol in sorted(bars):
        for i, bar in enumerate(bars[symbol]):
            at.setdefault(bar["time"], []).append((symbol, i))
    places = s.get("places", len(bars))
    for time in sorted(at):
        now = at[time]
        for symbol, i in now:
            if symbol in a.held:
                a.split(symbol, i)
            if symbol in a.held:
                a.held[symbol].update(last=bars[symbol][i]["open"], seen=i)
        for symbol, i in now:
            if symbol in a.held:
                if bars[symbol][i - 1]["exit"]:
                    a.out(symbol, i, bars[symbol][i]["open"], "signal")
                elif "bars" in s and i - a.held[symbol]["start"] >= s["bars"]:
                    a.out(symbol, i, bars[symbol][i]["open"], "max_bars")
        called = [(symbol, i) for symbol, i in now if i > 0 and bars[symbol][i - 1]["entry"] and symbol not in a.held]
        rank = {symbol: bars[symbol][i - 1]["rank"] for symbol, i in called}
        called.sort(key=lambda c: (rank[c[0]] is None, -(rank[c[0]] or 0)))
        worth = a.value()
        for symbol, i in called:
            if len(a.held) < places:
                a.into(symbol, i, worth, places)
        for symbol, i in now:
            if symbol in a.held:
                a.within(symbol, i)
            if symbol in a.held and i == len(bars[symbol]) - 1:
                a.out(symbol, i, bars[symbol][i]["close"], "end")
        equity[time] = a.value()
    return a.trades, equity


def near(a, b):
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b), 1)


def difference(ours, trades, equity):
    """The first difference, or None."""
    order = lambda t: (t["entry_time"], t["exit_time"], t["symbol"])
    trades = sorted(trades, key=order)
    if len(ours["trades"]) != len(trades):
        return f"{len(ours['trades'])} trades, theirs {len(trades)}"
    for i, (t, r) in enumerate(zip(sorted(ours["trades"], key=order), trades)):
        for k, v in r.items():
            if (isinstance(v, float) and not near(t[k], v)) or (not isinstance(v, float) and t[k] != v):
                return f"trade {i}: {k} is {t[k]}, theirs {v}: {r}"
    if len(ours["equity"]) != len(equity):
        return f"{len(ours['equity'])} times, theirs {len(equity)}"
    for point in ours["equity"]:
        if not near(point["equity"], equity[point["timestamp"]]):
            return f"equity at {point['timestamp']} is {point['equity']}, theirs {equity[point['timestamp']]}"
    return None


def main():
    binary, files = sys.argv[1], sys.argv[2:]
    bad = total = 0
    for s in STRATEGIES:
        ours = streamd(binary, files, s)
        trades, equity = trade(s, read(binary, files, s))
        error = difference(ours, trades, equity)
        total += len(trades)
        reasons = sorted({t["exit_reason"] for t in trades})
        print(f"{s['name']}: {len(trades)} trades ({', '.join(reasons)}), {len(equity)} times: {error or 'the same'}")
        bad += error is not None
    print(f"{len(STRATEGIES)} portfolios, {total} trades compared: {bad} differ")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())

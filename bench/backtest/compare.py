"""Holds streamd backtest to the PyPI package backtesting on the same rules.

usage: compare.py STREAMD CSV...

Every strategy is traded by both on every symbol of the files (columns symbol,
timestamp, open, high, low, close, volume; also .gz). The trades must be the
same, prices and times exactly, and the equity at every bar to 1e-9. The cash is
great enough that the package's whole units are as good as fractional ones.

The package knows no splits: --splits ignore leaves the positions open. Four rules are not the same, and what rests on them is left out: the package
closes what is open at the end at another price of the last bar; its stops and
targets begin on the bar after the entry's, so of the runs with one those trades
are compared that begin on the same bar in both and last longer than it; and it
ends short accounts by a margin call, so shorts take a fiftieth of the cash. Where a signal
ends a trade at the open of a bar within which its stop lies, the package takes
the stop, which comes later in the day: such exits are left out.
"""

import json
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

CASH = 1e17
TOLERANCE = 1e-9

CROSS = ("crossover(sma(close, 10), sma(close, 30))", "crossunder(sma(close, 10), sma(close, 30))")
STRATEGIES = [
    # name, entry, exit, side, fee, stop, target
    ("cross", *CROSS, "long", 0.0, 0, 0),
    ("cross with fee", *CROSS, "long", 0.001, 0, 0),
    ("cross, short", *CROSS, "short", 0.0, 0, 0),
    ("rsi-2", "close > sma(close, 200) and rsi(close, 2) < 10", "close > sma(close, 5)", "long", 0.0005, 0, 0),
    ("breakout", "close > highest(high, 20)[1]", "close < lowest(low, 10)[1]", "long", 0.0, 0, 0),
    ("breakout with a stop", "close > highest(high, 20)[1]", "close < lowest(low, 10)[1]", "long", 0.0, 0.05, 0),
    ("cross with stop and target", *CROSS, "long", 0.0, 0.04, 0.08),
]


def size(side):
    return 1.0 if side == "long" else 0.02


def streamd(binary, files, strategy):
    name, entry, exit_, side, fee, stop, target = strategy
    args = [binary, "backtest", "--entry", entry, "--exit", exit_, "--side", side, "--cash", repr(CASH), "--fee", repr(fee), "-o", "json", "--size", f"{100 * size(side)}%", "--splits", "ignore"]
    args += ["--stop", repr(stop)] if stop else []
    args += ["--target", repr(target)] if target else []
    return json.loads(subprocess.run(args + ["--data", *files], capture_output=True, check=True).stdout)


def signals(binary, files, strategy):
    """The bars on which entry and exit fire, as eval has them: so that only the trading is compared."""
    out = subprocess.run([binary, "eval", strategy[1], strategy[2], "--data", *files], capture_output=True, check=True, text=True).stdout
    from io import StringIO

    return pd.read_csv(StringIO(out), names=["symbol", "timestamp", "entry", "exit"], header=0, dtype=str)


def package(frame, strategy):
    """Trades and equity by the package backtesting."""
    name, _, _, side, fee, stop, target = strategy

    class Traded(Strategy):
        def init(self):
            pass

        def next(self):
            i = len(self.data) - 1
            entry, exit_ = bool(frame["entry"].iat[i]), bool(frame["exit"].iat[i])
            if self.position and exit_:
                self.position.close()
            if entry and (not self.position or exit_):
                if side == "long":
                    self.buy(size=0.9999999999)
                else:
                    self.sell(size=size(side))
            for trade in self.trades:
                sign = 1 if trade.is_long else -1
                if stop and trade.sl is None:
                    trade.sl = trade.entry_price * (1 - sign * stop)
                if target and trade.tp is None:
                    trade.tp = trade.entry_price * (1 + sign * target)

    test = Backtest(frame, Traded, cash=CASH, commission=fee, finalize_trades=True, exclusive_orders=False)
    return test.run()


def main():
    binary, files = sys.argv[1], sys.argv[2:]
    data = pd.concat([pd.read_csv(f) for f in files])
    bad = runs = trades = total = 0
    for strategy in STRATEGIES:
        ours = streamd(binary, files, strategy)
        fired = signals(binary, files, strategy)
        for symbol, own in ours["symbols"].items():
            frame = data[data.symbol == symbol].drop_duplicates("timestamp").reset_index(drop=True)
            own_signals = fired[fired.symbol == symbol].reset_index(drop=True)
            assert len(frame) == len(own_signals), (symbol, len(frame), len(own_signals))
            frame.index = pd.to_datetime(frame.timestamp, utc=True)
            frame["entry"] = (own_signals.entry == "true").to_numpy()
            frame["exit"] = (own_signals.exit == "true").to_numpy()
            frame = frame.rename(columns=str.title).rename(columns={"Entry": "entry", "Exit": "exit"})
            compared, error = difference(own, package(frame, strategy), strategy)
            runs, total, trades = runs + 1, total + len(own["trades"]), trades + compared
            if error:
                bad += 1
                print(f"{strategy[0]}, {symbol}: {error}")
    print(f"{len(STRATEGIES)} strategies, {runs} runs, {trades} of {total} trades compared: {bad} runs differ")
    return 1 if bad or 2 * trades < total else 0


def difference(own, result, strategy):
    """How many trades were compared, and the first difference."""
    theirs = list(result["_trades"].sort_values(["EntryBar", "ExitBar"]).itertuples())
    ours = [t for t in own["trades"] if t["exit_reason"] != "end"]
    protected = strategy[5] or strategy[6]
    if protected:
        entered = {r.EntryTime.isoformat(): r for r in theirs if r.EntryBar != r.ExitBar}
        ours = [t for t in ours if t["bars"] > 0 and t["entry_time"].replace("Z", "+00:00") in entered]
        theirs = [entered[t["entry_time"].replace("Z", "+00:00")] for t in ours]
    elif len(theirs) != len(own["trades"]):
        return 0, f"{len(own['trades'])} trades, theirs {len(theirs)}"
    for i, (t, r) in enumerate(zip(ours, theirs)):
        if r.EntryTime.isoformat() != t["entry_time"].replace("Z", "+00:00") or abs(r.EntryPrice - t["entry_price"]) > TOLERANCE * r.EntryPrice:
            return i, f"trade {i} enters {t['entry_time']} at {t['entry_price']}, theirs {r.EntryTime} at {r.EntryPrice}"
        if protected and t["exit_reason"] == "signal" and t["exit_time"].replace("Z", "+00:00") == r.ExitTime.isoformat():
            continue
        if r.ExitTime.isoformat() != t["exit_time"].replace("Z", "+00:00") or abs(r.ExitPrice - t["exit_price"]) > TOLERANCE * r.ExitPrice:
            return i, f"trade {i} leaves {t['exit_time']} at {t['exit_price']} ({t['exit_reason']}), theirs {r.ExitTime} at {r.ExitPrice}"
    if protected:
        return len(ours), None
    mine = np.array([p["equity"] for p in own["equity"]])[:-1]
    equity = result["_equity_curve"]["Equity"].to_numpy()[:-1]
    off = np.abs(mine - equity) / np.abs(equity)
    if off.max() > TOLERANCE:
        return len(ours), f"equity differs by {off.max():.2g} at bar {off.argmax()}"
    return len(ours), None


if __name__ == "__main__":
    sys.exit(main())

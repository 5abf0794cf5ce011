"""Costs of talipp, bar by bar. It is given the file of bars (columns open, high,
low, close, volume) and prints lines "PEER MODE INDICATOR NANOSECONDS"."""

import sys
import time

import numpy as np
from talipp.indicators import ATR, BB, EMA, MACD, RSI, SMA, Stoch
from talipp.ohlcv import OHLCV

BARS = 20_000  # it is slow enough
columns = np.fromfile(sys.argv[1]).reshape(5, -1)[:, :BARS].tolist()
closes, bars = columns[3], [OHLCV(*bar) for bar in zip(*columns)]
for name, indicator, source in (
    ("sma", SMA(20), closes), ("ema", EMA(20), closes), ("rsi", RSI(14), closes), ("atr", ATR(14), bars),
    ("bbands", BB(20, 2), closes), ("macd", MACD(12, 26, 9), closes), ("stoch", Stoch(14, 3), bars),
):
    started = time.perf_counter_ns()
    for bar in source:
        indicator.add(bar)
    print(f"talipp live {name} {(time.perf_counter_ns() - started) / BARS:.3f}")

"""Times a scan here and with TA-Lib's Python package, in turn in one run, on the
same synthetic history in memory, one core each, and prints seconds and ratios.

    python peers.py SCAN_BINARY DIR [--symbols 2500] [--bars 2520] [--rounds 5]

scan is every bar with close > sma(close, 20) and rsi(close, 14) > 70 and
volume > 2 * sma(volume, 20), counted; ind8 are the eight registered indicators
on every bar. The arrays are kept in DIR.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np
import talib


def history(folder, symbols, bars):
    """Random walks in cents with volumes that come in bursts, made once."""
    paths = {c: os.path.join(folder, f"daily_{c}.npy") for c in "ohlcv"}
    if all(os.path.exists(p) and np.load(p, mmap_mode="r").shape == (symbols, bars) for p in paths.values()):
        return {c: np.load(p) for c, p in paths.items()}
    rng = np.random.default_rng(20261126)
    start = rng.uniform(1.6, 6, (symbols, 1))
    close = np.round(np.exp(start + np.cumsum(rng.normal(0, 0.02, (symbols, bars)), axis=1)), 2).clip(0.05)
    opened = np.round(close * np.exp(rng.normal(0, 0.008, close.shape)), 2).clip(0.05)
    reach = np.abs(rng.normal(0, 0.008, (2,) + close.shape))
    made = {
        "o": opened,
        "h": np.maximum(np.round(np.maximum(opened, close) * (1 + reach[0]), 2), np.maximum(opened, close)),
        "l": np.minimum(np.round(np.minimum(opened, close) * (1 - reach[1]), 2), np.minimum(opened, close)),
        "c": close,
        "v": np.round(np.exp(rng.normal(12.5, 0.8, close.shape))),
    }
    os.makedirs(folder, exist_ok=True)
    for c, p in paths.items():
        np.save(p, made[c])
    return made


def scan(a):
    found = 0
    for close, volume in zip(a["c"], a["v"]):
        hits = (close > talib.SMA(close, 20)) & (talib.RSI(close, 14) > 70) & (volume > 2 * talib.SMA(volume, 20))
        found += int(np.count_nonzero(hits))
    return found


def ind8(a):
    kept = None  # the columns of one symbol at a time
    for high, low, close, volume in zip(a["h"], a["l"], a["c"], a["v"]):
        kept = [talib.SMA(close, n) for n in (20, 50, 200)] + [talib.EMA(close, n) for n in (12, 26)]
        kept += [talib.RSI(close, 14), talib.ATR(high, low, close, 14), talib.SMA(volume, 20)]
    return len(a["c"]) if len(kept) == 8 else 0


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("binary")
    parse.add_argument("folder")
    parse.add_argument("--symbols", type=int, default=2500)
    parse.add_argument("--bars", type=int, default=2520)
    parse.add_argument("--rounds", type=int, default=5)
    args = parse.parse_args()
    arrays = history(args.folder, args.symbols, args.bars)
    best, found = {}, {}

    def note(peer, task, seconds, n):
        best[peer, task] = min(seconds, best.get((peer, task), seconds))
        found[peer, task] = n

    for _ in range(args.rounds):
        lines = subprocess.run([args.binary, "-data", args.folder], check=True, capture_output=True, text=True).stdout
        for line in lines.splitlines():
            r = json.loads(line)
            note("streamd", r["task"], r["wall"], r["found"])
        for task in (scan, ind8):
            for _ in range(3):
                began = time.perf_counter()
                n = task(arrays)
                note("talib", task.__name__, time.perf_counter() - began, n)

    print(f"{args.symbols} symbols x {args.bars} bars, one core, the least of {3 * args.rounds}")
    for task in ("scan", "ind8"):
        ours, theirs = best["streamd", task], best["talib", task]
        print(f"{task}: streamd {ours:.3f} s, TA-Lib {theirs:.3f} s, ratio {ours / theirs:.2f}")
    print(f"matches with their indicator values: streamd {best['streamd', 'matches']:.3f} s")
    # A close within rounding of its average may be counted by one alone.
    if abs(found["streamd", "scan"] - found["talib", "scan"]) > 1e-3 * found["talib", "scan"]:
        sys.exit(f"found {found['streamd', 'scan']} bars here, {found['talib', 'scan']} with TA-Lib")
    print(f"{found['streamd', 'scan']} bars found here, {found['talib', 'scan']} with TA-Lib")


if __name__ == "__main__":
    main()

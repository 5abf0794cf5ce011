"""Times a scan here, with TA-Lib's Python package and with a hand-written loop of numba, in turn in one run on the same
synthetic history, and prints seconds of CPU and ratios.

    python peers.py SCAN_BINARY STREAMD_BINARY DIR [--symbols 2500] [--bars 2520] [--name daily] [--rounds 5]

scan is every bar with close > sma(close, 20) and rsi(close, 14) > 70 and volume > 2 * sma(volume, 20), counted; ind8 are
the eight registered indicators on every bar. From memory it is the work alone. From Parquet it is the whole command of
streamd against pyarrow and TA-Lib in a process whose imports are not counted: of a file of pyarrow, where all prices
are checked, of the same with --check=false, and of one that streamd data wrote. The arrays and files are kept in DIR.
Seconds are the least CPU time of all rounds, and the least wall time for --cores 2.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import talib

FORMULA = "close > sma(close, 20) and rsi(close, 14) > 70 and volume > 2 * sma(volume, 20)"


def history(folder, name, symbols, bars):
    """Random walks in cents with volumes that come in bursts, made once, a few symbols at a time."""
    paths = {c: os.path.join(folder, f"{name}_{c}.npy") for c in "ohlcv"}
    if all(os.path.exists(p) and np.load(p, mmap_mode="r").shape == (symbols, bars) for p in paths.values()):
        return {c: np.load(p) for c, p in paths.items()}
    rng = np.random.default_rng(20261126)
    width = 0.02 if name == "daily" else 0.0008
    made = {c: np.empty((symbols, bars)) for c in "ohlcv"}
    for s in range(symbols):
        close = np.round(np.exp(rng.uniform(1.6, 6) + np.cumsum(rng.normal(0, width, bars))), 2).clip(0.05)
        opened = np.round(close * np.exp(rng.normal(0, 0.4 * width, bars)), 2).clip(0.05)
        reach = np.abs(rng.normal(0, 0.4 * width, (2, bars)))
        top, bottom = np.maximum(opened, close), np.minimum(opened, close)
        made["o"][s], made["c"][s] = opened, close
        made["h"][s] = np.maximum(np.round(top * (1 + reach[0]), 2), top)
        made["l"][s] = np.minimum(np.round(bottom * (1 - reach[1]), 2), bottom)
        made["v"][s] = np.round(np.exp(rng.normal(12.5, 0.8, bars)))
    os.makedirs(folder, exist_ok=True)
    for c, p in paths.items():
        np.save(p, made[c])
    return made


def parquet(folder, name, a):
    """The arrays as a file of pyarrow, row groups of a million rows, compressed by snappy."""
    path = os.path.join(folder, f"{name}.parquet")
    symbols, bars = a["c"].shape
    if os.path.exists(path) and pq.ParquetFile(path).metadata.num_rows == symbols * bars:
        return path
    step = 86400 if name == "daily" else 60
    names = pa.array([f"S{i:04d}" for i in range(symbols)])
    long = dict(o="open", h="high", l="low", c="close", v="volume")
    schema = pa.schema([("symbol", pa.dictionary(pa.int32(), pa.string())), ("timestamp", pa.timestamp("ms", "UTC"))] +
                       [(n, pa.float64()) for n in long.values()])
    times = (1451606400 + np.arange(bars, dtype=np.int64) * step) * 1000
    with pq.ParquetWriter(path, schema) as to:
        many = max(1, 1_000_000 // bars)
        for s in range(0, symbols, many):
            e = min(symbols, s + many)
            codes = pa.array(np.repeat(np.arange(s, e, dtype=np.int32), bars))
            columns = [pa.DictionaryArray.from_arrays(codes, names), pa.array(np.tile(times, e - s)).cast(schema[1].type)]
            to.write_table(pa.table(columns + [pa.array(a[c][s:e].ravel()) for c in long], schema=schema),
                           row_group_size=(e - s) * bars)
    return path


def hits(close, volume):
    return np.count_nonzero((close > talib.SMA(close, 20)) & (talib.RSI(close, 14) > 70) &
                            (volume > 2 * talib.SMA(volume, 20)))


def scan(a):
    return sum(int(hits(close, volume)) for close, volume in zip(a["c"], a["v"]))


def ind8(a):
    kept = None  # the columns of one symbol at a time
    for high, low, close, volume in zip(a["h"], a["l"], a["c"], a["v"]):
        kept = [talib.SMA(close, n) for n in (20, 50, 200)] + [talib.EMA(close, n) for n in (12, 26)]
        kept += [talib.RSI(close, 14), talib.ATR(high, low, close, 14), talib.SMA(volume, 20)]
    return len(a["c"]) if len(kept) == 8 else 0


def compiled(cores):
    """The loop of numba; it is imported here, so that the process of pyarrow does not hold it."""
    import numba

    numba.set_num_threads(cores)

    @numba.njit(parallel=True, cache=False)
    def loop(closes, volumes):
        counts = np.zeros(len(closes), np.int64)
        for s in numba.prange(len(closes)):
            c, v = closes[s], volumes[s]
            sc = sv = up = down = 0.0
            for i in range(len(c)):
                sc += c[i]
                sv += v[i]
                if i >= 20:
                    sc -= c[i - 20]
                    sv -= v[i - 20]
                if i > 0:
                    d = c[i] - c[i - 1]
                    if i <= 14:
                        up += max(d, 0.0) / 14
                        down += max(-d, 0.0) / 14
                    else:
                        up = (up * 13 + max(d, 0.0)) / 14
                        down = (down * 13 + max(-d, 0.0)) / 14
                if i >= 19 and c[i] > sc / 20 and v[i] > 2 * (sv / 20) and up + down != 0 and 100 * (up / (up + down)) > 70:
                    counts[s] += 1
        return counts.sum()

    loop(np.ones((2, 300)), np.ones((2, 300)))
    return loop


def read(path, shape, cores):
    t = pq.read_table(path, columns=["close", "volume"], use_threads=cores > 1)
    return {c: t[n].to_numpy().reshape(shape) for c, n in (("c", "close"), ("v", "volume"))}


def child(path, shape, cores, to):
    """pyarrow and TA-Lib in a process of their own, whose imports are done; the least of three times."""
    pa.set_cpu_count(cores)
    walls, used = [], []
    for _ in range(3):
        began, cpu = time.perf_counter(), time.process_time()
        n = scan(read(path, shape, cores))
        walls.append(time.perf_counter() - began)
        used.append(time.process_time() - cpu)
    to.put((min(walls), min(used), most(os.getpid()), n))


def most(pid):
    """The most memory of a process in MB; 0 when it has ended. What getrusage says counts the process that started it."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) >> 10
    return 0


def command(binary, cores, path, *flags):
    """The whole command: wall and CPU seconds, MB, matches."""
    began, memory = time.perf_counter(), 0
    with tempfile.TemporaryFile() as out:
        p = subprocess.Popen([binary, "scan", FORMULA, "--data", path, "--workers", str(cores), "-o", "json", *flags],
                             stdout=out, stderr=subprocess.DEVNULL, env=os.environ | {"GOMAXPROCS": str(cores)})
        while True:
            memory = max(memory, most(p.pid))
            pid, _, used = os.wait4(p.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.005)
        wall = time.perf_counter() - began
        out.seek(0)
        return wall, used.ru_utime + used.ru_stime, memory, json.loads(out.read())["matches"]


class Best:
    """The least of everything that was measured."""

    def __init__(self):
        self.wall, self.cpu, self.memory, self.found = {}, {}, {}, {}

    def note(self, key, wall, cpu, memory, found):
        self.wall[key] = min(wall, self.wall.get(key, wall))
        self.cpu[key] = min(cpu, self.cpu.get(key, cpu))
        self.memory[key] = max(memory, self.memory.get(key, 0))
        self.found[key] = found

    def timed(self, key, work, *args):
        began, cpu = time.perf_counter(), time.process_time()
        found = work(*args)
        self.note(key, time.perf_counter() - began, time.process_time() - cpu, 0, found)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("binary")
    parse.add_argument("streamd")
    parse.add_argument("folder")
    parse.add_argument("--name", default="daily", choices=["daily", "minute"])
    parse.add_argument("--symbols", type=int, default=2500)
    parse.add_argument("--bars", type=int, default=2520)
    parse.add_argument("--rounds", type=int, default=5)
    parse.add_argument("--cores", type=int, default=1)
    args = parse.parse_args()
    a = history(args.folder, args.name, args.symbols, args.bars)
    path = parquet(args.folder, args.name, a)
    own = os.path.join(args.folder, f"{args.name}-own.parquet")
    if not os.path.exists(own) or os.path.getmtime(own) < os.path.getmtime(path):
        subprocess.run([args.streamd, "data", path, "-o", own], check=True, stderr=subprocess.DEVNULL)
    loop = compiled(args.cores)
    best = Best()
    for _ in range(args.rounds):
        p = subprocess.run([args.binary, "-data", args.folder, "-name", args.name, "-workers", str(args.cores)], check=True,
                           capture_output=True, text=True)
        for line in p.stdout.splitlines():
            r = json.loads(line)
            best.note(("memory", r["task"], "streamd"), r["wall"], r["cpu"], 0, r["found"])
        for _ in range(3):
            best.timed(("memory", "scan", "TA-Lib"), scan, a)
            best.timed(("memory", "ind8", "TA-Lib"), ind8, a)
            best.timed(("memory", "scan", "numba"), loop, a["c"], a["v"])
        best.note(("Parquet", "checked", "streamd"), *command(args.streamd, args.cores, path))
        best.note(("Parquet", "--check=false", "streamd"), *command(args.streamd, args.cores, path, "--check=false"))
        best.note(("Parquet", "own file", "streamd"), *command(args.streamd, args.cores, own))
        to = multiprocessing.get_context("spawn").Queue()
        p = multiprocessing.get_context("spawn").Process(target=child, args=(path, a["c"].shape, args.cores, to))
        p.start()
        best.note(("Parquet", "scan", "TA-Lib"), *to.get())
        p.join()
    show(best, args, a["c"].size)


def show(best, args, bars):
    print(f"{args.symbols} symbols x {args.bars} bars, {args.cores} cores, the least of {args.rounds} rounds in turn")
    rows = [("memory", "scan", "TA-Lib", "scan"), ("memory", "scan", "numba", "scan"), ("memory", "ind8", "TA-Lib", "ind8")]
    rows += [("Parquet", how, "TA-Lib", "scan") for how in ("checked", "--check=false", "own file")]
    for source, ours, peer, theirs in rows:
        x, y = (source, ours, "streamd"), (source, theirs, peer)
        print(f"{source} {ours}: streamd {best.cpu[x]:.3f} s of CPU, {best.cpu[x] / bars * 1e9:.0f} ns a bar; {peer} "
              f"{best.cpu[y]:.3f}; ratio {best.cpu[x] / best.cpu[y]:.2f}, of wall time {best.wall[x] / best.wall[y]:.2f}" +
              (f", of memory {best.memory[x] / best.memory[y]:.2f} ({best.memory[x]} MB)" if best.memory[y] else ""))
    found = {best.found[k] for k in best.found if k[1] not in ("ind8", "matches")}
    # A close within rounding of its average may be counted by one alone.
    if max(found) - min(found) > 1e-3 * max(found):
        sys.exit(f"found {sorted(found)}: they do not do the same")
    print(f"{min(found)} to {max(found)} bars found")


if __name__ == "__main__":
    main()

"""Hold every function of the table to TA-Lib itself, through `streamd eval`.

    python compare.py STREAMD [--data FILE.csv.gz ...] [--rounds N] [--seed N] [--only NAME,...]

Needs numpy and TA-Lib==0.8.2 (C 0.8.1); `make talib` puts them into a virtual
environment in the cache. Each round draws parameters from the functions' whole
range and runs them on slices of the given files and on made-up tapes: flat
stretches, spikes, bars without volume, tiny and huge prices. Values must agree
to 1e-9 relative (correl, beta, linearreg_angle: 1e-6), na must stand exactly
where TA-Lib has no value, patterns must be equal.

TA-Lib keeps running totals, which round; streamd does not. So a difference is no
error where it is below 1e-12 of the inputs (rounding), or where TA-Lib itself,
started anew shortly before the bar in question, says what streamd says (history).
Anything else is one and printed with the call that shows it. Exit 1 if there is one.
"""
import argparse, gzip, csv, os, random, re, subprocess, sys, tempfile
import numpy as np, talib
from talib import abstract

MATYPES = ["sma", "ema", "wma", "dema", "tema", "trima", "kama", "mama", "t3", "hma", "disabled", "default", "zlema", "rma"]
TOLERANCE = {"CORREL": 1e-6, "BETA": 1e-6, "LINEARREG_ANGLE": 1e-6}
UNIT = {"ACOS", "ASIN", "EXP", "COSH", "SINH"}  # inputs must be small
# An adaptive average of a line that rests takes its speed from rounding errors: on
# lines that are made inside of TA-Lib they are not compared.
ADAPTIVE = ("kama", "mama")
DERIVED = ("MACDEXT", "STOCH", "STOCHF", "STOCHRSI", "KDJ")
FIELDS = ["open", "high", "low", "close", "volume"]


def read(path):
    """The series of a CSV file with a symbol column."""
    series = {}
    with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as f:
        for row in csv.DictReader(f):
            series.setdefault(row.get("symbol") or "S", []).append([float(row[k]) for k in FIELDS])
    return {k: np.array(v).T for k, v in series.items() if len(v) >= 400}


def walk(rng, n, price, sigma, digits):
    c = price * np.exp(np.cumsum(rng.normal(0, sigma, n)))
    o = np.concatenate([[price], c[:-1]]) * np.exp(rng.normal(0, sigma / 3, n))
    h = np.maximum(o, c) * (1 + np.abs(rng.normal(0, sigma / 2, n)))
    l = np.minimum(o, c) * (1 - np.abs(rng.normal(0, sigma / 2, n)))
    if digits is not None:
        o, h, l, c = (np.round(x, digits) for x in (o, h, l, c))
    v = np.round(np.exp(rng.normal(9, 1, n)))
    return np.array([o, np.maximum(h, np.maximum(o, c)), np.minimum(l, np.minimum(o, c)), c, v])


def made_up(rng, n):
    """Tapes that markets make seldom and bugs love."""
    flat = walk(rng, n, 50, .01, 2)
    for _ in range(8):
        a, m = int(rng.integers(1, n - 120)), int(rng.integers(1, 120))
        flat[:4, a:a + m] = flat[3, a - 1]
        if rng.random() < .5:
            flat[4, a:a + m] = 0
    ticks = np.cumsum(rng.integers(-1, 2, n)) + 2000
    tape = np.round(np.array([ticks, ticks + rng.integers(0, 2, n), ticks - rng.integers(0, 2, n), ticks, rng.integers(0, 3, n) * 100.0]) / [[100], [100], [100], [100], [1]], 2)
    tape[1], tape[2] = np.maximum(tape[1], tape[0]), np.minimum(tape[2], tape[0])
    spike = walk(rng, n, 100, .01, 2)
    for i in rng.integers(50, n, 3):
        spike[:4, i] *= 1e5
    jump = walk(rng, n, 100, .01, None)
    jump[:4, n // 2:] *= 1e6
    mono = walk(rng, n, 100, .0, None)
    mono[:4] *= np.linspace(1, 3, n)
    return {"FLAT": flat, "TICKS": tape, "SPIKE": spike, "JUMP": jump, "RISING": mono,
            "TINY": walk(rng, n, 1e-6, .02, None), "HUGE": walk(rng, n, 1e8, .02, None), "LEVEL": walk(rng, n, 1e5, 1e-5, 2)}


def reals(rng, name, count, d):
    """Expressions for the real inputs, with their values."""
    o, h, l, c, v = d
    if name in UNIT:
        return [("(close - open) / (close + open)", (c - o) / (c + o))]
    if name == "MAVP":
        i = np.arange(len(c), dtype=float)
        return [("close", c), ("2 + bar_index % 41", 2 + np.fmod(i, 41))]
    pool = [("close", c), ("high", h), ("low", l), ("open", o), ("close - open", c - o), ("volume", v)]
    if count == 2:
        return [pool[j] for j in random.Random(int(rng.integers(1 << 30))).sample(range(4), 2)]
    return [pool[min(int(rng.integers(0, 12)), 11) % 6 if rng.random() < .4 else 0]]


def draw(rng, info, limits):
    """Arguments of one call: as streamd writes them, as TA-Lib takes them."""
    texts, kwargs = [], {}
    for name, default in info["parameters"].items():
        low, high = limits.get(name, (None, None))
        if "matype" in name:
            k = int(rng.integers(0, len(MATYPES)))
            while MATYPES[k] in ADAPTIVE and info["name"] in DERIVED:
                k = int(rng.integers(0, len(MATYPES)))
            texts.append('"%s"' % MATYPES[k]); kwargs[name] = k
        elif isinstance(default, int):
            top = min(high, 400)
            u = rng.random()
            x = int(low + (top - low + 1) * rng.random() ** (1 if u < .3 else 4)) if u > .1 else int(low)
            texts.append(str(min(x, top))); kwargs[name] = min(x, top)
        else:
            u = rng.random()
            x = default if u < .2 else float(np.round((default or .5) * 2 * rng.random(), int(rng.integers(1, 6))))
            x = float(min(max(x, low), high))
            texts.append(repr(x)); kwargs[name] = x
    if "minperiod" in kwargs and kwargs["minperiod"] > kwargs["maxperiod"]:
        kwargs["minperiod"], kwargs["maxperiod"] = kwargs["maxperiod"], kwargs["minperiod"]
        texts[:2] = [str(kwargs["minperiod"]), str(kwargs["maxperiod"])]
    return texts, kwargs


def limits_of(streamd, name):
    text = subprocess.run([streamd, "functions", name], capture_output=True, text=True, check=True).stdout
    found = {}
    for m in re.finditer(r"^  (\w+) +(\S+) to (\S+)", text, re.M):
        found[m[1]] = (float(m[2]), float(m[3]))
    return found


def rounding(name, call, key):
    """The share of the inputs that TA-Lib's running totals may be off by."""
    if name == "LINEARREG_ANGLE":
        return 57.3e-12  # in degrees
    if name in ("HT_DCPHASE", "HT_SINE", "HT_TRENDMODE") and key == "FLAT":
        return 1  # the phase of a tape that stands still is that of rounding errors
    if "kama" in call:
        return 1e-9  # the speed is a ratio of totals, and moves the average by as much of its distance
    return 1e-11 if key == "SPIKE" else 1e-12


class Comparison:
    def __init__(self, options):
        self.o = options
        self.rng = np.random.default_rng(options.seed)
        self.series = {}
        for path in options.data:
            for k, d in read(path).items():
                at = int(self.rng.integers(0, max(1, d.shape[1] - options.bars)))
                self.series["%s.%s" % (os.path.basename(path).split(".")[0], k)] = d[:, at:at + options.bars]
        keys = sorted(self.series)
        if len(keys) > options.series:
            keep = self.rng.choice(keys, options.series, replace=False)
            self.series = {k: self.series[k] for k in keep}
        self.series.update(made_up(self.rng, options.bars))
        self.errors = self.rounding = self.history = self.values = self.calls = 0
        self.worst = {}

    def run(self):
        self.file = os.path.join(tempfile.mkdtemp(), "bars.csv")
        self.keys = sorted(self.series)
        with open(self.file, "w") as f:
            f.write("symbol,timestamp," + ",".join(FIELDS) + "\n")
            for k in self.keys:
                for i, row in enumerate(self.series[k].T.tolist()):
                    f.write("%s,%d,%s\n" % (k, 1400000000 + 60 * i, ",".join(repr(x) for x in row)))
        names = [n.upper() for n in self.o.only.split(",")] if self.o.only else talib.get_functions()
        for done, name in enumerate(names):
            self.function(name)
            if sys.stderr.isatty() or done % 20 == 19:  # the whole takes minutes
                print("%d of %d functions, errors: %d" % (done + 1, len(names), self.errors), file=sys.stderr, flush=True)
        for (name, kind), all in sorted(self.worst.items()):
            share, key, call, label, i, mine, want = max(all)
            print("%-9s %-14s %d outputs, at worst %.1e of the prices: %s %s %s bar %d is %r, TA-Lib has %r" % (kind, name, len(all), share, key, call, label, i, mine, want))
            if not self.states(name):
                print("unstated  %s: the row does not say yet that TA-Lib differs there; add the case to it (Differs)" % name)
        print("%d functions, %d calls, %d series, %d values; outputs with rounding of TA-Lib's totals: %d, with its history: %d, errors: %d" % (
            len(names), self.calls, len(self.keys), self.values, self.rounding, self.history, self.errors))
        return 1 if self.errors else 0

    def excuse(self, kind, name, diff, bad, scale, key, call, label, i, mine, want):
        self.worst.setdefault((name, kind), []).append((float(np.max(diff[bad]) / scale), key, call, label, i, float(mine[i]), float(want[i])))

    def states(self, name):
        """Whether the row says where TA-Lib's own values are unstable."""
        return "TA-Lib differs:" in subprocess.run([self.o.streamd, "functions", name.lower()], capture_output=True, text=True).stdout

    def function(self, name):
        info = abstract.Function(name).info
        limits = limits_of(self.o.streamd, name.lower()) if info["parameters"] else {}
        calls, header = [], []
        for n in range(self.o.rounds if info["parameters"] else 1):
            texts, kwargs = draw(self.rng, info, limits) if n else ([], {})
            seed = int(self.rng.integers(1 << 30))
            slots = [k for k, v in info["input_names"].items() if isinstance(v, str)]
            some = reals(np.random.default_rng(seed), name, len(slots), self.series[self.keys[0]]) if slots else []
            call = "%s(%s)" % (name.lower(), ", ".join([e for e, _ in some] + texts))
            outs = [call if len(info["output_names"]) == 1 else "%s.%s" % (call, o) for o in info["output_names"]]
            calls.append((call, kwargs, seed, len(slots), len(header)))
            header += outs
        got = self.eval(header)
        if got is None:
            return
        for call, kwargs, seed, slots, at in calls:
            for key in self.keys:
                self.compare(name, info, call, kwargs, seed, slots, key, [g[at:] for g in [got[key]]][0])
        self.calls += len(calls)

    def eval(self, expressions):
        p = subprocess.run([self.o.streamd, "eval", *expressions, "--buffer", "20000", "--data", self.file], capture_output=True, text=True)
        if p.returncode:
            print("ERROR", p.stderr.strip()); self.errors += 1
            return None
        columns = {k: [] for k in self.keys}
        lines = p.stdout.split("\n")
        start = next(i for i, l in enumerate(lines) if re.match(r"[^,]+,\d{4}-\d\d-\d\dT", l))
        for line in lines[start:]:
            if line:
                cells = line.split(",")
                columns[cells[0]].append([float(x) if x else np.nan for x in cells[2:]])
        return {k: np.array(v).T for k, v in columns.items()}

    def compare(self, name, info, call, kwargs, seed, slots, key, got):
        d = self.series[key]
        ins = [x for _, x in reals(np.random.default_rng(seed), name, slots, d)] if slots else []
        scale = max([float(np.max(np.abs(x))) for x in ins] or [float(np.max(np.abs(d[:4])))])
        for v in info["input_names"].values():
            if not isinstance(v, str):
                ins += [d[FIELDS.index(x)] for x in v]
        try:
            out = getattr(talib, name)(*[np.ascontiguousarray(x) for x in ins], **kwargs)
        except Exception as e:
            if not np.all(np.isnan(got[:len(info["output_names"])])):
                self.report(name, call, key, "TA-Lib refuses: %s" % e, 0, 0, 0)
            return
        f = abstract.Function(name)
        if kwargs:
            f.set_parameters(**kwargs)
        look = f.lookback
        for k, (label, want) in enumerate(zip(info["output_names"], out if isinstance(out, tuple) else (out,))):
            want = np.asarray(want)
            exact = want.dtype.kind == "i"
            want = want.astype(float)
            if exact:
                want[:look] = np.nan
            want[~np.isfinite(want)] = np.nan
            mine = got[k]
            self.values += len(mine)
            empty = np.isnan(mine) != np.isnan(want)
            if empty.any():
                i = int(np.argmax(empty))
                self.report(name, call, key, "%s: na" % label, i, mine[i], want[i], int(empty.sum()))
            diff = np.abs(mine - want)
            tol = 0 if exact else TOLERANCE.get(name, 1e-9) * np.maximum(np.abs(mine), np.abs(want))
            bad = np.nan_to_num(diff) > np.maximum(tol, 0 if exact else 1e-12)
            if not bad.any():
                continue
            i = int(np.nanargmax(np.where(bad, diff, 0)))
            if self.anew(name, ins, kwargs, look, k, bad, mine, tol, scale):
                self.history += 1
                self.excuse("history", name, diff, bad, scale, key, call, label, i, mine, want)
                continue
            if not exact and np.max(diff[bad]) <= rounding(name, call, key) * scale:
                self.rounding += 1
                self.excuse("rounding", name, diff, bad, scale, key, call, label, i, mine, want)
                continue
            self.report(name, call, key, "%s" % label, i, mine[i], want[i], int(bad.sum()))

    def anew(self, name, ins, kwargs, look, k, bad, mine, tol, scale):
        """Whether TA-Lib agrees on the first and the worst bars when it starts shortly before them."""
        at = np.nonzero(bad)[0]
        for i in set(at[:3]) | set(at[-3:]):
            a = max(0, i - look - (60 if name.startswith("CDL") else 0))
            out = getattr(talib, name)(*[np.ascontiguousarray(x[a:i + 1]) for x in ins], **kwargs)
            fresh = float((out if isinstance(out, tuple) else (out,))[k][-1])
            limit = max(tol[i], 1e-12, 1e-15 * scale) if np.ndim(tol) else 0
            if not abs(fresh - mine[i]) <= limit:
                return False
        return True

    def report(self, name, call, key, what, i, mine, want, count=1):
        self.errors += 1
        print("%-14s %-16s %s: bar %d is %r, TA-Lib has %r (%d bars)" % (name, key, call + " " + what, i, float(mine), float(want), count), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("streamd")
    p.add_argument("--data", nargs="*", default=[])
    p.add_argument("--rounds", type=int, default=8)
    p.add_argument("--bars", type=int, default=1500)
    p.add_argument("--series", type=int, default=6)
    p.add_argument("--seed", type=int, default=0, help="0 for one of the clock's")
    p.add_argument("--only", default="")
    o = p.parse_args()
    o.seed = o.seed or random.randrange(1, 1 << 30)
    print("seed", o.seed, flush=True)
    sys.exit(Comparison(o).run())


if __name__ == "__main__":
    main()

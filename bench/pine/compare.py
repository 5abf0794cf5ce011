"""Hold every function that names Pine as its source to two independent Pine runtimes.

    python compare.py STREAMD --python PYTHON --node NODE_MODULES [--rounds N] [--seed N] [--bars N] [--only NAME]

PYTHON has PyPI pynesys-pynecore, NODE_MODULES npm pinets; `make pine` installs both into the
cache. The calls are those of `streamd functions --pine`: Pine's on the runtimes, ours through
`streamd eval`, with drawn parameters on made-up bars (a walk in cents, ticks full of ties, flat
stretches). Where the runtimes agree, ours must: a value that differs then is an error unless
EXPLAINED says why. Where they do not, the table says with whom ours agrees. Exit 1 on an error,
or when a function that names Pine is not compared.
"""
import argparse, collections, csv, io, json, math, os, random, re, subprocess, sys, tempfile

# Where both runtimes agree and ours is another on purpose.
ROUNDING = "ours takes values of hl2 and hlc3 for equal that differ by rounding; the runtimes do not"
EXPLAINED = {
    "ta.cci(hlc3, length)": "cci is TA-Lib's: 0 on a flat window, where the runtimes divide rounding errors",
    "ta.cross(source1, source2)": ROUNDING,
    "ta.crossover(source1, source2)": ROUNDING,
    "ta.crossunder(source1, source2)": ROUNDING,
    "ta.pivothigh(source, leftbars, rightbars)": ROUNDING,
    "ta.pivotlow(source, leftbars, rightbars)": ROUNDING,
    "ta.percentrank(source, length)": ROUNDING,
    "ta.highestbars(source, length)": ROUNDING,
    "ta.lowestbars(source, length)": ROUNDING,
    "ta.mode(source, length)": ROUNDING,
    "ta.sar(start, inc, max)": "where the stop just touches the bar ours decides as fractions do, the runtimes by rounding",
    "ta.supertrend(factor, atrPeriod)": "after a bar without range both lines are one; the runtimes tell them apart by rounding",
    "ta.cci(source, length)": "a window of equal values has no deviation; the runtimes divide rounding errors",
    "ta.correlation(source1, source2, length)": "correl is TA-Lib's; the runtimes call a covariance below 1e-10 none",
    "ta.falling(source, length)": "ours is the manual's text: below each of the length values before; the runtimes look at "
                                  "length falls less one, or at falls in a row",
    "ta.rci(source, length)": "ours begins with the first full window, PyneCore one bar later, and is 0 on a flat one",
    "ta.rising(source, length)": "ours is the manual's text: above each of the length values before",
}

# Where the runtimes differ from each other.
TIES = "of equal extremes PyneCore takes the oldest, PineTS (with a series) the newest, ours the newest as TA-Lib"
EMPTY = "a bar or window without range: PyneCore na, PineTS 0"
PIVOTS = "PineTS takes no pivot where a value is equal; TradingView takes the last of equal ones"
RUNTIMES = {
    "ta.cci(hlc3, length)": "cci is TA-Lib's: 0 on a flat window, where the runtimes divide rounding errors",
    "ta.cci(source, length)": "on a flat window the runtimes divide rounding errors",
    "ta.cmo(source, length)": EMPTY,
    "ta.correlation(source1, source2, length)": "on flat windows the runtimes divide rounding errors",
    "ta.cross(source1, source2)": "PineTS calls a touch from one side and back a cross; TradingView, measured by PyneCore, "
                                  "does not",
    "ta.dmi(diLength, adxSmoothing)": "PineTS decides ties by rounding errors; without any range ours keeps the direction, as "
                                      "the manual's code, PyneCore has na",
    "ta.highestbars(length)": TIES + "; PineTS has no value without a series",
    "ta.highestbars(source, length)": TIES,
    "ta.falling(source, length)": "ours is the manual's text; the runtimes count falls in other ways, and decide ties by rounding",
    "ta.iii": EMPTY,
    "ta.kc(source, length, mult)": "PineTS holds the middle back for one bar, until the bands begin",
    "ta.lowestbars(length)": TIES + "; PineTS has no value without a series",
    "ta.lowestbars(source, length)": TIES,
    "ta.mfi(hlc3, length)": "PineTS decides ties by rounding errors, and of a flat window it keeps those of its sums",
    "ta.mfi(series, length)": "PineTS decides ties by rounding errors, and of a flat window it keeps those of its sums",
    "ta.obv": "on the first bar PyneCore is na, the others 0",
    "ta.percentrank(source, length)": "ties of hl2 and hlc3 by rounding errors",
    "ta.pivothigh(leftbars, rightbars)": PIVOTS,
    "ta.pivothigh(source, leftbars, rightbars)": PIVOTS,
    "ta.pivotlow(leftbars, rightbars)": PIVOTS,
    "ta.pivotlow(source, leftbars, rightbars)": PIVOTS,
    "ta.pvt": "on the first bar PyneCore is na, the others 0",
    "ta.rising(source, length)": "ours is the manual's text; the runtimes count rises in other ways, and decide ties by rounding",
    "ta.sar(start, inc, max)": "the runtimes begin on different sides where the first close does not move",
    "ta.stdev(source, length)": "PyneCore subtracts sums of squares: rounding errors where nothing moves",
    "ta.bb(source, length, mult)": "PyneCore subtracts sums of squares: rounding errors where nothing moves",
    "ta.bbw(source, length, mult)": "PyneCore subtracts sums of squares: rounding errors where nothing moves",
    "ta.variance(source, length)": "PyneCore subtracts sums of squares: rounding errors where nothing moves",
    "ta.supertrend(factor, atrPeriod)": "with a range over one bar PyneCore's first value is 0",
    "ta.tsi(source, short, long)": "where nothing moves 0 / 0 is na; PineTS gives 0",
    "ta.tr": "on the first bar PineTS gives high - low; the manual says na",
    "ta.vwap": "PineTS has no value without a series",
    "ta.wpr(length)": "willr is TA-Lib's: 0 in a range of zero, as PineTS; PyneCore has na",
    "ta.wvad": EMPTY,
    "math.round(number, precision)": "halves that rounding errors decide",
}

# Functions that name Pine and are not calls of ta or math: the corpus of formulas holds them.
LANGUAGE = {"na", "nz", "fixnan", "lag", "bar_index", "session", "hour", "minute", "dayofweek", "dayofmonth", "month",
            "year", "pivot_point_levels", "vwap_tv", "hl2", "hlc3", "ohlc4", "hlcc4", "abs", "sign", "round", "log"}

OUTPUTS = {"ta.bb": ["middle", "upper", "lower"], "ta.dmi": ["plus", "minus", "adx"], "ta.kc": ["middle", "upper", "lower"],
           "ta.macd": ["macd", "signal", "hist"], "ta.supertrend": ["supertrend", "direction"]}
# Ours take no length of 1, as TA-Lib's do not.
SHORT = {"ta.alma", "ta.bb", "ta.bbw", "ta.cci", "ta.correlation", "ta.linreg", "ta.rci", "ta.roc", "ta.stdev", "ta.variance", "ta.wpr",
         "ta.rsi", "ta.mom", "ta.hma", "math.sum"}
# The runtimes subtract sums of squares, which loses half of the digits.
SQUARES = ("ta.bb", "ta.bbw", "ta.correlation", "ta.stdev", "ta.variance")
BOOL = {"ta.cross", "ta.crossover", "ta.crossunder", "ta.rising", "ta.falling"}


def tape(rng, kind, n):
    """Bars: a walk in cents, ticks with many ties, or stretches without movement."""
    rows, cents = [], 10_000
    for i in range(n):
        step = {"WALK": lambda: round(rng.gauss(0, 60)), "TICKS": lambda: rng.randint(-2, 2),
                "FLAT": lambda: 0 if i % 60 > 30 else rng.randint(-40, 40)}[kind]()
        opened, cents = cents, max(500, cents + step)
        up, down = (0, 0) if kind == "FLAT" and i % 60 > 30 else (rng.randint(0, 3) if kind == "TICKS" else rng.randint(0, 50),
                                                                   rng.randint(0, 3) if kind == "TICKS" else rng.randint(0, 50))
        rows.append([1_700_006_400_000 + 3_600_000 * i, opened / 100, (max(opened, cents) + up) / 100,
                     (min(opened, cents) - down) / 100, cents / 100, rng.randint(1, 9) * 100])
    return rows


def draw(rng, name, param):
    if param in ("source", "series"):
        return rng.choice(["close", "close", "high", "hl2", "hlc3", "open"])
    if param == "source1":
        return "close"
    if param == "source2":
        return rng.choice(["open", "hl2", "100.0"])
    if param == "condition":
        return rng.choice(["close > open", "close > high[1]"])
    if param == "anchor":
        return "bar_index % 24 == 0"
    if param in ("mult", "factor"):
        return rng.choice(["1", "1.5", "2", "3"])
    if param == "offset":
        return rng.choice(["0.85", "0.5"]) if name == "ta.alma" else rng.choice(["0", "1", "2"])
    if param == "sigma":
        return rng.choice(["6", "4"])
    if param == "percentage":
        return rng.choice(["10", "25", "33", "50", "75", "90", "100"])
    if param == "occurrence":
        return rng.choice(["0", "1", "2"])
    if param in ("start", "inc"):
        return rng.choice(["0.02", "0.01"])
    if param == "max":
        return "0.2"
    if param.startswith(("number", "base", "radians", "degrees")):
        return rng.choice(["close", "open", "hl2"])
    if param == "exponent":
        return "2"
    if param == "precision":
        return "1"
    if name in ("math.acos", "math.asin"):
        return "0.5"
    return str(rng.choice([1, 2, 3, 5, 8, 14, 21, 40]) if name not in SHORT else
               rng.choice([2, 3, 5, 9, 14, 21]))


def calls(streamd, rng, only):
    """The calls of a round: in Pine, here, and how many outputs."""
    table = json.loads(subprocess.run([streamd, "functions", "--pine", "-o", "json"], capture_output=True, text=True,
                                      check=True).stdout)["pine"]
    drawn = []
    for entry in table:
        name, _, params = entry["pine"].rstrip(")").partition("(")
        if not name.startswith(("ta.", "math.")) or not entry["streamd"] or only and only not in entry["pine"]:
            continue
        if name in ("ta.pivot_point_levels", "math.log10"):
            continue
        params = [p for p in params.split(", ") if p]
        values = {p: draw(rng, name, p) for p in params if p not in ("close", "high", "low", "hlc3", "true")}
        if name == "ta.macd":
            values.update(fastlen=str(rng.randint(2, 12)), slowlen=str(rng.randint(13, 30)), siglen=str(rng.randint(2, 9)))
        if name in ("math.acos", "math.asin"):
            values = {"number": "(close - open) / (high - low + 1)"}
        fill = lambda text: re.sub(r"\w+", lambda m: ("(%s)" if " " in values[m[0]] else "%s") % values[m[0]] if m[0] in values else m[0], text)
        pine = name + ("(%s)" % ", ".join(values.get(p, p) for p in params) if params else "")
        here, outputs = fill(entry["streamd"]), OUTPUTS.get(name, [""])
        here = re.sub(r"^(ema|hma)\(", r"\1_tv(", here)  # the same under two names
        drawn.append({"name": entry["pine"], "text": pine, "outputs": len(outputs), "bool": name in BOOL,
                      "here": ["%s.%s" % (here, o) if o else here for o in outputs]})
    return drawn


def streamd_values(streamd, path, group):
    out = subprocess.run([streamd, "eval", *[h for c in group for h in c["here"]], "--data", path], capture_output=True,
                         text=True)
    if out.returncode:
        sys.exit("streamd eval: " + out.stderr)
    rows = list(csv.reader(io.StringIO(out.stdout)))[1:]
    value = lambda s: None if s == "" else float(s == "true") if s in ("true", "false") else float(s)
    columns = iter([[value(r[k]) for r in rows] for k in range(2, len(rows[0]))])
    return [[next(columns) for _ in c["here"]] for c in group]


def near(a, b, scale, tolerance):
    """Equal, or both na; PineTS rounds to ten decimals."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(abs(a), abs(b)) + 2e-10 * max(1, scale)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("streamd"); p.add_argument("--python"); p.add_argument("--node")
    p.add_argument("--rounds", type=int, default=6); p.add_argument("--seed", type=int, default=1)
    p.add_argument("--bars", type=int, default=500); p.add_argument("--only", default="")
    o = p.parse_args()
    rng, here = random.Random(o.seed), os.path.dirname(os.path.abspath(__file__))
    folder = tempfile.mkdtemp()
    stats = collections.defaultdict(lambda: collections.Counter())
    examples, alone = {}, set()
    for r in range(o.rounds):
        kind = ("WALK", "TICKS", "FLAT")[r % 3]
        rows, group = tape(rng, kind, o.bars), calls(o.streamd, rng, o.only)
        bars, todo = os.path.join(folder, "bars.csv"), os.path.join(folder, "calls.json")
        with open(bars, "w") as f:
            w = csv.writer(f); w.writerow(["timestamp", "open", "high", "low", "close", "volume"]); w.writerows(rows)
        json.dump([group[i:i + 30] for i in range(0, len(group), 30)], open(todo, "w"))
        answers = []
        for command in ([o.python, os.path.join(here, "pynecore_run.py")], ["node", os.path.join(here, "pinets_run.cjs")]):
            out = os.path.join(folder, "out.json")
            done = subprocess.run([*command, bars, todo, out], capture_output=True, text=True,
                                  env={**os.environ, "NODE_PATH": o.node})
            if done.returncode:
                sys.exit("%s: %s" % (command[1], (done.stderr or done.stdout)[-2000:]))
            answers.append(json.load(open(out)))
        ours = streamd_values(o.streamd, bars, group)
        for c, core, ts, us in zip(group, *answers, ours):
            if not ts:
                alone.add(c["name"])
            for k, col in enumerate(us):
                tolerance = 1e-5 if c["name"].startswith(SQUARES) else 1e-8
                scale = max([abs(v) for v in col if v is not None] or [1])
                for i, v in enumerate(col):
                    a = core[k][i]
                    b = ts[k][i] if ts else a
                    if c["bool"] and v is None:
                        v = 0.0  # Pine's conditions are never na
                    s = stats[c["name"]]
                    s["values"] += 1
                    with_core, with_ts = near(v, a, scale, tolerance), near(v, b, scale, tolerance)
                    if near(a, b, scale, tolerance):
                        key = "same" if with_core else "differs"
                    else:
                        key = "PyneCore" if with_core else "PineTS" if with_ts else "neither"
                    s[key] += 1
                    if key != "same":
                        examples.setdefault((c["name"], key), "%s bar %d of %s: PyneCore %s, PineTS %s, %s %s" % (
                            c["text"], i, kind, a, b, c["here"][k], v))
    report(o, stats, examples, alone)


def report(o, stats, examples, alone):
    errors = 0
    for name in sorted(alone):
        print("alone    %s: PineTS does not have it, PyneCore decides" % name)
    for name, s in stats.items():
        if s["differs"] and name not in EXPLAINED:
            errors += 1
            print("ERROR    %s: %d of %d values: %s" % (name, s["differs"], s["values"], examples[name, "differs"]))
        elif s["differs"]:
            print("differs  %s: %d of %d values: %s" % (name, s["differs"], s["values"], EXPLAINED[name]))
        for key in ("PyneCore", "PineTS", "neither"):
            if not s[key]:
                continue
            why = RUNTIMES.get(name)
            if not why:
                errors += 1
            print("%s %s: the runtimes differ on %d of %d values, ours is %s: %s" % ("ERROR   " if not why else "runtimes", name,
                  s[key], s["values"], "neither" if key == "neither" else "as " + key, why or examples[name, key]))
    if not o.only:
        errors += uncompared(o.streamd, stats)
    total = sum((s for s in stats.values()), collections.Counter())
    print("%d functions, %d values: %d the same in all three, %d differ where the runtimes agree, %d where they do not; "
          "%d unexplained" % (len(stats), total["values"], total["same"], total["differs"],
                              total["PyneCore"] + total["PineTS"] + total["neither"], errors))
    sys.exit(1 if errors else 0)


def uncompared(streamd, stats):
    """The functions that name Pine as their source and stand in no call that was compared."""
    table = json.loads(subprocess.run([streamd, "functions", "--pine", "-o", "json"], capture_output=True, text=True).stdout)
    used = {"ema_tv", "hma_tv"} | {w for e in table["pine"] if e["pine"] in stats for w in re.findall(r"\w+", e["streamd"])}
    rows = json.loads(subprocess.run([streamd, "functions", "-o", "json"], capture_output=True, text=True).stdout)
    missing = [f["name"] for f in rows["functions"]
               if re.match(r"Pine( |$)", f["source"]) and f["name"] not in used | LANGUAGE]
    for name in missing:
        print("ERROR    %s names Pine as its source and is not compared" % name)
    return len(missing)


main()

"""Run calls of Pine on PyneCore: python pynecore_run.py BARS.csv CALLS.json OUT.json.

CALLS.json is a list of groups of calls; each group is one script. OUT.json holds a column for
each call, null where it is na.
"""
import csv, importlib, json, math, sys, tempfile
from datetime import time
from pathlib import Path

from pynecore.core.script_runner import ScriptRunner
from pynecore.core.syminfo import SymInfo, SymInfoInterval, SymInfoSession
from pynecore.types.ohlcv import OHLCV


def symbol():
    days = range(7)
    return SymInfo(
        prefix="X", description="X", ticker="X", currency="USD", period="60", type="crypto", mintick=1e-10,
        pricescale=10**10, pointvalue=1.0, mincontract=1e-8, timezone="UTC",
        opening_hours=[SymInfoInterval(day=d, start=time(0, 0), end=time(23, 59, 59)) for d in days],
        session_starts=[SymInfoSession(day=d, time=time(0, 0)) for d in days],
        session_ends=[SymInfoSession(day=d, time=time(23, 59, 59)) for d in days])


def script(calls):
    """The text of a script that plots every call."""
    lines = ['"""', "@pyne", '"""',
             "from pynecore.lib import (script, open, high, low, close, volume, hl2, hlc3, ohlc4, bar_index, ta, plot,",
             "                          na, nz)", "from pynecore.lib import math", "from pynecore.types import Series", "",
             '@script.indicator("calls")', "def main():"]
    for i, call in enumerate(calls):
        names = ", ".join("v%d_%d" % (i, k) for k in range(call["outputs"]))
        lines.append("    %s = %s" % (names, call["text"].replace("(true)", "(True)")))
        for k in range(call["outputs"]):
            value = "v%d_%d" % (i, k)
            lines.append('    plot(%s, "%s")' % ("1.0 if %s else 0.0" % value if call["bool"] else value, value))
    return "\n".join(lines) + "\n"


def number(x):
    try:
        x = float(x)
    except (TypeError, ValueError):
        return None
    return x if math.isfinite(x) else None


def main():
    bars = [OHLCV(int(r["timestamp"]), *(float(r[k]) for k in ("open", "high", "low", "close", "volume")))
            for r in csv.DictReader(open(sys.argv[1]))]
    folder, out = Path(tempfile.mkdtemp()), []
    for n, calls in enumerate(json.load(open(sys.argv[2]))):
        path = folder / ("calls%d.py" % n)
        path.write_text(script(calls))
        runner = ScriptRunner(path, bars, symbol(), lossless_prices=True, lossless_volume=True)
        plots = [dict(row[1]) for row in runner.run_iter()]
        for i, call in enumerate(calls):
            out.append([[number(p.get("v%d_%d" % (i, k))) for p in plots] for k in range(call["outputs"])])
    json.dump(out, open(sys.argv[3], "w"))


main()

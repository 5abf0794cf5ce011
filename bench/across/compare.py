"""Hold functions over a universe to polars, and time a scan of ranks beside it.

    python compare.py STREAMD FILE [--rounds N]

FILE has candles of many symbols, with the columns symbol, timestamp, open, high, low, close, volume. Polars ranks with
rank().over("timestamp") and joins other symbols with join_asof. Members count from their first bar on (universe:
{join: 0}), as polars counts them. Values that rounding alone makes differ are equal here and not there. Ranks, counts and joined values must be equal to the bit, means to 1e-12.
Exit 1 if anything differs.
"""
import argparse, json, os, subprocess, sys, tempfile, time
import polars as pl

OTHER = "roc(close, 20)"


def read(path):
    frame = pl.read_parquet(path) if path.endswith(".parquet") else pl.read_csv(path, try_parse_dates=True)
    frame = frame.rename({"date": "timestamp"}, strict=False)
    return frame.with_columns(pl.col("timestamp").cast(pl.Datetime("ms"))).sort("symbol", "timestamp", maintain_order=True)


def ranked(frame):
    """The change over 20 bars and what the other symbols make of it, as polars has them."""
    roc = (pl.col("close") / pl.col("close").shift(20) - 1) * 100
    frame = frame.with_columns(x=roc.over("symbol"))
    n = pl.col("x").count().over("timestamp")
    above = pl.col("x").rank("min", descending=True).over("timestamp")
    return frame.with_columns(
        rank=pl.when(n >= 2).then(above), count=pl.when(n >= 2).then(n),
        mean=pl.when(n >= 2).then(pl.col("x").mean().over("timestamp")),
        median=pl.when(n >= 2).then(pl.col("x").median().over("timestamp")),
    )


def ours(streamd, path, config, symbol):
    expressions = [OTHER, f"rank({OTHER})", f"members({OTHER})", f"across_mean({OTHER})", f"across_median({OTHER})",
                   f'sym("{symbol}", close)']
    out = subprocess.run([streamd, "eval", *expressions, "--data", path, "-c", config], check=True,
                         capture_output=True).stdout
    names = ["symbol", "timestamp", "x", "rank", "count", "mean", "median", "other"]
    kinds = {n: pl.Float64 for n in names[2:]}
    frame = pl.read_csv(out, new_columns=names, schema_overrides=[pl.String, pl.String, *kinds.values()])
    return frame.with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms"))


def compare(streamd, frame, path, config):
    symbol = frame["symbol"][0]
    got = ours(streamd, path, config, symbol)
    want = ranked(frame).sort("timestamp")
    joined = want.filter(pl.col("symbol") == symbol).select("timestamp", other=pl.col("close"))
    want = want.join_asof(joined, on="timestamp").sort("symbol", "timestamp")
    both = got.join(want, on=["symbol", "timestamp"], suffix="_p", how="full", coalesce=True)
    wrong = 0
    for column, tolerance in [("rank", 0), ("count", 0), ("other", 0), ("mean", 1e-12), ("median", 1e-12)]:
        a, b = pl.col(column), pl.col(column + "_p").cast(pl.Float64)
        near = (a - b).abs() <= tolerance * (1 + b.abs())
        bad = both.filter((a.is_null() != b.is_null()) | ~near)
        print(f"{column}: {both.height} values, differing: {bad.height}")
        wrong += bad.height
        if bad.height:
            print(bad.select("symbol", "timestamp", "x", "x_p", column, column + "_p").head(5))
    return wrong


def cpu(work):
    before, wall = os.times(), time.perf_counter()
    found = work()
    after = os.times()
    used = sum(after[:4]) - sum(before[:4])
    return used, time.perf_counter() - wall, found


def scan(streamd, path, formula):
    text = subprocess.run([streamd, "scan", formula, "--data", path, "-o", "json"], check=True,
                          capture_output=True).stdout
    return json.loads(text)["matches"]


def polars(path):
    return ranked(read(path)).filter(pl.col("rank") <= 10).height


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("streamd")
    p.add_argument("file")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--only", choices=["values", "time"])
    o = p.parse_args()
    wrong = 0
    if o.only != "time":
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
            config.write("universe: {join: 0}\n")
            config.flush()
            wrong = compare(o.streamd, read(o.file), o.file, config.name)
    tasks = {
        "roc(close, 20) > 10": lambda: scan(o.streamd, o.file, f"{OTHER} > 10"),
        "top(roc(close, 20), 10)": lambda: scan(o.streamd, o.file, f"top({OTHER}, 10)"),
        "polars": lambda: polars(o.file),
    }
    best = {}
    for _ in range(o.rounds if o.only != "values" else 0):
        for name, work in tasks.items():  # in turn, so that others on the machine disturb all alike
            used, wall, found = cpu(work)
            best[name] = min(best.get(name, (1e9, 1e9, 0)), (used, wall, found))
    for name, (used, wall, found) in best.items():
        print(f"{name}: {used:.2f} s of CPU, {wall:.2f} s, {found} found")
    if best:
        first = best["top(roc(close, 20), 10)"]
        print("ranks against plain: %.2f of the CPU time, against polars: %.2f" % (
            first[0] / best["roc(close, 20) > 10"][0], first[0] / best["polars"][0]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

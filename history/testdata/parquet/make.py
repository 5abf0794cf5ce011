#!/usr/bin/env python3
"""Writes the Parquet files of this directory: the same candles in the types, encodings and
compressions that writers use. Needs pyarrow: pip install pyarrow; python make.py"""
import os
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = 86_400
BARS = 40
symbols = ["AAA"] * BARS + ["BB.B"] * BARS
seconds = [1_704_067_200 + i * DAY for i in range(BARS)] * 2
closes = [round(100 + (i * 37 % 23) / 4 + i / 8, 3) for i in range(2 * BARS)]  # binary fractions: float32 holds them
opens = [c - 0.5 for c in closes]
highs = [c + 1.25 for c in closes]
lows = [c - 1.5 for c in closes]
volumes = [1000 + i * 7 % 31 for i in range(2 * BARS)]


def table(symbol=None, ts=None, price=pa.float64(), volume=pa.float64(), number=float, names=None):
    names = names or ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    ts = ts if ts is not None else pa.array([s * 1_000_000 for s in seconds], pa.timestamp("us"))
    columns = [symbol if symbol is not None else pa.array(symbols), ts]
    columns += [pa.array([number(x) for x in column], price) for column in (opens, highs, lows, closes)]
    columns += [pa.array([number(x) if volume == price else x for x in volumes], volume)]
    return pa.table(columns, names=names)


def write(name, t, **options):
    pq.write_table(t, os.path.join(HERE, name + ".parquet"), **options)


def times(unit, factor):
    return pa.array([s * factor for s in seconds], pa.timestamp(unit))


write("plain-snappy", table(), compression="snappy", use_dictionary=False)
write("dictionary-zstd", table(symbol=pa.array(symbols).dictionary_encode()), compression="zstd")
write("gzip", table(), compression="gzip")
write("uncompressed-v2", table(), compression="none", data_page_version="2.0", row_group_size=13)
write("small-pages", table(), compression="snappy", data_page_size=64, write_batch_size=3, row_group_size=33)
write("mixed-pages", table(), compression="snappy", dictionary_pagesize_limit=64, data_page_size=64, write_batch_size=3)
write("page-index", table(), compression="snappy", data_page_size=64, write_batch_size=3, write_page_index=True)
write("ms", table(ts=times("ms", 1_000)))
write("ns", table(ts=times("ns", 1_000_000_000)))
write("int96", table(ts=times("ns", 1_000_000_000)), use_deprecated_int96_timestamps=True)
write("zoned", table(ts=pa.array([s * 1_000_000 for s in seconds], pa.timestamp("us", "America/New_York"))))
write("date", table(ts=pa.array([s // DAY for s in seconds], pa.date32()), names=["Ticker", "Date", "Open", "High", "Low", "Close", "Volume"]))
write("epoch-seconds", table(ts=pa.array(seconds, pa.int64()), names=["symbol", "ts", "open", "high", "low", "close", "volume"]))
write("epoch-float", table(ts=pa.array([float(s) for s in seconds]), names=["symbol", "time", "open", "high", "low", "close", "volume"]))
write("text-time", table(ts=pa.array([f"2024-{1 + i // 31:02}-{1 + i % 31:02}T00:00:00Z" if i < 31 else f"2024-02-{i - 30:02} 00:00:00" for i in range(BARS)] * 2)))
write("float32", table(price=pa.float32(), volume=pa.float32()))
write("decimal", table(price=pa.decimal128(12, 3), volume=pa.int64(), number=lambda x: Decimal(str(x))))
write("decimal-int", table(price=pa.decimal128(9, 3), volume=pa.int32(), number=lambda x: Decimal(str(x))), store_decimal_as_integer=True)
write("decimal-wide", table(price=pa.decimal256(60, 20), volume=pa.int64(), number=lambda x: Decimal(str(x))))
write("text-price", table(price=pa.string(), volume=pa.string(), number=str))
write("delta", table(), use_dictionary=False, column_encoding={"symbol": "DELTA_BYTE_ARRAY", "timestamp": "DELTA_BINARY_PACKED", "open": "BYTE_STREAM_SPLIT"})
write("required", table().cast(pa.schema([pa.field(f.name, f.type, nullable=False) for f in table().schema])))
write("extra", table().add_column(0, "note", pa.array([["x"]] * (2 * BARS))).append_column("vwap", pa.array(closes)))
write("lz4", table(), compression="lz4")

# The series take turns; the times of every one still rise.
turns = [i // 2 + BARS * (i % 2) for i in range(2 * BARS)]
write("turns", table().take(pa.array(turns)), row_group_size=30)

# A timeframe column, no volume, and nulls: 5 prices, 2 times, 1 symbol.
t = table()
price = pa.array([None if i in (3, 4, 50, 51, 79) else c for i, c in enumerate(closes)])
when = pa.array([None if i in (10, 60) else s for i, s in enumerate(seconds)], pa.int64())
who = pa.array([None if i == 20 else s for i, s in enumerate(symbols)])
write("nulls", pa.table([who, when, t["open"], t["high"], t["low"], price, pa.array(["1d"] * (2 * BARS))],
                        names=["symbol", "timestamp", "open", "high", "low", "close", "timeframe"]))
one = table().slice(0, BARS).drop_columns(["symbol"])
write("one.series", one)

# A frame whose columns have two levels, as pandas names them; B has no bar on the first day.
os.makedirs(os.path.join(HERE, "frames"), exist_ok=True)
levels = {f"('{f}', '{s}')": pa.array(v, pa.float64()) for f in ("Close", "High", "Low", "Open")
          for s, v in (("A", [1.5, 2.5]), ("B", [None, 1.5]))}
levels["Date"] = pa.array([DAY, 2 * DAY], pa.timestamp("s"))
write("frames/levels", pa.table(levels))

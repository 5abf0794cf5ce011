"""Makes daily.csv.gz: six made-up symbols, five years of weekdays, the same numbers in every run.

A regime (up, down, sideways) lasts some weeks and sets drift and volatility; closes are a random walk in it. Nothing
of it is a market: use it to see how commands work, not whether a strategy does.
"""

import datetime
import gzip
import io
import math
import random

SYMBOLS = ["ALFA", "BRAVO", "CEDAR", "DELTA", "EMBER", "FLINT"]
REGIMES = [(0.0012, 0.011), (-0.0011, 0.019), (0.0, 0.008)]


def bars(symbol):
    r = random.Random(symbol)
    price, day, left, drift, spread = r.uniform(20, 200), datetime.date(2019, 1, 1), 0, 0.0, 0.0
    while day < datetime.date(2024, 1, 1):
        if day.weekday() < 5:
            if left == 0:
                left, (drift, spread) = r.randint(20, 90), r.choice(REGIMES)
            left -= 1
            opening = price * math.exp(r.gauss(0, spread / 3))
            close = opening * math.exp(r.gauss(drift, spread))
            high = max(opening, close) * math.exp(abs(r.gauss(0, spread / 2)))
            low = min(opening, close) * math.exp(-abs(r.gauss(0, spread / 2)))
            move = abs(math.log(close / price)) / spread
            volume = int(1e5 * math.exp(r.gauss(0.35 * move, 0.35)))
            yield f"{day},{symbol},{opening:.2f},{high + 0.005:.2f},{low - 0.005:.2f},{close:.2f},{volume}"
            price = close
        day += datetime.timedelta(days=1)


text = io.StringIO()
print("date,symbol,open,high,low,close,volume", file=text)
for s in SYMBOLS:
    for line in bars(s):
        print(line, file=text)
with open("daily.csv.gz", "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as z:
    z.write(text.getvalue().encode())

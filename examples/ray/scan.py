"""Scans files with streamd on a Ray cluster: one task for each shard, then one merge.

    pip install ray
    python scan.py 'close > sma(close, 200)' 16 /data/daily/*.parquet > matches.jsonl

Each machine has streamd on its PATH and the files at the same paths. Objects do as well: 's3://candles/daily/*.parquet'.
RAY_ADDRESS names the cluster; without it Ray starts one on this machine. A task whose machine fails runs again
elsewhere: a shard is a function of its files, so the part is the same.
"""

import pathlib
import subprocess
import sys
import tempfile

import ray


@ray.remote(num_cpus=1, max_retries=3)
def scan(formula, shard, paths):
    command = ["streamd", "scan", formula, "--data", *paths, "--shard", shard, "--workers", "1", "-o", "jsonl"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def main(formula, shards, *paths):
    ray.init()
    parts = [scan.remote(formula, f"{i}/{shards}", paths) for i in range(int(shards))]
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, f"part-{i}") for i in range(len(parts))]
        for file, part in zip(files, parts):
            file.write_bytes(ray.get(part))  # one at a time, so that this process holds one part
        subprocess.run(["streamd", "merge", *files, "-o", "jsonl"], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

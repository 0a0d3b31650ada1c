#!/usr/bin/env python3
"""Asks a real Prometheus the queries of `twin-bench query FOLDER` and prints how much longer it takes.

Prometheus' times are its own (`stats=true`, execTotalTime: preparation and evaluation, without parsing, HTTP and JSON),
the best of several; so are the twin's.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

END = 1599998400 + 479 * 15
STEP = 30
STEPS = 240


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def best_seconds(base, path, parameters, rounds):
    url = f"{base}/api/v1/{path}?" + urllib.parse.urlencode({**parameters, "stats": "true"})
    best = float("inf")
    for _ in range(rounds):
        with urllib.request.urlopen(url) as answer:
            timings = json.load(answer)["data"]["stats"]["timings"]
        best = min(best, timings["execTotalTime"])
    return best


def main(folder):
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        print("prometheus is not installed: no comparison of queries")
        return
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "samples.om", "data"]
    subprocess.run(blocks, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    open(os.path.join(folder, "prometheus.yml"), "w").close()
    port = free_port()
    server = subprocess.Popen(
        ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
         "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/-/ready").close()
                break
            except OSError:
                time.sleep(0.05)
        print(f"{'':20} {'instant':>10} {'prepared':>10} {'prometheus':>11} {'ratio':>6}"
              f" {'range':>10} {'prometheus':>11} {'ratio':>6}   (us)")
        with open(os.path.join(folder, "queries.tsv")) as rows:
            for row in rows:
                kind, query, once, prepared, ranged = row.rstrip("\n").split("\t")
                once, prepared, ranged = (float(value) / 1000 for value in (once, prepared, ranged))
                instant = best_seconds(base, "query", {"query": query, "time": END}, 25) * 1e6
                over = {"query": query, "start": END - (STEPS - 1) * STEP, "end": END, "step": STEP}
                long = best_seconds(base, "query_range", over, 8) * 1e6
                print(f"{kind:20} {once:10.1f} {prepared:10.1f} {instant:11.1f} {instant / once:5.1f}x"
                      f" {ranged:10.1f} {long:11.1f} {long / ranged:5.1f}x")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1])

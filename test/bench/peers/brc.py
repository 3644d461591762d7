"""The One Billion Row Challenge in plain Python: a byte range a process, a dictionary each.

    python3 brc.py <input> <output> <processes>
"""

import json
import math
import os
import sys
from multiprocessing import Pool

BLOCK_BYTES = 1 << 24


def borders(path, parts):
    size = os.path.getsize(path)
    found = [0]
    with open(path, "rb") as rows:
        for part in range(1, parts):
            rows.seek(size * part // parts)
            rows.readline()
            found.append(rows.tell())
    return [*found, size]


def table(task):
    path, start, end = task
    stations = {}
    with open(path, "rb") as rows:
        rows.seek(start)
        rest = b""
        while start < end:
            block = rows.read(min(BLOCK_BYTES, end - start))
            start += len(block)
            *lines, rest = (rest + block).split(b"\n")
            add(stations, lines)
    if rest:
        add(stations, [rest])
    return stations


def add(stations, lines):
    for line in lines:
        name, _, temperature = line.partition(b";")
        tenths = int(temperature.replace(b".", b""))
        station = stations.get(name)
        if station is None:
            stations[name] = [tenths, tenths, tenths, 1]
            continue
        if tenths < station[0]:
            station[0] = tenths
        elif tenths > station[1]:
            station[1] = tenths
        station[2] += tenths
        station[3] += 1


def merge(tables):
    merged = {}
    for stations in tables:
        for name, (low, high, total, count) in stations.items():
            old = merged.get(name, (low, high, 0, 0))
            merged[name] = (min(low, old[0]), max(high, old[1]), total + old[2], count + old[3])
    return merged


def main():
    path, target, processes = sys.argv[1:]
    cuts = borders(path, int(processes))
    with Pool(int(processes)) as pool:
        merged = merge(pool.map(table, [(path, *ends) for ends in zip(cuts, cuts[1:])]))
    print_row = lambda low, high, total, count: "/".join(f"{t / 10:.1f}" for t in (low, math.floor(total / count + 0.5), high))
    result = {name.decode(): print_row(*merged[name]) for name in sorted(merged)}
    with open(target, "w", encoding="utf-8") as output:
        output.write(json.dumps(result, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

"""The same work with Python's standard library, a pool of processes and lines handed to it in chunks.

    python3 pool.py multiprocessing|mpire <workload> <input> <output> <processes>
"""

import json
import sys

LINES_PER_TASK = 2000


def proj(line):
    record = json.loads(line)
    return dump({"id": record["id"], "score": record["score"]})


def ident(line):
    return dump(json.loads(line))


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def main():
    library, workload, path, target, processes = sys.argv[1:]
    work = {"proj": proj, "ident": ident}[workload]
    with open(path, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as output:
        if library == "mpire":
            from mpire import WorkerPool

            with WorkerPool(n_jobs=int(processes)) as pool:
                # mpire wants to know how many there are, or it reads them all first.
                count = sum(1 for _ in open(path, "rb"))
                output.writelines(pool.imap(work, lines, iterable_len=count, chunk_size=LINES_PER_TASK))
        else:
            from multiprocessing import Pool

            with Pool(int(processes)) as pool:
                output.writelines(pool.imap(work, lines, chunksize=LINES_PER_TASK))


if __name__ == "__main__":
    main()

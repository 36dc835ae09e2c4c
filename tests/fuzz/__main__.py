"""Run the fuzzer of the watch decoder: `python -m tests.fuzz --count 20000 --seed 1`."""

import argparse
import asyncio
import sys

from tests.fuzz.judging import judge_event, judge_list
from tests.fuzz.watchlines import Lines


async def run(count: int, seed: int) -> list[tuple[str, bytes]]:
    """Judge so many lines, and a tenth as many lists; return what is wrong with which."""
    lines = Lines(seed)
    findings = []
    for number in range(count):
        text, judge = lines.event(), judge_event
        if number % 10 == 0:
            text, judge = lines.list_body(), judge_list
        problem = await judge(text)
        if problem:
            findings.append((problem, text))
    return findings


def main() -> int:
    """Print what was found; 1 if there is any."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    findings = asyncio.run(run(options.count, options.seed))
    for problem, text in findings[:20]:
        print(f"{problem}: {text[:600]!r}")
    print(f"{options.count} texts of seed {options.seed}, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

"""Conformance mode: `python -m clusterimport.gotemplate --jsonl`.

Reads one `{"id", "template", "data"}` per line and answers each, in order, on one line; see
`conformance.answer`.
"""

import argparse
import sys

import msgspec

from clusterimport.gotemplate.conformance import answer, decode


def main() -> None:
    """Answer the cases on standard input."""
    parser = argparse.ArgumentParser(prog="python -m clusterimport.gotemplate")
    parser.add_argument("--jsonl", action="store_true", required=True, help="one case per line")
    parser.parse_args()
    encode = msgspec.json.Encoder().encode
    write = sys.stdout.buffer.write
    for line in sys.stdin.buffer:
        if line.strip():
            write(encode(answer(decode(line))) + b"\n")


if __name__ == "__main__":
    main()

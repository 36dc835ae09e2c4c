"""Draw, run, judge and shrink plans; see the package."""

import argparse
import sys
from random import Random

from tests.faults.plans.plan import draw, read
from tests.faults.plans.workers import record, run_all


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="faults at random moments of a story")
    parser.add_argument("--count", type=int, help="how many plans: 20, or a given one once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first plan")
    parser.add_argument("--jobs", type=int, default=4, help="how many plans run at once")
    parser.add_argument("--plan", help="a plan as it was told, to run it again")
    arguments = parser.parse_args()
    count = arguments.count or (1 if arguments.plan else 20)
    numbers = range(arguments.first, arguments.first + count)
    if arguments.plan:
        again = read(arguments.plan)
        plans = [(str(number), again) for number in numbers]
    else:
        recorded = record()
        plans = [
            (str(number), draw(Random(f"{arguments.seed}/{number}"), recorded))
            for number in numbers
        ]
    failed = 0
    for held, text in run_all(plans, arguments.jobs):
        failed += not held
        print(text, flush=True)
    print(f"{count} plans, {failed} failed, SEED={arguments.seed}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()

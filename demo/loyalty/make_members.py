#!/usr/bin/env python3
"""Writes members of the supermarket's programme beside the four named people, the same every time.

    python3 demo/loyalty/make_members.py 20000 > holders.ndjson   so many members, to standard output

Nobody here is real: every value of an identifier starts with a name or with MARKET.
"""

import datetime
import json
import pathlib
import random
import sys

SEED = 20261127
PROGRAM = "market-points"
FIRST_DAY = datetime.date(2022, 1, 1)
DAYS = 1_780


def member(number, dice):
    """One in ten shares an account with the next one, one in twenty left, one in three is in the café's programme as well."""
    joined = FIRST_DAY + datetime.timedelta(days=dice.randrange(DAYS))
    membership = {"program": PROGRAM, "from": joined.isoformat(), "consent": dice.choice(["terms-1", "terms-2"])}
    if number % 10 < 2:
        membership["account"] = f"household-{number // 10}"
    if dice.random() < 0.05:
        membership["until"] = (joined + datetime.timedelta(days=dice.randrange(30, 400))).isoformat()
    memberships = [membership]
    if dice.random() < 1 / 3:
        memberships.append({"program": "cafe-stamps", "from": joined.isoformat(), "consent": "terms-1"})
    born = datetime.date(1940, 1, 1) + datetime.timedelta(days=dice.randrange(24_000))
    return {
        "holder": f"m-{number:06}",
        "birth_date": born.isoformat(),
        "memberships": memberships,
        "identifiers": [{"scheme": "app", "value": f"MARKET-{number:06}"}],
    }


def main():
    count = int(sys.argv[1]) if len(sys.argv) == 2 else None
    if count is None or count < 0:
        sys.exit(__doc__)
    dice = random.Random(SEED)
    named = pathlib.Path(__file__).with_name("holders.ndjson").read_text(encoding="utf-8")
    sys.stdout.write(named)
    for number in range(1, count + 1):
        sys.stdout.write(json.dumps(member(number, dice), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

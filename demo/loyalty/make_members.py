#!/usr/bin/env python3
"""Writes holders.ndjson: four named people and 20,000 members of the supermarket's programme, the same every time.

    python3 demo/loyalty/make_members.py            writes holders.ndjson beside this file
    python3 demo/loyalty/make_members.py - 100000   writes so many members to standard output

Nobody here is real: every value of an identifier starts with a name or with MARKET.
"""

import datetime
import json
import pathlib
import random
import sys

SEED = 20261127
MEMBERS = 20_000
PROGRAM = "market-points"
FIRST_DAY = datetime.date(2022, 1, 1)
DAYS = 1_780


def membership(program, **more):
    return {"program": program, **more, "consent": "terms-1"}


def named(code, *memberships, **more):
    holder = {"holder": f"m-{code}", **more}
    if memberships:
        holder["memberships"] = list(memberships)
    number = ["liga", "andris", "zane", "ugis"].index(code) + 1
    return {**holder, "identifiers": [{"scheme": "app", "value": f"{code.upper()}-{number:04}"}]}


NAMED = [
    named("liga", *map(membership, (PROGRAM, "cafe-stamps", "chain-club")), entitlements=[{"group": "large-family"}]),
    named("andris", membership("chain-club", account="household-7")),
    named("zane", membership("chain-club", account="household-7")),
    named("ugis"),
]


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
    to_stdout = sys.argv[1:2] == ["-"]
    if sys.argv[1:] and not to_stdout:
        sys.exit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else MEMBERS
    path = pathlib.Path(__file__).with_name("holders.ndjson")
    out = sys.stdout if to_stdout else path.open("w", encoding="utf-8", newline="\n")
    dice = random.Random(SEED)
    people = NAMED + [member(number, dice) for number in range(1, count + 1)]
    for holder in people:
        out.write(json.dumps(holder, separators=(",", ":")) + "\n")
    out.flush()


if __name__ == "__main__":
    main()

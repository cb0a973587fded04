#!/usr/bin/env python3
"""Writes holders.ndjson: ten named people, the test means, and about four thousand invented people, the same every time.

    python3 demo/make_holders.py            writes holders.ndjson beside this file
    python3 demo/make_holders.py - 100000   writes so many holders to standard output

Nobody here is real: every value of an identifier starts with a name, with TEST or with DEMO.
"""

import datetime
import json
import pathlib
import random
import sys

SEED = 20261118
HOLDERS = 4_000
TODAY = 2026  # ages are chosen for this year
SCHOOL_YEAR = "2026-09-01"

NAMED = [
    {
        "holder": "h-anna", "birth_date": "1986-02-28", "household": "hh-anna",
        "residences": [{"territory": "lv.riga.centrs", "from": "2015-06-01"}],
        "entitlements": [{"group": "goda-gimene", "from": "2019-05-01", "until": "2030-05-01"}],
        "identifiers": [
            {"scheme": "etalons", "value": "ANNA-0001"},
            {"scheme": "goda-gimene", "value": "ANNA-GG-0001", "valid_until": "2030-05-01"},
            {"scheme": "bank-card", "value": "ANNA-BANK-0001"},
        ],
    },
    {
        "holder": "h-karlis", "birth_date": "2012-04-17", "household": "hh-anna",
        "residences": [{"territory": "lv.riga.centrs", "from": "2015-06-01"}],
        "entitlements": [{"group": "goda-gimene", "from": "2019-05-01", "until": "2030-05-01"}],
        "attributes": [
            {"name": "education", "value": "general", "from": "2019-09-01"},
            {"name": "grade", "value": 8, "from": "2026-09-01", "until": "2027-08-31"},
        ],
        "identifiers": [
            {"scheme": "etalons", "value": "KARLIS-0002"},
            {"scheme": "school-card", "value": "KARLIS-SCHOOL-0002", "valid_until": "2027-08-31"},
        ],
    },
    {
        "holder": "h-mia", "birth_date": "2021-05-03", "household": "hh-anna",
        "residences": [{"territory": "lv.riga.centrs", "from": "2021-05-03"}],
        "entitlements": [{"group": "goda-gimene", "from": "2021-05-03", "until": "2030-05-01"}],
        "identifiers": [{"scheme": "etalons", "value": "MIA-0003"}],
    },
    {
        "holder": "h-velta", "birth_date": "1951-03-08", "household": "hh-velta",
        "residences": [
            {"territory": "lv.ogre", "until": "2004-05-31"},
            {"territory": "lv.jelgava", "from": "2004-06-01"},
        ],
        "entitlements": [{"group": "jelgava-pensioner", "from": "2013-03-08"}],
        "identifiers": [
            {"scheme": "resident-card", "value": "VELTA-0004", "valid_until": "2029-12-31"},
            {"scheme": "bank-card", "value": "VELTA-BANK-0004"},
        ],
    },
    {
        "holder": "h-janis", "birth_date": "1978-11-30", "household": "hh-janis",
        "residences": [{"territory": "lv.riga.purvciems", "from": "2001-01-01"}],
        "entitlements": [{"group": "disability-1", "from": "2016-02-01", "until": "2028-02-01"}],
        "identifiers": [{"scheme": "etalons", "value": "JANIS-0005"}, {"scheme": "eid", "value": "JANIS-EID-0005"}],
    },
    {
        "holder": "h-ilze", "birth_date": "1969-07-21", "household": "hh-ilze",
        "residences": [{"territory": "lv.riga.imanta", "from": "1998-09-01"}],
        "entitlements": [{"group": "disability-2", "from": "2020-03-01"}],
        "identifiers": [{"scheme": "etalons", "value": "ILZE-0006"}],
    },
    {
        "holder": "h-emils", "birth_date": "2013-01-09", "household": "hh-emils",
        "residences": [{"territory": "lv.liepaja", "from": "2013-01-09"}],
        "entitlements": [{"group": "goda-gimene", "from": "2020-01-15", "until": "2031-01-15"}],
        "attributes": [
            {"name": "education", "value": "general", "from": "2020-09-01"},
            {"name": "grade", "value": 7, "from": "2026-09-01", "until": "2027-08-31"},
            {"name": "children", "value": 3, "from": "2020-01-15"},
        ],
        "identifiers": [{"scheme": "school-card", "value": "EMILS-0007", "valid_until": "2027-08-31"}],
    },
    {
        "holder": "h-oliver", "birth_date": "1993-10-02",
        "residences": [{"territory": "uk.london.camden", "from": "2019-04-01"}],
        "entitlements": [{"group": "railcard", "from": "2026-01-10", "until": "2027-01-09"}],
        "identifiers": [{"scheme": "bank-card", "value": "OLIVER-BANK-0008"}],
    },
    {
        "holder": "h-peteris", "birth_date": "1990-06-12", "household": "hh-peteris",
        "residences": [{"territory": "lv.valmiera", "from": "2011-09-01"}],
        "memberships": [{"program": "demo-points", "from": "2026-01-01", "consent": "terms-1"}],
        "identifiers": [{"scheme": "bank-card", "value": "PETERIS-BANK-0009"}],
    },
    {
        "holder": "h-laura", "birth_date": "1988-12-05", "household": "hh-laura",
        "residences": [{"territory": "lv.riga.teika", "from": "2012-01-01"}],
        "entitlements": [{"group": "goda-gimene", "from": "2018-02-01"}],
        "identifiers": [
            {"scheme": "etalons", "value": "LAURA-0010", "status": "blocked"},
            {"scheme": "goda-gimene", "value": "LAURA-GG-0010", "valid_until": "2025-12-31"},
        ],
    },
]

# One card for each answer of the provider `test-till`; what is special about a card, if anything is. `docs/terminals.md` has the
# table. No holder has the card TEST-IDENTIFIER-UNKNOWN.
TEST_MEANS = [
    ("TEST-APPROVED", {}),
    ("TEST-PARTIALLY-APPROVED", {}),
    ("TEST-IDENTIFIER-BLOCKED", {"status": "blocked"}),
    ("TEST-IDENTIFIER-EXPIRED", {"valid_until": "2020-12-31"}),
    ("TEST-IDENTIFIER-MISMATCH", {}),
    ("TEST-LIMIT-REACHED", {}),
    ("TEST-NO-BENEFIT", {}),
    ("TEST-NO-RIGHT", {}),
    ("TEST-NOT-NOW", {}),
    ("TEST-NOT-THIS-WAY", {}),
    ("TEST-NOT-WITH-THIS-MEANS", {}),
    ("TEST-NOTHING-LEFT", {}),
    ("TEST-UNFUNDED", {}),
]

# Territory, weight.
TERRITORIES = [
    ("lv.riga.centrs", 9), ("lv.riga.purvciems", 9), ("lv.riga.imanta", 8), ("lv.riga.teika", 6),
    ("lv.jelgava", 16), ("lv.liepaja", 16), ("lv.daugavpils", 8), ("lv.ventspils", 5), ("lv.valmiera", 5),
    ("lv.ogre", 4), ("lv.marupe", 4), ("lv.olaine", 3), ("lv.dienvidkurzeme", 4), ("lv.kuldiga", 3),
]  # fmt: skip


class People:
    """Households one after the other, until there are enough people."""

    def __init__(self, dice):
        self.dice = dice
        self.count = 0

    def chance(self, share):
        return self.dice.random() < share

    def date(self, first, last):
        return f"{self.dice.randint(first, last)}-{self.dice.randint(1, 12):02}-{self.dice.randint(1, 28):02}"

    def home(self):
        return self.dice.choices([name for name, _ in TERRITORIES], [weight for _, weight in TERRITORIES])[0]

    def household(self, number):
        """One to seven people under one roof."""
        kind = self.dice.choices(["large family", "family", "pensioners", "single", "student"], [24, 20, 30, 14, 12])[0]
        home, since = self.home(), self.date(1995, 2022)
        name = f"hh-{number:05}"
        person = lambda born, **more: self.person(name, home, since, born, **more)
        if kind in ("large family", "family"):
            children = self.dice.randint(3, 5) if kind == "large family" else self.dice.randint(1, 2)
            large = (self.date(2017, 2025), self.date(2027, 2034)) if kind == "large family" else None
            needy = self.chance(0.12)
            for _ in range(self.dice.randint(1, 2)):
                yield person(self.date(1976, 1998), large=large, needy=needy)
            for _ in range(children):
                yield person(self.date(2003, 2025), large=large, needy=needy, children=children)
        elif kind == "pensioners":
            for _ in range(self.dice.randint(1, 2)):
                yield person(self.date(1930, 1960))
        elif kind == "student":
            yield person(self.date(2002, 2008))
        else:
            yield person(self.date(1961, 2000))

    def person(self, household, home, since, born, large=None, needy=False, children=None):
        self.count += 1
        year = int(born[:4])
        age = TODAY - year
        rights, facts = [], []
        if large:
            rights.append({"group": "goda-gimene", "from": max(large[0], born), "until": large[1]})
        if age >= 64:
            if home == "lv.jelgava":
                rights.append({"group": "jelgava-pensioner", "from": f"{year + 64}{born[4:]}"})
            if age >= 76 and self.chance(0.35):
                rights.append({"group": "politically-repressed", "from": self.date(1995, 2005)})
            elif age >= 90 and self.chance(0.3):
                rights.append({"group": "national-resistance", "from": self.date(1995, 2005)})
        if self.chance(0.22 if age >= 55 else 0.06):
            group = "disability-child" if age < 18 else self.dice.choice(["disability-1", "disability-2", "disability-2"])
            rights.append({"group": group, "from": self.date(max(2010, year), 2025)})
        if 8 <= age <= 23 and self.chance(0.03):
            rights.append({"group": "orphan", "from": self.date(max(2010, year), 2025)})
        if 7 <= age <= 18:
            grade = min(12, max(1, age - 6))
            facts.append({"name": "education", "value": "general", "from": f"{year + 7}-09-01"})
            facts.append({"name": "grade", "value": grade, "from": SCHOOL_YEAR, "until": "2027-08-31"})
            if grade > 1:
                facts.append({"name": "grade", "value": grade - 1, "from": "2025-09-01", "until": "2026-08-31"})
            if home == "lv.jelgava":
                group = "jelgava-grades-1-3" if grade < 4 else "jelgava-grades-4-12"
                rights.append({"group": group, "from": SCHOOL_YEAR, "until": "2027-08-31"})
            if home == "lv.liepaja" and needy:
                rights.append({"group": "liepaja-needy", "from": "2026-01-01", "until": "2026-12-31"})
        elif 19 <= age <= 24 and self.chance(0.75):
            kind = self.dice.choice(["higher", "higher", "vocational"])
            facts.append({"name": "education", "value": kind, "from": f"{year + 19}-09-01"})
        elif home == "lv.liepaja" and large and age > 24 and self.chance(0.15):
            rights.append({"group": "liepaja-newborn-family", "from": self.date(2026, 2026)})
        if children and age < 19:
            facts.append({"name": "children", "value": children, "from": born})
        holder = {"holder": f"h-{self.count:05}", "birth_date": born, "household": household}
        holder["residences"] = self.residences(home, max(since, born), born)
        if rights:
            holder["entitlements"] = rights
        if facts:
            holder["attributes"] = facts
        if age > 17 and self.count % 4 == 0:
            holder["memberships"] = [self.membership(household)]
        holder["identifiers"] = self.identifiers(self.count, age, home, bool(large))
        return holder

    def membership(self, household):
        """In the shop's programme; every other member shares an account with the household."""
        membership = {"program": "demo-points", "from": "2026-01-01", "consent": "terms-1"}
        return {**membership, "account": household} if self.count % 8 == 0 else membership

    def residences(self, home, since, born):
        if since == born or self.chance(0.6):
            return [{"territory": home, "from": since}]
        before = self.home()
        last_day = datetime.date.fromisoformat(since) - datetime.timedelta(days=1)
        return [{"territory": before, "from": born, "until": str(last_day)}, {"territory": home, "from": since}]

    def identifiers(self, number, age, home, large):
        wanted = ["etalons"] if self.chance(0.7) else ["eid"]
        if large and self.chance(0.6):
            wanted.append("goda-gimene")
        if home == "lv.jelgava" and self.chance(0.8):
            wanted.append("resident-card")
        if 7 <= age <= 18:
            wanted.append("school-card")
        elif 19 <= age <= 24 and self.chance(0.5):
            wanted.append("isic")
        elif age > 18 and self.chance(0.6):
            wanted.append("bank-card")
        return [self.identifier(scheme, number) for scheme in wanted[:4]]

    def identifier(self, scheme, number):
        written = {"scheme": scheme, "value": f"DEMO-{scheme.upper()}-{number:06}"}
        if self.chance(0.02):
            written["status"] = "blocked"
        if scheme in ("goda-gimene", "resident-card", "school-card", "isic") or self.chance(0.2):
            written["valid_until"] = self.date(2026, 2031) if self.chance(0.95) else self.date(2022, 2025)
        return written


def test_means():
    """A holder for each card."""
    for value, special in TEST_MEANS:
        yield {
            "holder": f"h-{value.lower()}",
            "entitlements": [{"group": "test-means"}],
            "identifiers": [{"scheme": "loyalty", "value": value, **special}],
        }


def holders(count):
    yield from NAMED
    yield from test_means()
    people, household = People(random.Random(SEED)), 0
    left = count - len(NAMED) - len(TEST_MEANS)
    while left > 0:
        household += 1
        for person in people.household(household):
            if left > 0:
                left -= 1
                yield person


def main():
    to_stdout = sys.argv[1:2] == ["-"]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else HOLDERS
    path = pathlib.Path(__file__).with_name("holders.ndjson")
    out = sys.stdout if to_stdout else path.open("w", encoding="utf-8", newline="\n")
    for holder in holders(count):
        out.write(json.dumps(holder, ensure_ascii=False, separators=(",", ":")) + "\n")
    out.flush()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes history.json: what tills sold and users did before the demo begins. It has no other input than its neighbours.

    python3 demo/make_history.py

What the road transport administration sells in November is what carrier-sales.csv speaks of, so it is the same in each run; the other
sales are drawn from invented people, the same ones every time.
"""

import json
import random
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent
BUS, TRAIN = "transport.bus.regional.single", "transport.train.single"
TILLS = {"atd-app": "app", "atd-desk": "desk", "vivi-conductor": "conductor", "demo-shop-till": "till"}
KEYS = {of["terminal"]: of["key"] for of in json.loads((HERE / "terminals.json").read_text())["terminals"]}
ELZA, AIVARS = "elza@state.example", "aivars@state.example"
CARRIERS = {"atd": "peteris@atd.example", "vivi": "vita@vivi.example"}
SHOP = "solvita@shop.example"
ANNA, KARLIS, MIA, JANIS = ("ANNA-0001", "KARLIS-0002", "MIA-0003", "JANIS-0005")

steps = []


def step(at, **what):
    steps.append((datetime.fromisoformat(at), {"at": at, "do": what}))


def request_id(number):
    return f"0190f6a2-7000-7000-8000-{number:012}"


def sell(at, number, till, card, product, quantity, cents):
    step(at, sell={
        "request_id": request_id(number), "key": KEYS[till], "channel": TILLS[till], "card": ["etalons", card],
        "product": product, "quantity": quantity, "unit_price": cents,
    })


def ask(at, user, path, name=None, fields=(), method=None, **body):
    asked = {"user": user, "path": path}
    if method:
        asked["method"] = method
    if body or path.endswith("/close"):
        asked["body"] = body
    if fields:
        asked["with"] = list(fields)
    if name:
        asked["name"] = name
    step(at, call=asked)


def contract(provider, **terms):
    name = f"contract-{provider}"
    ask("2026-09-01T08:00:00+03:00", ELZA, "/contracts", name, provider=provider, **{"from": "2026-09-01"}, **terms)
    ask("2026-09-01T08:05:00+03:00", AIVARS, f"/contracts/{{{name}}}/confirm")


def people():
    """Invented people of large families and with a disability, who have a card that is good."""
    def card(holder):
        good = (of for of in holder["identifiers"] if of["scheme"] == "etalons" and of.keys() == {"scheme", "value"})
        return next((of["value"] for of in good), None)

    def holds(holder, group):
        of_group = (of for of in holder.get("entitlements", []) if of["group"] == group)
        return any(of.get("from", "") <= "2026-01-01" and of.get("until", "9999") > "2027" for of in of_group)

    holders = [json.loads(line) for line in (HERE / "holders.ndjson").read_text().splitlines()]
    invented = [holder for holder in holders if holder["holder"].startswith("h-0") and card(holder)]
    families = [card(holder) for holder in invented if holds(holder, "goda-gimene")]
    disabled = [card(holder) for holder in invented if holds(holder, "disability-1")]
    return families[10:42] + disabled[5:20]


def sales():
    dice, cards, number = random.Random(14), people(), 2_000
    carriers = [["atd-app", "atd-desk", "vivi-conductor", "vivi-conductor"], ["vivi-conductor"]]
    for month, offset, last, count, tills in [
        ("09", "+03:00", 30, 34, carriers[0]), ("10", "+03:00", 24, 40, carriers[0]), ("11", "+02:00", 26, 46, carriers[1]),
    ]:
        for _ in range(count):
            number += 1
            till, card, day = dice.choice(tills), dice.choice(cards), dice.randint(2, last)
            product, cents = (TRAIN, [190, 260, 345, 480]) if till == "vivi-conductor" else (BUS, [215, 355, 420, 715])
            at = f"2026-{month}-{day:02}T{dice.randint(6, 20):02}:{dice.randint(0, 59):02}:00{offset}"
            sell(at, number, till, card, product, dice.choice([1, 1, 1, 2]), dice.choice(cents))
    for number, till, card, quantity, cents, day in [
        (1, "atd-app", ANNA, 2, 715, "2026-10-05"), (2, "atd-app", ANNA, 1, 715, "2026-10-06"),
        (3, "atd-app", MIA, 1, 420, "2026-10-06"), (4, "atd-desk", KARLIS, 1, 715, "2026-10-12"),
        (5, "atd-desk", JANIS, 3, 1_130, "2026-10-14"), (9, "atd-app", ANNA, 3, 715, "2026-11-03"),
        (10, "atd-app", MIA, 2, 420, "2026-11-09"), (11, "atd-desk", KARLIS, 1, 715, "2026-11-11"),
        (12, "atd-desk", ANNA, 1, 715, "2026-11-18"),
    ]:
        sell(f"{day}T08:00:00+02:00", number, till, card, BUS, quantity, cents)
    for number, units, millis in [(2, 1, 924), (5, 1, 929), (9, 1, 933), (10, 2, 935)]:
        step(f"2026-11-26T23:53:32.{millis}+00:00", refund={
            "request_id": request_id(1_000 + number), "original_request_id": request_id(number), "units": units,
        })


def shop():
    """What the merchant sells to members of its programme, and the days that it closes."""
    holders = [json.loads(line) for line in (HERE / "holders.ndjson").read_text().splitlines()]
    members = [holder for holder in holders if holder["holder"].startswith("h-0") and holder.get("memberships")]
    good = [of["value"] for holder in members for of in holder["identifiers"] if of.keys() == {"scheme", "value"} and of["scheme"] == "etalons"]
    dice, cards, number = random.Random(15), good[:12], 3_000
    for month, offset, last in [("09", "+03:00", 30), ("10", "+03:00", 24), ("11", "+02:00", 26)]:
        for _ in range(14):
            number += 1
            product, cents = dice.choice([("shop.books", 1_490), ("shop.toys", 2_400), ("shop.grocery", 1_835), ("shop.lamp", 3_900)])
            at = f"2026-{month}-{dice.randint(2, last):02}T{dice.randint(9, 20):02}:{dice.randint(0, 59):02}:00{offset}"
            sell(at, number, "demo-shop-till", dice.choice(cards), product, dice.choice([1, 1, 2]), cents)
    ask("2026-10-02T09:00:00+03:00", SHOP, "/providers/demo-shop/days/2026-09-30/close")
    ask("2026-11-02T09:00:00+02:00", SHOP, "/providers/demo-shop/days/2026-10-31/close")


def statement(provider, month, at, until_state):
    name, following = f"{provider}-{month:02}", f"2026-{month + 1:02}-01"
    pair = {"grantor": "lv-state", "provider": provider, "from": f"2026-{month:02}-01", "until": following}
    ask(f"{at}T10:00:00+02:00", CARRIERS[provider], "/statements", name, **pair)
    if until_state != "draft":
        ask(f"{at}T10:20:00+02:00", CARRIERS[provider], f"/statements/{{{name}}}/issue")


def settlement():
    contract("atd", ceiling={"per": "month", "amount": 500_000})
    contract("vivi", rate=9_500)
    for provider, user in CARRIERS.items():
        ask("2026-10-02T09:00:00+03:00", user, f"/providers/{provider}/days/2026-09-30/close")
        ask("2026-11-02T09:00:00+02:00", user, f"/providers/{provider}/days/2026-10-31/close")
    statement("atd", 9, "2026-10-05", "issued")
    ask("2026-10-12T11:00:00+03:00", AIVARS, "/statements/{atd-09}/agree")
    ask("2026-10-20T11:00:00+03:00", AIVARS, "/statements/{atd-09}/pay", paid_on="2026-10-19", reference="payment order 1184")
    statement("vivi", 9, "2026-10-06", "issued")
    ask("2026-10-14T11:00:00+03:00", AIVARS, "/statements/{vivi-09}/agree")
    statement("atd", 10, "2026-11-05", "issued")
    reason = "one ticket was given back on the platform"
    ask("2026-11-12T11:00:00+02:00", AIVARS, "/statements/{atd-10}/disputes", line=1, claimed=-715, reason=reason)
    statement("vivi", 10, "2026-11-06", "draft")


def profile():
    """How the carrier's own files are written."""
    kept = json.loads((HERE / "carrier-profile.json").read_text())
    kept.pop("$schema")
    ask("2026-11-02T08:30:00+02:00", CARRIERS["atd"], "/providers/atd/profile", method="PUT", profile=kept)


def draft(code, day, note, state, **more):
    benefits = json.loads((HERE / "catalogue.json").read_text())["benefits"]
    base = [benefit for benefit in benefits if benefit["code"] == code][-1]
    content = {name: value for name, value in base.items() if name not in ("code", "version", "grantor")}
    content["valid"] = content.get("valid", {}) | {"until": "2036-12-31"}
    name = f"draft-{code}"
    ask(f"{day}T09:00:00+02:00", ELZA, "/drafts", name, code=code, base=base["version"], content=content, note=note, **more)
    reached = ["draft", "submitted", "approved", "scheduled"].index(state)
    if reached > 0:
        ask(f"{day}T09:10:00+02:00", ELZA, f"/drafts/{{{name}}}/submit", fields=["content_hash"])
    if reached > 1:
        ask(f"{day}T13:00:00+02:00", AIVARS, f"/drafts/{{{name}}}/approve", fields=["content_hash"])
    if reached > 2:
        ask(f"{day}T13:05:00+02:00", AIVARS, f"/drafts/{{{name}}}/publish", reason="the decision of 17 November")


settlement()
profile()
sales()
shop()
draft("lv-disability", "2026-11-18", "until the law is reviewed", "scheduled", publish_at="2027-01-01T00:00:00+02:00")
draft("lv-orphan", "2026-11-19", "until the law is reviewed", "approved")
draft("lv-politically-repressed", "2026-11-23", "until the law is reviewed", "submitted")
draft("lv-national-resistance", "2026-11-24", "to be agreed with the ministry", "draft")
written = [json.dumps(step, ensure_ascii=False) for _, step in sorted(steps, key=lambda step: step[0])]
(HERE / "history.json").write_text('{\n  "steps": [\n    ' + ",\n    ".join(written) + "\n  ]\n}\n")

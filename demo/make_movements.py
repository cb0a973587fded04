#!/usr/bin/env python3
"""Makes movements.ndjson: sells on a served installation of the demo data, and gives some of it back.

    avis import --folder made --catalogue demo/catalogue.json --holders demo/holders.ndjson --terminals demo/terminals.json
    AVIS_SELLING__PAST_S=10000000 avis serve --folder made &
    python3 demo/make_movements.py
    avis export --folder made movements --output demo/movements.ndjson
"""

import json
import urllib.request

ADDRESS = "http://127.0.0.1:8320"
SINGLE = "transport.bus.regional.single"
SALES = [
    # terminal's key, channel, card, product, cents, quantity, day, units given back today
    ("avis_demo_atd_app", "app", ("etalons", "ANNA-0001"), SINGLE, 715, 2, "2026-10-05", 0),
    ("avis_demo_atd_app", "app", ("etalons", "ANNA-0001"), SINGLE, 715, 1, "2026-10-06", 1),
    ("avis_demo_atd_app", "app", ("etalons", "MIA-0003"), SINGLE, 420, 1, "2026-10-06", 0),
    ("avis_demo_atd_desk", "desk", ("etalons", "KARLIS-0002"), SINGLE, 715, 1, "2026-10-12", 0),
    ("avis_demo_atd_desk", "desk", ("etalons", "JANIS-0005"), SINGLE, 1_130, 3, "2026-10-14", 1),
    ("avis_demo_atd_desk", "desk", ("bank-card", "PETERIS-BANK-0009"), SINGLE, 355, 1, "2026-10-31", 0),
    ("avis_demo_jelgava_bus", "conductor", ("resident-card", "VELTA-0004"), "transport.bus.city.single", 130, 2, "2026-10-08", 0),
    ("avis_demo_jelgava_bus", "conductor", ("resident-card", "VELTA-0004"), "transport.bus.city.single", 130, 1, "2026-11-02", 0),
    ("avis_demo_atd_app", "app", ("etalons", "ANNA-0001"), SINGLE, 715, 3, "2026-11-03", 1),
    ("avis_demo_atd_app", "app", ("etalons", "MIA-0003"), SINGLE, 420, 2, "2026-11-09", 2),
    ("avis_demo_atd_desk", "desk", ("etalons", "KARLIS-0002"), SINGLE, 715, 1, "2026-11-11", 0),
    ("avis_demo_atd_desk", "desk", ("etalons", "ANNA-0001"), SINGLE, 715, 1, "2026-11-18", 0),
]


def sent(key, path, body):
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(ADDRESS + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def request_id(number):
    return f"0190f6a2-7000-7000-8000-{number:012}"


for number, (key, channel, (scheme, value), product, cents, quantity, day, back) in enumerate(SALES, 1):
    sale = sent(key, "/v1/authorizations", {
        "request_id": request_id(number), "occurred_at": f"{day}T08:00:00+02:00", "channel": channel, "currency": "EUR",
        "identifiers": [{"scheme": scheme, "value": value}],
        "lines": [{"line_id": "1", "product": product, "quantity": quantity, "unit_price": cents}],
    })
    print(day, sale["outcome"], sale["payable"])
    if back:
        refund = {"request_id": request_id(1000 + number), "lines": [{"line_id": "1", "units": back}]}
        sent(key, f"/v1/authorizations/{sale['authorization_id']}/refunds", refund)

#!/usr/bin/env python3
"""A small till with nothing but Python's standard library: it quotes, sells, repeats what was not answered, and undoes what it gives up.

    AVIS=http://127.0.0.1:8320 KEY=avis_demo_atd_app python3 docs/clients/till.py
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone

AVIS = os.environ.get("AVIS", "http://127.0.0.1:8320")
KEY = os.environ.get("KEY", "avis_demo_atd_app")
# Seconds between one try and the next; after the last the till gives up.
PAUSES = [0, 1, 2, 4]


class Refused(Exception):
    """The request is not taken; sent unchanged it never will be."""


class Unanswered(Exception):
    """Nobody knows what became of it, or nobody takes it now."""


def call(path, body=None, seconds=5):
    """The answer, and its headers."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": "Bearer " + KEY, "content-type": "application/json"}
    try:
        request = urllib.request.Request(AVIS + path, data, headers)
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return json.load(response), response.headers
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        raise (Unanswered if error.code == 503 else Refused)(problem["code"], problem["detail"]) from None
    except OSError as error:
        raise Unanswered(error) from None


def record(path, body):
    """Sends a request that records, again and again under its own id, until it is answered."""
    for pause in PAUSES:
        try:
            return call(path, body)
        except Unanswered as unanswered:
            lost = unanswered
            time.sleep(pause)
    raise lost


def undo(request_id, reason):
    """Undoes a request, whether it arrived or not. A real till keeps this on disk, and tries until it is answered."""
    reversal = {"request_id": str(uuid.uuid4()), "original_request_id": request_id, "reason": reason}
    return record("/v1/reversals", reversal)[0]


def sell(basket):
    """The sale, or none where the customer is not to wait any longer: then it is undone."""
    try:
        return record("/v1/authorizations", basket)
    except Unanswered:
        undo(basket["request_id"], "no answer came")
        return None, {}


def basket():
    """Anna's ticket, of now, under an id of its own."""
    return {
        "request_id": str(uuid.uuid4()),
        "occurred_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "channel": "app",
        "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    }


def main():
    print("terminal", call("/v1/terminal")[0]["terminal"])
    sale = basket()
    print("quote", call("/v1/quote", sale, seconds=2)[0]["payable"])
    sold, _ = sell(sale)
    print("sold", sold["state"], sold["payable"])
    again, headers = sell(sale)
    print("repeated", headers["idempotent-replayed"], str(again == sold).lower())
    refund = {"request_id": str(uuid.uuid4()), "lines": [{"line_id": "1", "units": 1}], "reason": "missed the bus"}
    print("refund", record(f"/v1/authorizations/{sold['authorization_id']}/refunds", refund)[0]["state"])
    print("undone", undo(refund["request_id"], "given back by mistake")["state"])
    print("undone", undo(sale["request_id"], "no answer came")["state"])
    print("repeated", sell(sale)[1]["avis-standing"])


main()

// A small till for Node (18 or later) without packages: it quotes, sells, repeats what was not answered, and undoes what it gives up.
//
//     AVIS=http://127.0.0.1:8320 KEY=avis_demo_atd_app node docs/clients/till.mjs

import { randomUUID } from "node:crypto";

const { AVIS = "http://127.0.0.1:8320", KEY = "avis_demo_atd_app" } = process.env;
// Seconds between one try and the next; after the last the till gives up.
const PAUSES = [0, 1, 2, 4];

/** The request is not taken; sent unchanged it never will be. */
class Refused extends Error {}
/** Nobody knows what became of it, or nobody takes it now. */
class Unanswered extends Error {}

/** The answer, and its headers. */
async function call(path, body, seconds = 5) {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const how = body ? { method: "POST", body: JSON.stringify(body) } : {};
  let response, answer;
  try {
    response = await fetch(AVIS + path, { headers, signal: AbortSignal.timeout(seconds * 1000), ...how });
    answer = await response.json();
  } catch (error) {
    throw new Unanswered(error.message);
  }
  if (response.status === 503) throw new Unanswered(answer.detail);
  if (!response.ok) throw new Refused(`${answer.code}: ${answer.detail}`);
  return { answer, headers: response.headers };
}

/** Sends a request that records, again and again under its own id, until it is answered. */
async function record(path, body) {
  let lost;
  for (const pause of PAUSES) {
    try {
      return await call(path, body);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      lost = error;
      await new Promise((done) => setTimeout(done, pause * 1000));
    }
  }
  throw lost;
}

/** Undoes a request, whether it arrived or not. A real till keeps this on disk, and tries until it is answered. */
async function undo(requestId, reason) {
  const reversal = { request_id: randomUUID(), original_request_id: requestId, reason };
  return (await record("/v1/reversals", reversal)).answer;
}

/** The sale, or none where the customer is not to wait any longer: then it is undone. */
async function sell(basket) {
  try {
    return await record("/v1/authorizations", basket);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    await undo(basket.request_id, "no answer came");
    return undefined;
  }
}

/** Anna's ticket, of now, under an id of its own. */
const basket = () => ({
  request_id: randomUUID(),
  occurred_at: new Date().toISOString(),
  channel: "app",
  currency: "EUR",
  identifiers: [{ scheme: "etalons", value: "ANNA-0001" }],
  lines: [{ line_id: "1", product: "transport.bus.regional.single", quantity: 1, unit_price: 715 }],
});

console.log("terminal", (await call("/v1/terminal")).answer.terminal);
const sale = basket();
console.log("quote", (await call("/v1/quote", sale, 2)).answer.payable);
const sold = (await sell(sale)).answer;
console.log("sold", sold.state, sold.payable);
const again = await sell(sale);
const isSame = JSON.stringify(again.answer) === JSON.stringify(sold);
console.log("repeated", again.headers.get("idempotent-replayed"), isSame);
const refund = { request_id: randomUUID(), lines: [{ line_id: "1", units: 1 }], reason: "missed the bus" };
console.log("refund", (await record(`/v1/authorizations/${sold.authorization_id}/refunds`, refund)).answer.state);
console.log("undone", (await undo(refund.request_id, "given back by mistake")).state);
console.log("undone", (await undo(sale.request_id, "no answer came")).state);
console.log("repeated", (await sell(sale)).headers.get("avis-standing"));

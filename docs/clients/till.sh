#!/bin/bash
# A small till with curl: it quotes, sells, repeats what was not answered, and undoes what it gives up.
#
#     AVIS=http://127.0.0.1:8320 KEY=avis_demo_atd_app bash docs/clients/till.sh

AVIS=${AVIS:-http://127.0.0.1:8320} KEY=${KEY:-avis_demo_atd_app}
# Ids of this run: the seconds since 1970, the process, and a count.
run=$(printf '%08x-%04x-4000-8000' "$(date +%s)" "$(($$ % 65536))")
new_id() { count=$((count + 1)); id=$(printf '%s-%012d' "$run" "$count"); }

# Makes a call: the answer stands in `answer`, its head in `head`. Ends with 1 if it is refused, with 2 if there is no answer.
call() { # path [body] [seconds]
  local all status
  all=$(curl -sS -i --connect-timeout 1 --max-time "${3:-5}" "$AVIS$1" -H "authorization: Bearer $KEY" \
    ${2:+-H 'content-type: application/json' -d "$2"} 2>&1) || return 2
  head=${all%%$'\r\n\r\n'*} answer=${all#*$'\r\n\r\n'}
  status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' <<<"$head")
  case $status in 200) return 0 ;; 503) return 2 ;; *) echo "$answer" >&2 && return 1 ;; esac
}

# Sends a request that records, again and again under its own id, until it is answered.
record() { # path body
  local pause came
  for pause in 0 1 2 4; do
    call "$1" "$2"
    came=$?
    [ $came = 2 ] || return $came
    sleep "$pause"
  done
  return 2
}

# Undoes a request, whether it arrived or not. A real till keeps this on disk, and tries until it is answered.
undo() { # original reason
  new_id
  record /v1/reversals "{\"request_id\": \"$id\", \"original_request_id\": \"$1\", \"reason\": \"$2\"}"
}

# Sells, or undoes it where the customer is not to wait any longer.
sell() { # request_id basket
  record /v1/authorizations "$2"
  local came=$?
  [ $came != 2 ] || undo "$1" "no answer came"
  return $came
}

# The first field of that name in the answer; a header of its head.
first() { grep -o "\"$1\":[^,}]*" <<<"$answer" | head -1 | sed 's/^[^:]*://; s/"//g'; }
header() { sed -n "s/^$1: *\([^\r]*\).*/\1/p" <<<"$head"; }

call /v1/terminal && echo "terminal $(first terminal)"
new_id && sale=$id
basket='{"request_id": "'$sale'", "occurred_at": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'", "channel": "app", "currency": "EUR",
 "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
 "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]}'
call /v1/quote "$basket" 2 && echo "quote $(first payable)"
sell "$sale" "$basket" && echo "sold $(first state) $(first payable)"
sold=$answer authorization=$(first authorization_id)
sell "$sale" "$basket" && echo "repeated $(header idempotent-replayed) $([ "$answer" = "$sold" ] && echo true)"
new_id && refund=$id
body='{"request_id": "'$refund'", "lines": [{"line_id": "1", "units": 1}], "reason": "missed the bus"}'
record "/v1/authorizations/$authorization/refunds" "$body" && echo "refund $(first state)"
undo "$refund" "given back by mistake" && echo "undone $(first state)"
undo "$sale" "no answer came" && echo "undone $(first state)"
sell "$sale" "$basket" && echo "repeated $(header avis-standing)"

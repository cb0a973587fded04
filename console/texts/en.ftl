### What pages of the console say in English. Every message is in the other file, too, with the same places.

## The frame of every page

layout-fault = Fault
layout-skip = Skip to the content
layout-language = Language
layout-theme = Colours
layout-light = Light
layout-dark = Dark
layout-party = Acting for
layout-choose = Choose
layout-sign-in = Sign in
layout-sign-out = Sign out
layout-rooms = Pages
layout-help = Help
layout-terminals = For terminals
layout-programs = For programs
choices-title = Language and colours

room-start = Start

count-items = { $n ->
    [one] { $n } item
   *[other] { $n } items
}

## What was done

done-signed-out = You signed out.
done-prolonged = Your session goes on.
done-joined = You joined. Sign in now; a role that needs a second person counts once it is confirmed.
done-session-ended = The session has ended.
done-password-changed = The password was changed. Sign in with the new one.

## Coming in

sign-in-title = Sign in
sign-in-email = E-mail address
sign-in-password = Password
sign-in-do = Sign in
sign-in-help = Nobody has an account without an invitation: who administers your party invites you. They also give you a link for a new password.
sign-in-nothing-lost = Nothing of what you typed is lost: it goes on after you signed in.
sign-in-go-on-title = You are signed in again
sign-in-go-on = Go on with what you typed
session-ending = Your session ends in about two minutes.
session-prolong = Stay signed in
join-title = Take up an invitation
join-lead = For who was given a link: to a party, or to a new password. Who has an account already gives its password.
join-link = The link
join-link-hint = All of it, as it was given to you. It can be used once.
join-name = Your name
join-password-hint = At least 15 characters of any kind; several words are easy to remember.
join-do = Join

## One's account

account-title = Your account
account-sessions = Where you are signed in
account-this-one = this one
account-end = End
account-password = Change the password
account-current = The password until now
account-new = The new password
account-change = Change it; every session ends

## Start

start-title = Good day, { $name }
start-roles = You are { $roles } at { $party }.
start-no-role = No role of yours counts yet. A second person of your party confirms it.
start-waiting = What waits for you
start-nothing-waits = Nothing waits for you.
waiting-draft = Draft
waiting-grant = Role to confirm
waiting-job = List

## Help

help-title = Help
help-lead = AVIS decides at a till which benefits a person gets, and who pays for each cent. These are its words.
help-whom = With questions of your rules and your people turn to who administers your party; when pages or tills do not answer, to the operator of the installation.
help-word-benefit = Benefit
help-means-benefit = A grantor's rule: who gets what, on what, when, and who pays.
help-word-draft = Draft
help-means-draft = What is to become the next version of a benefit. One person edits it, another one approves it.
help-word-version = Version
help-means-version = A published edition of a benefit. It never changes.
help-word-case = Case
help-means-case = An example with the result that is expected. All of them have to come out before a draft is submitted.
help-word-grantor = Grantor
help-means-grantor = Whose rule it is: the state, a municipality, a company.
help-word-provider = Provider
help-means-provider = Who sells and gives the discount: a carrier, a shop.
help-word-payer = Payer
help-means-payer = Who bears an amount of a discount.
help-word-slot = Slot
help-means-slot = A place in the order of benefits, with a rule for those that meet in it.
help-word-revision = Revision
help-means-revision = One change of what engines know. It is live once every engine has it.

## Where a page can't be

fault-forbidden = No role of yours may see this. Who administers your party gives roles.
fault-not-found = There is nothing at this address, or it is not yours to see. Go on from the start page.
fault-later = Try again in a moment. Nothing was changed.
fault-other = It could not be done. Nothing was changed.
fault-more = For who looks into it
fault-request = Request { $id }

problem-malformed-request = The request can't be read
problem-two-credentials = Two ways of signing in came together
problem-party-unclear = It is not clear for which party this is
problem-not-signed-in = Sign in first, or again: your session has ended
problem-sign-in-refused = The address or the password is not right
problem-sign-in-again = For this, sign in once more: it needs a sign-in of the last ten minutes
problem-not-your-role = No role of yours may do this
problem-not-yours = It belongs to another
problem-not-your-party = You have no role in this party
problem-out-of-scope = The token is not for this
problem-cross-site = The request came from another site
problem-encryption-needed = Signing in needs an encrypted connection
problem-own-work = Whoever edited a draft last does not approve it: a second person does
problem-own-grant = A role is confirmed by another than who asked for it or is to have it
problem-not-found = There is no such page
problem-wrong-method = This address takes another way
problem-not-added = The means can't be added
problem-exists = There is one of this name already
problem-roles-exclude-each-other = One person can't have both roles
problem-idempotency-key-reused = This form was sent before with something else in it
problem-in-progress = This form is just being answered
problem-too-many-objects = There are as many of this as there may be
problem-content-changed = The content changed since you read it
problem-outdated = The draft is based on a version that is not the newest
problem-period-is-issued = Days of this are in an issued statement
problem-gap = Something of the days before would be in no statement
problem-day-is-open = A day of this is not closed yet
problem-not-in-this-state = Its state does not allow this any more
problem-changed = Somebody changed it since you read it: look at it again
problem-too-large = It is too large
problem-wrong-media-type = It is of another kind
problem-invalid = Something is not as expected
problem-day-not-begun = The day has not begun yet
problem-case-failed = A case comes out otherwise than it expects
problem-bad-rows = Rows of the file can't be imported
problem-too-many-ends = The list would end more than a tenth
problem-cursor-mismatch = The list has changed: begin at its first page
problem-looks-like-an-identifier = A text looks like a personal code or a card number
problem-precondition-required = It has to be read before it is changed
problem-too-many-requests = Too many requests came at once
problem-too-many-attempts = Too many sign-ins failed: wait a moment
problem-failed = The answer could not be made
problem-unavailable = The store does not answer now
problem-overloaded = Too many sign-ins wait
problem-outcome-unknown = Whether it was written is not known: look before you try again

## Words of the program

role-op = operator
role-ad = administrator
role-ed = editor
role-ap = approver
role-pr = provider's staff
role-cl = clerk
role-sp = specialist
role-au = auditor

state-draft = being edited
state-submitted = waits for approval
state-approved = approved
state-scheduled = to be published
state-published = published
state-rejected = sent back
state-asked = waits for a second person
state-waiting = waits
state-running = running
state-done = done
state-failed = failed
state-cancelled = cancelled

list-entitlements = Memberships of a group
list-holders = People
list-relations = Relations
list-means = Cards and other means
list-terminals = Terminals
list-rules = Rules

column-start-kind = Kind
column-start-what = What
column-state = State
column-name = Name
column-email = E-mail address
column-parties = Parties
column-signed-in-at = Signed in
column-last-seen-at = Last used
column-ends-at = Ends
column-session = Session

## The till simulator

try-title = Till simulator
try-lead = A till on this very engine. Choose who buys what, and see who pays for each cent. Its terminals train: nothing that is sold here is real, and it stands in no statement.
try-terminals = Terminal
try-examples = Examples to begin with
try-reasons-each = One for each reason
try-sale = Sale
try-channel = Channel
try-channel-desk = Desk
try-channel-conductor = Conductor
try-channel-app = App
try-channel-validator = Validator
try-channel-till = Till
try-channel-gate = Gate
try-at = Time of sale
try-means = What is presented
try-means-none = Nothing
try-line = Line { $n }
try-more = One more line
try-product = Product
try-product-none = No product
try-quantity = Units
try-price = Another price
try-for = For
try-for-holder = The person
try-for-companion = A companion
try-coupon = Coupon
try-coupon-none = None
try-points = Points to pay with
try-points-hint = A number, or “max”.
try-grant = The till grants
try-grant-none = Nothing
try-grant-of = { $benefit } (at most { $most } and { $uses } uses a day)
try-granted = How much
try-quote = Show the price
try-update = Show the list
try-sell = Sell
try-hold = Hold
try-keep = Sell without a connection
try-result = What it comes to
try-pays = Pays { $due } of { $gross }
try-person = The person
try-by-points = Points
try-who-pays = Who pays each cent
try-bar = Who pays: { $parts }
try-why-left = Why something is left to pay
try-lines = Lines
try-mend = The price stands here once that is mended.
try-refused = The engine refuses this ({ $code }): { $detail }
try-offline-is-offline = No connection: the till asks nobody. It grants what its list of the last connection allows, and uploads the sale later.
try-offline-kept = Sold without a connection. The sale waits on the till; nobody else knows it yet.
try-way-go-offline = Go offline
try-way-go-online = Go online
try-next = The next sale
try-outcome-approved = Approved
try-outcome-partially-approved = Partly approved
try-outcome-declined = Declined
try-outcome-reversed = Reversed before it came
try-state-held = Held
try-state-captured = Sold
try-state-partly-refunded = Partly refunded
try-state-refunded = Refunded
try-state-voided = Voided
try-state-expired = Expired
try-state-reversed = Reversed
try-do-capture = Take
try-do-refund = Refund
try-do-void = Void
try-do-reverse = Reverse: no answer came
try-do-upload = Go online and upload
try-units = Units of { $product } (of { $left })
try-history = What happened
try-done-capture = Taken
try-done-refund = Refunded
try-done-void = Voided
try-done-expiry = Expired
try-result-reversed = Reversed
try-result-already-reversed = Reversed before already
try-undone = undone
try-points-of = Points of { $program }
try-points-before = Before
try-points-redeemed = Paid with
try-points-earned = Earned
try-points-after = After
try-points-reason-not-a-member = Not a member.
try-points-reason-not-here = The programme is not in force here.
try-points-reason-not-for-this = Points don’t pay for this.
try-points-reason-not-enough-points = Not enough points.
try-points-reason-limit-reached = A limit of the programme is reached.
try-points-reason-below-minimum = Fewer points than can be used at once.
try-points-reason-points-unavailable = Points can’t be reached now.
try-coupon-is = Coupon: { $state }
try-coupon-state-taken = taken
try-coupon-state-not-needed = not needed
try-coupon-state-used = used before
try-coupon-state-not-now = not now
try-coupon-state-unknown = unknown
try-over-granted = { $benefit }: granted beyond what was due. The grantor bears { $grantor }, the provider { $provider }.
try-calls = The calls
try-calls-lead = What this page just sent to the engine, and what came back. The key of the terminal stands as $KEY.
try-call-request = Request
try-call-answer = Answer
try-call-curl = For a shell
try-link = A link to this very state
try-why = Why?
try-verdict = Line { $n }: { $verdict }
try-read = read: { $read }
try-nothing-read = nothing known
try-test-all = all of
try-test-any = any of
try-test-not = not
try-test-member-of = member of
try-test-age = age
try-test-resident-in = resident in
try-test-attribute = attribute
try-test-context = fact of the sale
try-test-line = fact of the line
try-test-identifier = shows
try-test-channel = channel
try-test-weekday = day of the week
try-test-time-of-day = time of day
try-test-dates = dates
try-test-calendar = calendar
try-test-basket-total = total of the basket
try-test-basket-quantity = units in the basket
try-test-quantity = units of the line
try-test-tier = level
try-test-member = member of the programme
try-test-coupon = coupon
try-test-birthday = birthday
try-because-eligible = eligible, but its turn did not come
try-because-not-covered = not eligible: it does not cover whom the line is for
try-because-condition = not eligible: its condition is not true
try-because-without-holder = not eligible: a companion needs a line of the person
try-because-subject-unknown = not eligible: it needs to know the person
try-turn-applied = gives its discount
try-turn-not-chosen = gives less than another of its slot
try-turn-nothing-to-give = comes to nothing
try-turn-nothing-left = finds nothing left to pay
try-turn-limit-reached = has reached its limit
try-turn-no-companions-left = covers all its companions already
try-turn-touched = holds back: something was taken from the line before
try-turn-too-little-in-basket = holds back: too little remained to be paid
try-turn-not-picked = picks no unit of the line
try-turn-bounded = has bounds that left nothing of a discount
try-wrong-long = Expected at most { $most } characters.
try-wrong-lines = Expected at most { $most } lines.
try-wrong-id = Expected the id that this page gave; begin again with the next sale.
try-wrong-channel = This terminal does not have this channel.
try-wrong-time = Expected a day and a time such as 2026-11-18T08:12.
try-wrong-means = There are no such means here; choose one of the list.
try-wrong-scheme = This terminal does not take “{ $scheme }”; choose one of the list.
try-wrong-coupon = There is no such coupon here; choose one of the list.
try-wrong-points = Expected a whole number of points from 1, or “max”.
try-wrong-programme = No programme’s points pay at this terminal.
try-wrong-product = This terminal does not sell this; choose one of the list.
try-wrong-quantity = Expected a whole number from 1 to { $most }.
try-wrong-amount = Expected an amount such as 7.15, at most { $most }.
try-wrong-grant = Expected a benefit of the list.
try-wrong-empty = Choose a product.
try-wrong-units = Name at least one unit, in whole numbers.
try-too-long = The address is too long: expected at most { $most } bytes.
try-absent = There is no till simulator here. The demo has one; the setting `admin.simulator` names its file elsewhere.
try-no-terminal = The simulator has no such terminal. Begin at /try.
try-unreachable = The engine does not answer. Try again in a moment.
try-unreadable = What the engine answered can’t be read.
try-key-refused = The engine does not know the terminal of the simulator: its key is to be in the simulator’s file and imported with the terminals.
try-not-training = The terminal of the simulator does not train, so that what it sells would be real. Give it the scope `train`.
column-try-payer = Who
column-try-amount = Amount
column-try-share = Share
column-try-product = Product
column-try-price = Price
column-try-discount = Discounts
column-try-to-pay = To pay
column-try-left = Units left
column-try-what = What
column-try-units = Units
room-try = Till simulator

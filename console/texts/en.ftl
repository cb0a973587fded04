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

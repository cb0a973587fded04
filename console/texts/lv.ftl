### Ko konsoles lapas saka latviski. Katrs teksts ir arī otrā failā, ar tām pašām vietām.

## Katras lapas ietvars

layout-fault = Kļūda
layout-skip = Uz saturu
layout-language = Valoda
layout-theme = Krāsas
layout-light = Gaišas
layout-dark = Tumšas
layout-party = Darbojos kā
layout-choose = Izvēlēties
layout-sign-in = Pieteikties
layout-sign-out = Iziet
layout-rooms = Lapas
layout-help = Palīdzība
layout-terminals = Termināļiem
layout-programs = Programmām
choices-title = Valoda un krāsas

room-start = Sākums
room-benefits = Atvieglojumi
room-drafts = Melnraksti
room-priorities = Prioritātes
room-groups = Grupas
room-lists = Saraksti
room-terminals = Termināļi
room-sales = Pārdotais
room-days = Dienas
room-statements = Pārskati
rooms-rules = Noteikumi
rooms-tills = Kases un pārdevumi
rooms-money = Norēķini
rooms-people = Pārvaldība
rooms-figures = Skaitļi
room-prices = Cenas
room-reconciling = Salīdzināšana
room-parties = Iestādes
room-users = Cilvēki
room-engines = Dzinēji
room-audit = Žurnāls

count-items = { $n ->
    [zero] { $n } ierakstu
    [one] { $n } ieraksts
   *[other] { $n } ieraksti
}

## Kas ir izdarīts

done-signed-out = Jūs izgājāt.
done-joined = Jūs pievienojāties. Tagad piesakieties; loma, kurai vajag otru cilvēku, ir spēkā, kad tā apstiprināta.
done-session-ended = Sesija ir beigta.
done-password-changed = Parole ir nomainīta. Piesakieties ar jauno.
done-day-closed = Diena ir slēgta.
done-statement-made = Pārskats ir sagatavots.
done-statement-issue = Tas ir izdots un aizzīmogots.
done-statement-agree = Tam ir piekrists.
done-statement-pay = Tas ir samaksāts.
done-file-taken-in = Fails ir saņemts; tas tiek salīdzināts ar virsgrāmatu.
done-resolved = Tas ir atrisināts.
done-draft-begun = Melnraksts ir izveidots. Atveriet katru vietu zemāk un aizpildiet, kas tajā jāsaka.
done-expect = Piemēri sagaida to, kas iznāk tagad.
done-draft-made = Melnraksts ir izveidots. Tas nevienam vēl nav spēkā.
done-saved = Saglabāts.
done-checked = Kļūdu nav, un visi piemēri sakrīt.
done-checked-warned = Kļūdu nav, un piemēri, no kuriem tas ir atkarīgs, sakrīt. Citu iestāžu piemēri, kas tagad sakrīt, vairs nesakristu: tos rāda “Izpildīt piemērus”.
done-submit = Iesniegts: tagad to apstiprina otrs cilvēks.
done-approve = Apstiprināts. To var publicēt.
done-reject = Sūtīts atpakaļ.
done-publish = Publicēts.
done-withdraw = Ņemts atpakaļ: to var labot.
done-unschedule = Tas savā laikā vairs netiks publicēts.
done-removed = Dzēsts.
done-moved = Izveidots melnraksts ar citu prioritāti. Kasēs vēl nekas nav mainījies.
done-suspend = Tas ir apturēts.
done-resume = Tas turpinās.
done-end = Tas ir izbeigts.
done-group-made = Grupa ir izveidota.
done-import-begun = Saraksts ir saņemts.
done-cancelled = Atcelts: it kā nebūtu sākts.
done-terminal-made = Terminālis ir izveidots. Dodiet tam atslēgu.
done-key-ended = Atslēga vairs neder.
done-party-made = Iestāde ir izveidota.
done-confirmed = Loma tagad ir spēkā.
done-disable = Konts ir slēgts: tā sesijas un pilnvaras beigušās.
done-enable = Konts atkal ir atvērts.

## Ienākšana

sign-in-title = Pieteikšanās
sign-in-email = E-pasta adrese
sign-in-password = Parole
sign-in-do = Pieteikties
sign-in-help = Kontu bez uzaicinājuma nav: jūs uzaicina jūsu iestādes administrators. Viņš iedod arī saiti jaunai parolei.
sign-in-nothing-lost = Nekas no ierakstītā nav zudis: pēc pieteikšanās tas turpinās. Karšu un dokumentu numuri jāieraksta vēlreiz.
sign-in-go-on-title = Jūs atkal esat pieteicies
sign-in-go-on = Turpināt ar ierakstīto
session-ending = Sesija beigsies apmēram pēc divām minūtēm.
session-prolong = Palikt
session-goes-on = Sesija turpinās. Ierakstītais palicis, kā bija.
session-ended = Sesija ir beigusies. Nosūtiet ierakstīto: jūs pieteiksieties, un tas būs turpat, izņemot noslēpumus un failus.
through-title = Vai caur
through-do = Pieteikties caur { $name }
through-loses = Piesakoties šādi, ierakstītais zūd.
through-invited = Pieņemt uzaicinājumu, piesakoties caur sniedzēju
through-invited-do = Doties pie sniedzēja
through-provider = Sniedzējs
through-password = Jūsu parole, ja konts jau ir
through-goes-on = Jūs tur piesakāties un atgriežaties šeit.
join-title = Uzaicinājuma pieņemšana
join-lead = Tiem, kam iedota saite: uz iestādi vai jaunai parolei. Kam konts jau ir, ieraksta tā paroli.
join-link = Saite
join-link-hint = Visa, kā tā jums iedota. To var izmantot vienu reizi.
join-name = Jūsu vārds
join-password-hint = Vismaz 15 jebkādu rakstzīmju; vairākus vārdus ir viegli atcerēties.
join-do = Pievienoties

## Savs konts

account-title = Jūsu konts
account-sessions = Kur jūs esat pieteicies
account-this-one = šī
account-end = Beigt
account-password = Paroles maiņa
account-current = Līdzšinējā parole
account-new = Jaunā parole
account-change = Nomainīt; visas sesijas beigsies

## Sākums

start-title = Labdien, { $name }
start-roles = Jūs esat { $roles } ({ $party }).
start-no-role = Neviena jūsu loma vēl nav spēkā. To apstiprina otrs cilvēks no jūsu iestādes.
start-waiting = Kas jūs gaida
start-nothing-waits = Nekas jūs negaida.
waiting-draft = Melnraksts
waiting-grant = Apstiprināma loma
waiting-job = Saraksts

## Palīdzība

help-title = Palīdzība
help-lead = AVIS pie kases izlemj, kādus atvieglojumus cilvēks saņem un kurš maksā katru centu. Šie ir tās vārdi.
help-whom = Ar jautājumiem par saviem noteikumiem un cilvēkiem vērsieties pie savas iestādes administratora; ja neatbild lapas vai kases, pie sistēmas uzturētāja.
help-word-benefit = Atvieglojums
help-means-benefit = Piešķīrēja noteikums: kas, par ko un kad ko saņem un kurš maksā.
help-word-draft = Melnraksts
help-means-draft = Tas, kam jākļūst par atvieglojuma nākamo versiju. Viens cilvēks raksta, otrs apstiprina.
help-word-version = Versija
help-means-version = Publicēts atvieglojuma izdevums. Tas nekad nemainās.
help-word-case = Piemērs
help-means-case = Gadījums ar sagaidāmo iznākumu. Visiem jāsakrīt, pirms melnraksts tiek iesniegts.
help-word-grantor = Piešķīrējs
help-means-grantor = Kam noteikums pieder: valstij, pašvaldībai, uzņēmumam.
help-word-provider = Pārdevējs
help-means-provider = Kas pārdod un dod atlaidi: pārvadātājs, veikals.
help-word-payer = Maksātājs
help-means-payer = Kas sedz daļu no atlaides.
help-word-slot = Vieta secībā
help-means-slot = Kur atvieglojums stāv starp citiem, ar kārtību tiem, kas tur satiekas.
help-word-revision = Redakcija
help-means-revision = Viena izmaiņa tajā, ko zina kases dzinēji. Tā darbojas, kad ir visos dzinējos.

## Kur lapas nav

fault-forbidden = Neviena jūsu loma to nedrīkst redzēt. Lomas piešķir jūsu iestādes administrators.
fault-cross-site = Tas tika sūtīts no citas vietnes, tāpēc nekas netika izdarīts. Atveriet lapu šeit un dariet to vēlreiz.
fault-too-large = Tas ir lielāks, nekā veidlapa drīkst būt. Nekas netika mainīts.
fault-not-found = Šajā adresē nekā nav, vai tas nav jūsu. Turpiniet no sākuma lapas.
fault-within = JSON vietā { $place }: { $fault }
owner-word-grantor = piešķīrējs
owner-word-owner = īpašnieks
fault-later = Mēģiniet vēlreiz pēc brīža. Nekas nav mainīts.
fault-other = To nevarēja izdarīt. Nekas nav mainīts.
fault-more = Tam, kas to pēta
fault-anew = Atvērt lapu no jauna
fault-request = Pieprasījums { $id }

problem-malformed-request = Pieprasījumu nevar izlasīt
problem-two-credentials = Reizē nāca divi pieteikšanās veidi
problem-party-unclear = Nav skaidrs, kurai iestādei tas ir
problem-not-signed-in = Vispirms piesakieties vai piesakieties no jauna: sesija ir beigusies
problem-sign-in-refused = Adrese vai parole nav pareiza
problem-sign-in-again = Šim piesakieties vēlreiz: vajadzīga pieteikšanās pēdējās desmit minūtēs
problem-sign-in-not-completed = Pieteikšanās caur sniedzēju neizdevās: sāciet no jauna
problem-local-sign-in-off = Paroles šeit nepieņem: piesakieties caur sniedzēju
problem-not-invited = Pēc šīs pieteikšanās nevienu nepazīst: vispirms ar to pieņemiet uzaicinājumu
problem-unknown-person = AVIS nepazīst, kas ar šo piesakās: palīdzēs klientu apkalpošanas centrs
problem-time-taken = Laiks vairs nav brīvs
problem-provider-away = Pieteikšanās sniedzējs tagad neatbild: mēģiniet pēc brīža
problem-not-your-role = Neviena jūsu loma to nedrīkst
problem-not-yours = Tas pieder citam
problem-not-your-party = Jums šajā iestādē nav lomas
problem-out-of-scope = Pilnvara nav šim
problem-cross-site = Pieprasījums nāca no citas vietnes
problem-encryption-needed = Pieteikties var tikai šifrētā savienojumā
problem-own-work = Ko pats veidojāt, to apstiprina cits cilvēks
problem-own-grant = Lomu apstiprina cits, nevis tas, kas to lūdza vai saņems
problem-not-found = Šādas lapas nav
problem-wrong-method = Šī adrese gaida citu darbību
problem-not-added = Šo līdzekli nevar pievienot
problem-exists = Tāds nosaukums jau ir
problem-roles-exclude-each-other = Vienam cilvēkam nevar būt abas lomas
problem-idempotency-key-reused = Šī veidlapa jau tika nosūtīta ar citu saturu
problem-in-progress = Uz šo veidlapu pašlaik tiek atbildēts
problem-too-many-objects = To ir tik daudz, cik drīkst būt
problem-content-changed = Saturs ir mainījies, kopš jūs to lasījāt
problem-outdated = Melnraksts balstās uz versiju, kas nav jaunākā
problem-period-is-issued = Šīs dienas ir izdotā pārskatā
problem-gap = Kaut kas no iepriekšējām dienām nebūtu nevienā pārskatā
problem-day-is-open = Kāda diena vēl nav slēgta
problem-not-in-this-state = Tā stāvoklis to vairs neļauj
problem-changed = Kāds to ir mainījis, kopš jūs to lasījāt: apskatiet vēlreiz
problem-too-large = Tas ir par lielu
problem-wrong-media-type = Tas ir citāda veida
problem-invalid = Kaut kas nav tā, kā gaidīts
problem-day-not-begun = Diena vēl nav sākusies
problem-case-failed = Kāds piemērs iznāk citādi, nekā tajā sagaidīts
problem-bad-rows = Faila rindas nevar ielādēt
problem-too-many-ends = Saraksts izbeigtu vairāk nekā desmito daļu
problem-cursor-mismatch = Saraksts ir mainījies: sāciet no pirmās lapas
problem-looks-like-an-identifier = Teksts izskatās pēc personas koda vai kartes numura
problem-precondition-required = Pirms mainīšanas tas jāizlasa
problem-too-many-requests = Reizē nāca pārāk daudz pieprasījumu
problem-too-many-attempts = Pārāk daudz neveiksmīgu pieteikšanos: brīdi uzgaidiet
problem-failed = Atbildi nevarēja sagatavot
problem-unavailable = Krātuve tagad neatbild
problem-overloaded = Pārāk daudzi gaida to pašu: mēģiniet pēc brīža
problem-outcome-unknown = Nav zināms, vai tas ierakstīts: pirms atkārtošanas pārbaudiet

## Saraksti un veidlapas

table-next = Nākamie
search-title = Meklēt
search-do = Meklēt
code-hint = Mazie burti, cipari, punkti un defises, piemēram, lv-pupils.
instant-hint = Piemēram, 2027-01-01T00:00:00+02:00; tukšs, ja nav.
live-on = Darbojas { $live } no { $of } { $of ->
    [zero] dzinējiem
    [one] dzinēja
   *[other] dzinējiem
}.
live-call = Tas ilgst vairāk nekā parasti: zvaniet sistēmas uzturētājam.
yes = jā
no = nē
not-told = netiek rādīts
whole-number = gaidīts vesels skaitlis, piemēram, 5000

## Atvieglojumi

benefits-all = Visi atvieglojumi
benefits-of = Tikai { $party }
benefit-back = Atpakaļ uz atvieglojumu
benefit-draft = Rakstīt nākamo versiju
benefit-stop = Apturēt, atsākt vai izbeigt
benefit-stop-means = Atņemt drīkst viens cilvēks: tas darbojas visās kasēs pēc brīža. Iepriekš pārdotais paliek, kā ir. Arī atsākšanai vajag iemeslu.
benefit-until = Līdz kuram brīdim
benefit-suspend = Apturēt atvieglojumu
benefit-resume = Atsākt
benefit-end = Izbeigt pavisam
benefit-json = Kā tas uzrakstīts (JSON)
benefit-versions = Versijas
benefit-version = { $n }. versija
difference-title = Kas atšķiras
difference-none = Nekas neatšķiras.

## Melnraksti

drafts-none = Melnrakstu nav.
drafts-make = Izveidot melnrakstu
begin-benefit = Jauns atvieglojums
begin-program = Jauna punktu programma
begin-campaign = Jauna kuponu kampaņa
begin-lead-benefit = Jūsu iestādes atvieglojums. Tas nevienam nav spēkā, līdz otrs cilvēks to apstiprina un tas ir publicēts. Ko tas dod, kam un kur, aizpilda pēc tam.
begin-lead-program = Punkti, ko jūsu biedri krāj un ar ko maksā. Programma nevienam nav spēkā, līdz otrs cilvēks to apstiprina un tā ir publicēta. Kā punktus krāj un ko ar tiem maksā, aizpilda pēc tam.
begin-lead-campaign = Kas kuponiem kopīgs: kad tie ir derīgi un cik reižu katrs. Kampaņa nevienam nav spēkā, līdz otrs cilvēks to apstiprina un tā ir publicēta; tad izveido kuponus, un ko tie dod, saka programmas vai atvieglojuma noteikums.
begin-from = Spēkā no dienas
begin-json-hint = Ja viss jau ir kā JSON, ielīmējiet to šeit augšējo un vēlāko lauku vietā.
draft-rejected = Tas sūtīts atpakaļ: { $reason }
draft-not-published = Tas netika publicēts savā laikā: { $reason }
draft-to-published = Uz publicēto
draft-to-try = Izmēģināt kasē: tagad un ar melnrakstu
draft-no-base = nav: tas ir jauns
draft-publish-at = Publicēt
draft-sentence = Ko tas saka
draft-content = Viss saturs (JSON)
draft-cases = Piemēri (JSON)
draft-cases-hint = Piemēru saraksts ar to, kas katrā sagaidāms. Visiem jāsakrīt, un arī tā paša devēja piemēriem, kas tagad sakrīt.
draft-edit = Labot
draft-edit-clears = Saglabājot citu saturu, apstiprinājums zūd: tas jāiesniedz un jāapstiprina no jauna.
draft-save = Saglabāt
draft-remove = Dzēst melnrakstu
draft-do-check = Pārbaudīt: visas kļūdas, visi piemēri
draft-do-submit = Iesniegt apstiprināšanai
draft-do-approve = Apstiprināt, kas te rakstīts
draft-do-reject = Sūtīt atpakaļ
draft-do-withdraw = Ņemt atpakaļ labošanai
draft-do-publish = Publicēt
draft-do-unschedule = Nepublicēt savā laikā

## Atvieglojums kā teikums

sentence-who = Kas
sentence-on = Par ko
sentence-at = Kur
sentence-valid = Kad
sentence-gets = Saņem
sentence-limits = Ne vairāk kā
sentence-paid-by = Maksā
sentence-slot = Vieta secībā
sentence-priority = Prioritāte
sentence-none-who = ikviens
sentence-named = Nosaukums
sentence-covers = Attiecas uz
sentence-rounding = Noapaļo
sentence-bounds = Robežas
sentence-units = Kuras vienības
sentence-only = Tikai ja
sentence-offline = Bez savienojuma
sentence-points = Maksā punktus
sentence-public = čekā: { $name }
sentence-none-named = nav
sentence-none-covers = pats cilvēks
sentence-none-on = visu
sentence-none-rounding = atlaidi katrā rindā līdz centam, pusi uz augšu
sentence-none-bounds = robežu nav
sentence-none-units = visas
sentence-none-only = nekas cits netiek prasīts
sentence-none-offline = nekas netiek piešķirts
sentence-none-points = nemaksā
covers-companions = { $n ->
    [zero] līdz { $n } pavadoņiem
    [one] līdz { $n } pavadonim
   *[other] līdz { $n } pavadoņiem
}
valid-day-turns = diena sākas { $at }
effect-of-gross = no pilnas cenas
within-days = { $n ->
    [zero] { $n } dienu laikā
    [one] { $n } dienas laikā
   *[other] { $n } dienu laikā
}
within-minutes = { $n ->
    [zero] { $n } minūšu laikā kopš pirmās reizes
    [one] { $n } minūtes laikā kopš pirmās reizes
   *[other] { $n } minūšu laikā kopš pirmās reizes
}
limit-carries = mēneša atlikums izmantojams līdz { $until }
exhausted-decline = tad atsaka
exhausted-unfunded = tad sedz pārdevējs
per-unit = par katru vienību
per-line = par katru rindu
per-basket = par visu grozu
per-use = par katru izmantošanu
rounding-on-discount = atlaidi
rounding-on-price = atlikušo cenu
rounding-to = līdz { $amount }
rounding-mode-half-up = pusi uz augšu
rounding-mode-half-even = pusi uz pāra skaitli
rounding-mode-down = uz leju
rounding-mode-up = uz augšu
bounds-per-line = no rindas ne vairāk kā { $amount }
bounds-per-authorization = no pirkuma ne vairāk kā { $amount }
bounds-min-price = vienība nekad lētāk par { $amount }
units-every = grupās pa { $n }, dārgākās vispirms
units-skip = bez pirmajām { $n }
units-take = no pārējām { $n }
units-for-every = { $units } par katrām { $of } nopirktajām
order-request = kā pirkumā
order-cheapest = lētākās vispirms
order-dearest = dārgākās vispirms
only-untouched = no rindas iepriekš nekas nav atņemts
only-at-least = vēl jāmaksā vismaz { $amount }
offline-discount = līdz { $amount }
offline-uses = { $n ->
    [zero] { $n } reizes
    [one] { $n } reize
   *[other] { $n } reizes
}
points-cost = { $n ->
    [zero] { $n } punktu
    [one] { $n } punkts
   *[other] { $n } punkti
}
points-automatic = arī nelūgtu
sentence-none-at = visi pārdevēji
sentence-none-valid = vienmēr
sentence-none-gets = neko
sentence-none-limits = bez ierobežojuma
sentence-none-paid-by = piešķīrējs, visu
sentence-none-slot = sava
sentence-except = { $what }, bet ne { $but }
span-from = no { $from }
span-until = līdz { $until }
span-both = no { $from } līdz { $until }
effect-percent = { $rate } atlaide
effect-amount-off = { $amount } atlaide
effect-fixed-price = par { $amount }
effect-spend-cap = maksā ne vairāk kā { $amount } { $window }
effect-price-cap = par brīvu; pārdevējam maksā ne vairāk kā { $amount } par vienību
join-all = un
join-any = vai
measure-uses = reizes
measure-units = vienības
measured-uses = { $n } { $n ->
    [zero] reižu
    [one] reizi
   *[other] reizes
}
measured-units = { $n } { $n ->
    [zero] vienību
    [one] vienību
   *[other] vienības
}
limit-scope-holder = katram cilvēkam
limit-scope-household = katrai mājsaimniecībai
limit-scope-provider = katrā vietā
limit-scope-benefit = visiem kopā
window-day = dienā
window-week = nedēļā
window-month = mēnesī
window-year = gadā
window-school-year = mācību gadā
window-lifetime = pavisam
window-rolling = dienu laikā
window-from-first = kopš pirmās reizes
subject-benefit = atvieglojums
subject-program = programma
subject-campaign = kampaņa

## Teikuma labošana

places-lead = Atveriet vietu, lai to mainītu. Ko vieta nevar pateikt, ir JSON zemāk un paliek.
places-json = Te ir vairāk, nekā veidlapā ir vietas: mainiet to JSON zemāk.
places-no-number = gaidīts skaitlis
conditions-none = Nekas netiek prasīts.
places-open = Atvērt to, kas šeit ir
places-row-open = Mainīt
places-row-new = Pievienot
places-row-begins = te kaut kas gaidīts, vai arī nekas pārējos laukos, ko tur raksta
when-not = nav ({ $what })
conditions-new = Vēl viens nosacījums
conditions-add = Pievienot
conditions-wrap = Ielikt rāmī
conditions-unwrap = Izņemt no rāmja
conditions-remove = Noņemt
conditions-json = Vairāk, nekā laukos ir vietas
conditions-json-label = Šis nosacījums kā JSON
box-all = Viss šis
box-any = Kaut kas no šī
box-not = Ne šis
box-holds = Ir spēkā, ja
box-join-all = ir spēkā viss
box-join-any = ir spēkā kaut kas
box-join-not = iekšā esošais nav spēkā
condition-member-of = Ir grupā
condition-identifier = Uzrāda līdzekli
condition-no-mismatch = Uzrāda vienas personas līdzekļus
condition-age = Vecums
condition-resident-in = Dzīvo
condition-channel = Pērk kanālā
condition-calendar = Kalendāra dienas
condition-weekday = Nedēļas dienas
condition-time-of-day = Diennakts laiks
condition-dates = Gada laiks
condition-attribute = Par cilvēku zināmais
condition-line = Rindas dati
condition-context = Pirkuma dati
condition-quantity = Vienības rindā
condition-basket-total = Groza summa
condition-basket-quantity = Vienības grozā
condition-member = Programmas dalībnieks
condition-tier = Līmenis programmā
condition-coupon = Kupons
condition-birthday = Dzimšanas diena
condition-field-groups = Grupas, ar komatiem
condition-field-schemes = Līdzekļu veidi, ar komatiem
condition-field-min = Vismaz
condition-field-max = Ne vairāk kā
condition-field-as-of = Uz brīdi
condition-field-plus-days = Dienas pēc tā
condition-field-territories = Teritorijas, ar komatiem
condition-field-in = Kuri, ar komatiem
condition-field-days = Dienas, 1 ir pirmdiena, ar komatiem
condition-field-which = Kas
condition-field-name = Nosaukums
condition-field-is = Vai tā ir šāda diena
condition-field-from = No
condition-field-until = Līdz
condition-field-op = Salīdzinājums
condition-field-value = Vērtība
condition-field-lines = Kurās rindās
condition-field-program = Programma
condition-field-at-least = Vismaz līmenis
condition-field-campaign = Kampaņa
condition-word-unsaid = kā parasti
condition-word-now = pārdošanas brīdis
condition-word-year-start = gada sākums
condition-word-month-start = mēneša sākums
condition-word-school-year-start = mācību gada sākums
condition-word-year-end = gada beigas
condition-word-month-end = mēneša beigas
condition-word-school-year-end = mācību gada beigas
condition-word-eq = ir
condition-word-ne = nav
condition-word-lt = mazāk nekā
condition-word-le = ne vairāk kā
condition-word-gt = vairāk nekā
condition-word-ge = vismaz
condition-word-in = ir kāds no
condition-word-all = visās
condition-word-in-scope = tajās, uz kurām attiecas atvieglojums
condition-word-true = jā
condition-word-false = nē
condition-word-day = diena
condition-word-month = mēnesis

## Programmas un kampaņas vārdos

sentence-earn = Punktus krāj
sentence-earn-most = Ne vairāk kā
sentence-pending = Punkti ir spēkā
sentence-expiry = Punkti beidzas
sentence-redeem = Ar punktiem maksā
sentence-levels = Līmeņi
sentence-returns = Ja kaut ko atdod
sentence-coupon-uses = Katrs kupons
sentence-hold-out = Kontroles grupa
sentence-none-hold-out = nav
holds-out = { $share } no programmas { $program } biedriem, nejauši izvēlēti
sentence-none-earn = vēl ne par ko
sentence-none-earn-most = robežu nav
sentence-none-pending = uzreiz
sentence-none-expiry = nekad
sentence-none-redeem = neko
sentence-none-levels = nav
sentence-none-returns = nopelnītos punktus atņem, cik to ir
sentence-none-coupon-uses = cik reižu vēlas
earns-money = { $n ->
    [zero] { $n } punktu par katriem samaksātiem { $per }
    [one] { $n } punkts par katriem samaksātiem { $per }
   *[other] { $n } punkti par katriem samaksātiem { $per }
}
earns-unit = { $n ->
    [zero] { $n } punktu par katru vienību
    [one] { $n } punkts par katru vienību
   *[other] { $n } punkti par katru vienību
}
earns-bonus = par { $rate } vairāk punktu
earns-fixed = { $n ->
    [zero] { $n } punktu par pirkumu
    [one] { $n } punkts par pirkumu
   *[other] { $n } punkti par pirkumu
}
earns-on = par { $what }
earns-if = ja: { $what }
earns-at-most = ne vairāk kā { $what }
points-at-most = { $n ->
    [zero] ne vairāk kā { $n } punktu
    [one] ne vairāk kā { $n } punkts
   *[other] ne vairāk kā { $n } punkti
}
points-per-purchase = { $n ->
    [zero] ne vairāk kā { $n } punktu par pirkumu
    [one] ne vairāk kā { $n } punkts par pirkumu
   *[other] ne vairāk kā { $n } punkti par pirkumu
}
points-of-account = katram kontam
points-of-holder = katram biedram
points-rounded-authorization = noapaļo visu pirkumu
points-rounded-line = noapaļo katru rindu
points-rounded-to = līdz skaitam, kas dalās ar { $n }
bonuses-all = visas piemaksas saskaita
bonuses-best = der tikai lielākā piemaksa
gives-money = punktus par samaksāto
gives-unit = punktus par katru vienību
gives-bonus = vairāk punktu, procentos
gives-fixed = punktus vienreiz par pirkumu
pending-days = { $n ->
    [zero] pēc { $n } dienām
    [one] pēc { $n } dienas
   *[other] pēc { $n } dienām
}
pending-on = tuvākajā no { $dates }
expiry-months = { $n ->
    [zero] pēc { $n } mēnešiem
    [one] pēc { $n } mēneša
   *[other] pēc { $n } mēnešiem
}
expiry-days = { $n ->
    [zero] pēc { $n } dienām
    [one] pēc { $n } dienas
   *[other] pēc { $n } dienām
}
kept-until-month = līdz ar tā mēneša beigām
kept-until-quarter = līdz ar tā ceturkšņa beigām
kept-until-half-year = līdz ar tā pusgada beigām
kept-until-year = līdz ar tā gada beigām
kept-until-day = kādā gada dienā
kept-until-the-day = tuvākajā { $day }
expiry-slides = jauns pirkums visiem punktiem dod jauno termiņu
redeem-worth = { $n ->
    [zero] { $n } punktu ir { $amount } vērti
    [one] { $n } punkts ir { $amount } vērts
   *[other] { $n } punkti ir { $amount } vērti
}
redeem-share = ne vairāk kā { $rate } no pirkuma
redeem-min = { $n ->
    [zero] vismaz { $n } punktu
    [one] vismaz { $n } punkts
   *[other] vismaz { $n } punkti
}
redeem-step = pa { $n }
level-measure-points = pēc nopelnītajiem punktiem
level-measure-spend = pēc iztērētās naudas
level-from = no { $amount }
level-begins-at-once = sākas uzreiz
level-begins-next-period = sākas ar nākamo laikposmu
level-ends-recompute = krītas līdz līmenim, kas sasniegts kopš tā sākuma
level-ends-one-step = krītas par vienu līmeni
level-grace = { $n ->
    [zero] paliek vēl { $n } dienu
    [one] paliek vēl { $n } dienu
   *[other] paliek vēl { $n } dienas
}
taken-back-within-balance = nopelnītos punktus atņem, cik to ir
taken-back-only-pending = atņem tikai punktus, kas vēl nav spēkā
taken-back-unlimited = atņem visus nopelnītos punktus, un trūkstošie ir parāds
returns-expired = { $n ->
    [zero] punkti, ar ko maksāts, atgriežas vēl { $n } dienu pēc to beigām
    [one] punkti, ar ko maksāts, atgriežas vēl { $n } dienu pēc to beigām
   *[other] punkti, ar ko maksāts, atgriežas vēl { $n } dienas pēc to beigām
}
coupon-uses = { $n ->
    [zero] izmantojams { $n } reižu
    [one] izmantojams { $n } reizi
   *[other] izmantojams { $n } reizes
}
use-comes-back-give-back = izmantošana atgriežas, ja nopirkto atdod
use-comes-back-keep = izmantošana neatgriežas
places-rule = { $n }. noteikums
places-level = { $n }. līmenis
place-earn-per = Par kādu samaksāto summu dod punktus
place-earn-bonuses = Vairākas piemaksas rindā
place-earn-rules-code = Noteikuma nosaukums
place-earn-rules-gives = Ko tas dod
place-earn-rules-number = Cik
place-earn-rules-products = Preces
place-earn-rules-except-products = Bet ne
place-earn-rules-uses-max = Reizes ne vairāk kā
place-earn-rules-uses-window = Laikā
place-earn-rules-uses-length = Šī laika dienas
place-earn-max-per-authorization = Punkti par pirkumu ne vairāk kā
place-earn-rounding-on = Ko noapaļo
place-earn-rounding-increment = Līdz skaitam, kas dalās ar
place-earn-rounding-mode = Kurp
place-earn-limits-max = Punkti ne vairāk kā
place-earn-limits-scope = Kam
place-earn-limits-window = Laikā
place-earn-limits-length = Šī laika dienas
place-pending-days = Dienas pēc pirkuma
place-pending-dates = Tuvākajā no šīm gada dienām
place-expiry-months = Mēneši pēc pirkuma
place-expiry-days = Vai dienas pēc tā
place-expiry-round-up = Un tad
place-expiry-round-up-day = Šī gada diena
place-expiry-slides = Jauns pirkums visiem punktiem dod jauno termiņu
place-redeem-points = Tik punktu
place-redeem-amount = Ir vērti
place-redeem-max-share = Cik no pirkuma var samaksāt ar punktiem
place-redeem-min = Punkti vismaz
place-redeem-step = Pa
place-redeem-products = Preces
place-redeem-except-products = Bet ne
place-redeem-limits-max = Punkti ne vairāk kā
place-redeem-limits-scope = Kam
place-redeem-limits-window = Laikā
place-redeem-limits-length = Šī laika dienas
place-tiers-measure = Ko skaita
place-tiers-window = Laikā
place-tiers-length = Šī laika dienas
place-tiers-upgrade = Kad līmenis sasniegts, tas
place-tiers-downgrade = Kad tas beidzies, tas
place-tiers-grace-days = Dienas, cik līmenis paliek pēc beigām
place-tiers-levels-code = Līmeņa nosaukums
place-tiers-levels-min = No
place-returns-earned = Kas nopelnīts
place-returns-expired-days = Dienas, cik ilgi punkti atgriežas pēc to beigām
place-uses = Cik reižu
place-on-refund = Ja kaut ko atdod
place-hold-out-program = Programma, no kuras biedriem ir kontroles grupa
place-hold-out-share = Cik procentu no tiem, ne vairāk kā 50
place-hint-earn-per = Summa, piemēram, 1; tukšs nozīmē vienu veselu naudas vienību.
place-hint-earn-rules-code = Piemēram, base; noteikuma nav, ja nekas nav ierakstīts.
place-hint-earn-rules-number = Punkti; procenti, ja dod vairāk punktu, piemēram, 20.
place-hint-earn-rules-products = Ceļi ar komatiem; tukšs nozīmē jebkuru.
place-hint-earn-rules-uses-max = Tukšs, ja reižu skaits nav ierobežots.
place-hint-earn-limits-max = Ierobežojuma nav, ja nekas nav ierakstīts.
place-hint-pending-days = Tukšs nozīmē uzreiz.
place-hint-pending-dates = Piemēram, 01-01, 07-01.
place-hint-expiry-round-up-day = Piemēram, 12-31.
place-hint-redeem-points = Tukšs, ja ar punktiem nemaksā.
place-hint-redeem-amount = Summa, piemēram, 0,01.
place-hint-redeem-max-share = Procenti; tukšs nozīmē visu.
place-hint-redeem-products = Ceļi ar komatiem; tukšs nozīmē jebkuru.
place-hint-redeem-limits-max = Ierobežojuma nav, ja nekas nav ierakstīts.
place-hint-tiers-levels-code = No zemākā uz augstāko; līmeņa nav, ja nekas nav ierakstīts.
place-hint-tiers-levels-min = Punkti vai summa, kā skaita.
place-hint-uses = Tukšs, ja reižu skaits nav ierobežots.

## Piemēri blakus labošanai

cases-title = Piemēri
cases-lead = Kā iznāk piemēri, te redzams rakstīšanas laikā un ar pogu “Izpildīt piemērus”. Ar to nekas netiek saglabāts.
cases-run = Izpildīt piemērus
cases-not-run = Ar ierakstīto piemērus nevar izpildīt:
cases-as-expected = kā gaidīts
cases-expect-means = Piemēri iznāk citādi, nekā tie sagaida. Ja tā ir domāts, ļaujiet tiem sagaidīt to, kas iznāk tagad; apstiprinātājs tos redz.
cases-expect = Sagaidīt to, kas iznāk tagad
cases-none = Piemēru nav.
cases-whose-own = šī melnraksta
cases-whose-grantor = tā paša devēja citu noteikumu
cases-whose-others = citu noteikumu: tikai brīdinājums
cases-pass = { $n ->
    [zero] { $n } piemēru iznāk, kā gaidīts.
    [one] { $n } piemērs iznāk, kā gaidīts.
   *[other] { $n } piemēri iznāk, kā gaidīts.
}
cases-hidden = { $n ->
    [zero] { $n } no tiem ir citu noteikumu, kas netiek rādīti.
    [one] { $n } no tiem ir citu noteikumu, kas netiek rādīti.
   *[other] { $n } no tiem ir citu noteikumu, kas netiek rādīti.
}
cases-fail = { $n ->
    [zero] { $n } piemēru iznāk citādi.
    [one] { $n } piemērs iznāk citādi.
   *[other] { $n } piemēri iznāk citādi.
}
column-case = Piemērs
column-case-whose = Kā
column-case-outcome = Gaidīts un iznācis
measure-discount = atlaides summas

effect-kind-percent = atlaide procentos
effect-kind-amount-off = atlaide summā
effect-kind-fixed-price = noteikta cena
effect-kind-price-cap = par brīvu, un pārdevējam maksā ne vairāk kā
effect-kind-spend-cap = par brīvu pēc iztērētā
base-remaining = no tā, kas atlicis maksāt
base-gross = no pilnas cenas
places-limit = { $n }. ierobežojums
places-payer = { $n }. maksātājs
place-name-lv = Nosaukums latviski
place-name-en = Nosaukums angliski
place-public-name-lv = Čekā, latviski
place-public-name-en = Čekā, angliski
place-covers-holder = Paša cilvēka rindas
place-covers-companions = Pavadoņu vienības
place-scope-products = Preces
place-scope-except-products = Bet ne
place-scope-providers-all = Visi pārdevēji
place-scope-providers-codes = Pārdevēji
place-scope-providers-tags = Pārdevēji ar birku
place-valid-from = No
place-valid-until = Līdz
place-time-zone = Laika josla
place-service-day-start = Kad sākas diena
place-effect-kind = Kas tiek dots
place-effect-number = Cik
place-effect-per = Par ko ir atlaide summā
place-effect-window = Cik ilgi skaita iztērēto
place-effect-length = Šī laika dienas vai minūtes
place-base = No kā
place-rounding-on = Ko noapaļo
place-rounding-per = Noapaļo
place-rounding-increment = Līdz veselam skaitam
place-rounding-mode = Kurp
place-max-discount-per-line = Lielākā atlaide rindai
place-max-discount-per-authorization = Lielākā atlaide pirkumam
place-min-price = Cena, zem kuras vienība nekrīt
place-pick-every = Vienības grupā
place-pick-skip = Cik grupas dārgāko neņem
place-pick-take = Cik no pārējām ņem
place-choose-order = Kuras vienības vispirms
place-choose-every-of = Par katrām tik nopirktām vienībām
place-choose-every-units = Tik vienības ņem
place-choose-every-products = Nopirktas no šīm precēm
place-choose-every-except-products = Bet ne no šīm
place-only-untouched = Tikai rindas, no kurām iepriekš nekas nav atņemts
place-at-least-amount = Vēl jāmaksā vismaz tik
place-at-least-lines = Kurās rindās
place-limits-max = Ne vairāk kā
place-limits-measure = Kā
place-limits-scope = Kam
place-limits-window = Laikā
place-limits-length = Šī laika dienas vai minūtes
place-limits-carry-over-until = Atlikums izmantojams līdz
place-limits-on-exhausted = Kad nekas nav atlicis
place-funding-payer = Maksātājs
place-funding-rate = Procenti
place-offline-allow-max-discount = Atlaide ne vairāk kā
place-offline-allow-max-uses = Reizes ne vairāk kā
place-costs-program = Programma
place-costs-points = Punkti
place-costs-per = Par ko
place-costs-automatic = Arī nelūgtu
place-slot = Vieta secībā
place-priority = Prioritāte
place-hint-scope-products = Ceļi ar komatiem; tukšs nozīmē jebkuru.
place-hint-scope-providers-codes = Ar komatiem.
place-hint-valid-from = Diena, piemēram, 2027-01-01; tukšs, ja nav.
place-hint-valid-until = Diena, piemēram, 2027-01-01; tukšs, ja nav.
place-hint-time-zone = Piemēram, Europe/Riga; tukšs nozīmē to.
place-hint-service-day-start = Laiks, piemēram, 04:30; tukšs nozīmē pusnakti.
place-hint-effect-number = Procenti vai summa, piemēram, 50 vai 3,57.
place-hint-effect-window = Tam, kas ir par brīvu pēc iztērētā.
place-hint-effect-length = Ja “dienu laikā” vai “kopš pirmās reizes”.
place-hint-rounding-increment = Summa, piemēram, 0,05.
place-hint-limits-max = Reizes, vienības vai summa. Ierobežojuma nav, ja tajā nekas nav ierakstīts.
place-hint-limits-length = Ja “dienu laikā” vai “kopš pirmās reizes”.
place-hint-limits-carry-over-until = Gada diena, piemēram, 10-31, mēneša ierobežojumam.
place-hint-funding-payer = Maksātāja nav, ja nekas nav ierakstīts; ja nav neviena, visu sedz piešķīrējs.
place-hint-slot = Tukšs nozīmē savu.
place-hint-priority = No 0; mazāko skaitli skata vispirms.

## Prioritātes

priorities-lead = Pie pārdevēja satiekas vairāku piešķīrēju atvieglojumi. Izvēlieties, kur apskatīt to secību.
priorities-none = Pārdevēju nav.
priorities-at = Prioritātes: { $provider }
priorities-order = Lēmuma secībā: mazāko skaitli aplūko pirmo. Pārvietošana izveido nākamās versijas melnrakstu; citi paliek, kā ir.
priorities-alone = Atsevišķs atvieglojums
priorities-unreachable = līdz tam netiek: pirms tā ir { $by }
priorities-up = Augšup: { $benefit }
priorities-down = Lejup: { $benefit }
priorities-no-place = gaidīta vieta no 1 līdz { $last }
priorities-place = Uz vietu
priorities-move = Pārvietot
policy-best = der labākais
policy-first = der pirmais
policy-all = der visi

prices-lead = Cik preces maksā un kad, kā to saka pārdevējs. Pie samazinātas cenas katrai kasei pasaka zemāko cenu trīsdesmit dienās pirms samazinājuma; cenas nemaina nevienu atlaidi.
prices-at = Cenas pie { $provider }
prices-none = Neviena cena vēl nav pateikta.
prices-new = Jauna cena
prices-tell = Pateikt
price-hint = Summa, piemēram, 1,99.
price-reduced = samazināta
price-is-reduced = To izziņo kā samazinājumu
price-no-lowest = iepriekš nav pateikta
column-product = Prece
column-price = Cena
column-reduced = Samazinājums
column-lowest-before = Zemākā iepriekš
done-price-told = Cena ir pateikta.

## Grupas un saraksti

groups-none = Grupu nav.
groups-new = Jauna grupa
groups-make = Izveidot grupu
groups-name = Nosaukt grupu
lists-lead = Sarakstu lasa, kā tas nāk; identifikatorus glabā tikai kā atslēgas jaucējvērtības. Vispirms izmēģiniet: izmēģinājums neko nemaina un atrod katru slikto rindu.
lists-import = Sūtīt sarakstu
lists-group-hint = Piederībai grupai: saraksta grupa.
lists-mode = Kas ir saraksts
list-mode-delta = jaunais un mainītais
list-mode-full = visa grupa; kā tajā nav, tam beidzas
lists-bad-rows = Rindas, ko nevar izlasīt
list-bad-refuse = atteikt visu sarakstu
list-bad-set-aside = izlaist līdz 1 %
lists-ends = Cik drīkst izbeigt
lists-ends-hint = Tikai ja viss saraksts izbeidz vairāk nekā desmito daļu.
lists-dry-run = Tikai izmēģināt: neko nemainīt
lists-file = Fails
lists-file-hint = CSV ar virsraksta rindu UTF-8 piederībai un līdzekļiem; pārējiem JSON pa vienam rindā.
lists-so-far = Līdzšinējie saraksti
lists-none = Neviens saraksts vēl nav sūtīts.
lists-progress = { $state }: { $n ->
    [zero] nolasīts { $n } rindu
    [one] nolasīta { $n } rinda
   *[other] nolasītas { $n } rindas
}
lists-report = Rindas, ko nevar ielādēt
lists-cancel = Atcelt: it kā nebūtu sākts

## Termināļi

terminals-none = Termināļu nav.
terminals-connect = Pievienot kasi
terminals-connect-lead = Izveidojiet termināli, dodiet tam atslēgu un ielīmējiet čaulā rindu, ko parāda kopā ar atslēgu. Tas aizņem desmit minūtes.
terminals-make = Izveidot termināli
terminals-channels-hint = Ar komatiem, piemēram, desk, app.
terminals-schemes-hint = Ko tas nolasa, piemēram, etalons, eid; tukšs, ja neko.
terminals-training = Mācībām: nekas no pārdotā nav īsts
terminals-no-key = Tam vēl nav atslēgas.
terminals-key-lead = Jaunā atslēga der uzreiz. Pārējās der vēl dienu, lai kasi varētu pārslēgt bez pārtraukuma.
terminals-new-key = Dot jaunu atslēgu
terminals-end-key = Izbeigt šo atslēgu
terminals-key-title = Jauna atslēga
terminals-key = Atslēga
terminals-key-once = To parāda vienu reizi. Glabājiet, kur kase to atrod.
terminals-key-was-shown = Šī atslēga jau tika parādīta. Dodiet terminālim citu.
terminals-curl = Ielīmējiet čaulā
terminals-curl-means = Atbildē ir cena. 401 nozīmē, ka atslēga neder: uzgaidiet, līdz tā darbojas, vai paskatieties, vai tā nav izbeigta.
calls-title = Tā izsaukumi
calls-waiting = Gaida šī termināļa pirmo izsaukumu.
calls-came = Izsaukums pienāca un saņēma atbildi: { $at }. Kase ir pievienota.
calls-refused = Izsaukums pienāca un tika atteikts: { $because }. Izlabojiet un mēģiniet vēlreiz.
calls-look = Paskatīties, vai izsaukums pienācis
calls-never = nekad
calls-silent = klusē vairāk nekā dienu
calls-refusals = Kas tam pēdējoreiz atteikts
calls-no-refusal = Nekas nav atteikts.
calls-missing = Bez savienojuma pārdotā numuri, kas nav pienākuši. Kas vēl ir kasē, jāaugšupielādē:
call-refused-unreadable-body = saturs beidzās par agru
call-refused-unauthorized = atslēga ir izbeigta
call-refused-not-allowed = kanāls vai shēma, kas nav šī termināļa
call-refused-out-of-scope = atslēga nav šim izsaukumam
call-refused-no-such-path = tāda izsaukuma nav
call-refused-no-such-record = šim pārdevējam tāda pārdevuma nav
call-refused-wrong-method = adrese pieņem citu metodi
call-refused-body-too-slow = saturs nāca par lēnu
call-refused-request-id-reused = pieprasījuma numurs jau izmantots citam
call-refused-not-in-state = pārdevuma stāvoklis to neļauj
call-refused-not-reversible = atsaucamais pats ir atsaukums
call-refused-rules-replaced = tā laika noteikumi vairs netiek glabāti
call-refused-body-too-large = saturs ir par lielu
call-refused-not-json = saturs nav apzīmēts kā JSON
call-refused-invalid-request = lauka trūkst, tas nav zināms vai nav, kā gaidīts
call-refused-day-not-begun = diena vēl nav sākusies
call-refused-not-offline = punktus nevar izmantot bez savienojuma
call-refused-too-many-unknown = par daudz nezināmu karšu vai kuponu minūtē
call-refused-overloaded = par daudz pienāca reizē
call-refused-ledger-unavailable = virsgrāmata neatbildēja
call-refused-outcome-unknown = nav zināms, vai tas reģistrēts
call-refused-stale-data = dzinējam bija vecāki dati, nekā prasīts
call-refused-not-ready = noteikumu vēl nebija
call-refused-store-unavailable = krātuve neatbildēja
column-last-call = Pēdējais izsaukums
column-taken = Pēdējā atbilde
column-last-number = Pēdējais numurs bez savienojuma
column-gaps = Robi
column-call = Izsaukums
scope-sell = pārdod
scope-explain = paskaidro
scope-enrol = uzņem biedrus
scope-train = mācās

## Pārdotais, un kāpēc ne

sales-lead = Pārdotais, jaunākais vispirms. Piešķīrējs redz, ko deva viņa atvieglojumi, un ne to, kam. Abas meklētās dienas ieskaitot.
sales-none = Šajā laikā nekas nav pārdots.
why-title = Kāpēc tā iznāca?
why-benefits = Atvieglojumi lēmuma secībā
why-conditions = Nosacījumi
why-nothing = Neviens jūsu atvieglojums netika aplūkots.
why-change = Kas to mainītu: { $change }
why-benefit = { $benefit }, { $version }. versija
room-why = Kāpēc ne?
why-not-lead = Ko kase tagad atbildētu uz to, ko cilvēks uzrāda, un kāpēc. Jautājums ir auditā, pirms kaut kas tiek pateikts. Atbildes lapu var izdrukāt kā atbildi uz sūdzību.
why-not-do = Jautāt
why-not-again = Jautāt vēlreiz
why-not-value-hint = Kā rakstīts uz kartes vai dokumenta. Tas netiek glabāts.
why-not-product-hint = Kā preču kokā.
why-not-price-hint = Summa, piemēram, 3,57.
why-not-scheme = Līdzekļa veids
why-not-value = Kas uzrādīts
why-not-provider = Pārdevējs
why-not-product = Prece
why-not-quantity = Vienības
why-not-price = Vienas cena
why-not-channel = Kanāls
why-not-at = Pārdošanas laiks, ja ne tagad
why-not-code = Kāpēc
why-code-at-desk = pie letes
why-code-by-phone = pa tālruni
why-code-complaint = sūdzība
why-code-correction = labojums
why-code-court = tiesai
means-verdict-resolved = zināms
means-verdict-unknown = pēc tā neviens nav zināms
means-verdict-blocked = bloķēts
means-verdict-expired = beidzies
means-verdict-mismatch = cita cilvēka
again-title = Izlemts vēlreiz
again-same = Pēc toreizējiem noteikumiem ({ $revision }. redakcija) un toreiz nolasītā iznāk tas pats.
again-other = Pēc toreizējiem noteikumiem ({ $revision }. redakcija) un toreiz nolasītā iznāk citādi.
again-trace = Lēmuma pēdas
column-recorded = Ierakstīts
column-now = Tagad
cost-title = Cik tas izmaksāja pa mēnešiem un maksātājiem
cost-none = Pēdējos divpadsmit mēnešos ar to nekas nav dots.
budget-title = Budžets
budget-used = Izlietoti { $used } no { $amount }.
column-budget = Budžets
column-budget-used = Izlietots
column-budget-recent = Pēdējā laikā
column-budget-forecast = Prognoze
column-runs-out = Beigsies
start-did = Ko jūs darījāt pēdējo
start-did-nothing = Pagaidām neko.
audit-people = Ieskati cilvēkos
audit-people-lead = Kas, kad un kāpēc skatījās cilvēkus, un kas tika parādīts. Cilvēku apzīmē atslēga, ko veido tikai šī sistēma.
audit-people-none = Neviens nav skatīts.
column-shown = Parādīts
thing-benefit = atvieglojums
thing-program = programma
thing-campaign = kampaņa
thing-group = grupa
thing-job = darbs
thing-terminal = termināls
thing-provider = pakalpojuma sniedzējs
thing-party = iestāde
thing-user = lietotājs
thing-grant = loma
thing-invitation = uzaicinājums
thing-session = sesija
thing-token = pilnvara programmai
thing-person = cilvēks
thing-member = dalībnieks
thing-means = līdzeklis
thing-operation = darbība
thing-sale = pirkums
thing-slot = atvieglojumu vieta
thing-calendar = kalendārs
thing-day = diena
thing-reconciliation = salīdzināšana
thing-finding = atradums
thing-profile = failu raksts
thing-prices = cenas
thing-service = e-pakalpojums
thing-form = papīra veidlapa
thing-consultation = konsultācija
thing-institution = institūcija
thing-adjustment = punktu labojums
thing-erasure = dzēšana
thing-consent = piekrišana
thing-month = mēnesis
thing-audit = audits
thing-request = pieprasījums
thing-key = atslēga
thing-schedule = grafiks
thing-draft = melnraksts
thing-authorization = pārdevums
thing-contract = līgums
thing-statement = pārskats
did-user-registered = reģistrējās
did-means-blocked = bloķēja līdzekli
did-means-unblocked = atbloķēja līdzekli
did-consultation-assigned = nodeva konsultāciju
did-consultation-started = sāka konsultāciju
did-catalogue-imported = ieveda katalogu
did-catalogue-imported-despite-failing-cases = ieveda katalogu, lai gan gadījumi neizdodas
did-key-refused = nāca ar nederīgu atslēgu
did-out-of-scope = lietoja atslēgu tam, kam tā nav domāta
did-request-id-reused = lietoja pieprasījuma numuru citam pieprasījumam
did-guessing = mēģināja pārāk daudz nezināmu identifikatoru
did-signed-in = pieteicās
did-signed-out = izgāja no sistēmas
did-refused = tika atteikts
did-draft-made = sāka melnrakstu
did-draft-changed = mainīja melnrakstu
did-draft-removed = izmeta melnrakstu
did-draft-submitted = iesniedza melnrakstu
did-draft-withdrawn = paņēma melnrakstu atpakaļ
did-draft-approved = apstiprināja melnrakstu
did-draft-rejected = atdeva melnrakstu labot
did-draft-claimed = sāka publicēt melnrakstu
did-draft-published = publicēja melnrakstu
did-draft-scheduled = ieplānoja melnrakstu
did-draft-unscheduled = izņēma melnrakstu no plāna
did-benefit-published = publicēja atvieglojumu
did-benefit-suspended = apturēja atvieglojumu
did-benefits-suspended = apturēja atvieglojumus
did-benefit-resumed = atsāka atvieglojumu
did-benefit-ended = izbeidza atvieglojumu
did-program-suspended = apturēja punktu programmu
did-program-resumed = atsāka punktu programmu
did-program-ended = izbeidza punktu programmu
did-campaign-ended = izbeidza kampaņu
did-group-made = izveidoja grupu
did-group-set = nosauca grupu
did-entitlements-imported = ieveda sarakstu
did-holders-imported = ieveda cilvēkus
did-means-imported = ieveda līdzekļus
did-terminals-imported = ieveda termināļus
did-rules-imported = ieveda noteikumus
did-job-cancelled = atcēla darbu
did-member-written = mainīja dalību grupā
did-terminal-created = izveidoja termināli
did-terminal-changed = mainīja termināli
did-key-rotated = izveidoja atslēgu
did-keys-revoked = izbeidza atslēgas
did-day-closed = slēdza dienu
did-statement-drafted = sagatavoja pārskatu
did-statement-removed = izmeta pārskatu
did-finding-resolved = atrisināja neatbilstību
did-party-made = izveidoja iestādi
did-party-changed = mainīja iestādi
did-role-granted = piešķīra lomu
did-grant-confirmed = apstiprināja lomu
did-grant-removed = atņēma lomu
did-user-disabled = atslēdza lietotāju
did-user-enabled = ieslēdza lietotāju
did-user-joined = pievienojās
did-password-changed = mainīja paroli
did-audit-verified = pārbaudīja auditu
did-record-explained = skatījās, kāpēc pārdevums tā iznāca
did-person-found = atrada cilvēku
did-person-not-found = meklēja cilvēku un neatrada
did-person-read = skatīja cilvēku
did-person-points-read = skatīja cilvēka punktus
did-person-means-read = skatīja cilvēka līdzekļus
did-person-entitlements-read = skatīja cilvēka tiesības
did-person-usage-read = skatīja cilvēka izlietojumu
did-person-authorizations-read = skatīja cilvēka pirkumus
did-person-accesses-read = skatīja, kas skatījies
did-person-explained = skatījās, kāpēc cilvēks saņēma to, ko saņēma
did-nobody-explained = jautāja par kādu, kas nav zināms
did-person-advised = no salīdzinājuma izveidoja cilvēka vēlu pārdevumu
did-nobody-advised = mēģināja izveidot vēlu pārdevumu kādam, kas nav zināms
did-people-exported = izveda cilvēkus
did-list-exported = izveda sarakstu
did-export-ended = izvešana beidzās
did-adjustment-asked = lūdza labot punktus
did-adjustment-refused = noraidīja punktu labojumu
did-adjustment-removed = paņēma punktu labojumu atpakaļ
did-points-adjusted = laboja punktus
did-calendar-set = mainīja kalendāru
did-calendar-removed = izmeta kalendāru
did-slot-set = mainīja atvieglojumu vietu
did-slot-removed = izmeta atvieglojumu vietu
did-consent-withdrawn = atsauca piekrišanu
did-consultation-times-published = publicēja konsultāciju laikus
did-forms-printed = izdrukāja papīra veidlapas
did-form-entered = ievadīja papīra veidlapu
did-form-cancelled = anulēja papīra veidlapu
did-consultation-requested = lūdza konsultāciju
did-consultation-cancelled = atcēla konsultāciju
did-consultation-held = novadīja konsultāciju
did-consultation-missed = atzīmēja, ka uz konsultāciju neviens neieradās
did-institution-set = mainīja iestādi
did-contract-drafted = sagatavoja līgumu
did-contract-confirmed = apstiprināja līgumu
did-contract-removed = izmeta līgumu
did-coupons-made = izveidoja kuponus
did-coupons-taken = paņēma kuponu failu
did-draft-not-published = nevarēja publicēt melnrakstu
did-statement-issued = izrakstīja pārskatu
did-statement-disputed = apstrīdēja pārskata rindu
did-statement-dispute-ended = izbeidza strīdu
did-statement-dispute-withdrawn = atsauca iebildumu, kas bija par nesakritību
did-statement-agreed = piekrita pārskatam
did-statement-paid = atzīmēja, ka pārskats ir samaksāts
did-erasure-asked = lūdza dzēst cilvēku
did-person-erased = dzēsa cilvēku
did-invitation-refused = nevarēja pieņemt uzaicinājumu
did-invitation-removed = paņēma uzaicinājumu atpakaļ
did-password-link-made = izveidoja saiti jaunai parolei
did-password-reset = ar saiti iestatīja jaunu paroli
did-sign-in-refused = nevarēja pieteikties
did-token-made = izveidoja pilnvaru
did-token-removed = izmeta pilnvaru
did-means-added = pievienoja līdzekli
did-means-typed = ierakstīja līdzekli, kas vēl jāpierāda
did-means-proved = pierādīja līdzekli
did-means-removed = izmeta līdzekli
did-means-renamed = pārsauca līdzekli
did-means-replaced = aizstāja līdzekli
did-tap-code-given = saņēma kodu līdzekļa pieskāriena piesaistei
did-member-found = atrada dalībnieku
did-member-not-found = meklēja dalībnieku un neatrada
did-member-read = skatīja dalībnieku
did-member-operations-read = skatīja, kas noticis ar dalībnieka punktiem
did-member-joined = uzņēma dalībnieku
did-member-left = izbeidza dalību
did-month-published = publicēja mēneša rādītājus
did-prices-told = paziņoja cenas
did-invited = uzaicināja
did-reconciled = salīdzināja failu ar virsgrāmatu
did-profile-set = noteica, kā faili ir rakstīti
did-provider-changed = mainīja pārdevēju
did-provider-tags-changed = mainīja pārdevēja birkas
did-person-consents-read = skatīja cilvēka piekrišanas
did-person-relations-read = skatīja cilvēka saistības
did-relations-imported = ieveda saistības
did-service-made = izveidoja e-pakalpojumu
did-service-changed = mainīja e-pakalpojumu
did-service-published = publicēja e-pakalpojumu
did-service-withdrawn = atsauca e-pakalpojumu
answer-true = ✓ jā
answer-false = ✗ nē
answer-unknown = nav zināms

## Iestādes un cilvēki

parties-none = Iestāžu nav.
parties-new = Jauna iestāde
parties-make = Izveidot iestādi
parties-name-lv = Nosaukums latviski
parties-name-en = Nosaukums angliski
parties-commercial = Noteikumi nav publiski: komersants
capacity-operator = uzturētājs
capacity-grantor = piešķīrējs
capacity-provider = pārdevējs
capacity-centre = klientu apkalpošanas centrs
capacity-institution = institūcija
users-none = Vēl neviena nav.
users-waiting = Lomas, kas gaida otru cilvēku
users-confirm = Apstiprināt
users-invite = Uzaicināt
users-invite-lead = Viņi no jums saņem saiti, ar kuru pievienojas vienai iestādei ar vienu lomu. To var izmantot vienu reizi septiņu dienu laikā.
users-invite-do = Izveidot saiti
users-link-once = Saiti parāda vienu reizi. Iedodiet to cilvēkam pats: vēstules netiek sūtītas.
users-link-where = To pieņem { $address }.
user-do-disable = Slēgt
user-do-enable = Atvērt
engines-none = Neviens dzinējs vēl nav par sevi stāstījis.

## Žurnāls

actor-machine = iekārtas pārzinis
actor-program = AVIS pati
actor-user = lietotājs
actor-resident = iedzīvotājs
actor-token = programma ar pilnvaru
actor-terminal = termināls
actor-unknown = kāds nezināms
audit-any-action = Jebkura darbība
audit-actor-hint = Lietotāja numurs vai termināla kods. Vārds sarakstā ved uz to, ko viņš darīja.
audit-none = Tāda ieraksta nav.
audit-entry = { $seq }. ieraksts
audit-verify = Pārbaudīt ķēdi
audit-verify-lead = Iziet cauri katram ierakstam. Ar vietu, ko glabājat citur, redz arī, vai beigas nav nogrieztas.
audit-anchor-seq = Saglabātās vietas numurs
audit-anchor-link = Tās posms (64 cipari)
audit-holds = Žurnāls ir vesels: nekas nav mainīts.
audit-broken = Žurnāls ir mainīts: { $at }
audit-head = Jaunākā vieta. Glabājiet to citur nākamajai reizei.

## Norēķini

days-lead = Slēgta diena nekad nemainās: kas nāk vēlu, tas pieskaitās vēlākai dienai un tā arī rakstīts.
days-closed = Slēgtās dienas
days-none = Neviena diena vēl nav slēgta.
days-nothing = Nekā nav.
days-look = Apskatīt šo dienu
days-close = Slēgt šo dienu un visas pirms tās
days-close-means = Dariet to, kad visi dienas pārdevumi ir saņemti.
day-part-ours = Kas ir virsgrāmatā
day-part-late = Pienāca pēc slēgšanas
day-part-difference = Starpība
movement-sale = pārdots
movement-capture = aizturēts, tad pārdots
movement-advice = pārdots bez savienojuma
movement-void = atcelts
movement-refund = atmaksāts
movement-reversal = atsaukts
statements-none = Pārskatu nav.
statements-new = Jauns pārskats
statements-make = Sagatavot
statements-until = Līdz (šī diena nav ietverta)
room-contracts = Līgumi
contracts-lead = Ko piešķīrējs atlīdzina pārdevējam. Versija nekad nemainās; mainās nākamā versija. Bez līguma nekas nav jāmaksā.
contracts-none = Līgumu nav.
contracts-new = Līguma nākamā versija
contracts-new-lead = Tā ir spēkā, kad to apstiprina cits jūsu iestādes cilvēks.
contracts-make = Sagatavot
contract-title = Līgums
contract-until = Līdz (šī diena nav ietverta); tukšs, ja beigu nav
contract-rate = Cik procentu no atlaides atlīdzina
contract-rates = Citi procenti atsevišķiem atvieglojumiem
contract-rates-hint = Katrs savā rindā: atvieglojums un tā procenti, piemēram, lv-goda-gimene 90.
contract-percent = gaidīti procenti no 0 līdz 100, piemēram, 95 vai 97,5
contract-rounding = Noapaļo
contract-rounded-record = katru pārdevumu atsevišķi
contract-rounded-batch = pārskata rindas summu
contract-ceiling = Griestu summa
contract-ceiling-hint = Summa, piemēram, 5000,00.
contract-no-ceiling = griestu nav
contract-per-month = mēnesī
contract-per-year = gadā
contract-per-validity = kamēr tas ir spēkā
contract-confirm = Apstiprināt
contract-confirm-means = No tā brīža tas nekad nemainās, un pārskatus rēķina pēc tā.
contract-confirmed-at = Apstiprināts
contract-second-person = Jūs to sagatavojāt: to apstiprina cits jūsu iestādes cilvēks.
contract-remove = Dzēst sagatavoto
done-contract-made = Versija ir sagatavota. Tagad to apstiprina otrs cilvēks.
done-contract-confirmed = Līgums ir spēkā no savas pirmās dienas.
state-confirmed = apstiprināts
column-contract = Piešķīrējs – pārdevējs
column-contract-version = Līguma versija
column-rate = Atlīdzina
column-ceiling = Griesti
amount-hint = Summa, piemēram, 12,50; zem nulles ar mīnusu priekšā.
statement-number = Pārskats { $number }
statement-print = Drukāšanai
statement-workbook = Kā darbgrāmata (XLSX)
statement-remove = Dzēst sagatavoto
statement-open-from = { $day } vēl nav slēgta: pārskatu izdod par slēgtām dienām.
statement-disputes = Iebildumi
statement-history = Kas noticis
statement-step-issued = izdots
statement-step-disputed = iebilsts pret rindu
statement-step-dispute-ended = atbildēts uz iebildumu
statement-step-dispute-withdrawn = iebildums atsaukts
statement-step-agreed = piekrists
statement-step-paid = samaksāts
disputes-none = Pret nevienu rindu nav iebilsts.
dispute-do = Iebilst pret šo rindu
dispute-claimed = Cik rindā būtu jāatlīdzina
dispute-end = Atbildēt
dispute-amount = Summa, ko pieskaita nākamais pārskats
dispute-amount-hint = Tukšs, lai rinda paliek, kāda ir.
dispute-open = gaida atbildi
dispute-kept = rinda paliek
dispute-adjusted = nākamais pārskats pieskaita
done-statement-disputes = Pret rindu ir iebilsts. Otra iestāde atbild.
done-statement-disputes-end = Uz iebildumu ir atbildēts.
column-claimed = Prasīts
column-outcome = Atbilde
statement-title = Pārskats
statement-lines = Rindas
statement-sealed = Aizzīmogotais fails (CSV)
statement-issue = Izdot: tiek aizzīmogots
statement-agree = Piekrist
statement-pay = Samaksāts
statement-paid-on = Samaksāts
statement-refused = To nevar izdot: { $why }
statement-reference = Ar norādi
line-part-accrued = uzkrāts
line-part-correction = labojums
line-part-ceiling = virs griestiem
line-part-adjustment = korekcija
reconciling-lead = Jūsu pārdevumu fails tiek salīdzināts ar virsgrāmatu: atrod, kas trūkst, ir divreiz vai ar citu summu.
reconciling-so-far = Līdz šim salīdzināts
reconciling-none = Vēl nekas nav salīdzināts.
reconciling-new = Salīdzināt failu
reconciling-do = Salīdzināt ar virsgrāmatu
reconciling-progress = { $state }: { $n ->
    [zero] salīdzinātas
    [one] salīdzināta
   *[other] salīdzinātas
} { $n } no { $of } { $of ->
    [zero] rindām
    [one] rindas
   *[other] rindām
}
reconciling-findings = Kas nesakrīt
reconciling-superseded = Skaitās vēlāks to pašu dienu salīdzinājums.
reconciling-more = Vēl nesakrīt { $more }: izvēlieties īsāku laiku vai citu profilu.
reconciling-more-sales = un vēl { $more }
reconciling-all-match = Viss sakrīt.
reconciling-resolve = Atrisināt
reconciled-theirs = Failā: cena, atlaide
reconciled-ours = Virsgrāmatā: cena, atlaide
finding-matched = sakrīt
finding-amount-differs = cita summa
finding-wrong-price = cita cena
finding-wrong-day = cita diena
finding-clock = pulkstenis iet nepareizi
finding-late = pienāca vēlu
finding-duplicate = ir divreiz
finding-cancelled = atcelts
finding-missing-here = virsgrāmatā nav
finding-missing-there = failā nav
finding-resolved = atrisināts
reconciling-profile-first = Vispirms pasakiet, kā jūsu faili ir uzrakstīti.
reconciling-reopen = Atvērt no jauna
finding-do-reopen = atvērt no jauna
finding-did-advice = ierakstīts kā vēlīns pārdevums
finding-did-dispute = iebilsts
finding-sale = Tas ir pārdevums { $id }.
finding-to-sale = Uz pārdevumu
sale-title = Pārdevums
finding-to-statement = Uz pārskatu
finding-dispute-waits = Tas gaida, līdz izdos šo dienu pārskatu, un tad tur būs iebilsts.
finding-advise = Ierakstīt kā vēlīnu pārdevumu
finding-advise-do = Ierakstīt pārdevumu
finding-dispute = Iebilst piešķīrējam
finding-dispute-do = Iebilst
dispute-more = Par cik vairāk būtu jāatlīdzina
dispute-contract = Līguma versija
dispute-more-hint = Summa, piemēram, 1,50 vai -1,50; tukšs, ja tik, cik līgums dod no starpības.
dispute-one-of = Tikai ja tas ir vairākās rindās.
disputes-lead = Atveriet rindu pēc numura, lai redzētu, no kā tā saskaitīta, un iebilstu pret to.
line-movements = No kā tā saskaitīta
line-disputed = Pret to ir iebilsts: { $claimed } – { $reason } ({ $outcome })
statement-line = { $n }. rinda
advice-at = Pārdošanas laiks
advice-terminal = Terminālis
advice-channel = Kanāls
advice-scheme = Līdzekļa veids
advice-scheme-hint = Piemēram, etalons; tukšs, ja nekas netika uzrādīts.
advice-value = Kas tika uzrādīts
advice-product = Prece
advice-quantity = Vienības
advice-price = Visu cena kopā
advice-benefit = Atvieglojums, ko kase piešķīra
advice-version = Tā versija
advice-amount = Atlaide, ko tas deva
advice-does-not-divide = gaidītas vienības, ar kurām cena dalās
done-advised = Pārdevums ir virsgrāmatā.
done-dispute-waits = Tiks iebilsts, tiklīdz pārskats būs izdots.
finding-did-accept = pieņemts: paliek mūsu
finding-did-ignore = nav ņemts vērā
finding-did-reopen = atvērts no jauna
profile-title = Kā jūsu faili ir uzrakstīti
profile-lead = Pateikts vienu reizi un izmantots katram failam, līdz to maina.
profile-save = Saglabāt
profile-column-occurred-at = Laika kolonna
profile-column-external-id = Jūsu paša numura kolonna
profile-column-terminal = Termināļa kolonna
profile-column-request-id = Pieprasījuma identifikatora kolonna
profile-column-authorization-id = AVIS dotā numura kolonna
profile-column-kind = Kolonna, kas saka, pārdots vai atgriezts
profile-column-gross = Cenas kolonna
profile-column-discount = Atlaides kolonna
profile-column-payable = Samaksātā kolonna
profile-time-hint = Viena, vai dienas un stundas kolonna ar komatu starp tām.
profile-dates = Kā rakstīti laiki
profile-dates-hint = Piemēram, DD.MM.YYYY HH:mm:ss; vairāki ar komatiem.
profile-delimiter = Starp šūnām
profile-decimal = Pirms centiem
profile-cut-auto = atrod pats
profile-cut-semicolon = semikols
profile-cut-comma = komats
profile-cut-tab = tabulators
profile-cut-bar = svītra
profile-cut-point = punkts
profile-encoding = Burti
profile-encoded-auto = atrod pats
profile-encoded-utf-8 = UTF-8
profile-encoded-utf-16 = UTF-16
profile-encoded-windows-1257 = Windows-1257 (Baltijas)
profile-skip = Rindas pirms virsraksta
profile-sign = Atgriezto pazīst pēc
profile-signed-signed = summas zem nulles
profile-signed-by-kind = kolonnas, kas to saka
profile-kinds = Ko kolonna saka
profile-kinds-hint = Katrs savā rindā, piemēram, Atgriezts = return; sale, return vai ignore.
profile-terminals = Jūsu termināļu nosaukumi
profile-terminals-hint = Katrs savā rindā, piemēram, Kase 1 = atd-desk.
profile-pair = gaidītas rindas ar vienādības zīmi
finding-do-accept = pieņemt
finding-do-ignore = neņemt vērā
benefits-stop = Apturēt vairākus atvieglojumus
benefits-stop-do = Apturēt atzīmētos

## Rādītāji

figures-lead = Ko atvieglojumi deva izvēlētajās dienās: reizes, dažādi cilvēki, atlaide un kas par to maksāja. Viss pēc darījumu dienām.
figures-lead-of-all = Kas par visām iestādēm ir publicēts: par veseliem mēnešiem, kuros katra diena ir slēgta, un nekad par mazāk nekā pieciem cilvēkiem. Mēnešus izvēloties, tie tiek publicēti.
figures-not-closed = Ne visas šo mēnešu dienas jau ir slēgtas. Izvēlieties agrākus.
figures-granted = Ko deva atvieglojumi
figures-by-month = Atlaide pa mēnešiem
figures-by-benefit = Atlaide pa atvieglojumiem
figures-by-grantor = Atlaide pa piešķīrējiem
figures-payers = Kas maksāja
figures-more = Šeit ir tikai pirmie 200, arī pie maksātājiem. Visi ir failā.
figures-csv = Kā fails (CSV)
figures-csv-payers = Kas maksāja, kā fails (CSV)
cause-unfunded = virs ierobežojuma, ko neviens nefinansē
cause-over-granted = kase piešķīra vairāk, nekā pienācās
column-month = Mēnesis
column-people = Cilvēki
column-payer = Maksātājs
column-cause = Tāpēc, ka
column-bears = Sedz
room-figures = Rādītāji
period-from = No
period-to = Līdz (šo dienu ieskaitot)
period-show = Rādīt
period-day = gaidīta diena, piemēram, 2027-01-01
period-order = gaidīta diena, kas nav pirms pirmās
unused-title = Tiesības, ko neviens neizmantoja
unused-lead = Kam pēdējā dienā pienācās jūsu atvieglojums un kas to neizmantoja. Viņi ir saskaitīti, un neviens nav nosaukts.
unused-no-benefit = Nevienam jūsu atvieglojumam nav šāda koda.
unused-not-countable = Tā noteikums nenosauc nevienu grupu, tāpēc nevar zināt, kam tas pienākas.
unused-no-limit = ierobežojuma nav
unused-entitled = Pienācās
unused-unused-holders = No viņiem neizmantoja
unused-unused-units = Vienības, ko viņiem visiem atstāja ierobežojumi
open-data-take = Paņemt kā atvērtos datus (CSV)

## Kas pārdots

turnover-title = Kas pārdots
turnover-lead = Pēc darījumu dienām, atņemot atgriezto.
turnover-many = Pārskatu ir par daudz, lai tos šeit saskaitītu. Katrā ir norādīta tā summa.
turnover-by-month = Pārdotā cena pa mēnešiem
turnover-csv = Kas pārdots, kā fails (CSV)
turnover-sum-owed = Pienākas pēc šo dienu pārskatiem, kas nav samaksāti
turnover-sum-paid = Samaksāts pēc šo dienu pārskatiem

## Budžeti

room-budgets = Budžeti
budgets-lead = Jūsu atvieglojumu ierobežojumi visu cilvēku atlaidei un jūsu līgumu griesti, kādi tie ir šodien. Prognoze turpina pēdējo dienu tempu.
budgets-none = Nevienam jūsu atvieglojumam nav ierobežojuma visu cilvēku atlaidei un nevienam līgumam nav griestu.
budget-limit = Atvieglojuma ierobežojums
budget-ceiling = Līguma griesti
budget-runs-out = Tas beigsies { $day }
budget-ran-out = Tas ir iztērēts kopš { $day }
budget-lasts = Tā pietiek līdz beigām.
budget-recent = No tā pēdējās dienās ({ $n ->
    [zero] { $n } dienu
    [one] { $n } diena
   *[other] { $n } dienas
})
budget-picture = Kas atlicis pa dienām un kā tas turpināsies
budget-course = Kā tas gāja mazumā
column-amount = Budžets
column-used = Izlietots
column-left = Atlicis
column-forecast = Prognoze beigām
column-morning = Rītā

## Rādītāji pret mērķiem

room-indicators = Mērķi
indicators-lead = Kas programmā panākts, salīdzinot ar mērķiem. Par vairākām iestādēm kopā netiek rādīts mazāk nekā pieci cilvēki.
indicators-published = Par visām iestādēm kopā mēnesis tiek skaitīts, kad tā skaitļi ir publicēti, proti, pēc tā beigām; tagad pārdotais te būs redzams tad.
indicators-since = Kopš (tukšs, ja viss)
indicators-shares = Cik no nākamā mērķa
indicator-transactions = Pārdevumi ar atvieglojumu
indicator-merchants = Tirgotāji
indicator-volume = Dotās atlaides
indicator-users = Dažādi cilvēki
indicator-consultations = Notikušās attālinātās konsultācijas
column-indicator = Rādītājs
column-value = Tagad
column-targets = Mērķi
column-next-target = Nākamais mērķis
column-share = No nākamā

## E-pakalpojumi

room-services = E-pakalpojumi
services-lead = Pārdevējs sagatavo e-pakalpojumu, uzturētājs to publicē, un cilvēki to redz pie savām tiesībām. Kas vēlāk mainīts, paliek kā bija, līdz to publicē no jauna.
services-none = E-pakalpojumu nav.
services-new = Jauns e-pakalpojums
service-save = Saglabāt melnrakstu
service-audience = Kam
service-audience-hint = Grupas ar komatiem; tukšs, ja visiem.
service-address-hint = Tā sākas ar https://.
service-login = Cilvēki tajā piesakās
service-everybody = visiem
service-change = Mainīt
service-change-means = Publicētais paliek, kāds ir, līdz uzturētājs publicē izmaiņas.
service-change-waits = gaida izmaiņas
service-publish = Publicēt šeit rakstīto
service-withdraw = Atsaukt uzreiz
service-openings = Cik reižu atvērts
service-never-opened = Vēl nav atvērts.
done-service-made = E-pakalpojums ir sagatavots. To publicē uzturētājs.
done-service-publish = Tas ir publicēts.
done-service-withdraw = Tas ir atsaukts.
state-withdrawn = atsaukts
column-address = Adrese
column-quarter = Ceturksnis
column-openings = Atvērts
column-different-people = Dažādi cilvēki

## Dzinēju žurnāli

journals = Dzinēju žurnāli
journals-lead = Kamēr klastera virsgrāmata nav sasniedzama, dzinējs pārdod tālāk, cik bez tās atļauts, un pēc tam nodod, ko pārdevis.
journal-at-ledger = pie virsgrāmatas
journal-stands-in = aizstāj kopš { $since }
column-in-journal = Gaida žurnālā
column-handed-in = Nodots
column-differing = Iznāca citādi
column-set-aside = Atlikts malā

## Punktu programmas

room-programmes = Programmas
programmes-lead = Jūsu punktu programmas un kuponu kampaņas. Ko tās saka, raksta un apstiprina tāpat kā atvieglojumu.
programmes-none = Programmu nav.
campaigns = Kampaņas
campaigns-none = Kampaņu nav.
programme-figures = Kas notika pa mēnešiem
programme-from = No mēneša
programme-until = Līdz mēnesim
programme-earned = Nopelnītie punkti pa mēnešiem
programme-liability = Kas vēl pienākas biedriem, pa mēnešiem, kuros tas beidzas
programme-no-end = bez beigām
programme-nothing-owed = Nekas nepienākas.
programme-by-provider = Kur punkti nopelnīti un iztērēti
programme-by-rule = Ko devis katrs nosacījums
programme-breakdown-lead = Kas palicis no pirkumiem, pēc mēneša, kurā tie notika. Ko samaksāja punkti, pienākas pārdevējam.
tenders-title = Ko samaksāja punkti
tenders-lead = Pēc pirkuma mēneša, atņemot atgriezto. To maksā tas, kam pieder programma, un pārskatos tā nav.
column-purchases = Pirkumi
column-paid-in-money = Samaksāts naudā
column-paid-in-points = Samaksāts ar punktiem
column-earning-rule = Nosacījums
column-programme = Programma
column-campaign = Kampaņa
column-uses-of-each = Katra kupona reizes
column-members = Biedri
column-member = Biedrs
column-owed-points = Punkti, kas pienākas biedriem
column-active = Biedri, kam kaut kas bija
column-earned = Nopelnīts
column-spent = Iztērēts
column-adjusted = Koriģēts
column-expired = Beidzies
column-ends-in = Beidzas
column-points = Punkti
column-worth = Vērtība
column-scheme = Shēma

## Biedri

member-find = Atrast biedru
member-join = Uzņemt biedru
member-leave = Izbeigt dalību
member-scheme-hint = Piemēram, loyalty vai bank-card.
member-value = Ko cilvēks uzrāda
member-consent = Kam cilvēks piekrita
member-consent-hint = Piemēram: 2027. gada 1. janvāra noteikumiem pie kases.
member-none = pēc tā nepazīst nevienu, kas ir vai bija biedrs
member-title = Biedrs
member-found-until = Jums rāda līdz
member-next = { $points } { $points ->
    [zero] punktu
    [one] punkts
   *[other] punkti
} līdz { $tier }
member-adjust = Dot punktus vai atņemt
member-adjust-means = Daudz punktu reizē gaida, līdz tos apstiprina otrs cilvēks.
member-adjust-do = Koriģēt
member-points-hint = Vesels skaitlis, piemēram, 200; zem nulles punktus atņem.
member-operations = Kas noticis ar kontu
member-lots = No kā veidojas atlikums
member-no-points = Punktu nav.
points-operation-sale = pārdevums
points-operation-adjustment = koriģēts
points-operation-expiry = beidzies
state-member = biedrs
state-left = aizgājis
state-sent = pie virsgrāmatas
column-balance-points = Punkti
column-pending-points = Vēl nav aktīvi
column-owes-points = Parādā
column-tier = Līmenis
column-next-tier = Nākamais līmenis
column-earned-at = Nopelnīti
column-active-from = Aktīvi no
adjustments-title = Punktu korekcijas
adjustments-lead = Punkti, kas doti vai atņemti. Kas pārsniedz robežu, gaida otru cilvēku.
adjustments-none = Korekciju nav.
adjustment-remove = Dzēst
done-member-joined = Cilvēks ir biedrs.
done-member-left = Dalība ir beigusies.
done-adjusted = Punkti ir virsgrāmatā.
done-adjustment-asked = Tas gaida otru cilvēku.

## Kuponi

uplift-title = Ko kampaņa deva
uplift-lead = Vidējie rādītāji kopš kampaņas sākuma. Kontroles grupa no tās neko nesaņēma. Ar 95 % ticamību starpība ir starp pēdējām divām rindām.
uplift-treated = Biedri, kas to var izmantot
uplift-held-out = Kontroles grupa
uplift-difference = Starpība
uplift-low = Vismaz
uplift-high = Ne vairāk kā
column-spend-mean = Iztērēts uz vienu biedru
column-purchases-mean = Pirkumi uz tūkstoti biedru
coupons-make = Izveidot kuponus
coupons-lead = Līdz miljonam reizē. To kodus neviens neglabā: paņemiet failu vienu reizi.
coupons-count = Cik
coupons-until = Derīgi līdz; tukšs, cik ilgi kampaņa
coupons-title = Kuponi
coupons-once = Šo atslēgu parāda vienu reizi. Ar to vienu reizi paņem failu ar kodiem.
coupons-key = Faila atslēga
coupons-take = Paņemt failu
coupons-take-means = Failu var paņemt vienu reizi ar atslēgu, kas tika parādīta.
coupons-progress = { $state }: { $n ->
    [zero] izveidots { $n } kuponu
    [one] izveidots { $n } kupons
   *[other] izveidoti { $n } kuponi
}

## Uzskaite

room-metering = Uzskaite
metering-few = mazāk par 5
metering-lead = Cik pārdevumu katra iestāde šajā laikā reģistrējusi un cik no tiem kaut ko deva tās atvieglojumi. Ja dienas nav izvēlētas, pagājušais mēnesis. Par citām iestādēm – viens mēnesis, kas ir beidzies.
metering-records = Reģistrēts
column-records = Reģistrētie pārdevumi
column-granted = Pārdevumi ar saviem atvieglojumiem
column-loyalty = Ar punktiem
column-bytes = Glabātie baiti

## Programmas vārdi

role-op = uzturētājs
role-ad = administrators
role-ed = redaktors
role-ap = apstiprinātājs
role-pr = pārdevēja darbinieks
role-cl = klientu apkalpotājs
role-sp = speciālists
role-au = revidents

state-draft = tiek rakstīts
state-submitted = gaida apstiprinājumu
state-approved = apstiprināts
state-scheduled = tiks publicēts
state-published = publicēts
state-rejected = sūtīts atpakaļ
state-asked = gaida otru cilvēku
state-waiting = gaida
state-running = notiek
state-done = pabeigts
state-failed = neizdevās
state-cancelled = atcelts

list-entitlements = Piederība grupai
list-holders = Cilvēki
list-relations = Kas pārstāv kuru
list-means = Kartes un citi līdzekļi
list-terminals = Termināļi
list-rules = Noteikumi

column-start-kind = Veids
column-start-what = Kas
column-state = Stāvoklis
column-name = Vārds
column-q = Daļa no vārda vai e-pasta
column-email = E-pasta adrese
column-parties = Iestādes
column-signed-in-at = Pieteicies
column-last-seen-at = Pēdējoreiz
column-ends-at = Beigsies
column-session = Sesija

## Kases simulators

try-title = Kases simulators
try-lead = Kase uz šī paša dzinēja. Izvēlieties, kurš ko pērk, un redziet, kas maksā par katru centu. Tās termināļi mācās: nekas šeit pārdotais nav īsts un neparādās nevienā pārskatā.
try-terminals = Terminālis
try-examples = Piemēri, ar ko sākt
try-reasons-each = Pa vienam katram iemeslam
try-sale = Pārdošana
try-channel = Kanāls
try-channel-desk = Kase
try-channel-conductor = Konduktors
try-channel-app = Lietotne
try-channel-validator = Validators
try-channel-till = Kases aparāts
try-channel-gate = Vārti
try-at = Pārdošanas laiks
try-means = Kas tiek uzrādīts
try-means-none = Nekas
try-line = { $n }. rinda
try-more = Vēl viena rinda
try-product = Prece
try-product-none = Nav preces
try-quantity = Vienības
try-price = Cita cena
try-for = Kam
try-for-holder = Pašam cilvēkam
try-for-companion = Pavadonim
try-coupon = Kupons
try-coupon-none = Nav
try-points = Punkti, ar ko maksāt
try-points-hint = Skaitlis vai “max”.
try-grant = Kase piešķir
try-grant-none = Neko
try-grant-of = { $benefit } (ne vairāk kā { $most } un lietošanas reizes dienā: { $uses })
try-granted = Cik
try-quote = Rādīt cenu
try-update = Rādīt sarakstu
try-sell = Pārdot
try-hold = Rezervēt
try-keep = Pārdot bez savienojuma
try-result = Kas no tā iznāk
try-pays = Maksā { $due } no { $gross }
try-person = Cilvēks
try-by-points = Punkti
try-who-pays = Kas maksā katru centu
try-bar = Kas maksā: { $parts }
try-why-left = Kāpēc kaut kas jāmaksā
try-lines = Rindas
try-mend = Cena būs šeit, kad tas būs izlabots.
try-refused = Dzinējs to noraida ({ $code }): { $detail }
try-offline-is-offline = Nav savienojuma: kase nevienam nejautā. Tā piešķir, ko atļauj tās pēdējā savienojuma saraksts, un augšupielādē pārdoto vēlāk.
try-offline-kept = Pārdots bez savienojuma. Pārdotais gaida kasē; neviens cits par to vēl nezina.
try-way-go-offline = Pārtraukt savienojumu
try-way-go-online = Atjaunot savienojumu
try-next = Nākamais pirkums
try-outcome-approved = Apstiprināts
try-outcome-partially-approved = Daļēji apstiprināts
try-outcome-declined = Noraidīts
try-outcome-reversed = Atsaukts, pirms pienāca
try-state-held = Rezervēts
try-state-captured = Pārdots
try-state-partly-refunded = Daļēji atgriezts
try-state-refunded = Atgriezts
try-state-voided = Anulēts
try-state-expired = Beidzies
try-state-reversed = Atsaukts
try-do-capture = Paņemt
try-do-refund = Atgriezt
try-do-void = Anulēt
try-do-reverse = Atsaukt: atbilde nepienāca
try-do-upload = Atjaunot savienojumu un augšupielādēt
try-units = { $product }: vienības (no { $left })
try-history = Kas noticis
try-done-capture = Paņemts
try-done-refund = Atgriezts
try-done-void = Anulēts
try-done-expiry = Beidzies
try-result-reversed = Atsaukts
try-result-already-reversed = Jau agrāk atsaukts
try-undone = atcelts
try-points-of = Programmas { $program } punkti
try-points-before = Pirms
try-points-redeemed = Samaksāts ar punktiem
try-points-earned = Nopelnīts
try-points-after = Pēc
try-points-reason-not-a-member = Nav dalībnieks.
try-points-reason-not-here = Programma šeit nav spēkā.
try-points-reason-not-for-this = Ar punktiem par šo nemaksā.
try-points-reason-not-enough-points = Nepietiek punktu.
try-points-reason-limit-reached = Sasniegts programmas ierobežojums.
try-points-reason-below-minimum = Mazāk punktu, nekā var izmantot vienā reizē.
try-points-reason-points-unavailable = Punkti tagad nav sasniedzami.
try-coupon-is = Kupons: { $state }
try-coupon-state-taken = pieņemts
try-coupon-state-not-needed = nav vajadzīgs
try-coupon-state-used = jau izmantots
try-coupon-state-not-now = ne tagad
try-coupon-state-unknown = nezināms
try-over-granted = { $benefit }: piešķirts vairāk, nekā pienācās. Piešķīrējs sedz { $grantor }, pārdevējs { $provider }.
try-calls = Izsaukumi
try-calls-lead = Ko šī lapa tikko nosūtīja dzinējam un kas atnāca atpakaļ. Termināļa atslēgas vietā ir $KEY.
try-call-request = Pieprasījums
try-call-answer = Atbilde
try-call-curl = Komandrindai; KEY ir termināla atslēga
try-link = Saite uz tieši šo stāvokli
try-why = Kāpēc?
try-drafted = Blakus melnrakstam
try-drafted-lead = Tā pati pārdošana pēc spēkā esošajiem noteikumiem un kā tā būtu ar melnrakstu. Ierobežojumi ir tā, it kā nekas nebūtu izlietots.
try-drafted-choose = Melnraksts
try-drafted-do = Salīdzināt
try-drafted-none = Nav melnraksta, ko jūs drīkstat lasīt.
try-drafted-same = Melnraksts šajā pārdošanā neko nemaina.
try-wrong-long = Ne vairāk par { $most } rakstzīmēm.
try-wrong-lines = Ne vairāk par { $most } rindām.
try-wrong-id = Vajag identifikatoru, ko deva šī lapa; sāciet no jauna ar nākamo pirkumu.
try-wrong-channel = Šim terminālim nav tāda kanāla.
try-wrong-time = Vajag dienu un laiku, piemēram, 2026-11-18T08:12.
try-wrong-means = Tāda līdzekļa šeit nav; izvēlieties no saraksta.
try-wrong-scheme = Šis terminālis nepieņem “{ $scheme }”; izvēlieties no saraksta.
try-wrong-coupon = Tāda kupona šeit nav; izvēlieties no saraksta.
try-wrong-points = Vajag veselu punktu skaitu no 1 vai “max”.
try-wrong-programme = Šajā terminālī ar punktiem nemaksā.
try-wrong-product = Šis terminālis to nepārdod; izvēlieties no saraksta.
try-wrong-quantity = Vajag veselu skaitli no 1 līdz { $most }.
try-wrong-amount = Vajag summu, piemēram, 7,15; ne vairāk par { $most }.
try-wrong-grant = Vajag atlaidi no saraksta.
try-wrong-empty = Izvēlieties preci.
try-wrong-units = Norādiet vismaz vienu vienību, veselos skaitļos.
try-too-long = Adrese ir par garu: ne vairāk par { $most } baitiem.
try-absent = Šeit nav kases simulatora. Tas ir demonstrācijā; citur tā failu nosauc iestatījums `admin.simulator`.
try-no-terminal = Simulatoram nav tāda termināļa. Sāciet ar /try.
try-unreachable = Dzinējs neatbild. Mēģiniet pēc brīža vēlreiz.
try-unreadable = Dzinēja atbildi nevar nolasīt.
try-key-refused = Dzinējs nepazīst simulatora termināli: tā atslēgai jābūt simulatora failā un importētai ar termināļiem.
try-not-training = Simulatora terminālis nemācās, tāpēc pārdotais būtu īsts. Dodiet tam tvērumu `train`.
column-try-payer = Kas
column-try-amount = Summa
column-try-share = Daļa
column-try-product = Prece
column-try-price = Cena
column-try-discount = Atlaides
column-try-to-pay = Jāmaksā
column-try-left = Atlikušās vienības
column-try-what = Kas
column-try-now = Tagad
column-try-then = Ar melnrakstu
column-try-units = Vienības
room-try = Kases simulators
state-in-force = spēkā
state-suspended = apturēts
state-future = vēl priekšā
state-ended = beidzies
state-active = aktīvs
state-disabled = slēgts
state-closed = slēgta
state-in-sync = visu zina
state-behind = atpaliek
state-held = aizturēts
state-captured = pārdots
state-voided = atcelts
state-refunded = atmaksāts
state-partly-refunded = daļēji atmaksāts
state-expired = beidzies
column-at = Kad
column-actor = Kas
column-action = Darbība
column-object = Objekts
column-object-kind = Objekta veids
column-object-key = Objekta atslēga
column-reason = Iemesls
column-on-behalf = Kā vārdā
column-revision = Redakcija
column-request = Pieprasījums
column-link = Ķēdes posms
column-before = Iepriekš
column-after = Pēc tam
column-benefit = Atvieglojums
column-grantor = Piešķīrējs
column-gets = Saņem
column-priority = Prioritāte
column-version = Versija
column-code = Kods
column-subject = Veids
column-base = Balstās uz versiju
column-note = Piezīme
column-owner = Īpašnieks
column-list = Saraksts
column-group = Grupa
column-dry-run = Tikai izmēģināts
column-line = Rinda
column-field = Lauks
column-fault = Kļūda
column-provider = Pārdevējs
column-tags = Birkas
column-place = Vieta
column-called = Nosaukums
column-capacities = Kas tā ir
column-party = Iestāde
column-roles = Lomas
column-role = Loma
column-terminal = Terminālis
column-sales = Pārdevumi
column-channels = Kanāli
column-schemes = Shēmas
column-scopes = Ko drīkst
column-keys = Atslēgas
column-prefix = Sākas ar
column-until = Līdz
column-from = No
column-gross = Cena
column-discount = Atlaide
column-payable = Samaksāts
column-condition = Nosacījums
column-answer = Atbilde
column-source = No kurienes
column-read = Kas nolasīts
column-node = Dzinējs
column-program = Programma
column-age-ms = Atpaliek (ms)
column-unreadable = Nelasāmi

row-fault-scheme = tādas shēmas nav
row-fault-malformed = nevar izlasīt
row-fault-missing = trūkst
row-fault-invalid = nav, kā gaidīts
row-fault-repeated = ir divreiz
row-fault-unknown-person = pēc tā nevienu nepazīst
row-fault-not-yours = pieder citam
row-fault-unknown-field = tāda lauka nav
row-fault-too-long = ir par garu
row-fault-other-columns = ir citas kolonnas
row-fault-open-quote = pēdiņas nav aizvērtas
row-fault-not-issued = shēma, kuru jūs neizdodat
row-fault-unknown-provider = tāda pārdevēja nav

count-rows = Rindas
count-bad-rows = Sliktās rindas
count-added = Jaunas
count-changed = Mainītas
count-removed = Dzēstas
count-ended = Izbeigtas
count-unchanged = Kā bija
state-open = atvērta
state-disputed = apstrīdēts, gaida atbildi
state-issued = izdots
state-agreed = piekrists
state-paid = samaksāts
state-totals = summēta
state-in-balance = sakrīt
state-out-of-balance = nesakrīt
column-day = Diena
column-result = Bilance
column-count = Skaits
column-movement = Kas
column-period = Periods
column-total = Kopā
column-number = Numurs
column-opening = No iepriekš
column-balance = Jāmaksā
column-seal = Zīmogs
column-part = Daļa
column-uses = Reizes
column-units = Vienības
column-reimbursed = Atlīdzināts
column-bad-rows = Sliktās rindas
column-lines = Faila rindas
column-difference = Starpība

source-list = saraksts, no
source-register = reģistrs
source-shown = uzrādītais
source-request = kases sūtītais
source-time-of-sale = pārdošanas laiks
source-calendar = kalendārs
source-points = punkti

## Veidlapas uz papīra

room-forms = Veidlapas
forms-lead = Brigāde ņem līdzi numurētas veidlapas tur, kur nav tīkla. Par cilvēku uz tām nekas nav iespiests; pēc tam katru ievada vienu reizi, cilvēkam, ko darbinieks atrod.
forms-count = Cik
forms-count-hint = no 1 līdz 25
forms-print = Numurēt un drukāt
forms-all = Visas veidlapas
forms-print-again = Drukāt vēlreiz tās, kas gaida
forms-none = Veidlapu nav.
forms-none-wait = Neviena veidlapa negaida.
forms-papers = Drukājamās veidlapas
form-lead = Veidlapa pieder: { $party }. Aizpilda ar roku; kas to ievada, noskenē kodu vai ieraksta numuru.
form-code = QR kods, kas ved pie veidlapas { $number }
form-title = Veidlapa { $number }
form-entered-at = Ievadīta
form-asks = Lūdz
form-cancel = Anulēt veidlapu
done-form-cancelled = Veidlapa ir anulēta: neviens to neievadīs.
column-printed-at = Drukāta
column-filled-in-at = Aizpildīta
state-printed = gaida ievadīšanu
state-entering = tiek ievadīta
state-entered = ievadīta
form-blank-when = Diena un laiks
form-blank-means = Pēc kā cilvēku atpazīst (veids un numurs)
form-blank-block = Bloķēt šo karti
form-blank-add = Pievienot šo karti, kas tika redzēta
form-blank-consultation = Konsultācija (iestāde un temats)
form-blank-agreed = Cilvēks piekrīt, ka speciālists redz viņa tiesības (paraksts)
form-blank-clerk = Kas aizpildīja (paraksts)
finding-nobody = pēc tā nevienu nepazīst
entering-find = Kas to aizpildīja
entering-find-lead = Cilvēku atrod pēc tā, ko viņš uzrāda, un ar iemeslu. Kas, kad un kāpēc skatījās, ir auditā, pirms kaut kas tiek pateikts.
entering-find-do = Atrast
entering-for = Jūs rīkojaties atrastā cilvēka vārdā. Tas beidzas { $until }.
entering-born = Dzimšanas diena
entering-asks = Ko veidlapa lūdz
entering-another = Cits cilvēks, vai veidlapa ir sabojāta
entering-label = Kā cilvēks to sauc
entering-do = Ievadīt veidlapu
entering-means = Pēc kā cilvēku atpazīst
entering-no-means = Cilvēkam nav neviena līdzekļa.
entering-institutions = Iestādes, kas piedāvā speciālistus
entering-no-institution = Vēl neviena iestāde nepiedāvā speciālistus.
entering-agreed = Cilvēks uz papīra piekrita, ka speciālists redz viņa tiesības
entering-again = Cilvēks tika atrasts pārāk sen, vai to darīja kāds cits. Atrodiet cilvēku vēlreiz.
state-blocked = bloķēts
state-pending = gaida pierādījumu
state-replaced = aizstāts
state-removed = noņemts
form-lost = Pazudusi vai sabojāta
done-form-entered = Veidlapa ir ievadīta.
column-institution = Iestāde
column-topics = Temati
consultation-place-brigade = brigāde
consultation-place-centre = apkalpošanas centrs
consultation-place-library = bibliotēka
consultation-place-home = mājās

## Uz kā balstās visi noteikumi

room-ground = Vietas un kalendāri
ground-lead = Vietas nosaka, kādā secībā atvieglojumi satiekas un kā satiekas vienas vietas atvieglojumi; kalendāri nosauc dienas. Uz tiem balstās visi noteikumi: pie kā izmaiņa noved, tiek pateikts, pirms to veic.
ground-slots = Vietas
ground-calendars = Kalendāri
ground-no-slot = Vietu nav.
ground-no-calendar = Kalendāru nav.
ground-new-slot = Jauna vieta
ground-new-calendar = Jauns kalendārs
ground-name-hint = Mazie burti, cipari un defises, piemēram, fare.
ground-priority-hint = No 0; mazāko skaitli aplūko pirmo.
ground-most-hint = Procenti, piemēram, 50; tukšs, ja viss.
ground-dates-hint = Katrā rindā pa dienai, piemēram, 2027-01-01.
ground-try = Tikai izmēģināt: pateikt, pie kā tas noved, un neko nemainīt
ground-save = Saglabāt
ground-remove = Noņemt
ground-removal = Noņemšana
ground-would = Ar to noteikumi ir spēkā. Vēl nekas nav mainīts: nosūtiet bez izmēģināšanas.
ground-warned = Šie citu piemēri tagad izdodas un vairs neizdotos:
ground-counts-added = Jauni
ground-counts-changed = Mainīti
ground-counts-unchanged = Kā bija
done-ground-set = Saglabāts. Pēc mirkļa tas ir spēkā visās kasēs.
slot-policy-none = kā parasti
column-slot-policy = Kuri no vietas ir spēkā
column-slot-most = Kopā ne vairāk kā
column-calendar-days = Dienas

## Pārdevēja kartes

room-cards = Savas kartes
cards-lead = Šeit bloķē karti, ko jūs izdevāt un kas ir pazudusi. Atbilde ir tāda pati arī par karti, kuras nevienam nav.
cards-scheme-hint = Jūs izdodat: { $schemes }
cards-none = Jūs neizdodat nekādas kartes. Ko jūs izdodat, nosaka uzturētājs.
cards-block = Bloķēt karti
cards-lists = Jūsu izdoto karšu saraksti
done-card-blocked = Ja šāda karte kādam ir, tā tagad ir bloķēta.

waiting-ending = drīz beidzas
live-without = Izmaiņas vēl nav: { $nodes }

## Kļūdas: kļūdu atrod pēc angļu teksta

fault-is-malformed = nederīgs JSON: { $error }
fault-is-object = gaidīts objekts
fault-is-required = šis lauks ir vajadzīgs
fault-is-unknown-field = nezināms lauks, gaidīts { $words }
fault-is-list = gaidīts saraksts
fault-is-list-of = gaidīts saraksts ar ne vairāk kā { $most } ierakstiem
fault-is-entries = gaidīti ne vairāk kā { $most } ieraksti
fault-is-one-entry = gaidīts vismaz viens ieraksts
fault-is-object-of = gaidīts objekts ar vienu no { $words }
fault-is-object-of-leaf = gaidīts objekts ar vienu no `all`, `any`, `not` vai nosacījumu
fault-is-one-of = gaidīts tieši viens no { $words }
fault-is-one-of-leaf = gaidīts tieši viens no `all`, `any`, `not` vai nosacījums
fault-is-whole = gaidīts vesels skaitlis no { $least } līdz { $most }
fault-is-words = gaidīts { $words }
fault-is-meant = { $what }; vai domāts { $words }?
fault-is-truth = gaidīts true vai false
fault-is-true = gaidīts true
fault-is-text = gaidīts teksts no { $least } līdz { $most } rakstzīmēm
fault-is-text-plain = gaidīts teksts bez vadības zīmēm
fault-is-leaves = gaidīti ne vairāk kā { $most } nosacījumi
fault-is-depth = gaidīts dziļums, ne lielāks par { $most }
fault-is-conditions = gaidīts nosacījumu saraksts
fault-is-one-condition = gaidīts vismaz viens nosacījums
fault-is-unknown-condition = nezināms nosacījums, gaidīts viens no { $words }
fault-is-min-or-max = gaidīts `min` vai `max`
fault-is-at-most = gaidīts ne vairāk kā { $words }
fault-is-ends-differ = gaidīti atšķirīgi gali
fault-is-local-time = gaidīts vietējais laiks, piemēram, `04:30`
fault-is-year-day = gaidīta gada diena, piemēram, `10-31`
fault-is-weekday = gaidīta nedēļas diena no 1 (pirmdiena) līdz 7
fault-is-unknown-window = nezināms laika logs, gaidīts viens no { $words }
fault-is-before-until = gaidīts brīdis pirms `until`
fault-is-day-or-instant = gaidīts datums, piemēram, `2026-11-18`, vai brīdis, piemēram, `2026-11-18T08:12:00+02:00`
fault-is-date = gaidīts datums, piemēram, `2026-11-18`
fault-is-instant-offset = gaidīts brīdis ar nobīdi, piemēram, `2026-11-18T08:12:00+02:00`
fault-is-instant = gaidīts brīdis, piemēram, `2026-11-18T06:12:00Z`
fault-is-path = gaidīts ceļš ar punktiem, piemēram, `transport.bus`, bez tukšiem posmiem
fault-is-fact = gaidīts vesels skaitlis, teksts vai true vai false
fault-is-facts = gaidīts faktu objekts
fault-is-facts-most = gaidīti ne vairāk kā { $most } fakti
fault-is-name = gaidīts nosaukums no { $least } līdz { $most } rakstzīmēm
fault-is-zone = gaidīta laika josla, piemēram, `Europe/Riga`
fault-is-covered = gaidīts, ka attiecas uz cilvēku vai vismaz vienu pavadoni
fault-is-unknown-effect = nezināms labums, gaidīts viens no { $words }
fault-is-rates = gaidītas daļas, kas kopā ir { $whole }; kopā tās ir { $sum }
fault-is-payer-twice = gaidīts maksātājs, kura iepriekš nav
fault-is-gross-only = `gross` iespējams tikai ar `percent` un ar `amount_off` par `unit` vai `line`
fault-is-by-unit-only = iespējams tikai ar `percent`, `amount_off` par `unit` un `fixed_price`
fault-is-unit-is = `unit` ir { $what }
fault-is-basket-rounding = atlaide visam grozam nepieļauj noapaļošanu
fault-is-basket-per-line = atlaide visam grozam nepieļauj robežu rindai
fault-is-basket-units-limit = atlaide visam grozam nepieļauj `units` ierobežojumu
fault-is-basket-slot = atlaide visam grozam ir bez vietas secībā vai vietā ar kārtību `all`
fault-is-basket-choose = atlaidei visam grozam nav vienību, ko izvēlēties
fault-is-basket-per-use = gaidīts `use`: atlaidei visam grozam nav vienību
fault-is-cap-field = cenas griesti nepieļauj šo lauku
fault-is-cap-limit = cenas griesti nepieļauj `discount` ierobežojumu
fault-is-cap-slot = cenas griesti nevar būt vietā ar `max_discount`
fault-is-spend-field = tēriņu griesti nepieļauj šo lauku
fault-is-spend-companions = tēriņu griesti neattiecas uz pavadoņiem
fault-is-spend-holder = tēriņu griesti attiecas uz pašu cilvēku
fault-is-beside = nav iespējams līdzās { $words }
fault-is-unfunded-only = `unfunded` iespējams tikai `discount` ierobežojumam
fault-is-from-first-only = `from_first` iespējams tikai `holder` vai `household` ierobežojumam
fault-is-carry-only = iespējams tikai `decline` ierobežojumam ar `holder` vai `household` un logu `month`
fault-is-more-than = gaidīts vairāk nekā { $words }
fault-is-pick = gaidīts `every`, `take` vai vismaz 1 `skip`
fault-is-first-language = gaidīts teksts instalācijas pirmajā valodā
fault-is-version-twice = gaidīta versija, kādas šim kodam vēl nav
fault-is-code-of-benefit = šis ir atvieglojuma kods; gaidīts cits nosaukums
fault-is-value-twice = gaidīta vērtība, kādas iepriekš nav
fault-is-unknown-group = nezināma grupa
fault-is-unknown-slot = nezināma vieta secībā
fault-is-unknown-calendar = nezināms kalendārs
fault-is-unknown-provider = nezināms pārdevējs
fault-is-unknown-scope = nezināms tvēruma veids, gaidīts viens no { $words }
fault-is-unknown-programme = nezināma programma
fault-is-unknown-campaign = nezināma kampaņa
fault-is-unknown-other = nav zināms ({ $kind })
fault-is-language = gaidīts valodas kods, piemēram, `lv` vai `pt-BR` (BCP 47)
fault-is-language-field = nezināms lauks, gaidīts valodas kods, piemēram, `lv` vai `pt-BR` (BCP 47)
fault-is-languages = gaidīts teksts { $least } līdz { $most } valodās
fault-is-languages-once = gaidīta katra valoda vienreiz
fault-is-zero-or-more = gaidīts vesels skaitlis, nulle vai lielāks
fault-is-fails = neizdodas: { $what }
fault-is-got = gaidīts { $wanted }, sanāca { $came }
fault-is-code = gaidīts kods no { $least } līdz { $most } zīmēm (`a`–`z`, `0`–`9`, `.` un `-`), kas sākas ar burtu vai ciparu
fault-is-id = gaidīts identifikators (UUID ar mazajiem burtiem)
fault-is-json = gaidīts JSON
fault-is-price-kept = gaidīta cena, kas jau pateikta: tā ir spēkā vai ir bijusi
fault-is-price-end = gaidītas beigas, kas vēl priekšā, cenai, kas nav beigusies
fault-is-one-price = gaidīta vismaz viena cena
fault-is-price-meets = gaidīts laiks, kurā nav spēkā cita šīs preces cena
fault-is-of-provider = gaidīts pārdevēja kods
fault-is-moment-passed = gaidīts brīdis, kas jau pagājis
fault-is-whose-movements = gaidīts pārdevējs, kura kustības tās ir
fault-is-to-come = gaidīts brīdis, kas vēl priekšā
fault-is-one-benefit = gaidīts vismaz viens atvieglojums
fault-is-draft-state = gaidīts melnraksts šādā stāvoklī: { $state }
fault-is-draft-read = gaidīts melnraksts, ko drīkstat lasīt
fault-is-draft-base = gaidīta versija ({ $kind }), vai neviena, ja tas ir jauns
fault-is-draft-campaign = te nekas nav gaidīts: kampaņa nemainās
fault-is-holds-nobody-out = kampaņai nav kontroles grupas
fault-is-when-it-begins = jānorāda, kad tā sākas: no tā brīža to mēra
fault-is-draft-given = nezināms lauks: kods, versija un { $owner } tiek piešķirti, un versiju aptur, kad tā ir publicēta
fault-is-delta = gaidīts `delta`: šāda veida sarakstā tas, kā nav, paliek
fault-is-file = gaidīts fails
fault-is-group = gaidīta esoša grupa
fault-is-group-of-list = gaidīta saraksta grupa
fault-is-none-of-kind = šim veidam te nekas nav gaidīts
fault-is-file-utf8 = gaidīts UTF-8
fault-is-header = gaidīta galvene UTF-8 kodējumā
fault-is-columns = gaidīta galvene ar kolonnām { $words }, katra vienreiz
fault-is-columns-none = nav jānorāda: virsraksta rinda ir tikai CSV failā
fault-is-columns-object = gaidīts JSON objekts ar kolonnām un laukiem
fault-is-columns-absent = gaidītas kolonnas, kas ir virsraksta rindā
fault-is-lines-most = gaidītas ne vairāk kā { $most } rindas
fault-is-not-compressed = gaidīts { $words }, nesaspiests
fault-is-reason = gaidīts iemesls
fault-is-moment-after = gaidīts brīdis pēc `from`
fault-is-breaks = tad nesader { $entry }, kas jau ir, pie { $field }: { $what }
fault-is-after-from = gaidīts datums pēc `from`
fault-is-advice-given = gaidīts, ko rinda par pārdevumu nepasaka
fault-is-advice-terminal-other = gaidīts nekas vai terminālis, ko nosauc rinda
fault-is-advice-terminal = gaidīts terminālis: rinda nenosauc nevienu pārdevēja termināli
fault-is-advice-terminal-own = gaidīts pārdevēja terminālis
fault-is-advice-terminal-sells = gaidīts terminālis, kas pārdod: šis ir mācībām vai nepārdod
fault-is-advice-of-row = te nekas nav gaidīts: tas ir tāds kā rindā
fault-is-advice-granted = gaidīts, ko kase piešķīra: bez tā neko neieraksta
fault-is-advice-till-alone = nav gaidīts ne `coupons`, ne `redeem`: tie ir tikai kasei
fault-is-advice-day = gaidīts laiks dienā { $day }, kāda ir rindai
fault-is-advice-been = gaidīts laiks, kas jau ir bijis
fault-is-advice-sum = gaidīts, kas kopā dod tik, cik rindā ir { $words }
fault-is-advice-no-rules = noteikumu vēl nav
fault-is-advice-of-return = atdoto šādi neieraksta: gaidīta pārdevuma rinda
fault-is-advice-declined = uz pieprasījumu jau ir atbildēts, un tas ir noraidīts
fault-is-advice-recorded = pieprasījums ar šo identifikatoru jau ir ierakstīts un nozīmē ko citu
fault-is-terminals-of-provider = jābūt tukšam: termināļus rāda tikai to sniedzējam
fault-is-utf-16 = gaidīts UTF-8, šis ir UTF-16
fault-is-other-encoding = gaidīts UTF-8, šis ir cits kodējums, piemēram, ISO 8859-1 vai Windows-1257 ({ $at }. baitā)
fault-is-delimiter = gaidīts `auto` vai viena zīme, kas nav ne burts, ne cipars, ne pēdiņa
fault-is-amount-column = gaidīta kolonna laukam `gross`, `discount` vai `payable`
fault-is-column-or-two = gaidīta viena kolonna vai divas
fault-is-a-header = gaidīta virsraksta rinda
fault-is-header-quotes = gaidīta virsraksta rinda ar aizvērtām pēdiņām
fault-is-time-pattern = gaidīts raksts no YYYY, MM, DD un varbūt HH, mm, ss, fff, Z, piemēram, `DD.MM.YYYY HH:mm`
fault-is-at-least-tight = jābūt vismaz tik lielam kā `tight_s`
fault-is-one-pattern = gaidīts vismaz viens raksts
fault-is-fields-most = gaidīti ne vairāk kā { $most } lauki
fault-is-rows-most = gaidītas ne vairāk kā { $most } rindas
fault-is-xlsx-none = jābūt tukšam, ja formāts nav `xlsx`
fault-is-dispute-more = gaidīts, par cik vairāk rindā būtu jāatlīdzina
fault-is-dispute-several = tas ir vairākās rindās: gaidīts vienas rindas `grantor`, `benefit` un `contract`
fault-is-dispute-no-movement = šai nesakritībai nav nekā, ko pārskats atlīdzinātu
fault-is-dispute-no-line = tas nav nevienā rindā: kopā nekas nemainījās
fault-is-statement-line = gaidīta pārskata rinda no 1 līdz { $lines }
fault-is-statement-open-line = gaidīta rinda, kuras iebildums gaida atbildi
fault-is-statement-issuer = to dara tas, kas pārskatu izdeva
fault-is-statement-other = to dara otra puse, nevis tā, kas pārskatu izdeva
fault-is-statement-agreed = pārskatam ir piekrists
fault-is-statement-disputed-before = pret rindu ir vai bija iebilsts
fault-is-statement-dispute-open = iebildums pret kādu rindu gaida atbildi
fault-is-statement-payer = pārskatu samaksā piešķīrējs
fault-is-statement-day-open = { $day } vēl nav slēgta: pārskatu izdod par slēgtām dienām
fault-is-statement-long = pārskatā ir vairāk rindu, nekā AVIS glabā: gaidīts īsāks laiks
fault-is-statement-paid-on = gaidīta diena no { $from }, kad pārskatu izdeva, līdz šodienai, { $until }
fault-is-statement-drafts = šim pārim melnrakstu skaits ir { $most }: gaidīts, ka kādu izņem
fault-is-statement-grantor = gaidīta iestāde, kas te ir un nav slēgta
fault-is-unused-own = neizmantotās tiesības rāda atvieglojuma piešķīrējam
fault-is-statement-own-party = gaidīta pašu iestāde kā `grantor` vai kā `provider`
fault-is-statement-not-sealed = melnraksts nav aizzīmogots
fault-is-period-empty = gaidīts laiks, kura `until` ir pēc `from`
fault-is-period-month = gaidīts laiks vienā kalendāra mēnesī
fault-is-metered-month = jābūt vienam veselam mēnesim, jo tiek skaitītas citas iestādes
fault-is-metered-ended = jābūt mēnesim, kas ir beidzies, jo tiek skaitītas citas iestādes
fault-is-period-gap = iztrūkst: dienā { $day } kaut kas ir noticis, bet tās nav nevienā šī pāra pārskatā: gaidīts laiks no { $from } vai agrāk
fault-is-period-overlap = laiks sākas pirms { $until }, kad beidzas iepriekšējais pārskats
fault-is-reconciled-days = gaidīta diena pēc `from`; dienu skaits nepārsniedz { $most }
fault-is-reconciled-what = gaidīts `file` un `profile`, vai `lines`
fault-is-reconciled-workbook = gaidīta darbgrāmata base64 kodējumā
fault-is-reconciled-amount = gaidīts `gross`, `discount` vai `payable`
fault-is-reconciled-alike = gaidīta šī summa, kāda ir citās rindās
fault-is-reconciled-later = skaitās vēlāks to pašu dienu salīdzinājums: gaidīta tā nesakritība
fault-is-text-encoding = gaidīts teksts { $encoding } kodējumā
fault-is-text-encoding-auto = gaidīts teksts { $encoding } kodējumā vai profils ar citu `encoding`
fault-is-contract-provider = gaidīts pārdevējs, ko noteikumi pazīst
fault-is-contract-second = līgumu apstiprina cits, nevis tas, kas to sagatavoja
fault-is-contract-issued = dienas pirms { $until } ir izdotā pārskatā: gaidīts `from` tajā dienā vai vēlāk
word-or = vai
no-json = gaidīts JSON; tas beidzas vai kļūdās { $line }. rindā, { $column }. zīmē
fault-is-other-campaign = šī ir cita īpašnieka kampaņa
fault-is-other-programme = šī ir cita īpašnieka programma
fault-is-coupon-joined = kupons nevar būt zem `any` vai `not`
fault-is-level-lifetime = līmenis uz mūžu nebeidzas
fault-is-coupon-key = gaidīti 32 heksadecimāli cipari, kā eksportā
fault-is-every-year = gaidīta diena, kas ir katrā gadā
fault-is-multiple-of-step = gaidīts skaitlis, kas dalās ar `step`
fault-is-code-or-key = gaidīts vai nu `code`, vai `key`
fault-is-months-or-days = gaidīts vai nu `months`, vai `days`
fault-is-levels-rise = gaidīti līmeņi, kas aug un sākas virs 0
fault-is-more-than-blanks = gaidīts vairāk par atstarpēm un defisēm
fault-is-one-coupon = gaidīts viens kupons nosacījumā
fault-is-owner-of-versions = gaidīts pārējo versiju īpašnieks
fault-is-periods-only = iespējams tikai ar periodu logu
fault-is-redeem-no-coupon = maksāšana ar punktiem neprasa kuponu
fault-is-several-fields = { $n } { $n ->
    [zero] lauku nav tādu, kā gaidīts
    [one] lauks nav tāds, kā gaidīts
   *[other] lauki nav tādi, kā gaidīts
}
fault-is-forms-wait = { $n } veidlapas gaida ievadīšanu vai atcelšanu, un gaidīt drīkst ne vairāk kā { $most }
fault-is-rows-bad = { $bad } no { $rows } rindām nevar importēt; katra ir nosaukta ziņojumā
fault-is-key-unpublished = atslēga, ko pakalpojuma sniedzējs nepublicē
fault-is-drafts-most = iestādei ir ne vairāk kā { $most } nepublicēti melnraksti
fault-is-invitations-most = iestādei ir ne vairāk kā { $most } atvērti ielūgumi
fault-is-services-most = iestādei ir ne vairāk kā { $most } pakalpojumi
fault-is-means-most = cilvēkam ir tik derīgu līdzekļu, cik drīkst būt
fault-is-seen-with-consent = redzams ir cilvēks, kas piekrita, kamēr notiek konsultācija un tās stundā
fault-is-service-second = pakalpojumu publicē cits, nevis tas, kas to rakstīja
fault-is-sign-in-old = sena pierakstīšanās
fault-is-sum-beyond = summa ir lielāka, nekā AVIS glabā
fault-is-grants-most = lietotājam ir ne vairāk kā { $grants } lomu, iestādei ne vairāk kā { $users } lietotāju
fault-is-tokens-most = lietotājam ir ne vairāk kā { $most } pilnvaru
fault-is-signature = nepareizs paraksts
fault-is-adjustment-second = labojumu apstiprina cits, nevis tas, kas to lūdza
fault-is-algorithm = algoritms, ko nepieņem
fault-is-erasure-second = dzēšanu apstiprina cits, nevis tas, kas to lūdza
fault-is-code-of-other = ar šo kodu jau ir cita īpašnieka ieraksts ({ $owner }: { $kind })
fault-is-audience = cits saņēmējs
fault-is-authorized-party = cita pilnvarotā puse
fault-is-issuer = cits izdevējs
fault-is-nonce = cits vienreizējais skaitlis
fault-is-subject-other = cits subjekts
fault-is-consultations-wait = cilvēku gaida ne vairāk kā { $most } konsultācijas
fault-is-by-operator = statusu, `commercial` un `state` maina uzturētājs
fault-is-hidden-cases = piemēri noteikumiem, ko jūsu iestādei nerāda, tagad izdodas un vairs neizdotos: { $n }
fault-is-case-warned = piemērs `{ $case }` tagad izdodas un vairs neizdotos: gaidīts { $expected }, iznāk { $got }
fault-is-reading-erased = tas, ko nolasīja, ir izdzēsts kopā ar personu
fault-is-party-closed = šī melnraksta iestāde ir slēgta
fault-is-days-not-closed-of = dienas līdz { $day } nav visas slēgtas: { $names }
fault-is-days-not-closed = dienas līdz { $day } nav visas slēgtas
fault-is-one-operator = tieši viena iestāde ir `operator`, un tā ir aktīva
fault-is-months-most = gaidīti ne vairāk kā { $most } mēneši, pēdējais ne pirms pirmā
fault-is-hex-64 = gaidīti 64 heksadecimāli cipari
fault-is-home = gaidīts `home`: klientu centrā to lūdz tā darbinieks
fault-is-object-pair = gaidīti `object_kind` un `object_key` kopā
fault-is-as-profile = gaidīts { $words }, kā saka profils, nesaspiests
fault-is-monday = gaidīta pirmdiena
fault-is-topic-twice = gaidīts kods, kāda nav iepriekšējām tēmām
fault-is-date-within = gaidīts datums ne vairāk kā { $most } dienas pēc `from`
fault-is-path-only = gaidīts ceļš ar punktiem, piemēram, `transport.bus`
fault-is-file-mib = gaidīts fails, ne lielāks par { $most } MiB
fault-is-file-less = gaidīts mazāks fails; sūtiet to pa daļām
fault-is-finding-missing = gaidīts atradums, kas ir `missing_here`
fault-is-host = gaidīts resursdators, piemēram, `video.example.lv`
fault-is-link-fresh = gaidīta saite, kas nav izmantota un nav beigusies
fault-is-membership-holds = gaidīta spēkā esoša dalība programmā, kas ir spēkā
fault-is-within-year = gaidīts brīdis 365 dienu laikā no šī brīža
fault-is-party = gaidīta iestāde
fault-is-party-provider = gaidīta iestāde, ko noteikumi pazīst kā pārdevēju
fault-is-party-capacity = gaidīta iestāde ar statusu { $words }
fault-is-password = gaidīta parole, kas nav izplatīta, neko neatkārto un nesatur ne vārdu, ne adresi
fault-is-path-here = gaidīts šīs vietnes ceļš, piemēram, `/`
fault-is-no-profile = gaidīts pārdevējs, kas pateicis, kā raksta savus failus: `PUT …/profile`
fault-is-query-utf8 = gaidīts vaicājums procentu kodējumā (UTF-8)
fault-is-reason-person = gaidīts iemesls, jo tiek skatīts cilvēks
fault-is-request-only = gaidīts pieprasījums, nevis darbība
fault-is-role = gaidīta loma
fault-is-scheme-issued = gaidīts līdzekļa veids, ko pārdevējs izdod
fault-is-service = gaidīts pakalpojums
fault-is-topic = gaidīta iestādes tēma
fault-is-user-of-party = gaidīts iestādes lietotājs
fault-is-action-once = gaidīta darbība, kas ir kādai jūsu lomai, vienu reizi
fault-is-party-active = gaidīta aktīva iestāde
fault-is-address = gaidīta adrese, piemēram, `anna@example.lv`, ne vairāk kā { $most } baiti
fault-is-identifier-known = gaidīts kāda zināma cilvēka identifikators
fault-is-instant-any = gaidīts brīdis
fault-is-instant-after = gaidīts brīdis pēc iepriekšējā beigām
fault-is-instant-week = gaidīts vēl gaidāms šīs nedēļas brīdis veselās sekundēs
fault-is-institution = gaidīta institūcija
fault-is-institution-lends = gaidīta institūcija, kas dod speciālistus
fault-is-not-zero = gaidīts cits skaitlis, nevis 0
fault-is-not-grantor = gaidīta cita iestāde, nevis piešķīrējs
fault-is-one-action = gaidīta vismaz viena darbība
fault-is-one-capacity = gaidīts vismaz viens statuss, katrs vienu reizi
fault-is-one-permission = gaidīta vismaz viena tiesība
fault-is-bytes-most = gaidīti ne vairāk kā { $most } baiti
fault-is-phone = gaidīti cipari, atstarpes un `+`
fault-is-record-or-request = gaidīts vai nu `authorization`, vai `provider` un `request`
fault-is-outcome-or-no-show = gaidīts vai nu `outcome`, vai `no_show`
fault-is-headers-ascii = gaidītas galvenes ASCII
fault-is-more-than-dashes = gaidīts vairāk par atstarpēm, svītrām un neredzamo
fault-is-no-body = pieprasījuma saturs nav gaidīts
fault-is-no-card-number = bankas kartes numurs nav gaidīts: šādu karti nekad neraksta
fault-is-no-eid-typed = gaidīta cita shēma, ne `eid`: to ieved izdevējs un pierāda, pierakstoties
fault-is-known-scheme = gaidīta shēma, ko te raksta vai ko kāds pakalpojuma sniedzējs izdod vai pieņem
fault-is-none-without = bez darbības { $words } nekas nav gaidīts
fault-is-held-where = nekas nav gaidīts: kur tas notiek, saka institūcija
fault-is-prover-knows = nekas nav gaidīts: to zina tas, kas līdzekli pierāda
fault-is-one-of-desk = gaidīts `block`, `add` vai `consultation`
fault-is-one-that-is = gaidīts šāds stāvoklis: { $state }
fault-is-some-of = gaidīts kaut kas no { $words } ar komatiem, katrs vienu reizi
fault-is-sums-by-kind = gaidītas summas pa veidiem
fault-is-next-of-list = gaidīts `next` no saraksta ar tiem pašiem filtriem
fault-is-cookie-once = sīkdatne { $words } gaidīta vienu reizi
fault-is-month-first-all = gaidīts mēneša pirmais datums: par visām iestādēm skaita publicētos mēnešus
fault-is-handle = gaidīta atrastā cilvēka norāde
fault-is-idempotency-key = gaidīta galvene `idempotency-key`, UUID
fault-is-header-once = galvene { $words } gaidīta vienu reizi
fault-is-job-key = gaidīta atslēga, ko parādīja, kad darbs sākās
fault-is-own-territory = gaidīta sava iestāde: par citu atvieglojumiem teritoriju nesaka
fault-is-own-provider = gaidīts savs pārdevējs
fault-is-table-status = gaidīts tabulas stāvoklis
fault-is-two-moments = gaidīti divi brīži
fault-is-figures-others-by = citu iestāžu skaitļus rāda tikai pa `month`, `grantor`, `benefit` un `territory`
fault-is-figures-others-month = citu iestāžu skaitļus rāda pa mēnešiem: gaidīts mēneša pirmais datums
fault-is-no-json-answer = tas neatbildēja ar JSON
fault-is-answered-status = tas atbildēja ar statusu { $status }
fault-is-begins-earliest = to sāk ne agrāk kā ceturtdaļstundu pirms laika
fault-is-ended-or-committing = tas ir beidzies vai tiek pabeigts
fault-is-being-published = to pašlaik publicē
fault-is-last-operator = tas ir pēdējais uzturētājs
fault-is-would-end = tas izbeigtu { $ends } no { $all }: ja tā ir domāts, sakiet `ends={ $say }`
fault-is-no-open-entitlement = šajā grupā nav atvērtu tiesību
fault-is-token-unread = pilnvaru nevar nolasīt
fault-is-token-nobody = pilnvara nesaka, kas pierakstījās
fault-is-not-yet = vēl nav derīgs
fault-is-no-change = ar šo nekas netiktu mainīts
fault-is-residents-here = iedzīvotāji pierakstās šeit, un neviens viņus neielūdz
fault-is-account-closed = konts ir slēgts pēc pārāk daudzām kļūmēm; to atver administrators
fault-is-body-late = sūtītais neatnāca { $seconds } sekundēs
fault-is-body-early = sūtītais beidzās par agru
fault-is-claim = norādes, kas nosauc cilvēku, nav vai tā ir cita
fault-is-code-refused = kods tika noraidīts
fault-is-file-early = fails beidzās par agru: { $why }
fault-is-form-is = veidlapas stāvoklis: { $state }
fault-is-form-is-since = veidlapas stāvoklis: { $state } kopš { $since }
fault-is-grant-counts = loma jau ir spēkā
fault-is-has-operator = šeit jau ir savs `operator`
fault-is-job-no-file = darbam nav faila vai vairs nav
fault-is-job-not-done = darbs nav pabeigts, vai tā fails ir paņemts
fault-is-job-cancelled = darbs tika atcelts
fault-is-key-ended = atslēga jau ir beigusies
fault-is-person-gone = cilvēka vairs nav
fault-is-no-member = cilvēks nav biedrs
fault-is-no-member-now = cilvēks tagad nav biedrs
fault-is-provider-odd = pakalpojuma sniedzējs neatbild, kā vajag
fault-is-provider-refused = pakalpojuma sniedzējs atteica
fault-is-rules-gone = noteikumu, pēc kuriem tika lemts, te nav: krātuve kopš tā atjaunota
fault-is-scope-explain = tiesību `explain` dod uzturētājs
fault-is-state-unknown = stāvoklis nav zināms, ir izmantots vai ir citas pārlūkprogrammas
fault-is-roles-elsewhere = lietotājam ir lomas arī citā iestādē: to drīkst uzturētājs
fault-is-expired-replaced = beigušos aizstāj ar jaunu
fault-is-schemes-by-operator = kurus līdzekļu veidus pārdevējs izdod, nosaka uzturētājs
fault-is-own-bearers = kas ko sedz, saka tikai par savu iestādi
fault-is-unblocks = līdzekli atbloķē tas, kas to bloķēja, vai klientu apkalpošanas centrs
fault-is-for-another = tas, kas pierakstās, dara to cita vietā
fault-is-several-parties = jums ir lomas vairākās iestādēs: nosauciet vienu galvenē `avis-party`

## Pārdevēji: līdzekļi un birkas

room-providers = Atpazīšana pie pārdevējiem
providers-lead = Pēc kādiem līdzekļiem cilvēkus atpazīst pie pārdevēja un kurus no tiem tas izdod.
providers-own = Savs pārdevējs
providers-means = Ko pieņem un ko izdod
providers-means-lead = Termināļi nolasa atzīmēto, katrs savās robežās. Kas izdod kādas kartes, tas tās bloķē un iesniedz to sarakstus.
providers-accepts-all = nekas nav teikts: ko drīkst nolasīt katrs terminālis
providers-issues-none = nevienu
providers-accepts-hint = Shēmas, ko nolasa tā termināļi; ja nekas nav atzīmēts: viss, ko drīkst nolasīt katrs terminālis.
providers-issues-hint = Shēmas, kuru kartes tas izdod.
providers-tags-hint = Vārdi, ar kuriem to nosauc noteikumi, atdalīti ar komatiem, piemēram, bus.
column-accepts = Pieņem
column-issues = Izdod
column-time-zone = Laika josla
column-day-start = Darījumu diena sākas
done-provider-set = Pārdevējs ir mainīts.

## Kur melnraksts satiekas ar citiem

meeting-title = Kur tas satiekas ar citiem
meeting-lead = Pie pārdevēja izlemj ar melnrakstu un bez tā: kādā secībā aplūko atvieglojumus, ko vairs neviens nesaņem un kurš maksātu kura vietā.
meeting-at = Pie { $provider }
meeting-look = Apskatīt
meeting-no-provider = Nav pārdevēja { $provider }.
meeting-not-decided = Ar šo melnrakstu pie { $provider } vēl nevar izlemt: vispirms pārbaudiet to.
meeting-alone = Pie { $provider } tas nav spēkā vai nesatiekas ar citu atvieglojumu.
meeting-all-reached = Ar to neviens cits atvieglojums nekļūst nesasniedzams.
meeting-unreachable = Ar to kļūst nesasniedzami: { $benefits }. Šeit tos vairs neviens nesaņem.
meeting-order = Secība ar melnrakstu
meeting-as-of = Stāvoklis { $at }.
meeting-payers = Kurš maksātu kura vietā
meeting-same-payers = Neviens nemaksātu cita vietā.
meeting-decided = Izlemts abējādi: piemēri { $cases }, jaunākie pārdevumi { $records }.
column-pays-now = Maksā tagad
column-would-pay = Maksātu
column-in-cases = Piemēri
column-in-sales = Pārdevumi

## Viens cilvēks

state-counts = spēkā
user-another-role = Vēl viena loma
user-another-role-lead = Loma, kas daudz ko atver, ir spēkā, kad to apstiprina otrs cilvēks.
user-give = Piešķirt lomu
user-take = Atņemt lomu
user-take-means = Tā beidzas uzreiz, lai kur cilvēks būtu pieteicies.
user-no-role = Šeit lomu nav.
user-account = Konts
user-account-lead = Slēgtam kontam uzreiz beidzas visas sesijas un pilnvaras; lomas paliek.
users-invited = Uzaicinājumi, ko neviens vēl nav pieņēmis
users-uninvite = Atsaukt
done-uninvited = Uzaicinājums ir atsaukts: tā saite nekur neved.
done-role-given = Loma ir piešķirta. Ja tai vajag otru cilvēku, tā viņu gaida.
done-role-taken = Loma ir atņemta.

## Kas gaida

waiting-contract = Apstiprināms līgums
waiting-adjustment = Apstiprināmi punkti
waiting-statement = Pārskats
waiting-service = Publicējams e-pakalpojums

## Pārdevums pēc numura

sales-number = Pārdevuma numurs
sales-why = Kāpēc tā iznāca?
why-not-by-number = Par notikušu pārdevumu: pēc tā numura.

## Melnraksti ar daudziem noteikumiem

places-rows = Visi, kas ir
draft-as-json = Viss kā JSON
draft-as-sentence = Kā teikums

## Saraksti, ko izņem

export-title = Kā fails
export-lead = Viss saraksts kā fails, bez neviena kartes vai dokumenta numura. Kas to izņem, kad un kāpēc, ir auditā.
export-do = Izņemt failu
groups-member = Viens dalībnieks
groups-member-lead = Kas atpazīts pēc uzrādītā, tas kļūst par dalībnieku, vai arī beidzas atvērtā dalība. Daudzus reizē iesniedz kā sarakstu.
groups-member-do = Ierakstīt
groups-member-until = Ja norādīts tikai šis datums, atvērtā dalība beidzas.
groups-member-source = Ar kuru lēmumu
done-member-written = Dalība ir ierakstīta.

## Vēl viens melnraksta piemērs

new-case-title = Vēl viens piemērs
new-case-lead = Kurš, ko, kad un kā pērk. Piemērs gaida to, kas iznāk ar saglabāto melnrakstu: izlasiet to un labojiet JSON, ja pareizi ir citādi.
new-case-do = Pievienot piemēru
new-case-name = Ko tas rāda
new-case-provider = Pie kura pārdevēja
new-case-groups = Cilvēks ir grupās
new-case-groups-hint = Grupas, atdalītas ar komatiem; neviena, ja cilvēkam tiesību nav.
new-case-born = Dzimis
new-case-product = Ko pērk
new-case-quantity = Vienības
new-case-price = Vienas cena
new-case-channel = Kanāls
new-case-at = Pārdošanas laiks
done-case-added = Piemērs ir pievienots un gaida to, kas iznāca.
done-import-known = Tieši šāds saraksts jau ir saņemts. Te ir, kas ar to notika; nekas nav darīts vēlreiz.
terminals-change-title = Ko tas drīkst pārdot un nolasīt
terminals-change-lead = Kasē tas darbojas pēc brīža; atslēgas paliek, kā ir.
terminals-change = Mainīt
done-terminal-changed = Terminālis ir mainīts.

## Pilnvaras, iestādes, cenu faili, sarakstu kolonnas

sales-no-such-number = Jums redzamu pārdevumu ar šādu numuru nav. Pārbaudiet, vai numurs ierakstīts tieši tā, kā tas norādīts.
users-invite-note = Kam tas domāts
users-invite-note-hint = Piemēram, vārds vai darbavieta: tā uzaicinājumus var atšķirt; saites saņēmējs to neredz.
party-change = Mainīt iestādi
party-change-do = Saglabāt iestādi
party-closed-means = Slēgtā iestādē neviena loma vairs nav spēkā.
column-contact = Saziņa
column-last-used = Pēdējoreiz lietots
tokens-title = Pilnvaras programmām
tokens-lead = Programma, kas rīkojas jūsu vārdā, uzrāda pilnvaru. Tā drīkst atzīmēto un nekad vairāk kā jūs.
tokens-none = Nevienas pilnvaras nav.
tokens-make = Izveidot pilnvaru
tokens-name-hint = Piemēram, programmas nosaukums.
tokens-until-hint = Pēdējā diena, kad to pieņem, gada laikā.
tokens-scopes-hint = Atzīmējiet tikai programmai vajadzīgo. Katra darbība paskaidrota aprakstā programmām.
tokens-one = Pilnvara
tokens-once = Nokopējiet to tagad: to parāda tikai vienreiz.
tokens-was-shown = To jau parādīja, un to rāda tikai vienreiz. Ja tā nav nokopēta, izbeidziet to un izveidojiet citu.
done-token-ended = Pilnvara ir izbeigta.
export-of-holders = Visi, kam ir līdzekļi, failā
export-of-relations = Kas kuru pārstāv, failā
price-list-title = Cenas no faila
price-list-tell = Nosūtīt cenas
price-list-hint = CSV ar virsraksta rindu UTF-8 kodējumā, kā to saglabā izklājlapa, ne vairāk kā 1000 cenu. Kolonnas: { $columns }. Pēdējo divu var nebūt.
price-list-long = gaidīts fails līdz 200 KB: sūtiet to pa daļām
price-list-utf-8 = gaidīts fails UTF-8 kodējumā
price-list-columns = gaidīta virsraksta rinda ar kolonnām { $columns }
price-list-line = { $line }. rinda: { $fault }
price-list-reduced = gaidīts jā vai nē
mapping-title = Kura kolonna ir kas?
mapping-lead = Failā ir kolonnas, ko šeit sauc citādi. Par katru pasakiet, kas tā ir. Nekas nav ievests, un fails nekur netiek glabāts.
mapping-rows = Faila pirmās rindas
mapping-passed-over = Neņemt vērā
mapping-file-hint = Tas pats fails vēlreiz.
mapping-twice = gaidīts cits lauks: tas jau ir agrākā kolonnā
mapping-one-name = gaidīts tas pats visām kolonnām ar šo nosaukumu
list-column-scheme = Līdzekļa veids
list-column-value = Līdzekļa numurs
list-column-key = Līdzekļa jaucējvērtība
list-column-group = Grupa
list-column-from = No
list-column-until = Līdz
list-column-new-scheme = Jaunā līdzekļa veids
list-column-new-value = Jaunā līdzekļa numurs
list-column-new-key = Jaunā līdzekļa jaucējvērtība
list-column-status = Statuss
list-column-since = Kopš
list-column-valid-until = Derīgs līdz
list-column-guardian-scheme = Pārstāvja līdzekļa veids
list-column-guardian-value = Pārstāvja līdzekļa numurs
list-column-guardian-key = Pārstāvja līdzekļa jaucējvērtība
list-column-relation = Saistība

## Kas atšķiras, un piemēri vārdos

difference-first = Tā ir pirmā versija: viss ir jauns.
differs-becomes = { $place }: “{ $before }” kļūst par “{ $after }”.
differs-added = { $place }: pievienots “{ $what }”.
differs-removed = { $place }: noņemts “{ $what }”.
differs-but-not = bet ne { $what }
sentence-stopped = Apturēts
sentence-none-stopped = nekad
case-nothing = nekas
case-differs = gaidīts { $wanted }, sanāca { $came }
case-named = “{ $name }”: { $told }
case-added = Jauns piemērs: “{ $name }”
case-changed = Mainīts piemērs: “{ $name }”
case-removed = Noņemts piemērs: “{ $name }”
case-nth-request = { $n }. pirkums
case-nth-answer = { $n }. pirkumā gaidīts
case-nth-line = { $n }. rinda
case-nth-discount = { $n }. atlaide
case-nth-payer = { $n }. maksātājs
case-nth-reason = { $n }. iemesls
case-field-amount = summa
case-field-attributes = zināmais
case-field-balance-after = punkti pēc tam
case-field-balance-before = punkti pirms tam
case-field-benefit = atvieglojums
case-field-birth-date = dzimis
case-field-channel = kanāls
case-field-code = kods
case-field-context = par to teikts
case-field-coupons = kuponi
case-field-currency = valūta
case-field-detail = tāpēc ka
case-field-discount = atlaide
case-field-discounts = atlaides
case-field-due = naudā
case-field-earned = nopelnītie punkti
case-field-entitlements = grupas
case-field-expect = gaidītais
case-field-for = kam
case-field-from = no
case-field-funding = maksā
case-field-gross = kopējā cena
case-field-group = grupa
case-field-holder = cilvēks
case-field-holders = cilvēki
case-field-household = mājsaimniecība
case-field-identifiers = uzrāda
case-field-left = atlicis
case-field-line-id = rinda
case-field-lines = rindas
case-field-loyalty = punkti
case-field-main-reason = iemesls
case-field-memberships = programmas
case-field-mode = veids
case-field-name = nosaukums
case-field-occurred-at = laiks
case-field-outcome = iznākums
case-field-payable = jāmaksā
case-field-payer = maksātājs
case-field-points = punkti
case-field-product = prece
case-field-program = programma
case-field-provider = pārdevējs
case-field-quantity = vienības
case-field-reason = iemesls
case-field-reasons = kāpēc vēl jāmaksā
case-field-redeemed = izmantotie punkti
case-field-request-id = numurs
case-field-requests = pirkumi
case-field-residences = dzīvo
case-field-scheme = līdzeklis
case-field-since = kopš
case-field-state = stāvoklis
case-field-status = statuss
case-field-tender = ar punktiem
case-field-territory = teritorija
case-field-unit-price = vienības cena
case-field-units = vienības
case-field-until = līdz
case-field-valid-until = derīgs līdz
case-field-value = vērtība
case-field-version = versija
draft-back = Atpakaļ uz melnrakstu
draft-history = Kas ko darīja
draft-history-all = Viss
draft-history-none = Nekas nav zināms.
draft-by-time = AVIS savā laikā, ieplānoja { $name }
draft-by-program = programma, kuras lietotājs ir { $name }
draft-by-machine = iekārtas īpašnieks
draft-cases-changed = Kas mainās tā piemēros
draft-cases-same = Tā piemēros nekas nemainās.
draft-cases-all = Visi piemēri, kas mainās
draft-cases-counted = Šis melnraksts maina savus piemērus: jauni { $added }, mainīti { $changed }, noņemti { $removed }.
draft-case-long = Pārējais ir JSON.
draft-waits-for-approval = Tas gaida citu jūsu iestādes cilvēku, kas drīkst apstiprināt.
draft-waits-for-publishing = Tas ir apstiprināts un gaida, kad to publicēs.
draft-own-work = Pēdējais to labojāt jūs, tāpēc to apstiprina cits jūsu iestādes cilvēks.
draft-do-rebase = Balstīt uz jaunāko versiju
done-rebased = Melnraksts balstās uz jaunāko versiju. Apskatiet, kas tagad atšķiras.
advice-case-failed = Labojiet melnraksta saturu vai tā piemērus. Ja tagadējais iznākums ir tāds, kā domāts, lieciet piemēriem gaidīt to.
advice-content-changed = Izlasiet, kas te stāv tagad, un, ja tas joprojām ir pareizi, veiciet soli vēlreiz.
advice-not-in-this-state = Kāds bija ātrāks: ko tagad drīkst darīt, redzams zemāk.
advice-outdated = Pa to laiku publicēta cita versija. Balstiet melnrakstu uz to ar pogu zemāk un apskatiet, kas tad atšķiras.
advice-own-work = Lūdziet to citam jūsu iestādes cilvēkam, kas drīkst.
benefit-to-try = Izmēģināt kasē
try-benefit-gives = { $benefit } te dod { $amount } atlaidi.
try-benefit-nothing = { $benefit } te neko nedod. Mainiet, kas, ko, kad vai kā pērk.
difference-all = Viss, kas atšķiras
version-back = Atpakaļ uz versiju
sentence-long = pārējais ir JSON

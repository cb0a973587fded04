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

count-items = { $n ->
    [zero] { $n } ierakstu
    [one] { $n } ieraksts
   *[other] { $n } ieraksti
}

## Kas ir izdarīts

done-signed-out = Jūs izgājāt.
done-prolonged = Sesija turpinās.
done-joined = Jūs pievienojāties. Tagad piesakieties; loma, kurai vajag otru cilvēku, ir spēkā, kad tā apstiprināta.
done-session-ended = Sesija ir beigta.
done-password-changed = Parole ir nomainīta. Piesakieties ar jauno.

## Ienākšana

sign-in-title = Pieteikšanās
sign-in-email = E-pasta adrese
sign-in-password = Parole
sign-in-do = Pieteikties
sign-in-help = Kontu bez uzaicinājuma nav: jūs uzaicina jūsu iestādes administrators. Viņš iedod arī saiti jaunai parolei.
sign-in-nothing-lost = Nekas no ierakstītā nav zudis: pēc pieteikšanās tas turpinās.
sign-in-go-on-title = Jūs atkal esat pieteicies
sign-in-go-on = Turpināt ar ierakstīto
session-ending = Sesija beigsies apmēram pēc divām minūtēm.
session-prolong = Palikt
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
fault-not-found = Šajā adresē nekā nav, vai tas nav jūsu. Turpiniet no sākuma lapas.
fault-later = Mēģiniet vēlreiz pēc brīža. Nekas nav mainīts.
fault-other = To nevarēja izdarīt. Nekas nav mainīts.
fault-more = Tam, kas to pēta
fault-request = Pieprasījums { $id }

problem-malformed-request = Pieprasījumu nevar izlasīt
problem-two-credentials = Reizē nāca divi pieteikšanās veidi
problem-party-unclear = Nav skaidrs, kurai iestādei tas ir
problem-not-signed-in = Vispirms piesakieties vai piesakieties no jauna: sesija ir beigusies
problem-sign-in-refused = Adrese vai parole nav pareiza
problem-sign-in-again = Šim piesakieties vēlreiz: vajadzīga pieteikšanās pēdējās desmit minūtēs
problem-not-your-role = Neviena jūsu loma to nedrīkst
problem-not-yours = Tas pieder citam
problem-not-your-party = Jums šajā iestādē nav lomas
problem-out-of-scope = Pilnvara nav šim
problem-cross-site = Pieprasījums nāca no citas vietnes
problem-encryption-needed = Pieteikties var tikai šifrētā savienojumā
problem-own-work = Kas melnrakstu pēdējais labojis, to neapstiprina: to dara otrs cilvēks
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
problem-overloaded = Pārāk daudzi gaida pieteikšanos
problem-outcome-unknown = Nav zināms, vai tas ierakstīts: pirms atkārtošanas pārbaudiet

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
list-relations = Radniecība
list-means = Kartes un citi līdzekļi
list-terminals = Termināļi
list-rules = Noteikumi

column-start-kind = Veids
column-start-what = Kas
column-state = Stāvoklis
column-name = Vārds
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
try-call-curl = Komandrindai
try-link = Saite uz tieši šo stāvokli
try-why = Kāpēc?
try-drafted = Blakus melnrakstam
try-drafted-lead = Tā pati pārdošana pēc spēkā esošajiem noteikumiem un kā tā būtu ar melnrakstu. Ierobežojumi ir tā, it kā nekas nebūtu izlietots.
try-drafted-choose = Melnraksts
try-drafted-do = Salīdzināt
try-drafted-none = Nav melnraksta, ko jūs drīkstat lasīt.
try-drafted-same = Melnraksts šajā pārdošanā neko nemaina.
try-verdict = { $n }. rinda: { $verdict }
try-read = nolasīts: { $read }
try-nothing-read = nekas nav zināms
try-test-all = viss
try-test-any = kaut viens
try-test-not = ne
try-test-member-of = ir grupā
try-test-age = vecums
try-test-resident-in = dzīvo
try-test-attribute = īpašība
try-test-context = pirkuma fakts
try-test-line = rindas fakts
try-test-identifier = uzrāda
try-test-channel = kanāls
try-test-weekday = nedēļas diena
try-test-time-of-day = diennakts laiks
try-test-dates = datumi
try-test-calendar = kalendārs
try-test-basket-total = groza summa
try-test-basket-quantity = vienības grozā
try-test-quantity = rindas vienības
try-test-tier = līmenis
try-test-member = programmas dalībnieks
try-test-coupon = kupons
try-test-birthday = dzimšanas diena
try-because-eligible = pienākas, bet tās kārta nepienāca
try-because-not-covered = nepienākas: tā neattiecas uz to, kam ir rinda
try-because-condition = nepienākas: tās nosacījums nav patiess
try-because-without-holder = nepienākas: pavadonim vajag arī paša cilvēka rindu
try-because-subject-unknown = nepienākas: jāzina, kas ir cilvēks
try-turn-applied = dod savu atlaidi
try-turn-not-chosen = dod mazāk nekā cita tajā pašā vietā
try-turn-nothing-to-give = nedod neko
try-turn-nothing-left = nav vairs par ko maksāt
try-turn-limit-reached = ir sasniegusi savu ierobežojumu
try-turn-no-companions-left = jau sedz visus savus pavadoņus
try-turn-touched = atturas: no rindas jau kaut kas ir atņemts
try-turn-too-little-in-basket = atturas: atlicis maksāt par maz
try-turn-not-picked = neizvēlas nevienu rindas vienību
try-turn-bounded = ir robežas, kas no atlaides neko neatstāja
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

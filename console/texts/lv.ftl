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

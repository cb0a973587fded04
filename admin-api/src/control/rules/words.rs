//! How fields of a benefit and their values are called in Latvian and English.

use serde_json::Value;

/// A language of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Latvian,
    English,
}

/// The name of a field in the catalogue, in English, and in Latvian.
const LABELS: &[(&str, &str, &str)] = &[
    ("all", "all of these", "visi šie"),
    ("allow", "allowed", "atļauts"),
    ("amount", "amount", "summa"),
    ("amount_off", "amount off", "atlaide summā"),
    ("any", "any of these", "kāds no šiem"),
    ("as_of", "as of", "uz brīdi"),
    ("at_least", "what it needs", "kas vajadzīgs"),
    ("base", "base", "no kā rēķina"),
    ("bonus", "more points", "papildu punkti"),
    ("bonuses", "bonuses", "piemaksas"),
    ("campaign", "campaign", "kampaņa"),
    ("carry_over", "carried over", "pārnesams"),
    ("choose", "units that are chosen", "izvēlētās vienības"),
    ("codes", "codes", "kodi"),
    ("companions", "companions", "pavadoņi"),
    ("costs", "cost in points", "cena punktos"),
    ("coupon", "coupon", "kupons"),
    ("covers", "whom it covers", "kam pienākas"),
    ("dates", "days of the year", "gada dienas"),
    ("days", "days", "dienas"),
    ("downgrade", "end of a level", "līmeņa beigas"),
    ("earn", "points earned", "punktu krāšana"),
    ("earned", "earned", "nopelnītais"),
    ("effect", "effect", "ieguvums"),
    ("except_groups", "groups that are excepted", "izņēmuma grupas"),
    ("except_products", "products that are excepted", "izņēmuma preces"),
    ("expired_days", "days after the end", "dienas pēc beigām"),
    ("expiry", "end of points", "punktu termiņš"),
    ("fixed", "points for a purchase", "punkti par pirkumu"),
    ("fixed_price", "fixed price", "noteikta cena"),
    ("from", "from", "no"),
    ("funding", "funding", "finansējums"),
    ("grace_days", "days that a level is kept", "dienas, cik līmenis paliek"),
    ("grantor", "grantor", "piešķīrējs"),
    ("groups", "groups", "grupas"),
    ("hold_out", "control group", "kontroles grupa"),
    ("holder", "holder", "turētājs"),
    ("increment", "rounded to", "noapaļo līdz"),
    ("levels", "levels", "līmeņi"),
    ("limits", "limits", "ierobežojumi"),
    ("max", "at most", "ne vairāk kā"),
    ("max_discount", "largest discount", "lielākā atlaide"),
    ("max_per_authorization", "most for a purchase", "lielākais par pirkumu"),
    ("max_share", "most of a purchase", "lielākā daļa no pirkuma"),
    ("measure", "measure", "mērs"),
    ("min", "at least", "vismaz"),
    ("min_price", "lowest price", "zemākā cena"),
    ("mode", "way", "veids"),
    ("money", "points for what is paid", "punkti par samaksāto"),
    ("months", "months", "mēneši"),
    ("name", "name", "nosaukums"),
    ("not", "not", "nav"),
    ("offline", "without a connection", "bez savienojuma"),
    ("on", "what is rounded", "ko noapaļo"),
    ("on_exhausted", "when it is used up", "kad izlietots"),
    ("on_refund", "when something is given back", "ja kaut ko atdod"),
    ("only_untouched", "only what no other benefit touched", "tikai tas, ko nav skāris cits pabalsts"),
    ("payer", "payer", "maksātājs"),
    ("pending", "when points count", "kad punkti ir spēkā"),
    ("per", "per", "par"),
    ("per_authorization", "of one purchase", "vienā pirkumā"),
    ("per_line", "of one line", "vienā rindā"),
    ("percent", "percent", "procenti"),
    ("pick", "units that are picked", "atlasītās vienības"),
    ("points", "points", "punkti"),
    ("price_cap", "price cap", "cenas griesti"),
    ("priority", "priority", "prioritāte"),
    ("products", "products", "preces"),
    ("program", "programme", "programma"),
    ("providers", "providers", "pakalpojumu sniedzēji"),
    ("public_name", "name on receipts", "nosaukums čekā"),
    ("rate", "rate", "likme"),
    ("redeem", "what points pay", "ko maksā punkti"),
    ("returns", "when something is given back", "ja kaut ko atdod"),
    ("round_up", "kept until", "paliek līdz"),
    ("rounding", "rounding", "noapaļošana"),
    ("rules", "rules", "noteikumi"),
    ("scope", "where it counts", "kur darbojas"),
    ("service_day_start", "start of the day", "dienas sākums"),
    ("share", "share", "daļa"),
    ("slides", "a purchase moves the end", "pirkums pārceļ termiņu"),
    ("slot", "slot", "vieta secībā"),
    ("spend_cap", "cap on what is spent", "tēriņu griesti"),
    ("step", "in steps of", "pa"),
    ("suspensions", "suspensions", "apturējumi"),
    ("tags", "tags", "birkas"),
    ("tiers", "levels", "līmeņi"),
    ("time_zone", "time zone", "laika josla"),
    ("unit", "points for each unit", "punkti par vienību"),
    ("until", "until", "līdz"),
    ("upgrade", "begin of a level", "līmeņa sākums"),
    ("uses", "uses", "izmantošanas"),
    ("valid", "validity", "derīgums"),
    ("when", "condition", "nosacījums"),
    ("window", "window", "periods"),
];

/// Fields whose numbers are minor units.
const MONEY: [&str; 5] = ["amount", "increment", "min_price", "per_authorization", "per_line"];
/// Fields whose numbers are hundredths of a percent.
const RATES: [&str; 4] = ["rate", "max_share", "bonus", "share"];

/// A field's name; as it stands in the catalogue where it has no other.
pub(super) fn label(field: &str, language: Language) -> String {
    let known = LABELS.iter().find(|(name, ..)| *name == field);
    let label = known.map(|(_, english, latvian)| if language == Language::Latvian { latvian } else { english });
    label.map_or_else(|| field.to_owned(), |label| (*label).to_owned())
}

/// The sentences of a language.
#[derive(Clone, Copy)]
pub(super) struct Words(Language);

impl Words {
    pub(super) fn of(language: Language) -> Self {
        Self(language)
    }

    pub(super) fn number(self, number: usize) -> String {
        match self.0 {
            Language::Latvian => format!("{number}."),
            Language::English => format!("no. {number}"),
        }
    }

    pub(super) fn changed(self, name: &str, before: &str, after: &str) -> String {
        match self.0 {
            Language::Latvian => format!("{name}: {before} kļūst par {after}"),
            Language::English => format!("{name}: {before} becomes {after}"),
        }
    }

    pub(super) fn added(self, name: &str, value: &str) -> String {
        match self.0 {
            Language::Latvian => format!("{name}: pievienots {value}"),
            Language::English => format!("{name}: {value} is added"),
        }
    }

    pub(super) fn removed(self, name: &str, value: &str) -> String {
        match self.0 {
            Language::Latvian => format!("{name}: noņemts {value}"),
            Language::English => format!("{name}: {value} is removed"),
        }
    }

    /// Rates as percent, amounts with two decimals, lists with commas, all else as it is written.
    pub(super) fn value(self, field: &str, value: &Value) -> String {
        match value {
            Value::Number(number) if RATES.contains(&field) => match number.as_i64() {
                Some(rate) => format!("{} %", self.hundredths(rate, false)),
                None => number.to_string(),
            },
            Value::Number(number) if MONEY.contains(&field) => match number.as_i64() {
                Some(amount) => self.hundredths(amount, true),
                None => number.to_string(),
            },
            Value::String(text) => text.clone(),
            Value::Array(list) if list.iter().all(|entry| !entry.is_object()) => {
                list.iter().map(|entry| self.value(field, entry)).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        }
    }

    fn hundredths(self, number: i64, shows_zeros: bool) -> String {
        let mark = if self.0 == Language::Latvian { ',' } else { '.' };
        let sign = if number < 0 { "-" } else { "" };
        let (whole, rest) = (number.unsigned_abs() / 100, number.unsigned_abs() % 100);
        match rest {
            0 if !shows_zeros => format!("{sign}{whole}"),
            rest if rest % 10 == 0 && !shows_zeros => format!("{sign}{whole}{mark}{}", rest / 10),
            rest => format!("{sign}{whole}{mark}{rest:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_demos_benefits_has_a_name_in_both_languages() {
        let demo: Value = serde_json::from_str(include_str!("../../../../demo/catalogue.json")).unwrap();
        let benefits = demo.get("benefits").and_then(Value::as_array).unwrap();
        for field in benefits.iter().flat_map(|benefit| benefit.as_object().unwrap().keys()) {
            let is_named =
                LABELS.iter().any(|(name, ..)| name == field) || ["code", "version"].contains(&field.as_str());
            assert!(is_named, "{field} has no name");
        }
    }

    #[test]
    fn every_field_of_a_programme_and_a_campaign_has_a_name_in_both_languages() {
        fn fields(schema: &Value, all: &mut Vec<String>) {
            let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            // What a condition asks is told as a whole, and so is a window.
            for (name, inner) in own.filter(|(name, _)| !["when", "window"].contains(&name.as_str())) {
                all.push(name.clone());
                fields(inner, all);
            }
            let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            choices.chain(schema.get("items")).for_each(|inner| fields(inner, all));
        }
        let schema: Value = serde_json::from_str(include_str!("../../../../schema/catalogue.schema.json")).unwrap();
        let mut all = Vec::new();
        for list in ["programs", "campaigns"] {
            fields(schema.pointer(&format!("/properties/{list}/items")).unwrap(), &mut all);
        }
        // Those that a draft does not have, and a language in a name.
        all.retain(|name| !["code", "version", "owner", "lv", "en"].contains(&name.as_str()));
        assert!(all.len() > 60, "{all:?}");
        let silent: Vec<_> = all.iter().filter(|name| !LABELS.iter().any(|(known, ..)| known == name)).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn rates_are_percent_and_amounts_have_two_decimals() {
        let told = |field, value: i64| {
            [Language::English, Language::Latvian].map(|language| Words::of(language).value(field, &value.into()))
        };
        assert_eq!(told("rate", 5050), ["50.5 %", "50,5 %"]);
        assert_eq!(told("amount", -1200), ["-12.00", "-12,00"]);
        assert_eq!(told("max", 1200), ["1200", "1200"]);
    }
}

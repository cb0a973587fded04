//! Worlds to measure in: a catalogue of any size, a holder in three groups, a request of one line.

#![allow(dead_code, reason = "each bench uses its own part")]

pub(crate) mod by_hand;
pub(crate) mod filled;
pub(crate) mod over_http;
pub(crate) mod plane;
pub(crate) mod residents;
pub(crate) mod settled;
pub(crate) mod sold;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use avis_core::{Catalogue, Fingerprint, IdentifierSecret, Plan, Request, RuleSet, Totals, WrittenHolder};
use avis_server::http::{AppState, Draining, Freshness, RequestLog, Selling, Training};
use avis_server::{
    Credentials, Directory, Engine, IdentifierThrottle, Key, Known, Metrics, Scope, Terminal, UsageCache,
};
use avis_store::sqlite::{Folder, SqliteLedger};
use avis_store::{Digest, IdempotencyKey, NewAuthorization, RulesRead, SystemClock, Task};
use avis_testing::{TempFolder, eventually};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Benefits at each provider, each for another beneficiary group.
pub(crate) const BENEFITS_OF_PROVIDER: usize = 100;

/// Stands for rules that are of no store.
pub(crate) const RULES_READ: RulesRead = RulesRead { revision: 1, digest: Digest::from_bytes([7; 16]) };

pub(crate) const KEY: &str = "avis_bench_key_0123456789";

pub(crate) const BODY: &str = r#"{"request_id":"0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11","mode":"sale","occurred_at":"2026-11-18T08:12:00+02:00","channel":"desk","currency":"EUR","identifiers":[{"scheme":"etalons","value":"ANNA-0001"}],"context":{"route_class":"regular"},"lines":[{"line_id":"1","product":"transport.bus.regional.single","quantity":1,"unit_price":715,"for":"holder","context":{}}]}"#;

/// A catalogue with as many benefits, a hundred for each provider.
pub(crate) fn catalogue(benefits: usize) -> Value {
    let providers = benefits.div_ceil(BENEFITS_OF_PROVIDER);
    let benefit = |number: usize| {
        let provider = number / BENEFITS_OF_PROVIDER;
        json!({
            "code": format!("benefit-{number}"), "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"},
            "valid": {"from": "2018-09-01"}, "priority": number % 50, "slot": "fare",
            "scope": {"providers": {"codes": [format!("provider-{provider}")]}, "products": ["transport.bus.regional"]},
            "when": {"all": [
                {"member_of": {"groups": [format!("group-{}", number % BENEFITS_OF_PROVIDER)]}},
                {"not": {"age": {"max": 6}}},
                {"any": [{"channel": {"in": ["desk"]}}, {"weekday": {"in": [1, 2, 3]}}]},
            ]},
            "effect": {"percent": {"rate": 5000 + number % 50}},
            "limits": [{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 20}],
        })
    };
    json!({
        "currency": "EUR",
        "groups": (0..BENEFITS_OF_PROVIDER).map(|group| json!({"code": format!("group-{group}"), "owner": "state"})).collect::<Vec<_>>(),
        "slots": [{"name": "fare", "policy": "best", "priority": 100}],
        "providers": (0..providers).map(|number| json!({"code": format!("provider-{number}"), "tags": ["bus"]})).collect::<Vec<_>>(),
        "benefits": (0..benefits).map(benefit).collect::<Vec<_>>(),
    })
}

/// The same without limits, so that no usage is needed.
pub(crate) fn unlimited(benefits: usize) -> Value {
    let mut catalogue = catalogue(benefits);
    for benefit in catalogue.pointer_mut("/benefits").and_then(Value::as_array_mut).into_iter().flatten() {
        benefit["limits"] = json!([]);
    }
    catalogue
}

pub(crate) fn rules(benefits: usize) -> Arc<RuleSet> {
    Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue(benefits)).unwrap()))
}

/// In three of the hundred groups.
pub(crate) fn holder() -> WrittenHolder {
    WrittenHolder::from_value(&holder_json()).unwrap()
}

/// The same as it is written.
pub(crate) fn holder_json() -> Value {
    let entitlements = ["group-3", "group-30", "group-60"]
        .map(|group| json!({"group": group, "from": "2019-05-01", "until": "2027-05-01"}));
    json!({
        "holder": "h-anna", "birth_date": "1986-02-28", "household": "hh-1",
        "residences": [{"territory": "lv.riga", "from": "2020-01-01"}], "entitlements": entitlements,
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}, {"scheme": "bank-card", "value": "1"}],
    })
}

pub(crate) fn secret() -> IdentifierSecret {
    IdentifierSecret::new([5; 32])
}

pub(crate) fn engine(benefits: usize) -> Engine {
    engine_with(rules(benefits))
}

pub(crate) fn engine_with(rules: Arc<RuleSet>) -> Engine {
    let directory = Directory::default();
    directory.add(&holder(), &secret()).unwrap();
    let terminal = Terminal {
        code: "t".into(),
        provider: "provider-0".into(),
        channels: vec!["desk".into()],
        schemes: vec!["etalons".into()],
        scopes: vec![Scope::Sell],
        keys: vec![Key::of(KEY)],
    };
    let credentials = Arc::new(Credentials::of([Arc::new(terminal)]));
    let engine = Engine::new(directory, secret(), TimeZone::get("Europe/Riga").unwrap());
    engine.know(Known { rules: Some(rules), credentials, head: None });
    engine
}

/// Runs a bench in a process of its own, and holds it to leaving nothing in the temporary folder.
pub(crate) fn leaving_nothing(bench: impl FnOnce()) {
    const INNER: &str = "AVIS_BENCH_INNER";
    if std::env::var_os(INNER).is_some() {
        return bench();
    }
    let temporary = TempFolder::new("bench");
    // As the system's own: servers under another account make folders of their own in it, and remove them.
    std::fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    let mut inner = Command::new(std::env::current_exe().unwrap());
    inner.args(std::env::args_os().skip(1)).env("TMPDIR", temporary.path()).env(INNER, "1");
    assert!(inner.status().unwrap().success(), "it failed; see above");
    let left = || std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    // Servers are cleared up after the process that started them has ended.
    eventually("an empty temporary folder", left, Vec::is_empty);
}

/// Behind HTTP, with a ledger in a folder.
pub(crate) fn shared(engine: Engine, folder: &Path) -> AppState {
    let clock = Arc::new(SystemClock::default());
    let folder = Arc::new(Folder::create(folder).unwrap());
    let ledger = Arc::new(SqliteLedger::open(folder, &secret(), clock.clone()).unwrap());
    let any = SignedDuration::MAX;
    let selling = Selling { hold: SignedDuration::from_mins(30), past: any, future: any };
    let forever = Duration::from_secs(u64::from(u32::MAX));
    AppState {
        node: "bench".to_owned(),
        request_log: RequestLog::Off,
        calls: Arc::default(),
        engine: Arc::new(engine),
        ledger,
        training: Training::nowhere(),
        cluster: None,
        draining: Draining::default(),
        store: None,
        registry: None,
        reports: None,
        following: None,
        clock,
        selling,
        usage_cache: UsageCache::default(),
        freshness: Freshness { stale_after: forever, wait: forever },
        identifier_throttle: IdentifierThrottle::new(120),
        security: None,
        metrics: Metrics::new().unwrap(),
    }
}

pub(crate) fn request() -> Request {
    Request::parse(BODY.as_bytes()).unwrap()
}

/// A sale to be recorded, of a request that is planned under some rules.
pub(crate) fn sale(request: Request, rules: RulesRead, plan: impl FnOnce(Request) -> Box<Plan>) -> Task {
    let fingerprint = Fingerprint::of_request(&request, &secret());
    let key = IdempotencyKey { provider: "provider-0".into(), request_id: request.request_id, fingerprint };
    let (plan, hold) = (plan(request), SignedDuration::from_mins(30));
    let new = NewAuthorization { key, plan, inquiry: None, terminal: "t".into(), rules, stale: false, hold };
    Task::Authorize(Box::new(new))
}

/// The most memory that this process has had, in megabytes; 0 where the system does not tell it.
pub(crate) fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    peak.map_or(0, |kilobytes: u64| kilobytes / 1024)
}

/// The second half of a decision on no usage; what was computed comes back so that nothing is optimised away.
pub(crate) fn payable(plan: &Plan) -> i64 {
    plan.decide(&plan.usage(|_| Totals::default())).payable
}

/// What this process has in memory; none where the system does not tell.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

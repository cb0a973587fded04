//! Settings, and the files that run the program with them.

use super::{read, table};

#[test]
fn every_setting_is_explained_where_it_stands() {
    for path in ["config/default.toml", "config/cluster.toml"] {
        let mut explained = false;
        for line in read(path).lines() {
            match line.chars().next() {
                Some('#') => explained = true,
                Some('[') | None => explained = false,
                Some(_) => {
                    assert!(explained, "{path}: `{line}` has no comment of its own");
                    explained = false;
                }
            }
        }
    }
}

#[test]
fn a_cluster_sets_what_can_be_set() {
    fn check(path: &str, over: &toml::Table, under: &toml::Table) {
        for (name, value) in over {
            let path = format!("{path}.{name}");
            let default = under.get(name).unwrap_or_else(|| panic!("config/default.toml has no {path}"));
            assert_eq!(value.type_str(), default.type_str(), "{path}");
            if let (Some(over), Some(under)) = (value.as_table(), default.as_table()) {
                check(&path, over, under);
            }
        }
    }
    check("", &table("config/cluster.toml"), &table("config/default.toml"));
}

#[test]
fn a_service_manager_waits_longer_than_a_stop_takes() {
    // Answering on in a cluster, the drain of open requests, then ten seconds of the ledger's.
    let seconds = |path, name| table(path)["http"][name].as_integer().unwrap();
    let takes = seconds("config/cluster.toml", "leave_s") + seconds("config/cluster.toml", "drain_s") + 10;
    for path in ["config/avis.service", "config/avis-engine.service"] {
        let text = read(path);
        let waits = text.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
        assert!(waits.parse::<i64>().unwrap() > takes, "{path}");
    }
    let compose = read("config/compose.yaml");
    let waits = compose.lines().find_map(|line| line.strip_prefix("  stop_grace_period: ")).unwrap();
    assert!(waits.trim_end_matches('s').parse::<i64>().unwrap() > takes);
}

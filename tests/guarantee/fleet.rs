//! Many processes at once against one tenant's quota: no update is lost, none is doubled, and those that do not get
//! through say so honestly.

use std::io::Write;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use sandbox::{Quota, Sandbox, Settings, seed_incident};
use serde_json::json;
use support::guarantee::{asset, run};

#[test]
fn two_hundred_processes_share_one_quota() {
    let sandbox = Sandbox::start(Settings {
        quota: Some(Quota {
            calls: 50,
            window: Duration::from_secs(2),
        }),
        ..Settings::default()
    });
    for id in 1..=PROCESSES {
        let mut incident = seed_incident();
        incident["incidentId"] = json!(id);
        sandbox.put_incident(incident);
    }
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for id in 1..=PROCESSES {
            let (sandbox, ended) = (&sandbox, &ended);
            scope.spawn(move || {
                let mut asset = asset(sandbox);
                asset["timeout_secs"] = json!(40);
                asset["connect_timeout_secs"] = json!(20);
                asset["retry_wait_secs"] = json!(0.5);
                let comment = format!("closed by run {id}");
                let ran =
                    run(&json!({"asset": asset, "path_parameters": {"id": id}, "json_body": {"comment": comment}}));
                let incident = sandbox.incident(id).expect("the incident is there");
                let copies = incident["comments"].as_array().map_or(0, |all| {
                    all.iter().filter(|one| one["comment"] == comment.as_str()).count()
                });
                ended
                    .lock()
                    .expect("no thread panicked")
                    .push((id, ran.code, copies, ran.text));
            });
        }
    });
    let ended = ended.into_inner().expect("no thread panicked");
    let applied = ended.iter().filter(|(_, code, ..)| *code == 0).count();
    let wrong: Vec<_> = ended
        .iter()
        .filter(|(_, code, copies, _)| !matches!((code, copies), (0, 1) | (3, 0)))
        .collect();
    writeln!(
        std::io::stderr(),
        "fleet: processes {}, applied {applied}, not applied and said so {}, wrong {}, calls over quota {}",
        ended.len(),
        ended.len() - applied - wrong.len(),
        wrong.len(),
        sandbox.over_quota()
    )
    .expect("stderr takes a line");
    assert!(wrong.is_empty(), "{wrong:?}");
}

const PROCESSES: u64 = 200;

//! Tokens kept between runs: one request in place of two, whoever else runs at the same time, and whatever is wrong with
//! the folder. Every run logs at the most detailed level, and neither token nor secret may show, there or in the files.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Fault, Leg, Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::outcome::{Outcome, with};
use support::{Run, leaks};

/// A sandbox, and a folder for tokens that is gone when the test is.
struct Place {
    sandbox: Sandbox,
    folder: PathBuf,
}

impl Place {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("defender-token-cache-{}-{number}", std::process::id());
        let mut settings = Settings {
            tls: Some(Tls::Good),
            ..Settings::default()
        };
        change(&mut settings);
        Self {
            sandbox: Sandbox::start(settings),
            folder: std::env::temp_dir().join(name),
        }
    }

    fn run(&self) -> Outcome {
        self.run_with(&json!({}), &[])
    }

    /// Updates incident 552 with these fields of the asset on top of the usual ones.
    fn run_with(&self, fields: &Value, env: &[(&str, &str)]) -> Outcome {
        let usual = json!({"token_cache_dir": self.folder, "retry_wait_secs": 0.01, "timeout_secs": 30});
        let asset = with(with(self.sandbox.asset(), &usual), fields);
        let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
        let run = Run::with_stdin(input.to_string()).env("RUST_LOG", "trace");
        let outcome = env
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value))
            .outcome(&[]);
        for secret in self.secrets() {
            outcome.assert_hides(&secret);
        }
        outcome
    }

    /// The secret, and every token that was sent so far.
    fn secrets(&self) -> Vec<String> {
        let tokens = self.sandbox.requests().into_iter().filter_map(|request| {
            let value = request.header("Authorization")?.to_owned();
            Some(value.trim_start_matches("Bearer ").to_owned())
        });
        tokens.chain([self.sandbox.settings().client_secret.clone()]).collect()
    }

    fn sign_ins(&self) -> usize {
        let requests = self.sandbox.requests();
        requests.iter().filter(|request| request.method == "POST").count()
    }

    /// The only file with this extension.
    fn file(&self, extension: &str) -> PathBuf {
        let mut found = self.files();
        found.retain(|path| path.extension().is_some_and(|own| own == extension));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be read").path())
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
        fs::remove_file(&self.folder).ok();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn the_second_run_sends_one_request_over_one_connection() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    assert_eq!((place.sign_ins(), place.sandbox.connections()), (1, 2));
    place.run().assert_applied();
    assert_eq!((place.sign_ins(), place.sandbox.connections()), (1, 3));
    let methods: Vec<_> = place
        .sandbox
        .requests()
        .into_iter()
        .map(|request| request.method)
        .collect();
    assert_eq!(methods, ["POST", "PATCH", "PATCH"]);
}

#[test]
fn the_folder_can_be_named_by_the_environment() {
    let place = Place::new(|_| ());
    for _ in 0..2 {
        let folder = place.folder.to_string_lossy();
        let fields = json!({"token_cache_dir": null});
        place
            .run_with(&fields, &[("DEFENDER_TOKEN_CACHE_DIR", &folder)])
            .assert_applied();
    }
    assert_eq!(place.sign_ins(), 1);
}

#[test]
fn without_a_folder_nothing_is_kept() {
    let place = Place::new(|_| ());
    for _ in 0..2 {
        place.run_with(&json!({"token_cache_dir": null}), &[]).assert_applied();
    }
    assert_eq!(place.sign_ins(), 2);
    assert!(!place.folder.exists());
}

#[test]
fn the_files_are_this_users_alone_and_tell_nothing() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    assert_eq!(mode(&place.folder), 0o700);
    let mut secrets = place.secrets();
    let settings = place.sandbox.settings();
    secrets.extend([settings.tenant.clone(), settings.client_id.clone()]);
    let files = place.files();
    assert_eq!(files.len(), 2, "the token and its lock: {files:?}");
    for path in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let mut content = fs::read(&path).expect("it can be read");
        content.extend(path.to_string_lossy().bytes());
        for secret in &secrets {
            assert!(leaks::find(&content, secret).is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn a_token_is_for_its_own_credential_application_and_scope() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    for fields in [
        json!({"client_secret": "another-secret-not-real"}),
        json!({"client_id": "33333333-3333-3333-3333-333333333333"}),
        json!({"scope": "https://management.azure.com/.default"}),
        json!({"tenant_id": "44444444-4444-4444-4444-444444444444"}),
    ] {
        let before = place.sign_ins();
        let outcome = place.run_with(&fields, &[]);
        assert_eq!(outcome.out["name"], "SignInRefused", "{fields}: {}", outcome.out);
        assert!(place.sign_ins() > before, "{fields}");
    }
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 5, "the first token is still there");
}

#[test]
fn fifty_processes_at_once_sign_in_once() {
    let place = Place::new(|settings| settings.answer_delay = Duration::from_millis(50));
    thread::scope(|scope| {
        let running: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| place.run_with(&json!({"timeout_secs": 60, "connect_timeout_secs": 30}), &[])))
            .collect();
        for run in running {
            run.join().expect("no run ends its test").assert_applied();
        }
    });
    assert_eq!(place.sign_ins(), 1);
    assert_eq!(place.sandbox.requests().len(), 51);
    assert_eq!(place.files().len(), 2, "no draft stays: {:?}", place.files());
}

#[test]
fn who_waits_for_another_process_waits_a_quarter_of_the_time_at_most() {
    let place = Place::new(|_| ());
    fs::create_dir(&place.folder).expect("the folder can be made");
    place.run().assert_applied();
    fs::remove_file(place.file("token")).expect("it can be removed");
    let held = fs::File::open(place.file("lock")).expect("it is there");
    held.lock().expect("nobody holds it");
    let started = Instant::now();
    place.run_with(&json!({"timeout_secs": 8}), &[]).assert_applied();
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(place.sign_ins(), 2);
}

/// A lock that stays with another process: stopped, hung, or somebody else's.
fn held_lock(place: &Place) -> fs::File {
    place.run().assert_applied();
    fs::remove_file(place.file("token")).expect("it can be removed");
    let held = fs::File::open(place.file("lock")).expect("it is there");
    held.lock().expect("nobody holds it");
    held
}

#[test]
fn a_lock_that_is_held_in_vain_is_waited_for_once() {
    let place = Place::new(|settings| settings.token_life_secs = 200);
    place.run_with(&json!({}), &[]).assert_applied();
    let held = fs::File::open(place.file("lock")).expect("it is there");
    held.lock().expect("nobody holds it");
    let waits = || {
        let outcome = place.run_with(&json!({"timeout_secs": 8}), &[]);
        outcome.assert_applied();
        outcome.log.contains(IN_VAIN)
    };
    let started = Instant::now();
    assert!(waits(), "the first waits");
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    for _ in 0..3 {
        assert!(!waits(), "another has waited already");
    }
    // A token of such short life is not kept, so that every run signs in.
    assert_eq!(place.sign_ins(), 5);

    // As soon as the lock can be had, all is as before.
    drop(held);
    assert!(!waits());
    let left: Vec<PathBuf> = place.files();
    assert!(
        left.iter()
            .all(|path| path.extension().is_some_and(|own| own != "held")),
        "{left:?}"
    );
    let held = fs::File::open(place.file("lock")).expect("it is there");
    held.lock().expect("nobody holds it");
    assert!(waits(), "it is another time");
}

/// What a run says that has waited for another process and got no token by it.
const IN_VAIN: &str = "stays with another process";

#[test]
fn a_lock_that_another_user_holds_is_not_waited_for() {
    let place = Place::new(|_| ());
    let held = held_lock(&place);
    let lock = place.file("lock");
    if let Err(error) = std::os::unix::fs::chown(&lock, Some(12_345), None) {
        writeln!(
            std::io::stderr(),
            "SKIPPED: a file cannot be given to another user: {error}"
        )
        .expect("a line");
        return;
    }
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o666)).expect("they can be set");
    for _ in 0..2 {
        let outcome = place.run_with(&json!({"timeout_secs": 8}), &[]);
        outcome.assert_applied();
        assert!(!outcome.log.contains(IN_VAIN), "{}", outcome.log);
    }
    drop(held);
}

#[test]
fn a_folder_that_takes_no_mark_is_no_fault() {
    let place = Place::new(|_| ());
    let held = held_lock(&place);
    // Something that is no file stands where the mark would be; it counts as one.
    fs::create_dir(place.file("lock").with_extension("held")).expect("a folder can be made");
    let outcome = place.run_with(&json!({"timeout_secs": 8}), &[]);
    outcome.assert_applied();
    assert!(!outcome.log.contains(IN_VAIN), "{}", outcome.log);
    drop(held);
    place.run().assert_applied();
}

#[test]
fn a_token_that_lasts_five_minutes_is_not_kept() {
    let place = Place::new(|settings| settings.token_life_secs = 300);
    for _ in 0..2 {
        place.run().assert_applied();
    }
    assert_eq!(place.sign_ins(), 2);
}

#[test]
fn a_kept_token_that_is_refused_is_replaced_once() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    place.sandbox.revoke_all_tokens();
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 2);
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 2, "the new one is kept");
}

#[test]
fn a_fresh_token_that_is_refused_is_not_kept() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    for _ in 0..2 {
        place.sandbox.fault(Leg::Patch, Fault::RevokeToken);
    }
    let outcome = place.run();
    assert_eq!(outcome.out["name"], "Unauthorized", "{}", outcome.out);
    assert_eq!(place.sign_ins(), 2, "one fresh token, no more");
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 3);
}

#[test]
fn a_permission_given_since_the_token_was_kept_counts() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let forbidden = || Fault::Status {
        code: 403,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    place.sandbox.fault(Leg::Patch, forbidden());
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 2);
    // A fresh token's 403 is an answer.
    fs::remove_file(place.file("token")).expect("it can be removed");
    place.sandbox.fault(Leg::Patch, forbidden());
    let outcome = place.run();
    assert_eq!(outcome.out["name"], "Forbidden", "{}", outcome.out);
    assert_eq!(place.sign_ins(), 3);
}

#[test]
fn what_is_damaged_or_planted_is_replaced() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let kept = place.file("token");
    let whole = fs::read(&kept).expect("it can be read");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    let damages = [
        Vec::new(),
        b"not sealed".to_vec(),
        whole[..whole.len() - 1].to_vec(),
        changed,
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        fs::write(&kept, damage).expect("it can be written");
        place.run().assert_applied();
        assert_eq!(place.sign_ins(), number + 2);
    }
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 5, "the last one holds");
}

#[test]
fn links_and_pipes_in_the_folder_do_no_harm() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let (token, lock) = (place.file("token"), place.file("lock"));
    let elsewhere = place.folder.join("elsewhere");
    for path in [&token, &lock] {
        fs::remove_file(path).expect("it can be removed");
        symlink(&elsewhere, path).expect("a link can be made");
    }
    place.run().assert_applied();
    assert!(!elsewhere.exists(), "nothing was written through a link");
    assert!(
        fs::symlink_metadata(&token).expect("it is there").is_file(),
        "the link was replaced"
    );
    fs::remove_file(&token).expect("it can be removed");
    let made = Command::new("mkfifo").arg(&token).status().expect("mkfifo is there");
    assert!(made.success());
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 3);
}

#[test]
fn a_folder_that_cannot_be_used_fails_no_run() {
    let place = Place::new(|_| ());
    // In the way even of the administrator.
    fs::write(&place.folder, "a file").expect("it can be written");
    for _ in 0..2 {
        let outcome = place.run();
        outcome.assert_applied();
        assert!(
            outcome.log.contains("the token cache cannot be written"),
            "{}",
            outcome.log
        );
    }
    assert_eq!(place.sign_ins(), 2);
}

#[test]
fn a_refused_token_that_cannot_be_taken_out_is_used_no_more() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let token = place.file("token");
    let content = fs::read(&token).expect("it can be read");
    place.sandbox.revoke_all_tokens();
    let Some(_unchanging) = Unchanging::make(&place.folder) else {
        writeln!(
            std::io::stderr(),
            "SKIPPED: no folder can be kept from being changed here"
        )
        .expect("a line");
        return;
    };
    place.run().assert_applied();
    assert_eq!(place.sign_ins(), 2);
    assert_eq!(
        fs::read(&token).expect("it can be read"),
        content,
        "it was not replaced"
    );
}

/// A folder in which nothing can be made or removed, until this is dropped.
struct Unchanging<'a>(&'a Path);

impl<'a> Unchanging<'a> {
    fn make(folder: &'a Path) -> Option<Self> {
        let made = Self(folder);
        fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).ok()?;
        let probe = folder.join("probe");
        // The administrator is kept from nothing by a mode.
        if fs::write(&probe, "").is_err() {
            return Some(made);
        }
        fs::remove_file(&probe).ok()?;
        made.chattr("+i").then_some(made)
    }

    fn chattr(&self, flag: &str) -> bool {
        let changed = Command::new("chattr")
            .arg(flag)
            .arg(self.0)
            .stderr(Stdio::null())
            .status();
        changed.is_ok_and(|status| status.success())
    }
}

impl Drop for Unchanging<'_> {
    fn drop(&mut self) {
        self.chattr("-i");
        fs::set_permissions(self.0, fs::Permissions::from_mode(0o700)).ok();
    }
}

#[test]
fn who_waits_complains_once() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let token = place.file("token");
    fs::remove_file(&token).expect("it can be removed");
    fs::create_dir(&token).expect("a folder can be in its place");
    let held = fs::File::open(place.file("lock")).expect("it is there");
    held.lock().expect("nobody holds it");
    let outcome = place.run_with(&json!({"timeout_secs": 8}), &[]);
    outcome.assert_applied();
    assert_eq!(
        outcome.log.matches("the token cache cannot be read").count(),
        1,
        "{}",
        outcome.log
    );
}

#[test]
fn what_credentials_of_old_left_behind_is_taken_out() {
    let place = Place::new(|_| ());
    fs::create_dir(&place.folder).expect("the folder can be made");
    let old = place.folder.join("defender-update-incident-0123456789abcdef.token");
    let others = place.folder.join("somebody-elses.token");
    for path in [&old, &others] {
        let file = fs::File::create(path).expect("it can be made");
        let long_ago = std::time::SystemTime::now() - Duration::from_hours(72);
        file.set_modified(long_ago).expect("its time can be set");
    }
    place.run().assert_applied();
    assert!(!old.exists());
    assert!(others.exists());
}

#[test]
fn a_check_signs_in_anew() {
    let place = Place::new(|_| ());
    place.run().assert_applied();
    let settings = place.sandbox.settings();
    let asset = json!({
        "url": place.sandbox.origin(), "login_url": place.sandbox.origin(), "tenant_id": settings.tenant,
        "client_id": settings.client_id, "client_secret": settings.client_secret, "scope": settings.scope,
        "ca_certificate": place.sandbox.ca_pem(), "token_cache_dir": place.folder,
    });
    let ran = Run::with_stdin(json!({"asset": asset}).to_string())
        .args(&["--check"])
        .go();
    assert_eq!(ran.expect("the binary ends by itself").code, Some(0));
    assert_eq!(place.sign_ins(), 2);
}

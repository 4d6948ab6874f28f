//! No secret is ever written: every case once more with the most talkative logs there are, and both streams searched for
//! every secret of the case, in every coding, dumps of 16 bytes a row put together again.

use support::case::Case;
use support::leaks;

#[test]
fn no_secret_is_written_whatever_the_log_level() {
    let cases = Case::all();
    let runs: Vec<(&Case, &str)> = FILTERS
        .iter()
        .flat_map(|filter| cases.iter().map(move |case| (case, *filter)))
        .collect();
    let found = support::in_parallel(&runs, |(case, filter)| {
        let outcome = match case.run(&[("RUST_LOG", filter)]) {
            Ok(outcome) => outcome,
            Err(problem) => return vec![format!("{} with {filter}: {problem}", case.name)],
        };
        let streams = [("stdout", &outcome.ran.stdout), ("stderr", &outcome.ran.stderr)];
        let secrets = case.secrets();
        streams
            .iter()
            .flat_map(|(stream, output)| secrets.iter().map(move |secret| (stream, leaks::find(output, secret))))
            .flat_map(|(stream, found)| found.into_iter().map(move |what| (stream, what)))
            .map(|(stream, what)| format!("{} with {filter}: {what}, on {stream}", case.name))
            .collect()
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_case_that_signs_in_has_secrets_to_look_for() {
    let cases = Case::all();
    let without = cases.iter().find(|case| case.signs_in() && case.secrets().is_empty());
    assert!(without.is_none(), "{without:?}");
}

#[test]
fn the_logs_were_on() {
    let cases = Case::all();
    let case = cases
        .iter()
        .find(|case| case.name == "the_seeds_example_comes_back")
        .or(cases.first())
        .expect("there are cases");
    let outcome = case.run(&[("RUST_LOG", "trace")]).expect("the case runs");
    let log = outcome.ran.stderr_text();
    assert!(
        log.contains("INFO "),
        "RUST_LOG=trace brought nothing to search:\n{log}"
    );
}

/// Everything; and the one target that dumps heads and bodies, asked for by its name.
const FILTERS: &[&str] = &["trace", "ureq_proto::util=trace"];

mod the_detector {
    use support::leaks::find;

    const SECRET: &str = "s3cr3t~Value/of+an=app & more";

    fn dump(bytes: &[u8], row: impl Fn(usize, &[u8]) -> String) -> Vec<u8> {
        let rows: Vec<String> = bytes
            .chunks(16)
            .enumerate()
            .map(|(number, bytes)| row(number, bytes))
            .collect();
        rows.join("\n").into_bytes()
    }

    fn printable(bytes: &[u8]) -> String {
        bytes
            .iter()
            .map(|byte| {
                if byte.is_ascii_graphic() || *byte == b' ' {
                    char::from(*byte)
                } else {
                    '.'
                }
            })
            .collect()
    }

    fn sent() -> Vec<u8> {
        format!("POST / HTTP/1.1\r\nX: y\r\n\r\nclient_secret={SECRET}&more=1").into_bytes()
    }

    #[test]
    fn a_secret_in_plain_sight_is_found() {
        assert!(!find(&sent(), SECRET).is_empty());
        assert!(find(b"nothing to see here", SECRET).is_empty());
    }

    #[test]
    fn a_secret_in_the_hex_columns_of_a_dump_is_found() {
        let output = dump(&sent(), |number, bytes| {
            let columns: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("TRACE util: {:08x}  {}", number * 16, columns.join(" "))
        });
        assert_eq!(
            find(&output, SECRET),
            ["the secret as it is in the hex columns of a dump"]
        );
    }

    #[test]
    fn a_secret_in_a_dump_of_the_http_crate_is_found() {
        let output = dump(&sent(), |_, bytes| {
            let pairs: Vec<String> = bytes
                .chunks(2)
                .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
                .collect();
            format!(
                "TRACE ureq_proto::util: {}  {}",
                pairs.join(" "),
                printable(bytes).replace(' ', ".")
            )
        });
        assert_eq!(
            find(&output, SECRET),
            ["the secret as it is in the hex columns of a dump"]
        );
        assert_eq!(
            find(&output, "s3cr3t~Value/of+an=app"),
            [
                "the secret as it is in the hex columns of a dump",
                "the secret as it is in the text columns of a dump"
            ]
        );
    }

    #[test]
    fn a_secret_in_the_text_columns_of_a_dump_is_found() {
        for frame in ["|", ""] {
            let output = dump(&sent(), |_, bytes| {
                format!("TRACE util:  {frame}{}{frame}", printable(bytes))
            });
            assert_eq!(
                find(&output, SECRET),
                ["the secret as it is in the text columns of a dump"],
                "{frame}"
            );
        }
    }

    #[test]
    fn a_secret_broken_over_lines_is_found() {
        let output = dump(&sent(), |_, bytes| printable(bytes));
        assert!(!find(&output, SECRET).is_empty());
    }

    #[test]
    fn a_secret_in_another_coding_is_found() {
        let form = "client_secret=s3cr3t~Value%2Fof%2Ban%3Dapp%20%26%20more";
        assert_eq!(
            find(form.as_bytes(), SECRET),
            [
                "the secret form-encoded in the rows put together",
                "the secret form-encoded in the text"
            ]
        );
        // "xs3cr3t~Value/of+an=app & more" and "Basic id:s3cr3t…" as HTTP's own schemes carry them.
        for base64 in [
            "eHMzY3IzdH5WYWx1ZS9vZithbj1hcHAgJiBtb3Jl",
            "aWQ6czNjcjN0flZhbHVlL29mK2FuPWFwcCAmIG1vcmU",
        ] {
            assert!(!find(base64.as_bytes(), SECRET).is_empty(), "{base64}");
        }
        assert!(
            !find(
                b"7333637233747e56616c75652f6f662b616e3d617070202620 6d6f7265".as_slice(),
                "s3cr3t~Value"
            )
            .is_empty()
        );
    }
}

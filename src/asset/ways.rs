//! Exactly one way of signing in: the fields that are filled in say which. An asset that fits none or two is refused with
//! what each way takes, and so is a field that the way has no use for: its author meant something by it.

use super::reader::Reader;

/// A way of signing in, by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ClientSecret,
    Certificate,
    WorkloadIdentity,
    ManagedIdentity,
    Password,
    RefreshToken,
    AccessToken,
}

impl Reader<'_> {
    /// The one way that the asset fits or, where it names none, the environment.
    pub(super) fn way(&mut self) -> Option<Way> {
        let given = self.input.who();
        let way = match (ways_of(&given).as_slice(), self.way_of_environment()) {
            ([one], _) => *one,
            ([], Some(way)) => way,
            ([], None) => {
                let mut marks = TABLE.iter().flat_map(|row| row.marks);
                if !marks.any(|field| self.violations.blames_asset(field)) {
                    self.blame(
                        "",
                        format!("expected the fields of one way of signing in, found none; {WAYS}"),
                    );
                }
                return None;
            }
            (several, _) => {
                let names: Vec<&str> = several.iter().map(|way| way.name()).collect();
                self.blame(
                    "",
                    format!("expected one way of signing in, found {}; {WAYS}", names.join(" and ")),
                );
                return None;
            }
        };
        for field in given.into_iter().filter(|field| !way.row().knows(field)) {
            self.blame(
                field,
                format!(
                    "found a field that is of no use in signing in by {}; leave it out",
                    way.name()
                ),
            );
        }
        Some(way)
    }

    /// In the order in which Azure's SDKs look.
    fn way_of_environment(&self) -> Option<Way> {
        [
            ("AZURE_CLIENT_SECRET", Way::ClientSecret),
            ("AZURE_CLIENT_CERTIFICATE_PATH", Way::Certificate),
            ("AZURE_FEDERATED_TOKEN_FILE", Way::WorkloadIdentity),
        ]
        .into_iter()
        .find_map(|(variable, way)| self.environment.get(variable).map(|_| way))
    }
}

fn ways_of(given: &[&str]) -> Vec<Way> {
    let marked: Vec<&Row> = TABLE
        .iter()
        .filter(|row| row.marks.iter().any(|mark| given.contains(mark)))
        .collect();
    let refresh = marked.iter().any(|row| row.way == Way::RefreshToken);
    marked
        .iter()
        .map(|row| row.way)
        // A refresh token of a confidential application is redeemed with its secret.
        .filter(|way| !(refresh && *way == Way::ClientSecret))
        .collect()
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        self.row().name
    }

    fn row(self) -> &'static Row {
        // Each way has its row, in the order of the variants.
        &TABLE[self as usize]
    }
}

/// The fields of a way.
struct Row {
    way: Way,
    name: &'static str,
    /// Any of these chooses it.
    marks: &'static [&'static str],
    /// These belong to it too.
    takes: &'static [&'static str],
}

impl Row {
    fn knows(&self, field: &str) -> bool {
        self.marks.contains(&field) || self.takes.contains(&field)
    }
}

const TABLE: [Row; 7] = [
    Row {
        way: Way::ClientSecret,
        name: "client secret",
        marks: &["client_secret", "client_secret_file"],
        takes: &["client_id"],
    },
    Row {
        way: Way::Certificate,
        name: "certificate",
        marks: &[
            "client_certificate",
            "client_certificate_path",
            "client_certificate_file",
        ],
        takes: &["client_id", "send_certificate_chain"],
    },
    Row {
        way: Way::WorkloadIdentity,
        name: "workload identity",
        marks: &["federated_token_file"],
        takes: &["client_id"],
    },
    Row {
        way: Way::ManagedIdentity,
        name: "managed identity",
        marks: &["managed_identity"],
        takes: &[],
    },
    Row {
        way: Way::Password,
        name: "password",
        marks: &[
            "oauth_un",
            "oauth_pwd",
            "oauth_pwd_file",
            "oauth_cl_id",
            "oauth_cl_secret",
            "oauth_cl_secret_file",
        ],
        takes: &[],
    },
    Row {
        way: Way::RefreshToken,
        name: "refresh token",
        marks: &["refresh_token", "refresh_token_file"],
        takes: &["client_id", "client_secret", "client_secret_file"],
    },
    Row {
        way: Way::AccessToken,
        name: "access token",
        marks: &["access_token", "access_token_file"],
        takes: &[],
    },
];

/// What each way takes, for those who fit none or two.
const WAYS: &str = "the ways are: client secret (`client_secret`, `client_id`), certificate (`client_certificate` or \
                    `client_certificate_path`, `client_id`), workload identity (`federated_token_file`, `client_id`), \
                    managed identity (`managed_identity`), password (`oauth_un`, `oauth_pwd`, `oauth_cl_id`, \
                    `oauth_cl_secret`), refresh token (`refresh_token`, `client_id`), access token (`access_token`)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_row() {
        assert!(TABLE.iter().all(|row| row.way.row().way == row.way));
    }
}

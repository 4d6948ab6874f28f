//! The way out of this machine, as the asset and the environment have it.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::Path;

use super::reader::{Place, Reader, read_file_up_to};
use crate::ground::environment::TURBINE;
use crate::ground::no_proxy::Exception;
use crate::http::{Network, ProxyUrl, ProxyVariables, Roots, Tls};

impl Reader<'_> {
    pub(super) fn network(&mut self) -> Option<Network> {
        let (given, file) = (self.input.http_proxy.take(), self.input.http_proxy_file.take());
        let asked = given.is_some() || file.is_some();
        let proxy = match self.secret("http_proxy", given, "http_proxy_file", file) {
            Some((text, place)) => {
                let parsed = ProxyUrl::parse(text.expose());
                self.noting_at(place, parsed).map(Some)
            }
            None if asked => None,
            None => Some(None),
        };
        let variables = self.proxy_variables(asked);
        let tls = self.tls();
        match (&proxy, &variables) {
            (Some(Some(proxy)), _) => log::info!("the asset sets the proxy `{proxy}`"),
            (Some(None), Some(ProxyVariables { proxy: Some(proxy), .. })) => {
                log::info!("the environment sets the proxy `{proxy}`");
            }
            _ => {}
        }
        Some(Network {
            proxy: proxy?,
            variables: variables?,
            tls: tls?,
        })
    }

    fn proxy_variables(&mut self, asked: bool) -> Option<ProxyVariables> {
        // Turbine hands its proxy over in a variable that is meant for another scheme anywhere else.
        let turbines = self.environment.get(TURBINE).map(|_| "http_proxy");
        let is_set = |name: &&'static str| self.environment.get(name).is_some();
        let first = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .chain(turbines)
            .find(is_set);
        let Some(name) = first else {
            return Some(ProxyVariables::default());
        };
        let list = ["NO_PROXY", "no_proxy"].into_iter().find(is_set);
        let except = list.map_or_else(Vec::new, |list| {
            let (except, useless) = Exception::parse_list(self.environment.get(list).unwrap_or_default());
            // Where the asset has a proxy of its own, the list is not asked.
            for problem in useless.iter().filter(|_| !asked) {
                log::warn!("environment variable `{list}`: {problem}");
            }
            except
        });
        let value = self.variable(name)?;
        let proxy = self.noting_at(Place::Variable(name), ProxyUrl::parse(&value))?;
        Some(ProxyVariables {
            proxy: Some(proxy),
            except,
        })
    }

    fn tls(&mut self) -> Option<Tls> {
        if self.input.verify_ssl == Some(false) {
            log::warn!(
                "`verify_ssl` is false: anybody on the line can read the credentials; set `ca_certificate` instead"
            );
            return Some(Tls::DangerAcceptAnyCertificate);
        }
        let mut roots = Roots::default();
        let mut fine = true;
        if let Some(pem) = self.input.ca_certificate.take() {
            let added = roots.add_pem(pem.as_bytes());
            fine &= self.noting("ca_certificate", added).is_some();
        }
        if let Some(path) = self.input.ca_certificate_path.take() {
            let added = add_file(&mut roots, &path);
            fine &= self.noting("ca_certificate_path", added).is_some();
        }
        if let Some(path) = self.environment.get("SSL_CERT_FILE") {
            add_openssls_file(&mut roots, path);
        }
        if let Some(folders) = self.environment.get("SSL_CERT_DIR") {
            std::env::split_paths(folders).for_each(|folder| add_folder(&mut roots, &folder));
        }
        fine.then_some(Tls::Verify(roots))
    }
}

/// Adds the certificates of `SSL_CERT_FILE`. Images and shells carry that variable along for other programs, so that a file
/// that is of no use is no error: Mozilla's certificates and the asset's stay.
fn add_openssls_file(roots: &mut Roots, path: &str) {
    let mut with_it = roots.clone();
    match add_file(&mut with_it, path) {
        Ok(()) => *roots = with_it,
        Err(problem) => log::warn!(
            "environment variable `SSL_CERT_FILE`: {problem}; it is left aside, and Mozilla's certificates and those of `ca_certificate` stay"
        ),
    }
}

/// Adds what can be read of a folder of certificates, as OpenSSL does: what cannot is no error, since such folders hold
/// other things too.
fn add_folder(roots: &mut Roots, folder: &Path) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let folder = folder.display();
            return log::warn!("environment variable `SSL_CERT_DIR`: {folder} cannot be read: {error}");
        }
    };
    let mut read = BTreeSet::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Ok(about) = path.metadata() else { continue };
        if !about.is_file() || !read.insert(identity(&path, &about)) {
            continue;
        }
        if let Err(problem) = add_file(roots, &path) {
            log::debug!("{}: {problem}", path.display());
        }
    }
}

/// The same for all links to one file: a certificate stands in such folders under its name and under its hash. The file's
/// number tells it at once, where its true path takes a look at every part of every link.
#[cfg(unix)]
fn identity(_: &Path, about: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
fn identity(path: &Path, _: &Metadata) -> Option<std::path::PathBuf> {
    path.canonicalize().ok()
}

fn add_file(roots: &mut Roots, path: impl AsRef<Path>) -> Result<(), String> {
    let pem = read_file_up_to(path.as_ref(), MAX_BUNDLE_BYTES)?;
    roots.add_pem(&pem)
}

/// Far above the bundles that systems ship, which hold some hundred kilobytes.
const MAX_BUNDLE_BYTES: u64 = 16 * 1024 * 1024;

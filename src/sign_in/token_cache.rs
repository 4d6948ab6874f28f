//! Access tokens kept between runs, where the asset asks for it: one file for each token endpoint, application, scope and
//! credential, sealed with a key that only the holder of the credential can make. A cache never fails a run: what cannot be
//! read counts as absent, and what cannot be written is told on the log.

mod seal;

use std::cell::Cell;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::access_token::AccessToken;
use super::token_request::Owner;
use crate::ground::secret::Secret;
use seal::Seal;

/// The place of one sign-in's token.
pub struct TokenCache {
    folder: PathBuf,
    seal: Seal,
    /// Whether it was said that nothing can be read, which whoever waits for another process finds again and again.
    complained: Cell<bool>,
}

/// Whose turn it is to ask for a token.
#[derive(Debug)]
pub enum Turn {
    /// This process's, for as long as it holds this.
    Ours(File),
    /// Another process's.
    Others,
    /// Everybody's: the folder takes no locks.
    Anybodys,
}

impl TokenCache {
    /// The place for the tokens of `owner` in `folder`. Nothing is opened or made yet.
    #[must_use]
    pub fn new(folder: &Path, owner: &Owner<'_>) -> Self {
        Self {
            folder: folder.to_owned(),
            seal: Seal::new(owner),
            complained: Cell::new(false),
        }
    }

    /// The token, where one is there that lasts for a while yet.
    #[must_use]
    pub fn read(&self) -> Option<AccessToken> {
        let path = self.path("token");
        let sealed = match read(&path) {
            Ok(sealed) => sealed,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound && !self.complained.replace(true) {
                    log::warn!("the token cache cannot be read: {}: {error}", path.display());
                }
                return None;
            }
        };
        // Damaged, or put there by somebody without the credential.
        let Some(token) = self.seal.open(&sealed).and_then(|content| decode(&content)) else {
            log::info!("the token cache holds nothing of use: {}", path.display());
            return None;
        };
        lasts(&token, SystemTime::now()).then_some(token)
    }

    /// Keeps a token for the runs to come, and takes out what former runs left behind.
    pub fn write(&self, token: &AccessToken) {
        if !lasts(token, SystemTime::now()) {
            return;
        }
        if let Err(error) = self.replace(token) {
            log::warn!("the token cache cannot be written: {}: {error}", self.folder.display());
        }
    }

    /// Takes out a token that was refused, unless another run has replaced it since.
    pub fn discard(&self, refused: &AccessToken) {
        if self.read().is_some_and(|kept| kept.is_same(refused)) {
            // Where it stays, each run finds it refused and signs in.
            let _ = fs::remove_file(self.path("token"));
        }
    }

    /// Asks whose turn it is, so that of many processes that start at once one signs in and the others use its token.
    #[must_use]
    pub fn turn(&self) -> Turn {
        let lock = self
            .make_folder()
            .and_then(|()| private().create(true).truncate(false).open(self.path("lock")));
        // The system lets go of the lock however the process ends.
        match lock.map(|file| (file.try_lock(), file)) {
            Ok((Ok(()), file)) => {
                // Whoever held it for so long is gone.
                let _ = fs::remove_file(self.path("held"));
                Turn::Ours(file)
            }
            Ok((Err(TryLockError::WouldBlock), file)) if self.is_held_in_vain(&file) => Turn::Anybodys,
            Ok((Err(TryLockError::WouldBlock), _)) => Turn::Others,
            Ok((Err(TryLockError::Error(error)), _)) | Err(error) => {
                log::info!("the token cache takes no locks: {}: {error}", self.folder.display());
                Turn::Anybodys
            }
        }
    }

    /// Remembers that another process held its turn for longer than anybody waits, so that the next runs do not wait for it
    /// too. It is forgotten as soon as the lock can be had.
    pub fn note_wait_in_vain(&self) {
        log::info!(
            "the token cache's lock stays with another process: {}",
            self.folder.display()
        );
        // Where it cannot be written, the next run waits as this one has.
        let _ = private().create(true).truncate(true).open(self.path("held"));
    }

    /// Whether it is of no use to wait for whoever holds this lock: an earlier run has waited already, or the file is another
    /// user's, who can keep it for ever, and whose tokens this one would not read.
    fn is_held_in_vain(&self, lock: &File) -> bool {
        self.path("held").symlink_metadata().is_ok() || is_foreign(lock)
    }

    fn replace(&self, token: &AccessToken) -> io::Result<()> {
        let refused = || io::Error::other("the token could not be sealed");
        let sealed = encode(token)
            .and_then(|content| self.seal.close(content))
            .ok_or_else(refused)?;
        self.make_folder()?;
        // A name of its own, so that neither another run nor a link that waits there is written to.
        let unique = seal::hex(sealed.get(..8).unwrap_or_default());
        let draft = self.path(&format!("{unique}.draft"));
        let written = private()
            .create_new(true)
            .open(&draft)
            .and_then(|mut file| file.write_all(&sealed))
            .and_then(|()| fs::rename(&draft, self.path("token")));
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        self.remove_outdated();
        written
    }

    fn make_folder(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.folder)
    }

    /// Files of credentials that are in use no more, such as last year's secret. A lock that is in use may be among them, as
    /// nothing is written to it; whoever comes next makes another, and at worst one run more signs in.
    fn remove_outdated(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
            let age = entry
                .metadata()
                .and_then(|about| about.modified())
                .map(|at| at.elapsed());
            if age.is_ok_and(|age| age.is_ok_and(|age| age > OUTDATED)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, suffix: &str) -> PathBuf {
        self.folder.join(format!("{PREFIX}{}.{suffix}", self.seal.name()))
    }
}

/// Whether a token is still to be used: not near its end, and its end known.
fn lasts(token: &AccessToken, now: SystemTime) -> bool {
    token.expires().is_some_and(|end| end > now + RENEWED_BEFORE_END)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut sealed = Vec::new();
    let mut options = OpenOptions::new();
    options.read(true);
    careful(&mut options);
    options.open(path)?.take(MAX_FILE_BYTES).read_to_end(&mut sealed)?;
    Ok(sealed)
}

#[cfg(unix)]
fn is_foreign(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = file.metadata().map(|about| about.uid());
    owner.is_ok_and(|owner| owner != rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_foreign(_: &File) -> bool {
    false
}

/// For writing by this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    careful(&mut options);
    options
}

/// In a folder that others may write to, a link could lead anywhere, and the opening of a pipe would wait forever.
#[cfg(unix)]
fn careful(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
}

#[cfg(not(unix))]
fn careful(_: &mut OpenOptions) {}

/// When it ends, in seconds since 1970 in eight bytes, then the token.
fn encode(token: &AccessToken) -> Option<Zeroizing<Vec<u8>>> {
    let end = token.expires()?.duration_since(UNIX_EPOCH).ok()?;
    let text = token.secret().expose().as_bytes();
    let mut content = Zeroizing::new(Vec::with_capacity(END_BYTES + text.len()));
    content.extend_from_slice(&end.as_secs().to_be_bytes());
    content.extend_from_slice(text);
    Some(content)
}

fn decode(content: &[u8]) -> Option<AccessToken> {
    let (end, text) = content.split_first_chunk::<END_BYTES>()?;
    let end = UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_be_bytes(*end)))?;
    let token = Secret::new(String::from_utf8(text.to_vec()).ok()?);
    AccessToken::kept(token, end)
}

const END_BYTES: usize = size_of::<u64>();

/// What every file of a cache begins with, so that nothing else in the folder is touched.
const PREFIX: &str = "defender-update-incident-";

/// Tokens last an hour, give or take; those near their end could run out on the way.
const RENEWED_BEFORE_END: Duration = Duration::from_mins(5);

/// Far above the day that the longest tokens last.
const OUTDATED: Duration = Duration::from_hours(48);

/// Far above any token.
const MAX_FILE_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let token = |life| AccessToken::kept(Secret::new("token".to_owned()), now + Duration::from_secs(life)).unwrap();
        assert!(lasts(&token(301), now));
        assert!(!lasts(&token(300), now));
        let of_unknown_life = AccessToken::given(Secret::new("token".to_owned())).unwrap();
        assert!(!lasts(&of_unknown_life, now));
    }

    #[test]
    fn a_token_comes_back_as_it_went_in() {
        let end = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let token = AccessToken::kept(Secret::new("a.b.c".to_owned()), end).unwrap();
        let back = decode(&encode(&token).unwrap()).unwrap();
        assert!(back.is_same(&token));
        assert_eq!(back.expires(), Some(end));
        for broken in [&b"short"[..], &[0; 8], &[255; 20]] {
            assert!(decode(broken).is_none());
        }
    }
}

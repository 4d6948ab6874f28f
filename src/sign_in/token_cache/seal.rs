//! Sealing a token with a key that is derived from the credential it was got with (HKDF, then AES-256-GCM): the file alone
//! is worth nothing, and who has the credential could sign in anyway. The file's name is derived in the same way, so it
//! tells nothing either, and another credential or another scope simply finds no file.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::sign_in::token_request::Owner;

/// One owner's name and key.
pub(super) struct Seal {
    name: String,
    key: Option<LessSafeKey>,
}

impl Seal {
    pub(super) fn new(owner: &Owner<'_>) -> Self {
        // Entra ID makes its secrets, keys and tokens by chance, so guessing is hopeless without a slow derivation; a
        // password is never alone among them.
        let secret = Zeroizing::new(framed(owner.credentials.iter().map(|secret| secret.as_ref())));
        let context = framed(owner.public.iter().map(|text| text.as_bytes()));
        let derived = Salt::new(HKDF_SHA256, LABEL).extract(&secret);
        let mut name = [0; NAME_BYTES];
        let named = derived
            .expand(&[b"name", &context], Length(NAME_BYTES))
            .and_then(|bytes| bytes.fill(&mut name));
        let key = derived
            .expand(&[b"key", &context], &AES_256_GCM)
            .map(|bytes| LessSafeKey::new(UnboundKey::from(bytes)));
        Self {
            name: hex(&name),
            key: key.ok().filter(|_| named.is_ok()),
        }
    }

    /// A file's name without its extension.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Seals: a fresh nonce, then the content, coded, and its tag.
    pub(super) fn close(&self, mut content: Zeroizing<Vec<u8>>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let key = self.key.as_ref()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut *content)
            .ok()?;
        Some([&nonce, content.as_slice()].concat())
    }

    /// The content, where it was sealed by the same owner and is whole.
    pub(super) fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, content) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut content = Zeroizing::new(content.to_vec());
        let key = self.key.as_ref()?;
        let length = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut content)
            .ok()?
            .len();
        content.truncate(length);
        Some(content)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each part behind its length, so that no two lists of parts give the same bytes.
fn framed<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut whole = Vec::new();
    for part in parts {
        whole.extend_from_slice(&(part.len() as u64).to_be_bytes());
        whole.extend_from_slice(part);
    }
    whole
}

/// So many bytes of derived key.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

const NAME_BYTES: usize = 16;

/// Says what the keys are for, and which layout the files have.
const LABEL: &[u8] = b"defender-update-incident token cache 1";

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(public: &[&str], credentials: &[&str]) -> Seal {
        Seal::new(&Owner {
            public: public.iter().map(|text| (*text).to_owned()).collect(),
            credentials: credentials.iter().map(|text| text.as_bytes()).collect(),
        })
    }

    fn closed(seal: &Seal) -> Vec<u8> {
        seal.close(Zeroizing::new(b"content".to_vec())).unwrap()
    }

    #[test]
    fn what_one_closes_only_the_same_opens() {
        let mine = seal(&["endpoint", "client", "scope"], &["credential"]);
        let sealed = closed(&mine);
        assert_ne!(sealed, closed(&mine), "no nonce is used twice");
        assert!(!sealed.windows(7).any(|bytes| bytes == b"content"));
        let again = seal(&["endpoint", "client", "scope"], &["credential"]);
        assert_eq!(again.name(), mine.name());
        assert_eq!(again.open(&sealed).unwrap().as_slice(), b"content");
        for other in [
            seal(&["endpoint", "client", "scope"], &["other"]),
            seal(&["endpoint", "client", "other"], &["credential"]),
            seal(&["endpoint", "clientscope", ""], &["credential"]),
            seal(&["endpoint", "client", "scope"], &["cred", "ential"]),
        ] {
            assert_ne!(other.name(), mine.name());
            assert!(other.open(&sealed).is_none());
        }
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let mine = seal(&["endpoint"], &["credential"]);
        let sealed = closed(&mine);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(mine.open(&changed).is_none());
            assert!(mine.open(&sealed[..place]).is_none());
        }
    }
}

//! Finding out by reading what became of an update.
//!
//! A reading that shows all that was asked for ends the search at once. That something is not there is believed only of an
//! incident that has settled: two fresh readings of the same state, `settle_secs` apart.

use super::freshness::Freshness;
use super::search::{Reading, Search, Sought, Step};
use super::session::Session;
use crate::actions::update_incident::UpdateIncident;
use crate::delivery::progress::Stopped;
use crate::http::FaultKind;
use crate::sign_in::AccessToken;

/// Reads the incident as often as needed and as the time limit allows. A token that is refused is replaced.
///
/// # Errors
/// [`Stopped`] where nothing new may be started.
pub fn read(
    session: &Session<'_>,
    action: &UpdateIncident,
    token: &mut AccessToken,
    freshness: &mut Freshness,
    sought: &Sought<'_>,
) -> Result<Reading, Stopped> {
    let mut search = Search::new(session.asset.api, sought, session.asset.timing.settle);
    let mut renewed = !session.asset.sign_in.can_renew();
    for attempts in 1.. {
        session.progress.begin()?;
        let request = session.asset.api.reading(action, &session.asset.url, token.secret());
        let (why, asked_for) = match session.attempt("read-back", attempts, &request, token) {
            Ok(answer) if token.is_refused_by(answer.status) && !renewed => {
                renewed = true;
                session.discard(token);
                match session.sign_in(Some(token)) {
                    Ok(fresh) => *token = fresh,
                    Err(error) => return Ok(search.unreadable(error.failure().message.clone())),
                }
                continue;
            }
            Ok(answer) => match search.take(answer, attempts, freshness) {
                Step::End(reading) => return Ok(reading),
                Step::On { why, wait } => (why, wait),
            },
            Err(fault) => {
                let why = search.fault(&fault);
                // Who will not have this client, or wants another password of it, is not asked again.
                if matches!(fault.kind, FaultKind::ClientRefused | FaultKind::ProxyRefused(_)) {
                    return Ok(search.unreadable(why));
                }
                (why, None)
            }
        };
        let wait = search.next_wait(attempts, session.asset.timing.first_wait, asked_for);
        if wait >= session.time_left() {
            return Ok(search.out_of_time(&why));
        }
        if attempts >= search.most_readings(session) {
            return Ok(search.out_of_readings(&why, attempts));
        }
        session.pause("read-back", wait)?;
    }
    Err(Stopped)
}

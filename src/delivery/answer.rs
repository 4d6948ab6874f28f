//! The incident in the keys and words that the asset asks for.

use crate::api::Answer;
use crate::http::Response;
use crate::input::Input;

/// Puts an answer's incident into them; whatever else it is stays as it came.
pub(super) fn translate(answer: &mut Response, input: &Input) {
    let wanted = input.asset.answer == Answer::Defender;
    let translated = || input.asset.api.translated(&answer.body, input.action.id.number());
    if let Some(body) = wanted.then(translated).flatten() {
        answer.body = body;
    }
}

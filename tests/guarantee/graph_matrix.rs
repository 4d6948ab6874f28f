//! The guarantee through Microsoft Graph, where values and comment are two requests: after any fault on either, or on both,
//! the incident holds each part once or not at all, and the envelope says of each truthfully which.

use support::guarantee::{Body, Case, columns, faults, graph, run_all};

#[test]
fn each_part_is_there_once_or_not_at_all_and_the_envelope_says_which() {
    let two: Vec<Case> = [graph::of(faults::of), graph::of(columns::of)].concat();
    let one: Vec<Case> = [
        graph::of_one_part(faults::of, Body::CommentAlone),
        graph::of_one_part(columns::of, Body::EqualCommentThere),
    ]
    .concat();
    assert!(two.len() > 1_000, "{} cases", two.len());
    let of_two = run_all(&two, AT_A_TIME);
    of_two.print("fault matrix through Graph, values and comment");
    let of_one = run_all(&one, AT_A_TIME);
    of_one.print("fault matrix through Graph, one of them");
    of_two.assert_kept();
    of_one.assert_kept();
    // Faults on the comment alone make this outcome: without it the matrix would prove nothing of it.
    assert!(of_two.partly >= LEAST_PARTLY, "{} partly applied", of_two.partly);
}

const LEAST_PARTLY: usize = 60;

const AT_A_TIME: usize = 24;

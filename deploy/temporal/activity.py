"""The activity: one run of the program. The asset stays here, with the worker, since what goes through a workflow is stored in the
engine's history."""

import json
import os
import pathlib
from datetime import timedelta

import defender_update_incident as defender
from temporalio import activity
from temporalio.exceptions import ApplicationError

ASSET_FILE = pathlib.Path(os.environ["DEFENDER_ASSET_FILE"])


def asset() -> dict:
    return json.loads(ASSET_FILE.read_text(encoding="utf-8"))


def limit(name: str, default: float) -> timedelta:
    given = asset().get(name)
    return timedelta(seconds=default if given is None else given)


# Over the program's own limit, and what it takes to start and to end.
TO_END = timedelta(seconds=15)
# Over how long a write may take to show.
TO_SHOW = timedelta(seconds=5)
# What the workflows that this worker plans are held to: its file as it was when it started, with the program's own defaults.
ATTEMPT = limit("timeout_secs", 100) + TO_END
FIRST_WAIT = limit("settle_secs", 5) + TO_SHOW
# 3: not applied. 126, 127: this worker cannot start the program, another may.
AGAIN = (3, 126, 127)


@activity.defn(no_thread_cancel_exception=True)
def update_incident(document: dict) -> dict:
    """Runs the program once. `document` is what goes in on stdin but for the asset."""
    document = dict(document)
    # A document that says `"once": false` is written again by every attempt.
    once = document.pop("once", activity.info().scheduled_time.isoformat())
    if once is not False:
        document["once"] = once

    def cancelled() -> bool:
        # The engine tells a worker that an update was cancelled in answer to its heartbeats alone.
        activity.heartbeat()
        return activity.is_cancelled()

    planned = activity.info()
    # The engine gives an attempt up, and waits before the next, by what the workflow was planned with. So the run keeps to that too,
    # whatever this worker's file says by now, or another worker's did.
    limits = {
        "timeout_secs": (planned.start_to_close_timeout - TO_END).total_seconds(),
        "settle_secs": (planned.retry_policy.initial_interval - TO_SHOW).total_seconds(),
    }
    outcome = defender.run({**document, "asset": {**asset(), **limits}}, cancelled=cancelled)
    if outcome.ok:
        incident = outcome.incident or {}
        result = {"status_code": outcome.envelope.get("status_code"), "incident": document["path_parameters"]["id"]}
        told = {key: outcome.envelope[key] for key in ("recovered", "unchanged") if key in outcome.envelope}
        return {**result, "status": incident.get("status"), **told}
    # With `once` what is unknown, or was killed, or was ended with its worker, is found out by the next attempt.
    again = outcome.exit_code in AGAIN or (once is not False and (outcome.exit_code == 4 or outcome.exit_code < 0))
    wait = timedelta(seconds=outcome.retry_after_secs or 0)
    raise ApplicationError(
        outcome.text(),
        {key: outcome.envelope.get(key) for key in ("update", "parts", "name", "help", "violations")} | {"exit_code": outcome.exit_code},
        type=outcome.name,
        non_retryable=not (again or (outcome.name == "Cancelled" and once is not False)),
        # None leaves the wait to the policy.
        next_retry_delay=max(wait, planned.retry_policy.initial_interval) if wait else None,
    )

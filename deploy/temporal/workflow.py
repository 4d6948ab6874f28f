"""The workflow: one Defender incident updated. The engine may start an update again after anything, as the document's `once` holds the
time of its first attempt: a run then sends only what the incident does not show yet.

That is safe as long as the run before is over, and its write has had time to show:
- it dies with its worker, which the wheel sees to, and ends by `timeout_secs` at the latest: an attempt is given up only after that;
- there is no heartbeat time-out: a worker that has lost its way to the engine may still be writing;
- each attempt waits for more than `settle_secs`.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

# It reads the asset's time limits once, which a workflow itself may not.
with workflow.unsafe.imports_passed_through():
    from activity import ATTEMPT, FIRST_WAIT, update_incident

RETRIES = RetryPolicy(
    initial_interval=FIRST_WAIT,
    backoff_coefficient=2,
    maximum_interval=max(timedelta(minutes=5), FIRST_WAIT),
    maximum_attempts=10,
)


@workflow.defn
class UpdateIncident:
    """One update. Its result is small on purpose: it is stored."""

    @workflow.run
    async def run(self, document: dict) -> dict:
        return await workflow.execute_activity(
            update_incident,
            document,
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRIES,
            # A cancelled update ends with what became of its write.
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )

"""Updates a list of Defender incidents, one mapped task each; see README.md. The tasks may be retried by Airflow after anything, as the
document's `once` holds the time that the run was meant for: a task sends only what the incident does not show yet.

Kept for that: `retry_delay` is over the asset's `settle_secs`, and `execution_timeout` over its `timeout_secs` and what it takes to end.
"""

from datetime import timedelta

import defender_update_incident as defender
from airflow.exceptions import AirflowFailException
from airflow.sdk import Connection, dag, get_current_context, task


@task(
    retries=4,
    retry_delay=timedelta(seconds=20),
    retry_exponential_backoff=True,
    execution_timeout=timedelta(minutes=3),
    # Two at a time stay below Microsoft's 25 a minute where an update with its start takes 4.8 s or more.
    max_active_tis_per_dag=2,
)
def update_incident(document: dict) -> dict:
    connection = Connection.get("defender")
    # Whatever else the asset takes stands beside `tenant_id` in the connection's extra.
    asset = {**connection.extra_dejson, "client_id": connection.login, "client_secret": connection.password}
    document = dict(document)
    # A document that says `"once": false` is written again by every attempt.
    once = document.pop("once", get_current_context()["dag_run"].run_after.isoformat())
    if once is not False:
        document["once"] = once
    outcome = defender.run({**document, "asset": asset})
    if outcome.ok:
        # Small on purpose: what a task returns is stored.
        incident = outcome.incident or {}
        return {"incident": document["path_parameters"]["id"], "status": incident.get("status")}
    again = outcome.exit_code in (3, 126, 127) or (once is not False and (outcome.exit_code == 4 or outcome.exit_code < 0))
    # The first is retried by Airflow, the second is not.
    raise (RuntimeError if again else AirflowFailException)(outcome.text())


@dag(schedule=None, params={"updates": []}, max_active_runs=1, catchup=False)
def defender_update_incidents():
    @task
    def updates(params: dict) -> list:
        return params["updates"]

    update_incident.expand(document=updates())


defender_update_incidents()

"""Starts one update and waits for its end: python start.py WORKFLOW_ID < update.json

update.json is the program's document without the asset, which the workers have. While a workflow of this id runs, no second one starts.
Ends with exit code 0 and the result on stdout, or 1 and the failure on stderr.
"""

import asyncio
import json
import os
import sys

from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError


async def main() -> int:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"), namespace=os.environ.get("TEMPORAL_NAMESPACE", "default")
    )
    queue = os.environ.get("DEFENDER_QUEUE", "defender")
    try:
        result = await client.execute_workflow("UpdateIncident", json.load(sys.stdin), id=sys.argv[1], task_queue=queue)
    except WorkflowFailureError as failure:
        # The activity's failure is inside: it holds the program's own words.
        cause = failure.cause
        while isinstance(cause, ActivityError) and cause.cause is not None:
            cause = cause.cause
        details = list(cause.details) if isinstance(cause, ApplicationError) else []
        print(json.dumps({"failure": str(cause), "details": details[0] if details else None}), file=sys.stderr)
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    code = asyncio.run(main())
    sys.stdout.flush()
    sys.stderr.flush()
    # Without tearing the interpreter down: the client's own threads crash it there now and then, and a crash would be the exit code.
    os._exit(code)

"""Starts a workflow for each document of a JSON list on stdin, waits for all, and prints their outcomes as a JSON list."""

import asyncio
import json
import os
import sys
import uuid

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle


async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    queue, run = os.environ["DEFENDER_QUEUE"], uuid.uuid4().hex

    # A server on a busy machine answers only so many at once.
    starts, results = asyncio.Semaphore(20), asyncio.Semaphore(200)

    async def start(number: int, document: dict) -> WorkflowHandle:
        async with starts:
            return await client.start_workflow("UpdateIncident", document, id=f"{queue}-{run}-{number}", task_queue=queue)

    async def outcome(handle: WorkflowHandle) -> str:
        try:
            async with results:
                await handle.result()
        except WorkflowFailureError as failure:
            cause = failure.cause
            while getattr(cause, "cause", None) is not None:
                cause = cause.cause
            return f"{getattr(cause, 'type', type(cause).__name__)}: {cause}"
        return "applied"

    handles = await asyncio.gather(*(start(number, document) for number, document in enumerate(json.load(sys.stdin))))
    print(json.dumps(await asyncio.gather(*map(outcome, handles))))


asyncio.run(main())
sys.stdout.flush()
# As deploy/temporal/start.py does, and why.
os._exit(0)

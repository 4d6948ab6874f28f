"""A worker for the updates of one application in one tenant. Start as many as you like, anywhere; see README.md for the variables."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activity import update_incident
from temporalio.client import Client
from temporalio.worker import Worker
from workflow import UpdateIncident


async def main() -> None:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"), namespace=os.environ.get("TEMPORAL_NAMESPACE", "default")
    )
    at_once = int(os.environ.get("DEFENDER_AT_ONCE", "4"))
    with ThreadPoolExecutor(at_once) as executor:
        worker = Worker(
            client,
            task_queue=os.environ.get("DEFENDER_QUEUE", "defender"),
            workflows=[UpdateIncident],
            activities=[update_incident],
            activity_executor=executor,
            max_concurrent_activities=at_once,
            # The server keeps this for all workers of the queue together. Microsoft's quota is for an application in a tenant, 1500
            # updates an hour, so each of these gets a queue of its own.
            max_task_queue_activities_per_second=float(os.environ.get("DEFENDER_PER_MINUTE", "25")) / 60,
            # How soon an update that is cancelled hears of it.
            default_heartbeat_throttle_interval=timedelta(seconds=2),
        )
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        # Leaving cancels the updates that run: each gives its write 5 s to answer, and another worker takes up what is left.
        async with worker:
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
    # As start.py does, and why.
    os._exit(0)

"""Calls the server's tools by the official client: `client.py SERVER`, with a list of steps as JSON on stdin, gives what came of
each as a JSON list on stdout.

A step is {"list": true}, {"call": NAME, "arguments": {...}}, the same with "give_up_after": SECONDS, or with "terminate": SECONDS,
which sends SIGTERM to the server while the call is under way; or {"idle_within": SECONDS}, whether the server has no program
running any more by then.
"""

import json
import os
import signal
import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


def children(process):
    """The process ids of a process's children, whichever of its threads started them."""
    found = []
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as ids:
            found += [int(child) for child in ids.read().split()]
    return found


async def idle(within):
    with anyio.move_on_after(within):
        while any(children(server) for server in children(os.getpid())):
            await anyio.sleep(0.1)
        return True
    return False


async def step(client, wanted):
    if wanted.get("list"):
        tools = await client.list_tools()
        return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools.tools]
    if "idle_within" in wanted:
        return {"running_before": any(children(server) for server in children(os.getpid())), "idle": await idle(wanted["idle_within"])}
    if "give_up_after" in wanted:
        with anyio.move_on_after(wanted["give_up_after"]) as scope:
            await client.call_tool(wanted["call"], wanted["arguments"])
        return {"gave_up": scope.cancelled_caught}
    async with anyio.create_task_group() as group:
        if "terminate" in wanted:
            group.start_soon(terminate, wanted["terminate"])
        answer = await client.call_tool(wanted["call"], wanted.get("arguments"))
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)


async def terminate(after):
    await anyio.sleep(after)
    for server in children(os.getpid()):
        os.kill(server, signal.SIGTERM)


async def main():
    environment = {name: value for name, value in os.environ.items() if name.startswith(("DEFENDER_", "AZURE_"))}
    parameters = StdioServerParameters(command=sys.argv[1], env=environment)
    results = []
    async with Client(stdio_client(parameters, errlog=sys.stderr), mode=os.environ.get("MODE", "auto")) as client:
        for wanted in json.load(sys.stdin):
            results.append(await step(client, wanted))
    json.dump(results, sys.stdout)


anyio.run(main)

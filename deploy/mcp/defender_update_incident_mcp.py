"""The program `defender-update-incident` as tools for a model: an MCP server on stdin and stdout.

The tools' arguments are those of the program's own schema without the asset: the model neither sees nor chooses who signs in,
or where. The asset comes from the file that `DEFENDER_ASSET_FILE` names, or, without it, from the variables that the program
reads itself.
"""

from __future__ import annotations

import copy
import functools
import importlib.metadata
import json
import os
import signal
import sys
import threading
from typing import Any

import anyio
import anyio.to_thread
import defender_update_incident as defender
import mcp_types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server

UPDATE, CHECK = "update_incident", "check"

# What the document holds that is not the model's to choose.
HIDDEN = ("asset",)

DRY_RUN = {
    "type": "boolean",
    "default": False,
    "title": "Dry Run",
    "description": "Check the arguments and show what would be sent; change nothing.",
}

UPDATE_DESCRIPTION = (
    "Changes one incident of Microsoft Defender XDR: status, owner, classification, determination, tags, or a further comment. A "
    "comment can never be removed. Give only what is to change: what is left out stays as it is. `dry_run` shows what would be "
    "sent. Where it fails, `update` says what became of the change: after `not_applied` correct the arguments or do what `help` "
    "says; after `unknown` read the incident before anything is repeated; after `partly_applied` the values are set and the comment "
    "is not there, and `help` says whether to repeat the call or to send the comment alone; `applied` means that it is there."
)

CHECK_DESCRIPTION = (
    "Signs in to Microsoft Defender XDR and says whether incidents may be updated. Changes nothing, and takes no arguments."
)


class Runs:
    """The runs under way, each on a thread of its own, so that all can be asked to end and be waited for."""

    def __init__(self) -> None:
        self._stops: set[threading.Event] = set()

    async def run(self, document: dict[str, Any], args: list[str]) -> defender.Outcome:
        """Runs the program to its end. Where the client takes the call back, the program is asked to end, and waited for."""
        stop = threading.Event()
        self._stops.add(stop)

        async def end_with_call() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                stop.set()

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(end_with_call)
                outcome = await anyio.to_thread.run_sync(
                    functools.partial(defender.run, document, args, cancelled=stop.is_set), abandon_on_cancel=False
                )
                group.cancel_scope.cancel()
        finally:
            self._stops.discard(stop)
        if outcome.stderr:
            print(outcome.stderr, end="", file=sys.stderr, flush=True)
        return outcome

    async def end(self) -> None:
        """Asks all to end, and waits until they have."""
        while self._stops:
            for stop in self._stops:
                stop.set()
            await anyio.sleep(0.05)


def input_schema() -> dict[str, Any]:
    """The program's input schema without what is hidden from the model, and with `dry_run`.

    Raises:
        SystemExit: where the program cannot be started.
    """
    outcome = defender.run(None, ["--schema", "input"])
    if not outcome.ok:
        raise SystemExit(outcome.text())
    schema = copy.deepcopy(outcome.envelope)
    # Of the document as a whole these speak of the asset, or to readers of files.
    for key in ("title", "description", "examples", "$comment"):
        schema.pop(key, None)
    for key in HIDDEN:
        schema["properties"].pop(key, None)
    schema["required"] = [key for key in schema.get("required", []) if key not in HIDDEN]
    schema["properties"]["dry_run"] = DRY_RUN
    _drop_unused_definitions(schema)
    return schema


def _drop_unused_definitions(schema: dict[str, Any]) -> None:
    definitions = schema.pop("$defs", {})
    wanted: set[str] = set()
    queue = [schema]
    while queue:
        text = json.dumps(queue.pop())
        for name, definition in definitions.items():
            if name not in wanted and f'"#/$defs/{name}"' in text:
                wanted.add(name)
                queue.append(definition)
    if wanted:
        schema["$defs"] = {name: definition for name, definition in definitions.items() if name in wanted}


def asset() -> dict[str, Any]:
    """The asset, read anew for each call, as its file may be replaced.

    Raises:
        ValueError: where the file holds no JSON object; never with content in it.
        OSError: where it cannot be read.
    """
    path = os.environ.get("DEFENDER_ASSET_FILE")
    if not path:
        return {}
    with open(path, "rb") as file:
        try:
            found = json.load(file)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        raise ValueError("expected one JSON object in the file that DEFENDER_ASSET_FILE names, found something else")
    return found


def document(arguments: dict[str, Any]) -> dict[str, Any]:
    """What the program gets on stdin.

    Raises:
        ValueError, OSError: where there is no asset to put in.
    """
    given = {key: value for key, value in arguments.items() if key != "dry_run"}
    # Last, so that it is the one that counts.
    return {**given, "asset": asset()}


def unknown(arguments: dict[str, Any], known: dict[str, Any]) -> str | None:
    """What is wrong with the names of the arguments, where something is: the program knows more than a model may use."""
    wrong = [key for key in arguments if key not in known]
    if not wrong:
        return None
    expected = ", ".join(f"`{key}`" for key in known) or "no arguments"
    return f"expected {expected}, found {', '.join(f'`{key}`' for key in wrong)}"


def refused(problem: str) -> dict[str, Any]:
    """What the program says of input that it refuses, for what does not get as far as the program."""
    return {
        "exit_code": 2,
        "name": "InvalidInput",
        "message": problem,
        "help": "correct the arguments; nothing was sent",
        "update": "not_applied",
    }


def told(outcome: defender.Outcome, given: dict[str, Any]) -> dict[str, Any]:
    """What a model needs of an outcome, in few words: it reads and pays for every one."""
    envelope = outcome.envelope
    if "name" in envelope:
        kept = ("name", "message", "help", "update", "parts", "retry_after_secs", "violations")
        return {"exit_code": outcome.exit_code, **{key: envelope[key] for key in kept if key in envelope}}
    if envelope.get("dry_run"):
        write = envelope.get("write") or {}
        shown = {key: value for key, value in write.items() if key not in ("url", "headers")}
        rest = {key: value for key, value in envelope.items() if key not in ("dry_run", "sign_in", "write")}
        where = {"path_parameters": given.get("path_parameters")}
        return {"exit_code": outcome.exit_code, "dry_run": True, **where, "would_send": shown, **rest}
    if envelope.get("check"):
        # Where the sign-in is for is not the model's business.
        return {
            "exit_code": outcome.exit_code,
            **{key: value for key, value in envelope.items() if key not in ("check", "scope", "audience")},
        }
    rest = {
        key: value
        for key, value in envelope.items()
        if key not in ("status_code", "response_headers", "reason", "json_body", "response_text")
    }
    return {"exit_code": outcome.exit_code, "update": "applied", **_incident(outcome.incident), **rest}


def _incident(incident: Any) -> dict[str, Any]:
    """The incident without its alerts, which can be megabytes, and how many there are."""
    if not isinstance(incident, dict):
        return {}
    short = {key: value for key, value in incident.items() if key != "alerts" and not key.startswith("@odata")}
    alerts = incident.get("alerts")
    return {"incident": short, **({"alerts_left_out": len(alerts)} if isinstance(alerts, list) else {})}


def result(content: dict[str, Any]) -> types.CallToolResult:
    """The same for hosts that read structured content and for those that read text."""
    text = json.dumps(content, ensure_ascii=False)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structured_content=content, is_error=content["exit_code"] != 0
    )


def server(runs: Runs) -> Server:
    """The two tools."""
    schema = input_schema()
    nothing = {"type": "object", "properties": {}, "additionalProperties": False}
    tools = [
        types.Tool(
            name=UPDATE,
            title="Update a Microsoft Defender XDR incident",
            description=UPDATE_DESCRIPTION,
            input_schema=schema,
            annotations=types.ToolAnnotations(
                read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
            ),
        ),
        types.Tool(
            name=CHECK,
            title="Check the sign-in to Microsoft Defender XDR",
            description=CHECK_DESCRIPTION,
            input_schema=nothing,
            annotations=types.ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
            ),
        ),
    ]
    known = {UPDATE: schema["properties"], CHECK: {}}

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools)

    async def call_tool(_context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        arguments = params.arguments or {}
        if params.name not in known:
            return result(refused(f"expected the tool `{UPDATE}` or `{CHECK}`, found another name"))
        problem = unknown(arguments, known[params.name])
        dry_run = arguments.get("dry_run", False)
        # A word such as "false" would be true.
        if problem is None and not isinstance(dry_run, bool):
            problem = "`dry_run`: expected true or false, found something else"
        if problem is not None:
            return result(refused(problem))
        try:
            given = document(arguments)
        except (OSError, ValueError) as error:
            return result(refused(f"the asset could not be read: {error}"))
        args = ["--check"] if params.name == CHECK else ["--dry-run"] if dry_run else []
        return result(told(await runs.run(given, args), given))

    return Server(
        "defender-update-incident",
        version=importlib.metadata.version("defender-update-incident"),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve() -> None:
    """Serves until the client closes stdin, or asks by a signal."""
    runs = Runs()
    tools = server(runs)

    async def end_by_signal(*, task_status: Any) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for number in signals:
                await runs.end()
                # The answers to the calls that have just ended still go out.
                await anyio.sleep(ANSWER_SECS)
                # The thread that reads stdin cannot be woken, so an orderly end would wait for the client.
                os._exit(128 + number)

    async with anyio.create_task_group() as group:
        await group.start(end_by_signal)
        async with stdio_server() as (read, write):
            await tools.run(read, write, tools.create_initialization_options())
        group.cancel_scope.cancel()


def main() -> None:
    """Runs the server on stdin and stdout."""
    anyio.run(serve)


# How long a finished answer may take to be written.
ANSWER_SECS = 0.2

if __name__ == "__main__":
    main()

"""Calls one action as Tracecat's executor does: its secrets are looked up by their declaration, its arguments held against its
annotations, its coroutine awaited. Reads {"action", "secrets", "arguments"} from stdin, prints {"result"} or {"error"}."""
import asyncio
import importlib
import inspect
import json
import sys
import typing

from tracecat_registry import registry, secrets

importlib.import_module("custom_actions")
call = json.load(sys.stdin)
function, declared = registry.actions[call["action"]]
for secret in declared:
    missing = [key for key in secret.keys if not call["secrets"].get(key)]
    if missing:
        raise SystemExit(f"the secret {secret.name} lacks {missing}")
    known = {*secret.keys, *secret.optional_keys}
    secrets.values = {key: value for key, value in call["secrets"].items() if key in known}
for name, parameter in inspect.signature(function).parameters.items():
    kind, *documentation = typing.get_args(parameter.annotation)
    if not documentation or not documentation[0].documentation:
        raise SystemExit(f"the argument {name} says nothing of itself")
try:
    print(json.dumps({"result": asyncio.run(function(**call["arguments"]))}))
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))

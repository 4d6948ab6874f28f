"""A plugin on the vendor's own runtime, with a small action that runs the program: what the program's own framing is held against.

    plugin.py PROGRAM [run|test] < message
"""

import json
import sys

import defender_update_incident as defender
import insightconnect_plugin_runtime as runtime
from insightconnect_plugin_runtime.exceptions import PluginException

PROGRAM = sys.argv[1]
NAMES = {"assigned_to": "assignedTo"}
BESIDE = ("once", "only_if", "add_tags", "remove_tags")
OF_HTTP = ("status_code", "response_headers", "reason", "json_body")


def run(asset, document, *args):
    outcome = defender.run({"asset": asset, **document}, args, program=PROGRAM)
    if outcome.ok:
        return outcome.envelope
    data = {"update": outcome.update, "name": outcome.name, "exit_code": outcome.exit_code, "message": outcome.message}
    raise PluginException(cause=f"{outcome.name}: {outcome.message}", assistance=outcome.help, data=json.dumps(data))


class Connection(runtime.Connection):
    def __init__(self):
        super().__init__(input=runtime.Input({"type": "object"}))

    def connect(self, params={}):
        self.asset = {
            key: value["secretKey"] if isinstance(value, dict) else value for key, value in params.items() if value not in ("", None)
        }

    def test(self):
        return {"success": True, **run(self.asset, {}, "--check")}


class UpdateIncident(runtime.Action):
    def __init__(self):
        everything = {"type": "object"}
        super().__init__(
            name="update_incident", description="", input=runtime.Input(everything), output=runtime.Output(everything)
        )

    def run(self, params={}):
        given = {key: value for key, value in params.items() if value not in ("", None, []) and key != "incident_id"}
        beside = {key: given.pop(key) for key in BESIDE if key in given}
        body = {NAMES.get(key, key): value for key, value in given.items()}
        document = {"path_parameters": {"id": params.get("incident_id")}, "json_body": body, **beside}
        answer = run(self.connection.asset, document)
        return {"incident": answer["json_body"], **{key: value for key, value in answer.items() if key not in OF_HTTP}}


plugin = runtime.Plugin(
    name="defender_update_incident", vendor="community", description="", version="0.1.0", connection=Connection()
)
plugin.add_action(UpdateIncident())
runtime.CLI(plugin, sys.argv[2:]).run()

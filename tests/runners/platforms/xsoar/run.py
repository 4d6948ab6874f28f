"""Runs an integration as the server does: CommonServerPython stands in front, `__name__` is `__builtin__`. Takes the integration's
path; reads {"command", "params", "args"} from stdin, prints {"results", "log"}."""
import json
import pathlib
import sys

import demistomock

try:
    exec(compile(pathlib.Path(sys.argv[1]).read_text(), sys.argv[1], "exec"), {"__name__": "__builtin__"})
finally:
    print(json.dumps(demistomock.told))

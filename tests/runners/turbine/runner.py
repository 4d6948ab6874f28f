"""Runs Swimlane's published runner the way the platform does: the flat input on stdin, the asset's keys in ASSET_KEYS, the
action's and the asset's documents from this repository. The package itself has no entry point, so this is the thinnest
one that its modules allow."""
import json
import os
import pathlib
import sys

import yaml
from connector_definition_runner import Runner

root = pathlib.Path(__file__).resolve().parents[3]


def document(path, schema, name):
    for one in yaml.safe_load_all((root / path).read_text()):
        if one.get("schema") == schema and one.get("name") == name:
            return one
    raise SystemExit(f"no {schema} {name} in {path}")


inputs = json.load(sys.stdin)
keys = os.environ["ASSET_KEYS"].split(",")
asset = {key: inputs.pop(key) for key in keys if key in inputs}
runner = Runner(asset, document("manifest.yaml", "asset/1", "oauth2_client_credentials"), asset.get("http_proxy"))
output = runner.run(inputs, document("actions/update_incident.yaml", "action/1", sys.argv[1]))
print("::set-output " + json.dumps(output))

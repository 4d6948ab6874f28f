#!/usr/bin/env python3
"""Cortex responder: update the Microsoft Defender XDR incident that a case or an alert of TheHive came from, or check the connection,
by the program that the wheel `defender-update-incident` brings along."""

import json
import os
import sys

from cortexutils.responder import Responder
from defender_update_incident import run

ASSET = ("tenant_id", "client_id", "client_secret", "cloud", "url", "login_url", "scope", "verify_ssl")
BODY = {
    "status": "status",
    "assigned_to": "assignedTo",
    "classification": "classification",
    "determination": "determination",
    "tags": "tags",
    "comment": "comment",
}
# Items with these words in their names are blanked in the input that cortexutils puts beside an error.
SECRETS = ("secret", "password", "key", "certificate", "proxy", "more_fields")


class DefenderUpdateIncident(Responder):
    def __init__(self):
        super().__init__(secret_phrases=SECRETS)

    def run(self):
        if self.get_param("config.service") == "check":
            return self.finish(run({"asset": self.asset()}, ["--check"]))
        document = {
            "asset": self.asset(),
            "path_parameters": {"id": self.incident_id()},
            "json_body": self.body(),
            **filled_in({name: self.get_param(f"config.{name}") for name in ("add_tags", "remove_tags")}),
            **filled_in({"once": self.once(), "only_if": self.json_object("only_if")}),
        }
        return self.finish(run(document))

    def finish(self, outcome):
        """Cortex does not look at the exit code, only at what is reported."""
        if outcome.stderr.strip():
            print(outcome.stderr.strip(), file=sys.stderr)
        if not outcome.ok:
            self.error(outcome.text())
        self.report(outcome.envelope)

    def asset(self):
        fields = {name: self.get_param(f"config.{name}") for name in ASSET}
        certificates = os.path.join(self.job_directory or "", "input", "cacerts")
        if self.job_directory and os.path.exists(certificates):
            fields["ca_certificate_path"] = certificates
        fields["http_proxy"] = self.get_param("config.http_proxy") or self.get_param("config.proxy.https")
        return {**filled_in(fields), **self.json_object("more_fields")}

    def body(self):
        body = {theirs: self.get_param(f"config.{ours}") for ours, theirs in BODY.items()}
        # What the job itself says goes before what is configured for all jobs.
        body["comment"] = self.get_param("message") or body["comment"]
        body = filled_in(body)
        if self.get_param("config.remove_owner"):
            if "assignedTo" in body:
                self.error("fill in assigned_to or remove_owner, not both; nothing was sent")
            body["assignedTo"] = None
        return body

    def once(self):
        text = str(self.get_param("config.once", "")).strip()
        return {"true": True, "false": None}.get(text.lower(), text)

    def json_object(self, name):
        text = self.get_param(f"config.{name}")
        try:
            value = json.loads(text) if text else {}
        except (TypeError, ValueError):
            value = None
        if not isinstance(value, dict):
            # What was typed is not repeated, since it may be a secret.
            self.error(f"{name}: expected a JSON object; nothing was sent")
        return value

    def incident_id(self):
        """The custom field's; for an alert that came from Defender itself, else, what its source calls it."""
        data = self.get_param("data", {})
        field = self.get_param("config.incident_field", "defender-incident-id")
        number = custom_field(data, field)
        source = self.get_param("config.alert_source")
        if number in (None, "") and source and data.get("source") == source:
            number = data.get("sourceRef")
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not str(number).isascii() or not str(number).isdigit():
            self.error(f"no number of an incident in the custom field {field}; nothing was sent")
        return int(number)


def custom_field(data, name):
    """TheHive 5 gives a list and a map of values, TheHive 4 a map of typed values."""
    values = data.get("customFieldValues") or {}
    if name in values:
        return values[name]
    fields = data.get("customFields") or []
    if isinstance(fields, dict):
        typed = fields.get(name)
        kinds = ("integer", "string", "float")
        return next((typed[kind] for kind in kinds if typed.get(kind) is not None), None) if isinstance(typed, dict) else typed
    return next((field.get("value") for field in fields if isinstance(field, dict) and field.get("name") == name), None)


def filled_in(fields):
    """A form hands on empty text for what nobody filled in; false is an answer."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


if __name__ == "__main__":
    DefenderUpdateIncident().run()

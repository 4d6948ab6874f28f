"""Cortex XSOAR integration: update one Microsoft Defender XDR incident, by the program that the wheel `defender-update-incident` in
the integration's image brings along."""

import demistomock as demisto
from CommonServerPython import *

import json

from defender_update_incident import Outcome, run

ASSET = ("tenant_id", "cloud", "url", "login_url", "scope")
BODY = {
    "status": "status",
    "assigned_to": "assignedTo",
    "classification": "classification",
    "determination": "determination",
    "comment": "comment",
}
PREFIX = "DefenderUpdateIncident"


def filled_in(fields: dict) -> dict:
    """A form hands on empty text for what nobody filled in; false is an answer."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def json_object(name: str, text) -> dict:
    try:
        value = json.loads(text) if text else {}
    except (TypeError, ValueError):
        value = text
    if not isinstance(value, dict):
        # What was typed is not repeated, since it may be a secret.
        raise DemistoException(f"{name}: expected a JSON object; nothing was sent")
    return value


def asset_of(params: dict) -> dict:
    credentials = params.get("credentials") or {}
    fields = filled_in({name: params.get(name) for name in ASSET})
    fields.update(filled_in({"client_id": credentials.get("identifier"), "client_secret": credentials.get("password")}))
    if argToBoolean(params.get("insecure") or False):
        fields["verify_ssl"] = False
    return {**fields, **json_object("more_fields", params.get("more_fields"))}


def document_of(params: dict, args: dict) -> dict:
    body = {theirs: args.get(ours) for ours, theirs in BODY.items()}
    body["tags"] = argToList(args.get("tags"))
    body = filled_in(body)
    if argToBoolean(args.get("remove_owner") or False):
        if "assignedTo" in body:
            raise DemistoException("fill in assigned_to or remove_owner, not both; nothing was sent")
        body["assignedTo"] = None
    once = str(args.get("once") or "").strip()
    return {
        "asset": asset_of(params),
        "path_parameters": {"id": arg_to_number(args.get("incident_id"), arg_name="incident_id", required=True)},
        "json_body": body,
        **filled_in({
            "once": {"true": True, "false": None}.get(once.lower(), once),
            "add_tags": argToList(args.get("add_tags")),
            "remove_tags": argToList(args.get("remove_tags")),
            "only_if": json_object("only_if", args.get("only_if")),
        }),
    }


def fail(outcome: Outcome) -> None:
    """The platform's failure. The context tells a playbook what became of the update, so that it can branch on it."""
    told = {
        "id": "last failure",
        "name": outcome.name,
        "update": outcome.update,
        "parts": outcome.parts,
        "exit_code": outcome.exit_code,
        "message": outcome.message,
        "help": outcome.help,
        "retry_after_secs": outcome.retry_after_secs,
    }
    return_error(outcome.text(), outputs={f"{PREFIX}.Failure(val.id == obj.id)": filled_in(told)})


def test_module(params: dict) -> str:
    outcome = run({"asset": asset_of(params)}, ["--check"])
    return "ok" if outcome.ok else outcome.text()


def update_incident(params: dict, args: dict) -> None:
    outcome = run(document_of(params, args))
    if outcome.stderr.strip():
        demisto.info(outcome.stderr.strip())
    if not outcome.ok:
        return fail(outcome)
    incident = outcome.incident if isinstance(outcome.incident, dict) else {}
    return_results(
        CommandResults(
            outputs_prefix=f"{PREFIX}.Incident",
            outputs_key_field="incidentId",
            outputs=incident,
            raw_response=outcome.envelope,
            readable_output=tableToMarkdown(
                f"Incident {args['incident_id']} was updated",
                incident,
                headers=["incidentId", "status", "classification", "determination", "assignedTo", "tags"],
            ),
        )
    )


def main() -> None:
    params, args, command = demisto.params(), demisto.args(), demisto.command()
    try:
        # Takes the proxy's variables away, or leaves them to the program, as the instance has it.
        handle_proxy()
        if command == "test-module":
            return_results(test_module(params))
        elif command == "defender-incident-update":
            update_incident(params, args)
        else:
            raise NotImplementedError(f"command {command} is not implemented")
    except Exception as error:
        return_error(str(error))


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()

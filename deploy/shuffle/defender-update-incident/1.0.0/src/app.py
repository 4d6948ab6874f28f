"""Shuffle app: update one Microsoft Defender XDR incident, by the program that the wheel `defender-update-incident` brings along.

Shuffle takes every method that returns for a success, so each answer says `success` and `exit_code` itself."""

import json
import os
import signal
import sys
import threading

from defender_update_incident import run
from shuffle_sdk import AppBase


class DefenderUpdateIncident(AppBase):
    __version__ = "1.0.0"
    app_name = "Defender Update Incident"

    def __init__(self, redis, logger, console_logger=None):
        super().__init__(redis, logger, console_logger)

    def check(self, **fields):
        """Signs in, says what the application may do, and changes nothing."""
        try:
            document = {"asset": asset_of(fields)}
        except ValueError as error:
            return refused(error)
        return answer(started(document, ["--check"]))

    def update_incident(self, incident_id, **fields):
        """Updates one incident."""
        try:
            document = document_of(incident_id, fields)
        except ValueError as error:
            return refused(error)
        return answer(started(document))


ASSET = ("tenant_id", "client_id", "client_secret", "cloud", "url", "login_url", "scope", "http_proxy")


STOPPING = threading.Event()
UNDER_WAY = []


def started(document, options=()):
    """The SDK calls actions in threads of its own, which no signal reaches."""
    UNDER_WAY.append(document)
    try:
        return run(document, options, cancelled=STOPPING.is_set)
    finally:
        UNDER_WAY.remove(document)


def stop(*_):
    """SIGTERM goes on to the program, which gives a write in flight 5 s and then says what became of it."""
    STOPPING.set()
    if not UNDER_WAY:
        raise SystemExit(128 + signal.SIGTERM)


def answer(outcome):
    if outcome.stderr.strip():
        print(outcome.stderr.strip(), file=sys.stderr)
    return json.dumps({"success": outcome.ok, "exit_code": outcome.exit_code, **outcome.envelope})


def refused(error):
    return json.dumps({
        "success": False,
        "exit_code": 2,
        "name": "InvalidInput",
        "message": str(error),
        "help": "correct the input; nothing was sent",
        "update": "not_applied",
    })


def document_of(incident_id, fields):
    number = str(incident_id).strip()
    if not (number.isascii() and number.isdigit()):
        raise ValueError("incident_id: expected the number of the incident")
    body = filled_in({
        "status": fields.get("status"),
        "assignedTo": fields.get("assigned_to"),
        "classification": fields.get("classification"),
        "determination": fields.get("determination"),
        "tags": tag_list("tags", fields.get("tags")),
        "comment": fields.get("comment"),
    })
    if flag("remove_owner", fields.get("remove_owner"), False):
        if "assignedTo" in body:
            raise ValueError("fill in assigned_to or remove_owner, not both")
        body["assignedTo"] = None
    once = str(fields.get("once") or "").strip()
    return {
        "asset": asset_of(fields),
        "path_parameters": {"id": int(number)},
        "json_body": body,
        **filled_in({
            "once": {"true": True, "false": None}.get(once.lower(), once),
            "add_tags": tag_list("add_tags", fields.get("add_tags")),
            "remove_tags": tag_list("remove_tags", fields.get("remove_tags")),
            "only_if": parsed("only_if", fields.get("only_if"), dict),
        }),
    }


def asset_of(fields):
    asset = filled_in({name: fields.get(name) for name in ASSET})
    if not flag("verify_ssl", fields.get("verify_ssl"), True):
        asset["verify_ssl"] = False
    return {"timeout_secs": time_limit(), **asset, **parsed("more_fields", fields.get("more_fields"), dict)}


def time_limit():
    """In seconds: less than Shuffle gives an action, or it would end without a word about the update."""
    given = os.environ.get("SHUFFLE_APP_SDK_TIMEOUT", "")
    return max(1, (int(given) if given.isdigit() else SHUFFLE_SECS) - SPARE_SECS)


# What the SDK gives an action where nobody says otherwise.
SHUFFLE_SECS = 30
# For starting the program, and for its answer.
SPARE_SECS = 5


def filled_in(fields):
    """A form hands on empty text for what nobody filled in."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def flag(name, text, default):
    """Every value comes as text."""
    word = str(text if text is not None else "").strip().lower()
    if word not in ("", "true", "false"):
        raise ValueError(f"{name}: expected true or false")
    return default if not word else word == "true"


def parsed(name, value, kind):
    """JSON that somebody typed into a form, or that Shuffle has read already. It is not repeated, since it may be a secret."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else kind()
        except ValueError:
            value = None
    elif value is None:
        value = kind()
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected JSON of type {'object' if kind is dict else 'list'}")
    return value


def tag_list(name, value):
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return [tag.strip() for tag in value.split(",") if tag.strip()]
    return parsed(name, value, list)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    DefenderUpdateIncident.run()

"""Tracecat actions: update one Microsoft Defender XDR incident, and check the connection, by the program that the wheel
`defender-update-incident` brings along."""

import json
import sys
from typing import Annotated, Any, Literal

from defender_update_incident import Outcome, run_async
from tracecat_registry import RegistrySecret, registry, secrets
from typing_extensions import Doc

# The secret's keys, and the asset's fields that they fill in.
REQUIRED = {"DEFENDER_TENANT_ID": "tenant_id", "DEFENDER_CLIENT_ID": "client_id"}
OPTIONAL = {
    "DEFENDER_CLIENT_SECRET": "client_secret",
    "DEFENDER_CLOUD": "cloud",
    "DEFENDER_URL": "url",
    "DEFENDER_LOGIN_URL": "login_url",
    "DEFENDER_SCOPE": "scope",
    "DEFENDER_HTTP_PROXY": "http_proxy",
    # Further fields of the asset, as a JSON object.
    "DEFENDER_MORE_FIELDS": "more_fields",
}
defender_secret = RegistrySecret(name="defender_xdr", keys=list(REQUIRED), optional_keys=list(OPTIONAL))

Status = Literal["Active", "InProgress", "Resolved", "Redirected"]
Classification = Literal["TruePositive", "InformationalExpectedActivity", "FalsePositive", "Unknown"]


@registry.register(
    default_title="Check Defender connection",
    display_group="Microsoft Defender XDR",
    description="Sign in, show what the application may do, and change nothing.",
    namespace="tools.defender_update_incident",
    secrets=[defender_secret],
)
async def check() -> dict[str, Any]:
    return succeeded(await run_async({"asset": asset_fields()}, ["--check"]))


@registry.register(
    default_title="Update incident",
    display_group="Microsoft Defender XDR",
    description="Update one incident. A failure says whether the update was applied: not_applied, applied, unknown, or through Graph "
    "partly_applied (the values, not the comment).",
    namespace="tools.defender_update_incident",
    secrets=[defender_secret],
)
async def update_incident(
    incident_id: Annotated[int, Doc("Number of the incident.")],
    status: Annotated[Status | None, Doc("New status.")] = None,
    assigned_to: Annotated[str | None, Doc("New owner.")] = None,
    remove_owner: Annotated[bool, Doc("Take the owner away.")] = False,
    classification: Annotated[Classification | None, Doc("New classification.")] = None,
    determination: Annotated[str | None, Doc("New determination, one word such as Malware or SecurityTesting.")] = None,
    tags: Annotated[list[str] | None, Doc("Tags in place of the incident's.")] = None,
    comment: Annotated[str | None, Doc("Comment to add; it can never be removed again.")] = None,
    add_tags: Annotated[list[str] | None, Doc("Tags to add to the incident's.")] = None,
    remove_tags: Annotated[list[str] | None, Doc("Tags to take away from the incident's.")] = None,
    only_if: Annotated[dict[str, Any] | None, Doc("Condition on the incident.")] = None,
    once: Annotated[
        bool | str | None, Doc("True, or the time of the first attempt (RFC 3339): send only what the incident does not show yet.")
    ] = None,
) -> dict[str, Any]:
    body = filled_in({
        "status": status,
        "assignedTo": assigned_to,
        "classification": classification,
        "determination": determination,
        "tags": tags,
        "comment": comment,
    })
    if remove_owner:
        if "assignedTo" in body:
            raise ValueError("fill in assigned_to or remove_owner, not both; nothing was sent")
        body["assignedTo"] = None
    # A template gives text, whatever it was made from.
    if isinstance(once, str):
        once = {"true": True, "false": None, "": None}.get(once.strip().lower(), once)
    optional = filled_in({"once": once or None, "add_tags": add_tags, "remove_tags": remove_tags, "only_if": only_if})
    document = {"asset": asset_fields(), "path_parameters": {"id": incident_id}, "json_body": body, **optional}
    return succeeded(await run_async(document))


def asset_fields() -> dict[str, Any]:
    fields = filled_in({field: secrets.get_or_default(key) for key, field in {**REQUIRED, **OPTIONAL}.items()})
    try:
        more = json.loads(fields.pop("more_fields", "{}"))
    except ValueError:
        more = None
    if not isinstance(more, dict):
        # What was typed is not repeated, since it may be a secret.
        raise ValueError("DEFENDER_MORE_FIELDS: expected a JSON object; nothing was sent")
    return {**fields, **more}


def filled_in(fields: dict[str, Any]) -> dict[str, Any]:
    """An expression that finds nothing comes as None or as empty text."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def succeeded(outcome: Outcome) -> dict[str, Any]:
    """The envelope, or an exception that says what became of the update."""
    if outcome.stderr.strip():
        print(outcome.stderr.strip(), file=sys.stderr)
    return outcome.raise_for_failure().envelope

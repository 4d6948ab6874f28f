"""Splunk SOAR app: update one Microsoft Defender XDR incident, by the program that the wheel `defender-update-incident` brings along."""

import json

from defender_update_incident import Outcome, run
from soar_sdk.abstract import SOARClient
from soar_sdk.action_results import ActionOutput, OutputField
from soar_sdk.app import App
from soar_sdk.asset import AssetField, BaseAsset
from soar_sdk.exceptions import ActionFailure, AssetMisconfiguration
from soar_sdk.logging import getLogger
from soar_sdk.params import Param, Params

logger = getLogger()


class Asset(BaseAsset):
    tenant_id: str = AssetField(description="Tenant ID, or a domain name of the tenant")
    client_id: str = AssetField(description="Application (client) ID")
    client_secret: str | None = AssetField(description="Value of the client secret, not its ID", required=False, sensitive=True)
    cloud: str | None = AssetField(
        description="Cloud that the tenant lives in", required=False, value_list=["public", "gcc", "gcc_high", "dod"]
    )
    url: str | None = AssetField(description="Base of the Defender API, where it is not the cloud's", required=False)
    login_url: str | None = AssetField(description="Base of the sign-in service, where it is not the cloud's", required=False)
    scope: str | None = AssetField(description="Scope to ask for, where it is not the cloud's", required=False)
    verify_ssl: bool = AssetField(description="Verify the certificates of servers", required=False, default=True)
    http_proxy: str | None = AssetField(
        description="Proxy, as [scheme://][user:password@]host[:port]", required=False, sensitive=True
    )
    more_fields: str | None = AssetField(
        description='Further fields of the asset as a JSON object, such as {"timeout_secs": 60}', required=False, sensitive=True
    )


class UpdateIncidentParams(Params):
    incident_id: int = Param(description="Number of the incident", primary=True, cef_types=["defender incident id"])
    status: str | None = Param(
        description="New status", required=False, value_list=["Active", "InProgress", "Resolved", "Redirected"]
    )
    assigned_to: str | None = Param(description="New owner", required=False)
    remove_owner: bool | None = Param(description="Take the owner away", required=False)
    classification: str | None = Param(
        description="New classification",
        required=False,
        value_list=["TruePositive", "InformationalExpectedActivity", "FalsePositive", "Unknown"],
    )
    determination: str | None = Param(description="New determination, one word such as Malware or SecurityTesting", required=False)
    tags: str | None = Param(
        description="Tags in place of the incident's, separated by commas, or as a JSON list", required=False, allow_list=True
    )
    comment: str | None = Param(description="Comment to add; it can never be removed again", required=False)
    add_tags: str | None = Param(description="Tags to add to the incident's", required=False, allow_list=True)
    remove_tags: str | None = Param(description="Tags to take away from the incident's", required=False, allow_list=True)
    only_if: str | None = Param(description="Condition on the incident as a JSON object", required=False)
    once: str | None = Param(
        description="true, or the time of the first attempt (RFC 3339): send only what the incident does not show yet", required=False
    )


class UpdateIncidentOutput(ActionOutput):
    incident_id: int = OutputField(cef_types=["defender incident id"], column_name="Incident")
    status: str | None = OutputField(column_name="Status")
    classification: str | None
    determination: str | None
    assigned_to: str | None
    envelope: str = OutputField(column_name="Answer (JSON)")


app = App(
    # Not the wheel's: the app is a folder of this name, which would be found in place of the module.
    name="defender_update_incident_app",
    app_type="endpoint",
    logo="logo.svg",
    logo_dark="logo_dark.svg",
    product_vendor="Microsoft",
    product_name="Microsoft Defender XDR",
    publisher="the defender-update-incident authors",
    appid="d31b6a54-3b0a-4f1e-9c52-7a9d2f0c8e41",
    python_version="3.13",
    fips_compliant=False,
    asset_cls=Asset,
)


def filled_in(fields: dict) -> dict:
    """A form hands on empty text for what nobody filled in; false is an answer."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def parsed(name: str, text: str | None, kind: type) -> object:
    """JSON that somebody typed into a form. What was typed is not repeated, since it may be a secret."""
    if not (text or "").strip():
        return kind()
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise ActionFailure(f"{name}: expected JSON of type {'object' if kind is dict else 'list'}; nothing was sent")
    return value


def tag_list(name: str, text: str | None) -> list:
    if (text or "").lstrip().startswith("["):
        return parsed(name, text, list)
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def asset_fields(asset: Asset) -> dict:
    fields = filled_in({name: getattr(asset, name) for name in Asset.model_fields if name != "more_fields"})
    return {**fields, **parsed("more_fields", asset.more_fields, dict)}


def document_of(params: UpdateIncidentParams, asset: Asset) -> dict:
    body = filled_in({
        "status": params.status,
        "assignedTo": params.assigned_to,
        "classification": params.classification,
        "determination": params.determination,
        "tags": tag_list("tags", params.tags),
        "comment": params.comment,
    })
    if params.remove_owner:
        if "assignedTo" in body:
            raise ActionFailure("fill in assigned_to or remove_owner, not both; nothing was sent")
        body["assignedTo"] = None
    once = (params.once or "").strip()
    return {
        "asset": asset_fields(asset),
        "path_parameters": {"id": params.incident_id},
        "json_body": body,
        **filled_in({
            "once": {"true": True, "false": None}.get(once.lower(), once),
            "add_tags": tag_list("add_tags", params.add_tags),
            "remove_tags": tag_list("remove_tags", params.remove_tags),
            "only_if": parsed("only_if", params.only_if, dict),
        }),
    }


def succeeded(outcome: Outcome) -> Outcome:
    """Itself, or the platform's own failure, which says what became of the update."""
    if outcome.stderr.strip():
        logger.warning("%s", outcome.stderr.strip())
    if outcome.ok:
        return outcome
    violations = outcome.envelope.get("violations") or []
    in_asset = bool(violations) and all(one["at"].startswith("/asset") for one in violations)
    raise (AssetMisconfiguration if in_asset or outcome.name == "SignInRefused" else ActionFailure)(outcome.text())


@app.test_connectivity()
def test_connectivity(soar: SOARClient, asset: Asset) -> None:
    outcome = succeeded(run({"asset": asset_fields(asset)}, ["--check"]))
    logger.info("%s", json.dumps(outcome.envelope))


@app.action(
    read_only=False,
    action_type="correct",
    description="Updates one Microsoft Defender XDR incident",
    verbose="A failure says whether the update was applied: not_applied, applied, unknown, or through Graph partly_applied "
    "(the values, not the comment). After unknown, read the incident before anything is repeated.",
)
def update_incident(params: UpdateIncidentParams, soar: SOARClient, asset: Asset) -> UpdateIncidentOutput:
    outcome = succeeded(run(document_of(params, asset)))
    incident = outcome.incident if isinstance(outcome.incident, dict) else {}
    soar.set_message(f"Incident {params.incident_id} is {incident.get('status') or 'updated'}")
    return UpdateIncidentOutput(
        incident_id=params.incident_id,
        status=incident.get("status"),
        classification=incident.get("classification"),
        determination=incident.get("determination"),
        assigned_to=incident.get("assignedTo"),
        envelope=json.dumps(outcome.envelope),
    )


if __name__ == "__main__":
    app.cli()

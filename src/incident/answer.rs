//! The shape of the incident that comes out, with the nullability that real answers have. These types exist for the output
//! schema. All vocabularies are open, and further keys are allowed everywhere.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An incident.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Incident {
    /// OData's description of the shape.
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    odata_context: Option<String>,
    #[schemars(example = 552)]
    incident_id: i64,
    /// Null is Microsoft Graph's alone.
    incident_uri: Option<String>,
    /// The incident that this one was merged into.
    redirect_incident_id: Option<i64>,
    /// May hold invisible characters such as U+200B. Null is Microsoft Graph's alone.
    incident_name: Option<String>,
    /// ISO 8601 in UTC, 0 to 7 digits of a second.
    created_time: String,
    /// ISO 8601 in UTC, 0 to 7 digits of a second.
    last_update_time: String,
    assigned_to: Option<String>,
    #[schemars(example = serde_json::json!("TruePositive"))]
    classification: String,
    #[schemars(example = serde_json::json!("Malware"))]
    determination: String,
    #[schemars(example = serde_json::json!("Resolved"))]
    status: String,
    #[schemars(example = serde_json::json!("Informational"))]
    severity: String,
    tags: Vec<String>,
    comments: Vec<Comment>,
    /// Not there where `api` is `graph`, whose answer has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Alert>")]
    alerts: Option<Vec<Alert>>,
}

/// A comment on an incident.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    /// Null is Microsoft Graph's alone.
    comment: Option<String>,
    /// Null is Microsoft Graph's alone.
    created_by: Option<String>,
    created_time: String,
}

/// An alert of an incident.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    alert_id: String,
    provider_alert_id: String,
    incident_id: i64,
    service_source: String,
    creation_time: String,
    last_updated_time: String,
    resolved_time: Option<String>,
    first_activity: String,
    last_activity: String,
    title: String,
    description: String,
    category: String,
    status: String,
    severity: String,
    investigation_id: Option<i64>,
    investigation_state: String,
    classification: Option<String>,
    determination: Option<String>,
    detection_source: String,
    detector_id: String,
    assigned_to: Option<String>,
    actor_name: Option<String>,
    threat_family_name: Option<String>,
    mitre_techniques: Vec<String>,
    devices: Vec<Device>,
    entities: Vec<Entity>,
}

/// A device that an alert is about.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    mdatp_device_id: String,
    aad_device_id: Option<String>,
    device_dns_name: String,
    os_platform: String,
    version: String,
    os_processor: Option<String>,
    os_build: Option<i64>,
    health_status: String,
    risk_score: String,
    rbac_group_name: Option<String>,
    first_seen: String,
    tags: Vec<String>,
    defender_av_status: String,
    onboarding_status: String,
    /// Where the device is a virtual machine in a cloud.
    vm_metadata: Option<BTreeMap<String, Value>>,
    logged_on_users: Vec<LoggedOnUser>,
}

/// A user who was logged on to a device.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedOnUser {
    account_name: String,
    domain_name: String,
}

/// A piece of evidence. Four keys are always there; which of the others are depends on `entityType`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entity {
    #[schemars(example = serde_json::json!("Mailbox"))]
    entity_type: String,
    evidence_creation_time: String,
    verdict: String,
    remediation_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_command_line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_creation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_process_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_process_creation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_process_file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_process_file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aad_user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_principal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox_display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_by_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    internet_message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_hive: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_value_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detection_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation_status_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<String>,
}

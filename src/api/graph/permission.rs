//! What Graph wants of an application, and the quota.

use crate::api::terms::Permission;

/// The same name as an application's and as a user's.
pub const PERMISSION: Permission = Permission {
    application: "SecurityIncident.ReadWrite.All",
    delegated: "SecurityIncident.ReadWrite.All",
    reading_application: "SecurityIncident.Read.All",
    reading_delegated: "SecurityIncident.Read.All",
    grant: "give the application the permission `SecurityIncident.ReadWrite.All` of Microsoft Graph and have an administrator consent to it; where a user signs in, the delegated one of that name, and to the user the Entra role Security Operator or Security Administrator",
};

/// What is known of it, for those who met it.
pub(super) const QUOTA: &str = "Microsoft publishes no quota of Microsoft Graph for incidents; for the alerts beside them it is 150 calls a minute for an application in a tenant";

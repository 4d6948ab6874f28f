//! The program under what starts it: images, wheels, engines and platforms. What a machine lacks says SKIPPED;
//! `.ci/platform-tools` installs it.

mod deploy;
mod engines;
mod insightconnect;
mod kubernetes;
mod mcp;
mod n8n;
mod platforms;
mod platforms_apps;
mod platforms_engines;
mod platforms_try;
mod static_binary;
mod turbine;
mod wheel;

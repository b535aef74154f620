//! Checks of the settings that need no connection.

use rdkafka::config::ClientConfig;

use super::client::{FIXED, UNKNOWN};
use super::options::Options;

/// Returns the names of the settings of `[kafka.properties]` that are not allowed, and why. Values are left out: they may be
/// secrets.
pub fn settings_faults(options: &Options) -> Vec<(String, String)> {
    let fault = |key: &str, value: &str| {
        if let Some((_, instead)) = FIXED.iter().find(|(fixed, _)| *fixed == key) {
            return Some(format!("cannot be set: {instead}"));
        }
        let known = ClientConfig::new().set(key, value).create_native_config();
        known.is_err().then(|| UNKNOWN.to_owned())
    };
    let all = options.properties.iter();
    all.filter_map(|(key, value)| Some((key.clone(), fault(key, value)?))).collect()
}

/// Returns the login mechanisms that this build supports, and the version of librdkafka.
pub fn logins() -> String {
    let config = ClientConfig::new().create_native_config().and_then(|config| config.get("builtin.features"));
    let features = config.unwrap_or_default();
    let has = |feature: &str| features.split(',').any(|has| has == feature);
    // Not `sasl_gssapi`: librdkafka 2.12 names it in every CMake build, with or without Cyrus SASL.
    let logins = [
        ("sasl_plain", "PLAIN"),
        ("sasl_scram", "SCRAM-SHA-256, SCRAM-SHA-512"),
        ("oidc", "OAUTHBEARER (OIDC)"),
        ("ssl", "TLS client certificates"),
    ];
    let logins: Vec<&str> = logins.iter().filter(|(feature, _)| has(feature)).map(|(_, login)| *login).collect();
    format!("{} (librdkafka {})", logins.join(", "), rdkafka::util::get_rdkafka_version().1)
}

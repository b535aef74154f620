//! What can be said of the settings before anything is connected.

use rdkafka::config::ClientConfig;

use super::client::{FIXED, UNKNOWN};
use super::options::Options;

/// Settings of `[kafka.properties]` that cannot stay, by their names, and why; the values are left out, they may be secrets.
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

/// The ways of logging in that this build supports, and the version of librdkafka.
pub fn logins() -> String {
    let config = ClientConfig::new().create_native_config().and_then(|config| config.get("builtin.features"));
    let features = config.unwrap_or_default();
    let has = |feature: &str| features.split(',').any(|has| has == feature);
    // Not `sasl_gssapi`, which librdkafka 2.12 names in each build by CMake, whether it has Cyrus SASL or not.
    let logins = [
        ("sasl_plain", "PLAIN"),
        ("sasl_scram", "SCRAM-SHA-256, SCRAM-SHA-512"),
        ("oidc", "OAUTHBEARER (OIDC)"),
        ("ssl", "TLS client certificates"),
    ];
    let logins: Vec<&str> = logins.iter().filter(|(feature, _)| has(feature)).map(|(_, login)| *login).collect();
    format!("{} (librdkafka {})", logins.join(", "), rdkafka::util::get_rdkafka_version().1)
}

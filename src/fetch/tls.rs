//! Explains why a TLS connection failed, and what to do.

use chrono::DateTime;
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

/// Describes a failed handshake with a host.
pub(super) fn explain(error: &rustls::Error, host: &str) -> String {
    use rustls::Error as E;
    match error {
        E::AlertReceived(AlertDescription::ProtocolVersion)
        | E::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired,
        ) => format!(
            "{host} offers only TLS 1.1 or older, which is insecure and not supported; ask the site to offer TLS 1.2 or 1.3, or use its http:// \
             address if it has one"
        ),
        E::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
        | E::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoEcPointFormatsInCommon
            | PeerIncompatible::EcPointsExtensionRequired
            | PeerIncompatible::NamedGroupsExtensionRequired
            | PeerIncompatible::NoSignatureSchemesInCommon
            | PeerIncompatible::UncompressedEcPointsRequired,
        )
        | E::PeerMisbehaved(
            rustls::PeerMisbehaved::SelectedUnofferedCipherSuite
            | rustls::PeerMisbehaved::SelectedUnofferedKxGroup
            | rustls::PeerMisbehaved::SignedKxWithWrongAlgorithm
            | rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme,
        ) => format!(
            "{host} offers no secure cipher, key exchange or signature, only weak ones such as RC4, 3DES, CBC, plain RSA or SHA-1, \
             which are not supported; ask the site to offer AES-GCM or ChaCha20 with ECDHE, or use its http:// address if it has one"
        ),
        E::InvalidCertificate(error) => certificate(error, host),
        E::NoCertificatesPresented => format!("{host} sent no certificate; ask the site to fix its server"),
        E::InvalidMessage(_) | E::InappropriateMessage { .. } => {
            format!("{host} does not speak TLS on this port; is its address http:// instead of https://?")
        }
        E::AlertReceived(AlertDescription::UnrecognisedName) => {
            format!("the server has no site called {host}; check the address")
        }
        E::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::AccessDenied) => {
            format!(
                "{host} requires a client certificate that it accepts; write client_certificate = {{ file = \"reader.pem\" }} \
                 into the table `requests` of the feed or [[site]]"
            )
        }
        other => format!("{host}: {other}"),
    }
}

fn certificate(error: &CertificateError, host: &str) -> String {
    use CertificateError as E;
    let day = |time: rustls::pki_types::UnixTime| {
        let seconds = i64::try_from(time.as_secs()).ok();
        seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default().format("%Y-%m-%d")
    };
    let message = error.to_string();
    match error {
        E::ExpiredContext { not_after, .. } => format!(
            "the certificate of {host} expired on {}; ask the site to renew it, or set this machine's clock if that is wrong",
            day(*not_after)
        ),
        E::Expired => format!(
            "the certificate of {host} has expired; ask the site to renew it, or set this machine's clock if that is wrong"
        ),
        E::NotValidYetContext { not_before, .. } => format!(
            "the certificate of {host} is not valid before {}; set this machine's clock if that is wrong",
            day(*not_before)
        ),
        E::NotValidYet => {
            format!("the certificate of {host} is not valid yet; set this machine's clock if that is wrong")
        }
        E::UnknownIssuer => format!(
            "the certificate of {host} was issued by an authority that is not trusted here, or the server omits the intermediate \
             certificates; for a private authority or a proxy, name its certificate in `fetch.ca_file`"
        ),
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            let presented = match error {
                E::NotValidForNameContext { presented, .. } => presented.as_slice(),
                _ => &[],
            };
            let names: Vec<&str> = presented.iter().take(3).map(|name| bare(name)).collect();
            let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            format!("the certificate is for other names{names}, not for {host}; use one of its names, or ask the site")
        }
        #[allow(deprecated)] // a verifier may still return it
        E::UnsupportedSignatureAlgorithm
        | E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => format!(
            "the certificate of {host} is signed with SHA-1 or another algorithm that is no longer secure; ask the site for a new one"
        ),
        E::BadSignature => format!(
            "a signature of {host} is invalid, or made with a weak key such as RSA of fewer than 2,048 bits; ask the site for a new certificate"
        ),
        E::Revoked => format!("the certificate of {host} was revoked; ask the site for a new one"),
        // The text of a webpki error, which has no type here.
        E::Other(_) if message.contains("CaUsedAsEndEntity") => format!(
            "the certificate of {host} is self-signed and an authority's, which a server must not use; if it is yours, use it to issue one \
             for the server, and name the authority's in `fetch.ca_file`"
        ),
        _ => format!("the certificate of {host} is not accepted: {message}"),
    }
}

/// Extracts the name from rustls's `DnsName("a.example")`.
fn bare(name: &str) -> &str {
    name.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    #[test]
    fn each_reason_comes_with_a_remedy() {
        use rustls::Error as E;
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expected = ServerName::try_from("news.example").unwrap();
        let other = CertificateError::NotValidForNameContext {
            expected,
            presented: vec!["DnsName(\"a.example\")".into(), "b.example".into()],
        };
        for (error, what, remedy) in [
            (E::AlertReceived(AlertDescription::ProtocolVersion), "only TLS 1.1 or older", "TLS 1.2"),
            (E::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13), "only TLS 1.1 or older", "http://"),
            (E::AlertReceived(AlertDescription::HandshakeFailure), "no secure cipher", "ask the site"),
            (E::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "no secure cipher", "AES-GCM"),
            (
                E::InvalidCertificate(CertificateError::ExpiredContext {
                    time: at(1_800_000_000),
                    not_after: at(1_700_000_000),
                }),
                "expired on 2023-11-14",
                "clock",
            ),
            (E::InvalidCertificate(CertificateError::UnknownIssuer), "not trusted here", "`fetch.ca_file`"),
            (E::InvalidCertificate(other), "other names (a.example, b.example), not for news.example", "ask the site"),
            (
                E::InvalidCertificate(CertificateError::UnsupportedSignatureAlgorithmContext {
                    signature_algorithm_id: Vec::new(),
                    supported_algorithms: Vec::new(),
                }),
                "SHA-1",
                "a new one",
            ),
            (E::InvalidMessage(rustls::InvalidMessage::InvalidContentType), "does not speak TLS", "http://"),
            (E::General("odd".into()), "news.example: unexpected error: odd", ""),
        ] {
            let message = explain(&error, "news.example");
            assert!(message.contains(what) && message.contains(remedy), "{error:?}: {message}");
        }
    }
}

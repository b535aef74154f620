//! Checks whether a pushed body was signed with the secret that only its hub knows.

use ring::hmac;

/// Returns whether the value of an `X-Hub-Signature` header (`sha256=…`) matches the body; compares in constant time.
pub(crate) fn is_of(body: &[u8], header: &str, secret: &str) -> bool {
    let Some((method, tag)) = header.trim().split_once('=') else { return false };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Ok(tag) = hex::decode(tag) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The four tags are OpenSSL's: `printf 'what do ya want for nothing?' | openssl dgst -sha1 -hmac Jefe`.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SHA1: &str = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    const SHA256: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const SHA384: &str =
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649";
    const SHA512: &str = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                          caeab1a34d4a6b4b636e070a38bce737";

    #[test]
    fn only_the_right_signature_is_right() {
        let of = |method: &str, tag: &str| format!("{method}={tag}");
        for (header, right) in [
            (of("sha1", SHA1), true),
            (of("sha256", SHA256), true),
            (of("sha384", SHA384), true),
            (of("sha512", SHA512), true),
            (of("SHA256", &SHA256.to_uppercase()), true),
            (format!("  {} ", of("sha256", SHA256)), true),
            (of("sha1", SHA256), false),
            (of("sha256", SHA1), false),
            (of("sha256", &SHA256[..62]), false),
            (of("sha256", &format!("{SHA256}00")), false),
            (of("sha256", &SHA256.replacen('5', "6", 1)), false),
            (of("sha256", &SHA256.replacen("5b", "é", 1)), false),
            (of("sha256", &SHA256.replacen("5b", "+b", 1)), false),
            (of("sha512", &"0".repeat(1_000_000)), false),
            (of("md5", "750c783e6ab0b503eaa86e310a5db738"), false),
            (of("sha256", ""), false),
            (SHA256.to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_of(BODY, &header, "Jefe"), right, "{header:.80}");
        }
        assert!(!is_of(BODY, &of("sha256", SHA256), "Jeff"));
        assert!(!is_of(b"what do you want for nothing?", &of("sha256", SHA256), "Jefe"));
    }
}

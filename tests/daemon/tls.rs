//! Servers whose TLS is refused: the error says why, and what to do.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dateline::fetch::{Class, Client, Kind, Options, Validators};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::client::options;

fn bad(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/bad").join(file)
}

/// Returns the client's error for a server on this port.
async fn words(port: u16, ca_file: Option<PathBuf>) -> String {
    let client = Client::new(Options { allow_private: vec!["localhost".into()], ca_file, ..options() }).unwrap();
    let url = Url::parse(&format!("https://localhost:{port}/feed.xml")).unwrap();
    match client.get(&url, Kind::Feed, &Validators::default()).await {
        Ok(answer) => format!("HTTP status {}", answer.status),
        Err(error) => {
            assert_eq!(error.class(), Class::Tls, "{error}");
            error.to_string()
        }
    }
}

/// Starts a server with the certificate in this file.
async fn with_certificate(file: &str) -> u16 {
    let chain = CertificateDer::pem_file_iter(bad(file)).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(bad("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1_000]).await;
        }
    });
    port
}

#[tokio::test]
async fn a_rejected_certificate_is_reported_with_its_reason() {
    for (file, trusted, parts) in [
        ("good.pem", true, ["HTTP status 200", ""]),
        ("good.pem", false, ["issued by an authority that is not trusted here", "`fetch.ca_file`"]),
        ("expired.pem", true, ["the certificate of localhost expired on 2021-01-01", "ask the site to renew it"]),
        ("sha1.pem", true, ["is signed with SHA-1", "ask the site for a new one"]),
        (
            "other-name.pem",
            true,
            ["for other names (one.example, two.example), not for localhost", "use one of its names"],
        ),
    ] {
        let words = words(with_certificate(file).await, trusted.then(|| bad("ca.pem"))).await;
        assert!(parts.iter().all(|part| words.contains(part)), "{file}: {words}");
    }
}

/// Starts a server that answers every ClientHello with these bytes.
fn that_answers(bytes: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 10_000]);
            let _ = stream.write_all(&bytes);
        }
    });
    port
}

/// Returns a ServerHello record with this version and cipher suite.
fn server_hello(version: u8, suite: [u8; 2]) -> Vec<u8> {
    let hello = [&[3, version], &[7; 32][..], &[0], &suite, &[0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, version, 0, length + 4, 2, 0, 0, length][..], &hello].concat()
}

#[tokio::test]
async fn insecure_protocols_and_ciphers_are_named() {
    const OLD: &str = "localhost offers only TLS 1.1 or older";
    const WEAK: &str = "localhost offers no secure cipher, key exchange or signature";
    let alert = |description| vec![21, 3, 1, 0, 2, 2, description];
    for (name, answer, part) in [
        ("alert protocol_version", alert(70), OLD),
        ("TLS 1.1", server_hello(2, [0xc0, 0x13]), OLD),
        ("TLS 1.0", server_hello(1, [0, 0x2f]), OLD),
        ("SSL 3.0", server_hello(0, [0, 5]), OLD),
        ("alert handshake_failure", alert(40), WEAK),
        ("alert insufficient_security", alert(71), WEAK),
        ("TLS 1.2 with RC4", server_hello(3, [0, 5]), WEAK),
        ("TLS 1.2 with plain RSA and CBC", server_hello(3, [0, 0x2f]), WEAK),
        ("alert unrecognized_name", alert(112), "the server has no site called localhost"),
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "localhost does not speak TLS on this port"),
        ("nothing", Vec::new(), "localhost closed the connection during the TLS handshake"),
    ] {
        let words = words(that_answers(answer), None).await;
        assert!(words.contains(part), "{name}: {words}");
    }
}

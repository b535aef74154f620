//! A small OpenID Connect token issuer on loopback: client credentials over HTTPS, signed tokens, the keys over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The secret of the client `dateline`.
pub const SECRET: &str = "secret-of-the-client";

pub struct Issuer {
    /// The issuer named in its tokens; its keys are at `/keys`.
    pub url: String,
    /// The token endpoint; its certificate is the one of `fixtures/tls`.
    pub token_url: String,
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    key: EcdsaKeyPair,
    lifetime: Duration,
    refuses: AtomicBool,
    issued: Mutex<Vec<String>>,
}

impl Issuer {
    /// Starts an issuer of tokens with this lifetime.
    pub async fn start(lifetime: Duration) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secure = Secure::bind().await;
        let url = format!("http://{}", plain.local_addr().unwrap());
        let token_url = format!("https://localhost:{}/token", secure.listener.local_addr().unwrap().port());
        let (refuses, issued) = (AtomicBool::new(false), Mutex::default());
        let shared = Arc::new(Shared { url: url.clone(), key, lifetime, refuses, issued });
        let keys = Router::new().route("/keys", get(keys)).with_state(Arc::clone(&shared));
        let tokens = Router::new().route("/token", post(token)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(plain, keys).await });
        tokio::spawn(async move { axum::serve(secure, tokens).await });
        Self { url, token_url, shared }
    }

    /// Sets whether it refuses everyone from now on.
    pub fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Returns all tokens that it has issued.
    pub fn issued(&self) -> Vec<String> {
        self.shared.issued.lock().unwrap().clone()
    }
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    // An uncompressed point: a marker byte and two coordinates.
    let point = shared.key.public_key().as_ref();
    let coordinate = |at: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[at]);
    let (x, y) = (coordinate(1..33), coordinate(33..65));
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": x, "y": y }] }))
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let client = format!("Basic {}", STANDARD.encode(format!("dateline:{SECRET}")));
    let is_known = headers.get("authorization").is_some_and(|sent| sent == client.as_str());
    if !is_known || shared.refuses.load(Ordering::SeqCst) {
        let words = json!({ "error": "invalid_client", "error_description": "no such client" });
        return (StatusCode::UNAUTHORIZED, Json(words));
    }
    assert_eq!(body, "grant_type=client_credentials&scope=news");
    let token = shared.sign();
    shared.issued.lock().unwrap().push(token.clone());
    (StatusCode::OK, Json(json!({ "access_token": token, "token_type": "Bearer" })))
}

impl Shared {
    fn sign(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "1" });
        let claims = json!({
            "iss": self.url, "aud": "kafka", "sub": "dateline", "iat": now, "exp": now + self.lifetime.as_secs(), "jti": uuid::Uuid::new_v4()
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Secure {
    async fn bind() -> Self {
        let pem = crate::repository("tests/fixtures/tls");
        let chain = CertificateDer::pem_file_iter(pem.join("server.pem")).unwrap().collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(pem.join("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

impl axum::serve::Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

//! A trace collector, over HTTP and gRPC, that keeps what it receives.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::server::Server;

/// A collector that runs until dropped.
pub struct Collector {
    /// The address on which it listens.
    pub endpoint: String,
    received: Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>,
    _server: Server,
}

impl Collector {
    pub fn start() -> Self {
        let received: Arc<Mutex<Vec<_>>> = Arc::default();
        let keep = {
            let received = Arc::clone(&received);
            move |headers, body| {
                let request = ExportTraceServiceRequest::decode(body).unwrap();
                received.lock().unwrap().push((headers, request));
            }
        };
        let keep_too = keep.clone();
        let http = move |headers: HeaderMap, body: Bytes| async move { keep(headers, body) };
        // A gRPC message follows a flag and its length, and precedes its status.
        let grpc = move |headers: HeaderMap, body: Bytes| async move {
            keep_too(headers, body.slice(5..));
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
            let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async { Some(Ok(trailers)) });
            ([("content-type", "application/grpc")], Body::new(body))
        };
        let router = axum::Router::new()
            .route("/v1/traces", post(http))
            .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", post(grpc));
        let server = Server::start(|_| router);
        Self { endpoint: server.base.clone(), received, _server: server }
    }

    /// Returns all spans.
    pub fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let scopes = received.iter().flat_map(|(_, request)| &request.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Returns the headers of the first request, and its resource.
    pub fn first(&self) -> (HeaderMap, String) {
        let received = self.received.lock().unwrap();
        let (headers, request) = received.first().expect("nothing was received");
        (headers.clone(), format!("{:?}", request.resource_spans[0].resource))
    }
}

/// Formats an id as in `traceparent` and exemplars.
pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

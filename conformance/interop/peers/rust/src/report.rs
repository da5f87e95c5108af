//! What is printed: one line of JSON for each connection, and the list of abilities.

use crate::Result;
use crate::provider::{GROUPS, SCHEMES, group_name, suite_name};
use rustls::crypto::aws_lc_rs;
use rustls::{CommonState, HandshakeKind, ProtocolVersion};
use serde_json::{Value, json};

fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_2 => "TLS 1.2",
        ProtocolVersion::TLSv1_3 => "TLS 1.3",
        _ => "another version",
    }
}

pub fn connection(state: &CommonState, bytes: usize, error: Option<String>) -> Value {
    json!({
        "event": "connection",
        "version": state.protocol_version().map(version_name),
        "suite": state.negotiated_cipher_suite().map(|suite| suite_name(suite.suite())),
        "group": state.negotiated_key_exchange_group().and_then(group_name),
        "resumed": state.handshake_kind() == Some(HandshakeKind::Resumed),
        "helloRetryRequest": state.handshake_kind() == Some(HandshakeKind::FullWithHelloRetryRequest),
        "alpn": state.alpn_protocol().map(|name| String::from_utf8_lossy(name)),
        "peerCertificates": state.peer_certificates().map_or(0, <[_]>::len),
        "bytes": bytes,
        "error": error,
    })
}

pub fn abilities() -> Result<()> {
    let provider = aws_lc_rs::default_provider();
    let named = |is_tls13: bool| -> Vec<_> {
        provider
            .cipher_suites
            .iter()
            .filter(|suite| suite.tls13().is_some() == is_tls13)
            .map(|suite| suite_name(suite.suite()))
            .collect()
    };
    let (suites, suites12) = (named(true), named(false));
    let groups: Vec<_> = GROUPS.iter().map(|(name, _)| name).collect();
    let schemes: Vec<_> = SCHEMES
        .iter()
        .filter(|(_, scheme)| {
            provider
                .signature_verification_algorithms
                .mapping
                .iter()
                .any(|(known, _)| known == scheme)
        })
        .map(|(name, _)| name)
        .collect();
    let version = format!("rustls {} (aws-lc-rs)", env!("RUSTLS_VERSION"));
    println!(
        "{}",
        json!({ "version": version, "suites": suites, "suites12": suites12, "groups": groups, "signatureSchemes": schemes })
    );
    Ok(())
}

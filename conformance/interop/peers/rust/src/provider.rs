//! The crypto provider, narrowed to the named groups, suites and signature schemes.

use crate::Result;
use crate::options::Options;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::{self, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, WebPkiSupportedAlgorithms};
use std::sync::Arc;

/// Every group that this provider has and that this project tests, with IANA's name.
pub const GROUPS: [(&str, &dyn SupportedKxGroup); 5] = [
    ("X25519MLKEM768", kx_group::X25519MLKEM768),
    ("SecP256r1MLKEM768", kx_group::SECP256R1MLKEM768),
    ("x25519", kx_group::X25519),
    ("secp256r1", kx_group::SECP256R1),
    ("secp384r1", kx_group::SECP384R1),
];

/// Signature schemes with IANA's names; `signs` tells which of them the provider can also sign with.
pub const SCHEMES: [(&str, SignatureScheme); 8] = [
    ("ecdsa_secp256r1_sha256", SignatureScheme::ECDSA_NISTP256_SHA256),
    ("ecdsa_secp384r1_sha384", SignatureScheme::ECDSA_NISTP384_SHA384),
    ("ecdsa_secp521r1_sha512", SignatureScheme::ECDSA_NISTP521_SHA512),
    ("ed25519", SignatureScheme::ED25519),
    ("ed448", SignatureScheme::ED448),
    ("rsa_pss_rsae_sha256", SignatureScheme::RSA_PSS_SHA256),
    ("rsa_pss_rsae_sha384", SignatureScheme::RSA_PSS_SHA384),
    ("rsa_pss_rsae_sha512", SignatureScheme::RSA_PSS_SHA512),
];

pub fn suite_name(suite: rustls::CipherSuite) -> String {
    // rustls writes TLS13_AES_…; IANA's name is TLS_AES_….
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}

pub fn group_name(group: &dyn SupportedKxGroup) -> Option<&'static str> {
    GROUPS
        .iter()
        .find(|(_, known)| known.name() == group.name())
        .map(|(name, _)| *name)
}

pub fn scheme(name: &str) -> Result<SignatureScheme> {
    SCHEMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, scheme)| *scheme)
        .ok_or_else(|| format!("rustls has no signature scheme {name:?}").into())
}

pub fn narrowed(options: &Options) -> Result<Arc<CryptoProvider>> {
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suite.tls13().is_none() == options.tls12);
    if !options.suites.is_empty() {
        provider
            .cipher_suites
            .retain(|suite| options.suites.contains(&suite_name(suite.suite())));
        if provider.cipher_suites.len() != options.suites.len() {
            return Err(format!("rustls lacks one of the suites {:?}", options.suites).into());
        }
    }
    if !options.groups.is_empty() {
        provider.kx_groups = options
            .groups
            .iter()
            .map(|name| {
                GROUPS
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, group)| *group)
                    .ok_or_else(|| format!("rustls has no group {name:?}"))
            })
            .collect::<std::result::Result<_, _>>()?;
    }
    if !options.signature_schemes.is_empty() {
        let schemes = options
            .signature_schemes
            .iter()
            .map(|name| scheme(name))
            .collect::<Result<Vec<_>>>()?;
        let all = provider.signature_verification_algorithms;
        let mapping: Vec<_> = all
            .mapping
            .iter()
            .filter(|(scheme, _)| schemes.contains(scheme))
            .copied()
            .collect();
        // The library wants a list that lives for ever; this process is short.
        provider.signature_verification_algorithms = WebPkiSupportedAlgorithms {
            all: all.all,
            mapping: Box::leak(mapping.into_boxed_slice()),
        };
    }
    Ok(Arc::new(provider))
}

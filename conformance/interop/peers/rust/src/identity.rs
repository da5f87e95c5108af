//! Our own certificate, with a key that signs only with the schemes that were asked for.

use crate::Result;
use crate::options::Options;
use crate::provider::scheme;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{RootCertStore, SignatureAlgorithm, SignatureScheme};
use std::fmt::Debug;
use std::fs;
use std::sync::Arc;

#[derive(Debug)]
struct OnlySchemes {
    key: Arc<dyn SigningKey>,
    schemes: Vec<SignatureScheme>,
}

impl SigningKey for OnlySchemes {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let common: Vec<_> = self
            .schemes
            .iter()
            .filter(|scheme| offered.contains(scheme))
            .copied()
            .collect();
        self.key.choose_scheme(&common)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

pub fn certified_key(options: &Options, provider: &CryptoProvider) -> Result<Option<CertifiedKey>> {
    let (Some(certificate), Some(key)) = (&options.certificate, &options.key) else {
        return Ok(None);
    };
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<std::result::Result<Vec<_>, _>>()?;
    let mut signing_key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::from_pem_file(key)?)?;
    if !options.signature_schemes.is_empty() {
        let schemes = options
            .signature_schemes
            .iter()
            .map(|name| scheme(name))
            .collect::<Result<_>>()?;
        signing_key = Arc::new(OnlySchemes {
            key: signing_key,
            schemes,
        });
    }
    let mut certified = CertifiedKey::new(chain, signing_key);
    if let Some(path) = &options.ocsp_response {
        certified.ocsp = Some(fs::read(path)?);
    }
    Ok(Some(certified))
}

pub fn authorities(options: &Options) -> Result<Arc<RootCertStore>> {
    let path = options
        .authorities
        .as_ref()
        .ok_or("--ca is needed to check the peer")?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    Ok(Arc::new(roots))
}

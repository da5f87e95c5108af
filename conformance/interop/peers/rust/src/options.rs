//! The flags that client and server share.

use crate::Result;
use std::path::PathBuf;

pub struct Options {
    /// Port on 127.0.0.1; the server takes a free one for 0.
    pub port: u16,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub authorities: Option<PathBuf>,
    pub server_name: String,
    /// IANA's names; empty means what the library does by itself.
    pub groups: Vec<String>,
    pub suites: Vec<String>,
    pub signature_schemes: Vec<String>,
    pub alpn: Vec<String>,
    pub client_auth: String,
    pub ocsp_response: Option<PathBuf>,
    pub connections: usize,
    pub resume: bool,
    pub no_tickets: bool,
    pub key_update: bool,
    /// Speak TLS 1.2 alone.
    pub tls12: bool,
    pub bytes: usize,
}

impl Options {
    /// The one version that is spoken.
    pub fn version(&self) -> &'static rustls::SupportedProtocolVersion {
        if self.tls12 {
            &rustls::version::TLS12
        } else {
            &rustls::version::TLS13
        }
    }

    pub fn parse(mut arguments: pico_args::Arguments) -> Result<Self> {
        let mut list = |flag| -> Result<Vec<String>> {
            let text: Option<String> = arguments.opt_value_from_str(flag)?;
            Ok(text
                .unwrap_or_default()
                .split(',')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect())
        };
        let (groups, suites) = (list("--groups")?, list("--suites")?);
        let (signature_schemes, alpn) = (list("--signature-schemes")?, list("--alpn")?);
        let options = Self {
            groups,
            suites,
            signature_schemes,
            alpn,
            port: arguments.opt_value_from_str("--port")?.unwrap_or(0),
            certificate: arguments.opt_value_from_str("--cert")?,
            key: arguments.opt_value_from_str("--key")?,
            authorities: arguments.opt_value_from_str("--ca")?,
            server_name: arguments
                .opt_value_from_str("--server-name")?
                .unwrap_or_else(|| "localhost".to_owned()),
            client_auth: arguments
                .opt_value_from_str("--client-auth")?
                .unwrap_or_else(|| "none".to_owned()),
            ocsp_response: arguments.opt_value_from_str("--ocsp")?,
            connections: arguments.opt_value_from_str("--connections")?.unwrap_or(1),
            bytes: arguments.opt_value_from_str("--bytes")?.unwrap_or(100_000),
            resume: arguments.contains("--resume"),
            no_tickets: arguments.contains("--no-tickets"),
            key_update: arguments.contains("--key-update"),
            tls12: arguments.contains("--tls12"),
        };
        match arguments.finish().as_slice() {
            [] => Ok(options),
            unknown => Err(format!("no such flag: {unknown:?}").into()),
        }
    }
}

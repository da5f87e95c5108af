//! The client: sends a payload while it reads the answer, and compares the two.

use crate::Result;
use crate::identity::{authorities, certified_key};
use crate::options::Options;
use crate::{provider, report};
use rustls::client::{ClientSessionMemoryCache, ResolvesClientCert, Resumption};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Small enough that the echo of a block never fills both directions' socket buffers.
const BLOCK: usize = 16 * 1024;

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesClientCert for Always {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn configuration(options: &Options) -> Result<Arc<ClientConfig>> {
    let provider = provider::narrowed(options)?;
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[options.version()])?
        .with_root_certificates(authorities(options)?);
    let mut config = match certified_key(options, &provider)? {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(Always(Arc::new(identity)))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = options
        .alpn
        .iter()
        .map(|name| name.clone().into_bytes())
        .collect();
    config.resumption = if options.resume {
        Resumption::store(Arc::new(ClientSessionMemoryCache::new(8)))
    } else {
        Resumption::disabled()
    };
    Ok(Arc::new(config))
}

/// Makes lines of text, since some servers echo line by line; neighbouring lines differ.
fn payload_byte(index: usize) -> u8 {
    if index % 64 == 63 {
        b'\n'
    } else {
        b'a' + ((index + index / 64) % 26) as u8
    }
}

fn exchange(
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    options: &Options,
    received: &mut usize,
) -> Result<()> {
    let payload: Vec<u8> = (0..options.bytes).map(payload_byte).collect();
    let mut block = vec![0; BLOCK];
    for (number, sent) in payload.chunks(BLOCK).enumerate() {
        stream.write_all(sent)?;
        stream.flush()?;
        let answer = &mut block[..sent.len()];
        stream.read_exact(answer)?;
        *received += answer.len();
        if answer != sent {
            return Err("the echo differs from what was sent".into());
        }
        if options.key_update && number == 1 {
            stream.conn.refresh_traffic_keys()?;
        }
    }
    // Our close_notify, then the server's: an end without it is an error (RFC 8446 §6.1).
    stream.conn.send_close_notify();
    stream.flush()?;
    match stream.read(&mut block) {
        Ok(0) => Ok(()),
        Ok(_) => Err("more came back than was sent".into()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err("no close_notify".into()),
        Err(error) => Err(error.into()),
    }
}

pub fn run(options: &Options) -> Result<()> {
    let config = configuration(options)?;
    for _ in 0..options.connections {
        let name = ServerName::try_from(options.server_name.clone())?;
        let socket = TcpStream::connect(("127.0.0.1", options.port))?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        socket.set_write_timeout(Some(TIMEOUT))?;
        let mut stream = StreamOwned::new(ClientConnection::new(config.clone(), name)?, socket);
        let mut received = 0;
        let result = exchange(&mut stream, options, &mut received);
        let error = result.as_ref().err().map(ToString::to_string);
        println!("{}", report::connection(&stream.conn, received, error));
        result?;
    }
    Ok(())
}

//! The server: echoes on every connection until its standard input ends.

use crate::Result;
use crate::identity::{authorities, certified_key};
use crate::options::Options;
use crate::{provider, report};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{io, process, thread};

const TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn configuration(options: &Options) -> Result<Arc<ServerConfig>> {
    let provider = provider::narrowed(options)?;
    let identity = certified_key(options, &provider)?.ok_or("a server needs --cert and --key")?;
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[options.version()])?;
    let builder = if options.client_auth == "none" {
        builder.with_no_client_auth()
    } else {
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities(options)?, provider);
        let verifier = if options.client_auth == "request" {
            verifier.allow_unauthenticated()
        } else {
            verifier
        };
        builder.with_client_cert_verifier(verifier.build()?)
    };
    let mut config = builder.with_cert_resolver(Arc::new(Always(Arc::new(identity))));
    config.alpn_protocols = options
        .alpn
        .iter()
        .map(|name| name.clone().into_bytes())
        .collect();
    if options.no_tickets {
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(Arc::new(config))
}

fn echo(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    options: &Options,
    received: &mut usize,
) -> Result<()> {
    let mut block = vec![0; 16 * 1024];
    loop {
        let length = stream.read(&mut block)?;
        if length == 0 {
            stream.conn.send_close_notify();
            stream.flush()?;
            return Ok(());
        }
        if options.key_update && *received == 0 {
            stream.conn.refresh_traffic_keys()?;
        }
        *received += length;
        stream.write_all(&block[..length])?;
        stream.flush()?;
    }
}

fn serve(socket: TcpStream, config: Arc<ServerConfig>, options: &Options) -> Result<()> {
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, socket);
    let mut received = 0;
    let error = echo(&mut stream, options, &mut received)
        .err()
        .map(|error| error.to_string());
    println!("{}", report::connection(&stream.conn, received, error));
    Ok(())
}

pub fn run(options: Options) -> Result<()> {
    let config = configuration(&options)?;
    let listener = TcpListener::bind(("127.0.0.1", options.port))?;
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    println!(
        "{}",
        json!({ "event": "listening", "port": listener.local_addr()?.port() })
    );
    let options = Arc::new(options);
    for socket in listener.incoming() {
        let (socket, config, options) = (socket?, config.clone(), options.clone());
        thread::spawn(move || {
            if let Err(error) = serve(socket, config, &options) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

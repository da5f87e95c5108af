//! Victims of the comparison: servers that listen, and clients that dial when they are told to, in one process that
//! stays. Requests are lines of JSON on stdin, answers are lines on stdout; conformance/differential asks.

use crate::Result;
use crate::provider::GROUPS;
use rustls::client::{ClientSessionMemoryCache, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

const TIMEOUT: Duration = Duration::from_secs(60);

struct Request(Value);

impl Request {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<String> {
        let values = self.0[name].as_array().cloned().unwrap_or_default();
        values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn provider(&self) -> Arc<CryptoProvider> {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups = self
            .list("groups")
            .iter()
            .filter_map(|name| GROUPS.iter().find(|(known, _)| known == name))
            .map(|(_, group)| *group)
            .collect();
        Arc::new(provider)
    }

    fn version(&self) -> &'static rustls::SupportedProtocolVersion {
        if self.0["version"] == 0x0304 { &rustls::version::TLS13 } else { &rustls::version::TLS12 }
    }

    fn roots(&self) -> Result<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.text("root").as_bytes())?)?;
        Ok(Arc::new(roots))
    }

    fn identity(&self) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
        let (certificate, key) = (self.text("certificate"), self.text("key"));
        if certificate.is_empty() {
            return Ok(None);
        }
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(Some((chain, PrivateKeyDer::from_pem_slice(key.as_bytes())?)))
    }

    fn alpn(&self) -> Vec<Vec<u8>> {
        self.list("alpn").into_iter().map(String::into_bytes).collect()
    }

    fn server(&self) -> Result<Arc<ServerConfig>> {
        let provider = self.provider();
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[self.version()])?;
        let builder = match self.text("clientAuth") {
            "none" => builder.with_no_client_auth(),
            mode => {
                let verifier = WebPkiClientVerifier::builder_with_provider(self.roots()?, provider);
                let verifier = if mode == "request" { verifier.allow_unauthenticated() } else { verifier };
                builder.with_client_cert_verifier(verifier.build()?)
            }
        };
        let (chain, key) = self.identity()?.ok_or("a server has a certificate")?;
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = self.alpn();
        if self.0["resumes"] == false {
            config.send_tls13_tickets = 0;
            config.session_storage = Arc::new(NoServerSessionStorage {});
        } else if self.0["version"] == 0x0303 {
            config.ticketer = aws_lc_rs::Ticketer::new()?;
        }
        if self.0["earlyData"] == true {
            config.max_early_data_size = 1000;
        }
        Ok(Arc::new(config))
    }

    fn client(&self) -> Result<Arc<ClientConfig>> {
        let builder = ClientConfig::builder_with_provider(self.provider())
            .with_protocol_versions(&[self.version()])?
            .with_root_certificates(self.roots()?);
        let mut config = match self.identity()? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn();
        config.enable_early_data = self.0["earlyData"] == true;
        config.resumption = if self.text("memory").is_empty() {
            Resumption::disabled()
        } else {
            Resumption::store(Arc::new(ClientSessionMemoryCache::new(8)))
        };
        Ok(Arc::new(config))
    }
}

fn serve(socket: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    socket.set_read_timeout(Some(TIMEOUT))?;
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, socket);
    let mut block = [0; 100];
    loop {
        let length = stream.read(&mut block)?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&block[..length])?;
        stream.flush()?;
    }
}

fn dial(address: &str, config: Arc<ClientConfig>) -> Result<()> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    let mut connection = ClientConnection::new(config, ServerName::try_from("server.test")?)?;
    if let Some(mut early) = connection.early_data() {
        early.write_all(b"early")?;
    }
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(b"x")?;
    stream.flush()?;
    stream.read_exact(&mut [0])?;
    Ok(())
}

fn listen(config: Arc<ServerConfig>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let config = config.clone();
            thread::spawn(move || serve(socket, config));
        }
    });
    Ok(address)
}

pub fn run() -> Result<()> {
    let mut remembered: HashMap<String, Arc<ClientConfig>> = HashMap::new();
    for line in io::stdin().lock().lines() {
        let request = Request(serde_json::from_str(&line?)?);
        let id = request.0["id"].clone();
        if request.text("role") == "server" {
            println!("{}", json!({ "id": id, "address": listen(request.server()?)? }));
            continue;
        }
        let memory = request.text("memory").to_owned();
        let config = match remembered.remove(&memory) {
            Some(config) => config,
            None => request.client()?,
        };
        // The second connection is the last of its case.
        if request.0["again"] == true {
            remembered.insert(memory, config.clone());
        }
        thread::spawn(move || {
            let error = dial(request.text("address"), config).err().map(|error| error.to_string());
            println!("{}", json!({ "id": id, "error": error }));
        });
    }
    Ok(())
}

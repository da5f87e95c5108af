//! A TLS 1.3 client and server over rustls, driven by flags, for interoperation tests. The server echoes; the client
//! sends a payload, checks that the same bytes come back, and both print one line of JSON for each connection.

mod client;
mod identity;
mod options;
mod provider;
mod report;
mod server;
mod victims;

use std::error::Error;
use std::process::ExitCode;

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn run() -> Result<()> {
    let mut arguments = pico_args::Arguments::from_env();
    let role = arguments.subcommand()?.unwrap_or_default();
    let options = options::Options::parse(arguments)?;
    match role.as_str() {
        "client" => client::run(&options),
        "server" => server::run(options),
        "abilities" => report::abilities(),
        "victims" => victims::run(),
        other => Err(format!("usage: peer client|server|abilities|victims [flags], not {other:?}").into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

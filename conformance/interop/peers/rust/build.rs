//! Tells the program which rustls it was built with, read from the lock file.

use std::fs;

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock").expect("Cargo.lock lies beside Cargo.toml");
    let version = lock
        .split("name = \"rustls\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("Cargo.lock names rustls");
    println!("cargo:rustc-env=RUSTLS_VERSION={version}");
}

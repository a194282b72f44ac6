//! Tells cargo that the page is part of the binary: what changes under www/ (the WASM build appears there later) is embedded anew.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../www");
}

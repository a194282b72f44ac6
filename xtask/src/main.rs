//! framewire's build and test driver: `cargo xtask help`.

fn main() {}

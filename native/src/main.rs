//! The `framewire` binary.

fn main() {}

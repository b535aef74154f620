//! The `dateline` command: parses the command line and calls `cli`.

fn main() {}

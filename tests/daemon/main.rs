//! The built program and its parts, with real HTTP servers on loopback and the embedded store.

mod article;
mod cli;
mod client;
mod demo;
mod english;
mod feeds;
mod fetch;
mod imports;
mod labels;
mod operations;
mod pages;
mod polling;
mod proxy;
mod reload;
mod requests;
mod revisits;
mod rules;
mod schedule;
mod schemas;
mod section_pages;
mod sites;
mod sockets;
mod store;
mod story;
mod tls;
mod websub;

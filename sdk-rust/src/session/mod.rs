//! A conversation of `fastagency.v1`: it outlives its connections.
//!
//! `protocol` and `connected` decide, without sockets or clocks; `told` is what it knows of its user, `outbox` what it has for the
//! server, `received` what it takes. `task` opens the sockets, a `link` is one
//! of them, `shared` stands between the task and the user.

mod connected;
mod link;
mod outbox;
mod protocol;
mod received;
mod shared;
mod task;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use protocol::Begin;
pub(crate) use shared::Shared;
pub(crate) use task::Session;

/// What a client offers where it was advertised (spec FA-NEG-2).
pub(crate) const SUBPROTOCOL: &str = "fastagency.v1";

//! When to open the next socket of a conversation: a pure computation (spec FA-LIV-2, FA-CLS).

use std::sync::Arc;
use std::time::Duration;

use crate::endings::{Close, NO_CLOSE_FRAME};
use crate::tables::{ClientAction, CloseCode};

/// How a conversation of `fastagency.v1` comes back after its connection ended.
///
/// The wait before attempt n is drawn between nothing and `first_delay * 2^(n - 1)`, so that many clients do not come
/// back at once; n counts the attempts since the last progress. Nothing is tried any more once the conversation must be
/// gone: the server's `detached_seconds` after the last session.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconnect {
    /// The longest wait before the first attempt. Default: half a second.
    pub first_delay: Duration,
    /// The longest wait of all. Default: 30 seconds.
    pub longest_delay: Duration,
    /// How long to try while there was no session yet, and how long a new socket may be silent before there is one.
    /// Default: 30 seconds.
    pub patience: Duration,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(30),
            patience: Duration::from_secs(30),
        }
    }
}

/// What a user says about a close: its code, its reason, and the number of the attempt from 1.
pub(crate) type ShouldRetry = dyn Fn(u16, &str, u32) -> Option<bool> + Send + Sync;

/// All that decides about the next attempt.
#[derive(Clone)]
pub(crate) struct Policy {
    pub reconnect: Reconnect,
    pub should_retry: Option<Arc<ShouldRetry>>,
    /// Draws a number from 0 up to 1.
    pub draw: fn() -> f64,
}

impl Policy {
    /// How long to wait before attempt number `attempt`, from 1, after a connection ended; None to give up.
    pub(crate) fn delay(&self, close: &Close, attempt: u32) -> Option<Duration> {
        let asked = self.should_retry.as_ref();
        let wanted = asked.and_then(|asked| asked(close.code, &close.reason, attempt));
        if !wanted.unwrap_or_else(|| comes_back(close)) {
            return None;
        }
        if attempt == 1 && (4200..4300).contains(&close.code) {
            return Some(Duration::ZERO); // at once: the server asked for it
        }
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let Reconnect {
            first_delay,
            longest_delay,
            ..
        } = self.reconnect;
        let longest = first_delay.saturating_mul(doubled).min(longest_delay);
        Some(longest.mul_f64((self.draw)()))
    }
}

/// What the close code says; for one that is not known, its range.
fn comes_back(close: &Close) -> bool {
    match CloseCode::from_number(close.code) {
        Some(known) => known.action() != ClientAction::None,
        None => {
            close.code == NO_CLOSE_FRAME || (!close.by_client && (4100..4300).contains(&close.code))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_are_drawn() {
        let mut policy = Policy {
            reconnect: Reconnect {
                first_delay: Duration::from_secs(1),
                longest_delay: Duration::from_secs(10),
                ..Reconnect::default()
            },
            should_retry: None,
            draw: || 1.0,
        };
        let broken = Close::broken();
        let delays = [1, 2, 3, 4, 5, 99].map(|n| policy.delay(&broken, n).unwrap().as_secs());
        assert_eq!(delays, [1, 2, 4, 8, 10, 10]);
        let draining = Close::by_server(4200, "");
        assert_eq!(policy.delay(&draining, 1), Some(Duration::ZERO));
        assert_eq!(policy.delay(&draining, 2), Some(Duration::from_secs(2)));
        policy.draw = || 0.0;
        assert_eq!(policy.delay(&broken, 1), Some(Duration::ZERO));
    }
}

//! When to ask for the list of workflows again: a pure computation.

use std::time::Duration;

use crate::error::Error;

const OVERLOADED: u16 = 503;

/// How often, and after how long, discovery is tried again when the server cannot be reached or is full.
///
/// Only discovery is ever repeated. Nothing that announces or starts a workflow is (spec FA-NEG-3).
///
/// The wait before try n + 1 is drawn between nothing and `first_delay * 2^(n - 1)`, so that many clients do not come
/// back at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// How many tries there are, the first one too: 1 never repeats.
    pub attempts: u32,
    /// The longest wait before the second try.
    pub first_delay: Duration,
    /// The longest wait of all. A server that asks for more is not waited for.
    pub longest_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// No repeats.
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// How long to wait after try number `tried` failed with `error`; None to give up. `draw` is from 0 up to 1.
    pub(crate) fn delay(&self, tried: u32, error: &Error, draw: f64) -> Option<Duration> {
        if tried >= self.attempts {
            return None;
        }
        match error {
            Error::RequestRefused {
                status: OVERLOADED,
                retry_after,
                ..
            } => match retry_after {
                Some(wait) => (*wait <= self.longest_delay).then_some(*wait),
                None => Some(self.backoff(tried, draw)),
            },
            Error::ServerUnreachable { .. } => Some(self.backoff(tried, draw)),
            _ => None,
        }
    }

    fn backoff(&self, tried: u32, draw: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
        self.first_delay
            .saturating_mul(doubled)
            .min(self.longest_delay)
            .mul_f64(draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> Error {
        Error::ServerUnreachable {
            url: String::new(),
            source: "no".into(),
        }
    }

    fn refused(status: u16, seconds: Option<u64>) -> Error {
        let retry_after = seconds.map(Duration::from_secs);
        Error::RequestRefused {
            status,
            detail: String::new(),
            retry_after,
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry {
            attempts: 100,
            ..Retry::default()
        };
        let waits = [1, 2, 3, 6, 99].map(|tried| retry.delay(tried, &unreachable(), 1.0).unwrap());
        assert_eq!(
            waits.map(|wait| wait.as_millis()),
            [250, 500, 1000, 5000, 5000]
        );
        assert_eq!(
            retry.delay(3, &unreachable(), 0.5),
            Some(Duration::from_millis(500))
        );
        assert_eq!(retry.delay(3, &unreachable(), 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn the_last_try_is_not_repeated() {
        assert_eq!(Retry::default().delay(4, &unreachable(), 0.0), None);
        assert_eq!(Retry::never().delay(1, &unreachable(), 0.0), None);
    }

    #[test]
    fn a_server_says_how_long() {
        let retry = Retry::default();
        assert_eq!(
            retry.delay(1, &refused(503, Some(3)), 1.0),
            Some(Duration::from_secs(3))
        );
        assert_eq!(retry.delay(1, &refused(503, Some(6)), 1.0), None);
        assert_eq!(
            retry.delay(1, &refused(503, None), 1.0),
            Some(Duration::from_millis(250))
        );
        assert_eq!(retry.delay(1, &refused(404, Some(1)), 1.0), None);
        assert_eq!(retry.delay(1, &Error::NotAsked(String::new()), 1.0), None);
    }
}

//! Bounces: delivery reports (RFC 3464) first, then the text of servers that write none.

use super::Bounce;
use super::Reading;
use super::parse::Parsed;

pub fn bounce(_parsed: &Parsed, _reading: &Reading) -> Option<Bounce> {
    None
}

pub fn is_delay(_parsed: &Parsed, _bounce: &Bounce) -> bool {
    true
}

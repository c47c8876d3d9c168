//! A share with what it can tell: how many of how many, and within which bounds the share of all would lie.

use serde::{Deserialize, Serialize};

use crate::programme::words::word;

/// The quantile of the normal distribution that leaves 2.5 % on each side.
const Z_95: f64 = 1.959_963_984_540_054;

/// `count` of `of`. A share of nothing has no bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub count: u32,
    pub of: u32,
}

impl Rate {
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.count) / f64::from(self.of))
    }

    /// Wilson's score interval at 95 % (Wilson 1927; without continuity correction: method 3 of Newcombe, Statistics in
    /// Medicine 17, 1998), which holds for small numbers and for shares near none or all.
    pub fn interval(self) -> Option<(f64, f64)> {
        let share = self.share()?;
        let n = f64::from(self.of);
        let z2 = Z_95 * Z_95;
        let centre = share + z2 / (2.0 * n);
        let half = Z_95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        let low = ((centre - half) / scale).clamp(0.0, 1.0);
        let high = ((centre + half) / scale).clamp(0.0, 1.0);
        Some((low, high))
    }
}

impl Rate {
    /// "72 % (36 of 50; 58 to 83 %)".
    pub fn shown(self, language: &str) -> String {
        let (Some(share), Some((low, high))) = (self.share(), self.interval()) else {
            return word(
                &["no answers", "sin respuestas", "aucune réponse"],
                language,
            )
            .into();
        };
        let of = word(&["of", "de", "sur"], language);
        let to = word(&["to", "a", "à"], language);
        format!(
            "{:.0} % ({} {of} {}; {:.0} {to} {:.0} %)",
            share * 100.0,
            self.count,
            self.of,
            low * 100.0,
            high * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_published_examples() {
        // Newcombe 1998, table I, method 3; the last two are its mirror images.
        let known = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1.0),
            (28, 29, 0.8282, 0.9939),
        ];
        for (count, of, low, high) in known {
            let (l, h) = Rate { count, of }.interval().unwrap();
            assert!((l - low).abs() < 5e-5, "{count} of {of}: {l}");
            assert!((h - high).abs() < 5e-5, "{count} of {of}: {h}");
        }
    }

    #[test]
    fn a_share_of_nothing_is_no_share() {
        assert_eq!(Rate::default().interval(), None);
        assert_eq!(Rate::default().shown("en"), "no answers");
        assert_eq!(
            Rate { count: 36, of: 50 }.shown("en"),
            "72 % (36 of 50; 58 to 83 %)"
        );
    }
}

//! The earth as a small flat picture needs it: where land is, and a point for each country. Natural Earth's public-domain
//! outlines, coarse; `data/README.md` says how they were made.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Degrees east and north.
pub type Point = (f64, f64);

/// The part of the earth that maps show: degrees west, east, south, north. Nobody lives further south.
pub const BOUNDS: (f64, f64, f64, f64) = (-180.0, 180.0, -57.0, 84.0);

static LAND: LazyLock<Vec<Vec<Point>>> = LazyLock::new(|| {
    include_str!("data/land.txt")
        .lines()
        .map(|outline| outline.split(' ').filter_map(point).collect())
        .collect()
});

static CENTRES: LazyLock<HashMap<&'static str, Point>> = LazyLock::new(|| {
    include_str!("data/centres.tsv")
        .lines()
        .filter_map(|line| {
            let (code, place) = line.split_once('\t')?;
            let (east, north) = place.split_once('\t')?;
            Some((code, (east.parse().ok()?, north.parse().ok()?)))
        })
        .collect()
});

fn point(written: &str) -> Option<Point> {
    let (east, north) = written.split_once(',')?;
    Some((east.parse().ok()?, north.parse().ok()?))
}

/// Closed outlines of land.
pub fn land() -> &'static [Vec<Point>] {
    &LAND
}

/// A point in a country, by its ISO 3166-1 alpha-2 code.
pub fn centre(country: &str) -> Option<Point> {
    CENTRES.get(country).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_large_and_small_have_their_place() {
        for (code, east, north) in [("FR", 2.0, 47.0), ("TO", -175.0, -21.0), ("KE", 38.0, 0.0)] {
            let (e, n) = centre(code).unwrap();
            assert!(
                (e - east).abs() < 3.0 && (n - north).abs() < 3.0,
                "{code}: {e} {n}"
            );
        }
        assert_eq!(centre("XX"), None);
    }

    #[test]
    fn the_land_lies_on_the_map() {
        let (west, ..) = BOUNDS;
        assert!(land().len() > 30);
        for outline in land() {
            assert!(outline.len() > 2);
            assert!(outline.iter().all(|(east, north)| {
                (west..=180.0).contains(east) && (-90.0..=84.0).contains(north)
            }));
        }
    }
}

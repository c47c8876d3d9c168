//! Chance with a seed: the same seed gives the same throws on every machine. Each person throws their own dice, so that
//! what one person does never changes what another one does.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// `whose` tells streams of the same seed apart.
    pub fn new(seed: u64, whose: u64) -> Dice {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(whose);
        Dice(generator)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability.clamp(0.0, 1.0))
    }

    /// Both ends are possible; the lower one where they are the wrong way round.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            low
        } else {
            self.0.random_range(low..=high)
        }
    }

    /// One of them; `things` must not be empty, which holds for the typed lists that it is used with.
    pub fn one_of<'a, T: ?Sized>(&mut self, things: &[&'a T]) -> &'a T {
        things[self.index(things.len())]
    }

    pub fn index(&mut self, count: usize) -> usize {
        self.0.random_range(0..count.max(1))
    }

    /// An index, by weight.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut at = self.0.random::<f64>() * total;
        for (index, weight) in weights.iter().enumerate() {
            at -= weight;
            if at < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// The numbers below `count` in a random order.
    pub fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = self.index(last + 1);
            order.swap(last, other);
        }
        order
    }

    pub fn bits(&mut self) -> u64 {
        self.0.random()
    }
}

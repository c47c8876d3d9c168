//! What happens next while trees grow: the queue of events by the step at which they happen.
//!
//! Time never runs backwards in a search: nothing is put in that should have happened before what was taken out last.
//! So the queue need not keep everything in order, as a heap would: it holds events in coarse groups, the later the
//! coarser, and sorts a group only when its turn comes (a radix heap: Ahuja, Mehlhorn, Orlin and Tarjan, Journal of
//! the ACM 37, 1990).

use super::graph::{Edge, NONE};

/// Something that happens when the trees have grown by a certain step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Twice the step, plus one unless the event ends the search: of two at the same step, that one comes first.
    when: i64,
    pub from: u32,
    pub to: u32,
    pub points: i32,
}

impl Event {
    pub fn step(&self) -> i64 {
        self.when >> 1
    }
}

/// Events by the step at which they happen. Equal ones come in an order that depends on nothing but the order in
/// which they were put in, so that runs are alike.
#[derive(Debug, Clone)]
pub struct Events {
    /// Group 0 holds what happens now; group `k` what differs from now in binary digit `k - 1`, and not above.
    groups: Vec<Vec<Event>>,
    /// The groups that hold something, as bits.
    occupied: u64,
    /// What was taken out last.
    now: i64,
    /// Steps from here on are not looked at: the limit of the search or, where the first end of a tree is the end
    /// of the search, the earliest end that is known.
    pub horizon: i64,
    /// Whether the search ends with the first end of a tree.
    pub stop_at_first_end: bool,
}

impl Default for Events {
    fn default() -> Events {
        Events {
            groups: vec![Vec::new(); 64],
            occupied: 0,
            now: 0,
            horizon: 0,
            stop_at_first_end: false,
        }
    }
}

impl Events {
    /// Forgets what there was; a search begins at step 0.
    pub fn begin(&mut self, limit: i64, stop_at_first_end: bool) {
        while self.occupied != 0 {
            let group = self.occupied.trailing_zeros();
            self.occupied &= self.occupied - 1;
            self.groups[group as usize].clear();
        }
        self.now = 0;
        self.horizon = limit + 1;
        self.stop_at_first_end = stop_at_first_end;
    }

    /// A pair becomes tight. `ends`: then a tree can be ended by it for certain.
    #[inline]
    pub fn tight(&mut self, step: i64, from: u32, edge: Edge, ends: bool) {
        if step < self.horizon {
            if ends && self.stop_at_first_end {
                self.horizon = step;
            }
            // At the present step, an end can come too late to be the first; then it is among the next.
            let when = (2 * step + i64::from(!ends)).max(self.now);
            self.put(Event {
                when,
                from,
                to: edge.to,
                points: edge.points,
            });
        }
    }

    /// The dual of the outer vertex `v` falls to zero: it may stay without a partner.
    #[inline]
    pub fn exhausted(&mut self, step: i64, v: u32) {
        self.tight(
            step,
            v,
            Edge {
                to: NONE,
                points: 0,
            },
            true,
        );
    }

    /// The dual of an inner blossom falls to zero: it comes apart.
    #[inline]
    pub fn expands(&mut self, step: i64, blossom: u32) {
        self.tight(
            step,
            NONE,
            Edge {
                to: blossom,
                points: 0,
            },
            false,
        );
    }

    /// The next event. All were within the horizon when they were put in.
    #[inline]
    pub fn next(&mut self) -> Option<Event> {
        if self.occupied & 1 == 0 {
            self.bring_forward()?;
        }
        let event = self.groups[0].pop();
        self.occupied &= !u64::from(self.groups[0].is_empty());
        event
    }

    #[inline]
    fn put(&mut self, event: Event) {
        let group = 64 - (event.when ^ self.now).leading_zeros();
        self.groups[group as usize].push(event);
        self.occupied |= 1 << group;
    }

    /// Makes the earliest event there is the present, and sorts its group out into those before it.
    fn bring_forward(&mut self) -> Option<()> {
        let group = self.occupied.trailing_zeros() as usize;
        if group >= self.groups.len() {
            return None;
        }
        let mut events = std::mem::take(&mut self.groups[group]);
        self.occupied &= !(1 << group);
        self.now = events.iter().map(|event| event.when).min()?;
        for event in events.drain(..) {
            self.put(event);
        }
        self.groups[group] = events;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_steps_and_ends_first() {
        let mut events = Events::default();
        events.begin(1 << 40, false);
        let edge = Edge { to: 1, points: 0 };
        let mut state = 1u64;
        let mut roll = |sides: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % sides
        };
        let (mut now, mut waiting) = (0, 0);
        for _ in 0..20_000 {
            if roll(2) == 0 {
                let far = 1 << roll(34);
                events.tight(now + roll(far) as i64, 0, edge, roll(3) == 0);
                waiting += 1;
            } else if let Some(event) = events.next() {
                assert!(event.step() >= now);
                now = event.step();
                waiting -= 1;
            }
        }
        let mut last = 0;
        while let Some(event) = events.next() {
            assert!(event.when >= last);
            last = event.when;
            waiting -= 1;
        }
        assert_eq!(waiting, 0);
        events.tight(now + 9, 0, edge, false);
        events.begin(5, true);
        assert_eq!(events.next(), None, "an earlier search has left nothing");
        events.tight(4, 0, edge, false);
        events.tight(3, 1, edge, true);
        events.tight(3, 2, edge, true);
        assert_eq!(events.next().map(|event| event.from), Some(1));
    }
}

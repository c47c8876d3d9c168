//! The start: the best *half-integral* matching, in which people may also stand in odd rings.
//!
//! Where only `y >= 0` and `y[u] + y[v] >= 2w'` are asked of the duals, and nothing of odd sets, the best solution
//! consists of pairs and of rings of odd length, each person in a ring giving one half to either neighbour
//! (Balinski 1965). It is found like a matching in a bipartite graph, by growing trees, without any blossoms, and
//! so is several times faster; on rounds of people its optimum is within about 0.01 % of the true one, and only a
//! few rings are left to resolve (Derigs and Metz 1986; Applegate and Cook 1993). That is what `blossom` starts from.
//!
//! `graph` says what the duals mean and how they are stored while trees grow.
//!
//! This file must not know where pairs come from: `pricing` adds them.

use super::events::{Event, Events};
use super::graph::{Edge, Graph, Label, NEVER, NONE, Pair};

pub struct HalfIntegral {
    pub graph: Graph,
    /// The dual of each vertex, in half points.
    pub y: Vec<i64>,
    /// The partner in a whole pair.
    pub mate: Vec<u32>,
    /// The ring in which a vertex stands.
    ring_of: Vec<u32>,
    rings: Vec<Vec<u32>>,
    unused_rings: Vec<u32>,
    /// Vertices whose dual has fallen since they were last marked as priced: only their pairs can have become
    /// better than the duals allow.
    pub dirty: Vec<bool>,

    // What follows is about the present search.
    label: Vec<Label>,
    tree_of: Vec<u32>,
    /// The outer vertex from which an inner one was reached.
    reached_from: Vec<u32>,
    /// The earliest step at which a pair of an unlabelled vertex with an outer one is known to become tight.
    earliest: Vec<i64>,
    trees: Vec<Vec<u32>>,
    trees_alive: usize,
    events: Events,
    /// Outer vertices whose pairs were looked at, over several searches.
    looked_at: usize,
    step: i64,
    mark: Vec<u32>,
    marks: u32,
}

impl HalfIntegral {
    pub fn new(graph: Graph) -> HalfIntegral {
        let n = graph.neighbours.len();
        HalfIntegral {
            graph,
            y: vec![0; n],
            mate: vec![NONE; n],
            ring_of: vec![NONE; n],
            rings: Vec::new(),
            unused_rings: Vec::new(),
            dirty: vec![true; n],
            label: vec![Label::None; n],
            tree_of: vec![NONE; n],
            reached_from: vec![NONE; n],
            earliest: vec![NEVER; n],
            trees: Vec::new(),
            trees_alive: 0,
            events: Events::default(),
            looked_at: 0,
            step: 0,
            mark: vec![0; n],
            marks: 0,
        }
    }

    /// Solves for the pairs known so far. Returns false when `keep_going` has put an end to it; what is there is then
    /// still sound: the duals fit all known pairs, and all used pairs are tight.
    pub fn solve(&mut self, keep_going: &dyn Fn() -> bool) -> bool {
        self.graph.greedy_start(&mut self.y, &mut self.mate);
        let roots: Vec<u32> = (0..self.y.len() as u32).collect();
        self.grow_all(roots, keep_going)
    }

    /// Adds pairs, and solves again from where it stands.
    pub fn add(&mut self, pairs: &[Pair], keep_going: &dyn Fn() -> bool) -> bool {
        let mut roots = Vec::new();
        for &pair in pairs {
            self.graph.add(pair);
            self.make_room_for(pair, &mut roots);
        }
        self.grow_all(roots, keep_going)
    }

    /// Sum of the duals: twice an upper bound for the known pairs.
    pub fn dual(&self) -> i64 {
        self.y.iter().sum()
    }

    /// Hands over to the blossom solver: the graph, the duals, and whole pairs, each ring leaving one person alone.
    pub fn into_parts(mut self) -> (Graph, Vec<i64>, Vec<u32>) {
        for ring in std::mem::take(&mut self.rings) {
            for pair in ring.get(1..).unwrap_or_default().chunks_exact(2) {
                self.mate[pair[0] as usize] = pair[1];
                self.mate[pair[1] as usize] = pair[0];
            }
        }
        (self.graph, self.y, self.mate)
    }

    fn is_free(&self, v: u32) -> bool {
        self.mate[v as usize] == NONE && self.ring_of[v as usize] == NONE
    }

    /// Raises a dual where the new pair is worth more than the duals of its ends; that end loses its partner.
    fn make_room_for(&mut self, pair: Pair, roots: &mut Vec<u32>) {
        let Pair { u, v, points } = pair;
        let missing = self.graph.worth(points) - self.y[u as usize] - self.y[v as usize];
        if missing <= 0 {
            return;
        }
        let in_ring = |v: u32| self.ring_of[v as usize] != NONE;
        // Whoever has no partner to lose; else a ring, which loses only half of one; else the one less in demand.
        let rank = |v: u32| (!self.is_free(v), !in_ring(v), self.y[v as usize]);
        let raised = if rank(u) <= rank(v) { u } else { v };
        self.y[raised as usize] += missing;
        if in_ring(raised) {
            self.open_ring(raised);
        }
        let partner = std::mem::replace(&mut self.mate[raised as usize], NONE);
        if partner != NONE {
            self.mate[partner as usize] = NONE;
            roots.push(partner);
        }
        roots.push(raised);
    }

    /// Grows a tree from every root until all have a partner, stand in a ring, or are worth nothing.
    ///
    /// Every root grows a little before any grows a lot, so that trees stay small and meet halfway. Those that are
    /// still left then, or whose trees have grown large, can be many that compete for too few partners; they grow
    /// together.
    fn grow_all(&mut self, mut roots: Vec<u32>, keep_going: &dyn Fn() -> bool) -> bool {
        // Trees that grow large, one after the other, over the same ground, are better grown together.
        let enough = 20 * self.y.len();
        let mut limit = 8;
        while limit <= 1 << 13 && !roots.is_empty() {
            let mut left = Vec::new();
            self.looked_at = 0;
            for (done, &root) in roots.iter().enumerate() {
                if done % 256 == 0 && !keep_going() {
                    return false;
                }
                if self.is_unfinished(root) {
                    if self.looked_at <= enough {
                        self.grow(&[root], limit);
                    }
                    if self.is_unfinished(root) {
                        left.push(root);
                    }
                }
            }
            roots = left;
            if self.looked_at > enough {
                break;
            }
            limit *= 2;
        }
        // Trees that grow together need roots of one parity: two outer ends then fall towards each other by whole
        // steps. A step by itself changes the parity of a root.
        for &root in &roots {
            if self.is_unfinished(root) && self.y[root as usize] % 2 != 0 {
                self.grow(&[root], 1);
            }
        }
        roots.retain(|&root| self.is_unfinished(root));
        roots.sort_unstable();
        roots.dedup();
        if !keep_going() {
            return false;
        }
        self.grow(&roots, NEVER);
        true
    }

    fn is_unfinished(&self, root: u32) -> bool {
        self.is_free(root) && self.y[root as usize] > 0
    }

    /// Grows trees from `roots`, all by the same steps, until each has ended or `limit` is reached.
    fn grow(&mut self, roots: &[u32], limit: i64) {
        self.events.begin(limit, roots.len() == 1);
        self.step = 0;
        self.trees.clear();
        self.trees_alive = roots.len();
        let mut touched = Vec::new();
        for (tree, &root) in roots.iter().enumerate() {
            self.trees.push(Vec::new());
            self.label_outer(root, tree as u32, &mut touched);
        }
        while self.trees_alive > 0 {
            let Some(event) = self.events.next() else {
                self.step = limit;
                break;
            };
            self.happen(event, &mut touched);
        }
        for tree in 0..roots.len() as u32 {
            self.fell(tree);
        }
        for v in touched {
            self.earliest[v as usize] = NEVER;
        }
    }

    fn happen(&mut self, event: Event, touched: &mut Vec<u32>) {
        let Event {
            from, to, points, ..
        } = event;
        let now = event.step().max(self.step);
        let from_is_outer = self.label[from as usize] == Label::Outer;
        if to == NONE {
            if from_is_outer && self.y[from as usize] <= now {
                self.step = now;
                self.flip(from, NONE);
                self.end_tree(self.tree_of[from as usize], touched);
            }
            return;
        }
        // An event can be out of date, because trees have been felled and others have grown since.
        let both = self.y[from as usize] + self.y[to as usize] - self.graph.worth(points);
        match self.label[to as usize] {
            Label::Inner => {}
            Label::Outer if !from_is_outer || both > 2 * now => {}
            Label::None if !from_is_outer || both > now => {
                // It may have kept a later one from being noted.
                if self.earliest[to as usize] == event.step() {
                    self.look_for_trees(to, touched);
                }
            }
            Label::None => {
                self.step = now;
                if self.mate[to as usize] != NONE {
                    let tree = self.tree_of[from as usize];
                    self.label[to as usize] = Label::Inner;
                    self.y[to as usize] -= now;
                    self.reached_from[to as usize] = from;
                    self.tree_of[to as usize] = tree;
                    self.trees[tree as usize].push(to);
                    self.label_outer(self.mate[to as usize], tree, touched);
                } else {
                    if self.ring_of[to as usize] != NONE {
                        self.open_ring(to);
                    }
                    self.flip(from, to);
                    self.mate[to as usize] = from;
                    self.end_tree(self.tree_of[from as usize], touched);
                    if self.trees_alive > 0 {
                        // It stays without label, and what was noted for it has been used up.
                        self.look_for_trees(to, touched);
                    }
                }
            }
            Label::Outer => {
                self.step = now;
                let (tree, other) = (self.tree_of[from as usize], self.tree_of[to as usize]);
                if tree == other {
                    self.close_ring(from, to);
                } else {
                    self.flip(from, to);
                    self.flip(to, from);
                    self.end_tree(other, touched);
                }
                self.end_tree(tree, touched);
            }
        }
    }

    /// `v` becomes outer: looks at all its pairs.
    fn label_outer(&mut self, v: u32, tree: u32, touched: &mut Vec<u32>) {
        self.label[v as usize] = Label::Outer;
        self.tree_of[v as usize] = tree;
        self.trees[tree as usize].push(v);
        self.y[v as usize] += self.step;
        let own = self.y[v as usize];
        self.events.exhausted(own, v);
        self.looked_at += 1;
        let neighbours = self.graph.take(v);
        for &edge in &neighbours {
            let to = edge.to as usize;
            let both = own + self.y[to] - self.graph.worth(edge.points);
            match self.label[to] {
                Label::Inner => {}
                Label::Outer => {
                    debug_assert!(both % 2 == 0, "the roots of trees have one parity");
                    self.events.tight(both / 2, v, edge, false);
                }
                Label::None => {
                    if both < self.events.horizon && both < self.earliest[to] {
                        if self.earliest[to] == NEVER {
                            touched.push(edge.to);
                        }
                        self.earliest[to] = both;
                        self.events.tight(both, v, edge, self.is_free(edge.to));
                    }
                }
            }
        }
        self.graph.put_back(v, neighbours);
    }

    /// Finds the pair of the unlabelled vertex `v` with an outer one that becomes tight first.
    fn look_for_trees(&mut self, v: u32, touched: &mut Vec<u32>) {
        let mut best = (
            NEVER,
            Edge {
                to: NONE,
                points: 0,
            },
        );
        for &edge in &self.graph.neighbours[v as usize] {
            if self.label[edge.to as usize] == Label::Outer {
                let both =
                    self.y[edge.to as usize] + self.y[v as usize] - self.graph.worth(edge.points);
                if both < best.0 {
                    best = (both, edge);
                }
            }
        }
        let (step, edge) = best;
        self.earliest[v as usize] = step;
        if edge.to != NONE {
            touched.push(v);
            let back = Edge {
                to: v,
                points: edge.points,
            };
            self.events.tight(step, edge.to, back, self.is_free(v));
        }
    }

    /// Ends a tree whose root has found its place; its vertices are free for other trees to reach.
    fn end_tree(&mut self, tree: u32, touched: &mut Vec<u32>) {
        self.trees_alive -= 1;
        let vertices = self.fell(tree);
        if self.trees_alive > 0 {
            for v in vertices {
                self.look_for_trees(v, touched);
            }
        }
    }

    /// Takes the labels off a tree and writes its duals down as of the present step.
    fn fell(&mut self, tree: u32) -> Vec<u32> {
        let vertices = std::mem::take(&mut self.trees[tree as usize]);
        for &v in &vertices {
            let v = v as usize;
            match self.label[v] {
                Label::Outer => {
                    self.y[v] -= self.step;
                    self.dirty[v] |= self.step > 0;
                }
                Label::Inner => self.y[v] += self.step,
                Label::None => {}
            }
            self.label[v] = Label::None;
        }
        vertices
    }

    /// Gives the outer vertex `v` a new partner and passes the old ones on along its tree, up to the root.
    fn flip(&mut self, mut v: u32, mut partner: u32) {
        loop {
            let old = std::mem::replace(&mut self.mate[v as usize], partner);
            if old == NONE {
                return;
            }
            v = self.reached_from[old as usize];
            self.mate[old as usize] = v;
            partner = old;
        }
    }

    /// The next outer vertex towards the root.
    fn towards_root(&self, v: u32) -> u32 {
        match self.mate[v as usize] {
            NONE => NONE,
            inner => self.reached_from[inner as usize],
        }
    }

    /// Two outer vertices of one tree have met: they and the tree's branches down to the first common vertex become
    /// a ring; the rest of the tree, up to the root, finds partners.
    fn close_ring(&mut self, u: u32, v: u32) {
        self.marks += 1;
        let (mut one, mut other) = (u, v);
        let common = loop {
            if one != NONE {
                if self.mark[one as usize] == self.marks {
                    break one;
                }
                self.mark[one as usize] = self.marks;
                one = self.towards_root(one);
            }
            std::mem::swap(&mut one, &mut other);
        };
        let branch = |from: u32| {
            let mut vertices = Vec::new();
            let mut outer = from;
            while outer != common {
                let inner = self.mate[outer as usize];
                vertices.extend([outer, inner]);
                outer = self.reached_from[inner as usize];
            }
            vertices
        };
        let mut ring = branch(u);
        ring.push(common);
        ring.reverse();
        ring.extend(branch(v));
        self.flip(common, NONE);
        let number = self.unused_rings.pop().unwrap_or_else(|| {
            self.rings.push(Vec::new());
            self.rings.len() as u32 - 1
        });
        for &member in &ring {
            self.mate[member as usize] = NONE;
            self.ring_of[member as usize] = number;
        }
        self.rings[number as usize] = ring;
    }

    /// Leaves `v` alone and pairs the rest of its ring.
    fn open_ring(&mut self, v: u32) {
        let number = self.ring_of[v as usize];
        let mut ring = std::mem::take(&mut self.rings[number as usize]);
        self.unused_rings.push(number);
        let at = ring.iter().position(|&member| member == v).unwrap_or(0);
        ring.rotate_left(at);
        for pair in ring[1..].chunks_exact(2) {
            self.mate[pair[0] as usize] = pair[1];
            self.mate[pair[1] as usize] = pair[0];
        }
        for member in ring {
            self.ring_of[member as usize] = NONE;
        }
    }
}

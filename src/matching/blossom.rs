//! The best matching of a graph, with proof: Edmonds' blossom method (1965), made to start from, and to go on from,
//! what is already known.
//!
//! Beyond what `graph` explains, an odd number of vertices that has been found on an odd closed walk of tight pairs
//! is contracted into one node, a *blossom*, and a dual `z` says what it is worth that one of them has to find their
//! partner outside. Blossoms nest. Within one, its children stand in a ring, linked by tight pairs; all but one (its
//! *base*'s) are paired along the ring, and any vertex can be made the base by pairing the ring differently.
//!
//! What happens while a tree grows (Galil 1986 has the textbook form):
//! - a tight pair leads to a free node: pairs are exchanged along the path to the root, and the tree is done;
//! - a tight pair leads to a paired node: the node becomes inner, its partner outer;
//! - a tight pair joins two outer nodes of one tree: the walk between them is contracted (`contract`);
//! - a tight pair joins outer nodes of two trees: both are done;
//! - the dual of an inner blossom falls to zero: it comes apart (`expand`);
//! - the dual of an outer vertex falls to zero: it may stay alone, its root gets a partner.
//!
//! Only blossoms that are outer or inner change their `z`, at twice the pace of the vertices, the other way round;
//! like the duals of vertices, `z - 2 delta` is stored for an outer one and `z + 2 delta` for an inner one.
//!
//! References: Galil, ACM Computing Surveys 18 (1986); Mehlhorn and Schaefer, JEA 7 (2002); Kolmogorov, Mathematical
//! Programming Computation 1 (2009); growing by limits is a relative of the variable dual steps of Cook and Rohe,
//! INFORMS Journal on Computing 11 (1999).
//!
//! Nothing here recurses: the depth of a nest is limited only by the number of vertices.
//!
//! This file must not know where pairs come from: `pricing` adds them.

use super::events::{Event, Events};
use super::graph::{Edge, Graph, Label, NEVER, NONE, Pair};
use super::nest::{Nest, OddSets};

/// So few roots grow together from the start.
const FEW: usize = 4;

#[derive(Clone)]
pub struct Blossoms {
    pub graph: Graph,
    /// The dual of each vertex, in half points.
    pub y: Vec<i64>,
    pub mate: Vec<u32>,
    /// Vertices whose dual has fallen since they were last marked as priced.
    pub dirty: Vec<bool>,
    nest: Nest,

    // What follows is about the present search. Nodes are vertices and blossoms; labels are those of outermost nodes.
    label: Vec<Label>,
    tree_of: Vec<u32>,
    /// For an inner node: the tight pair through which it was reached, the outer end first.
    reached_by: Vec<(u32, u32)>,
    /// For a vertex without label: the earliest step at which a pair with an outer one is known to become tight.
    earliest: Vec<i64>,
    trees: Vec<Vec<u32>>,
    trees_alive: usize,
    events: Events,
    /// Outer vertices whose pairs were looked at, over several searches.
    looked_at: usize,
    step: i64,
    /// Vertices whose `earliest` is set.
    touched: Vec<u32>,
    /// Blossoms made in this search.
    made: Vec<u32>,
    mark: Vec<u32>,
    marks: u32,
}

impl Blossoms {
    /// Takes over duals that fit all pairs of the graph, and a matching of tight ones.
    pub fn new(graph: Graph, y: Vec<i64>, mate: Vec<u32>) -> Blossoms {
        let n = y.len();
        Blossoms {
            graph,
            y,
            mate,
            dirty: vec![false; n],
            nest: Nest::new(n),
            label: vec![Label::None; 2 * n],
            tree_of: vec![NONE; 2 * n],
            reached_by: vec![(NONE, NONE); 2 * n],
            earliest: vec![NEVER; n],
            trees: Vec::new(),
            trees_alive: 0,
            events: Events::default(),
            looked_at: 0,
            step: 0,
            touched: Vec::new(),
            made: Vec::new(),
            mark: vec![0; 2 * n],
            marks: 0,
        }
    }

    /// Solves for the pairs known so far. Returns false when `keep_going` has put an end to it; what is there is then
    /// still sound: the duals fit all known pairs, and all used pairs are tight.
    pub fn solve(&mut self, keep_going: &dyn Fn() -> bool) -> bool {
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

    /// Forgets those known pairs of `rows` that are allowed no longer, and solves again from where it stands.
    pub fn forget(
        &mut self,
        rows: &[u32],
        allowed: &dyn Fn(u32, u32, i32) -> bool,
        keep_going: &dyn Fn() -> bool,
    ) -> bool {
        let mut roots = Vec::new();
        for &v in rows {
            let gone: Vec<u32> = self.graph.neighbours[v as usize]
                .iter()
                .filter(|edge| !allowed(v, edge.to, edge.points))
                .map(|edge| edge.to)
                .collect();
            for to in gone {
                self.forget_pair(v, to, &mut roots);
            }
            if self.graph.neighbours[v as usize].is_empty() {
                // Only the bench may still be a pair for it, and has to be looked at.
                self.dirty[v as usize] |= self.y[v as usize] > 0;
                self.y[v as usize] = 0;
            }
        }
        self.grow_all(roots, keep_going)
    }

    /// Twice an upper bound for the known pairs; equal to twice the matching's worth when solved.
    pub fn dual(&self) -> i64 {
        self.y.iter().sum::<i64>() + self.nest.dual()
    }

    /// The odd sets with a positive dual, as they stand.
    pub fn odd_sets(&self) -> OddSets {
        self.nest.odd_sets()
    }

    // ----- which trees grow, and how far -----

    /// Grows a tree from every root until all have a partner or are worth nothing.
    ///
    /// Every root grows a little before any grows a lot, so that trees stay small and meet halfway. Those that are
    /// still left then, or whose trees have grown large, can be many that compete for too few partners; they grow
    /// together.
    fn grow_all(&mut self, mut roots: Vec<u32>, keep_going: &dyn Fn() -> bool) -> bool {
        // Trees that grow large, one after the other, over the same ground, are better grown together.
        let enough = 20 * self.y.len();
        let mut limit = 2;
        roots.retain(|&root| self.is_unfinished(root));
        while limit < 1 << 12 && roots.len() > FEW {
            let mut left = Vec::new();
            self.looked_at = 0;
            for (done, &root) in roots.iter().enumerate() {
                if done % 16 == 0 && !keep_going() {
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
            limit += if limit < 256 { 2 } else { limit };
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
        self.mate[root as usize] == NONE && self.y[root as usize] > 0
    }

    /// Grows trees from `roots`, all by the same steps, until each has ended or `limit` is reached.
    fn grow(&mut self, roots: &[u32], limit: i64) {
        self.events.begin(limit, roots.len() == 1);
        self.step = 0;
        self.trees.clear();
        self.trees_alive = roots.len();
        for (tree, &root) in roots.iter().enumerate() {
            self.trees.push(Vec::new());
            let node = self.nest.outermost(root);
            self.label_outer(node, tree as u32);
        }
        while self.trees_alive > 0 {
            let Some(event) = self.events.next() else {
                self.step = limit;
                break;
            };
            self.happen(event);
        }
        for tree in 0..roots.len() as u32 {
            for node in self.fell(tree) {
                self.nest.drop_if_worthless(node);
            }
        }
        for v in std::mem::take(&mut self.touched) {
            self.earliest[v as usize] = NEVER;
        }
        for blossom in std::mem::take(&mut self.made) {
            self.nest.drop_if_worthless(blossom);
            self.nest.settle(blossom);
        }
    }

    // ----- what happens -----

    fn happen(&mut self, event: Event) {
        let Event {
            from, to, points, ..
        } = event;
        let now = event.step().max(self.step);
        if from == NONE {
            if self.label[to as usize] == Label::Inner
                && self.nest.is_outermost_blossom(to)
                && self.nest.z(to) == 2 * now
            {
                self.step = now;
                self.expand(to);
            }
            return;
        }
        let from_node = self.nest.outermost(from);
        let from_is_outer = self.label[from_node as usize] == Label::Outer;
        if to == NONE {
            if from_is_outer && self.y[from as usize] <= now {
                self.step = now;
                self.flip(from, NONE);
                self.end_tree(self.tree_of[from_node as usize]);
            }
            return;
        }
        let to_node = self.nest.outermost(to);
        if from_node == to_node {
            return;
        }
        // An event can be out of date, because trees have been felled and others have grown since.
        let both = self.y[from as usize] + self.y[to as usize] - self.graph.worth(points);
        match self.label[to_node as usize] {
            Label::Inner => {}
            Label::Outer if !from_is_outer || both > 2 * now => {}
            Label::None if !from_is_outer || both > now => {
                // It may have kept a later one from being noted.
                if self.earliest[to as usize] == event.step() {
                    self.look_for_trees(to);
                }
            }
            Label::None => {
                self.step = now;
                let tree = self.tree_of[from_node as usize];
                let base = self.nest.base(to_node);
                match self.mate[base as usize] {
                    NONE => {
                        self.nest.rebase(to_node, to, &mut self.mate);
                        self.flip(from, to);
                        self.mate[to as usize] = from;
                        self.end_tree(tree);
                        if self.trees_alive > 0 {
                            // It stays without label, and what was noted for it has been used up.
                            self.look_for_trees(to);
                        }
                    }
                    partner => {
                        self.label_inner(to_node, (from, to), tree);
                        let partner_node = self.nest.outermost(partner);
                        self.label_outer(partner_node, tree);
                    }
                }
            }
            Label::Outer => {
                self.step = now;
                let (tree, other) = (
                    self.tree_of[from_node as usize],
                    self.tree_of[to_node as usize],
                );
                if tree == other {
                    self.contract((from, from_node), (to, to_node));
                } else {
                    self.flip(from, to);
                    self.flip(to, from);
                    self.end_tree(other);
                    self.end_tree(tree);
                }
            }
        }
    }

    // ----- labels -----

    fn label_outer(&mut self, node: u32, tree: u32) {
        self.label[node as usize] = Label::Outer;
        self.tree_of[node as usize] = tree;
        self.trees[tree as usize].push(node);
        let vertices = self.nest.vertices(node);
        for &v in &vertices {
            self.y[v as usize] += self.step;
        }
        self.nest.add_to_z(node, -2 * self.step);
        for &v in &vertices {
            self.look_outwards(v, node);
        }
    }

    fn label_inner(&mut self, node: u32, reached_by: (u32, u32), tree: u32) {
        self.label[node as usize] = Label::Inner;
        self.tree_of[node as usize] = tree;
        self.reached_by[node as usize] = reached_by;
        self.trees[tree as usize].push(node);
        for v in self.nest.vertices(node) {
            self.y[v as usize] -= self.step;
        }
        if self.nest.is_blossom(node) {
            self.nest.add_to_z(node, 2 * self.step);
            self.events.expands(self.nest.z(node) / 2, node);
        }
    }

    /// Takes the label off an outermost node and writes its duals down as of the present step.
    fn unlabel(&mut self, node: u32) {
        let change = match std::mem::replace(&mut self.label[node as usize], Label::None) {
            Label::None => return,
            Label::Outer => -self.step,
            Label::Inner => self.step,
        };
        if change == 0 {
            return;
        }
        for v in self.nest.vertices(node) {
            self.y[v as usize] += change;
            self.dirty[v as usize] |= change < 0;
        }
        self.nest.add_to_z(node, -2 * change);
    }

    /// Takes the labels off a tree; returns its nodes.
    fn fell(&mut self, tree: u32) -> Vec<u32> {
        let mut nodes = std::mem::take(&mut self.trees[tree as usize]);
        // Nodes that have been contracted or have come apart are no longer outermost, or are others by now.
        nodes.retain(|&node| self.nest.is_outermost(node) && self.tree_of[node as usize] == tree);
        for &node in &nodes {
            self.unlabel(node);
        }
        nodes
    }

    /// Ends a tree whose root has found its place; its nodes are free for other trees to reach.
    fn end_tree(&mut self, tree: u32) {
        self.trees_alive -= 1;
        if self.trees_alive == 0 {
            // The search is over, and `grow` fells what stands.
            return;
        }
        for node in self.fell(tree) {
            for v in self.nest.vertices(node) {
                self.look_for_trees(v);
            }
        }
    }

    // ----- looking along pairs -----

    /// `v` has become part of the outer node `node`: notes when its pairs become tight.
    fn look_outwards(&mut self, v: u32, node: u32) {
        let own = self.y[v as usize];
        self.events.exhausted(own, v);
        self.looked_at += 1;
        let neighbours = self.graph.take(v);
        for &edge in &neighbours {
            let to_node = self.nest.outermost(edge.to);
            if to_node == node {
                continue;
            }
            let both = own + self.y[edge.to as usize] - self.graph.worth(edge.points);
            match self.label[to_node as usize] {
                Label::Inner => {}
                Label::Outer => {
                    debug_assert!(both % 2 == 0, "the roots of trees have one parity");
                    self.events.tight(both / 2, v, edge, false);
                }
                Label::None => {
                    let earliest = &mut self.earliest[edge.to as usize];
                    if both < self.events.horizon && both < *earliest {
                        if *earliest == NEVER {
                            self.touched.push(edge.to);
                        }
                        *earliest = both;
                        let free = to_node == edge.to && self.mate[edge.to as usize] == NONE;
                        self.events.tight(both, v, edge, free);
                    }
                }
            }
        }
        self.graph.put_back(v, neighbours);
    }

    /// Finds the pair of the unlabelled vertex `v` with an outer one that becomes tight first.
    fn look_for_trees(&mut self, v: u32) {
        let own = self.y[v as usize];
        let mut best = (
            NEVER,
            Edge {
                to: NONE,
                points: 0,
            },
        );
        let neighbours = self.graph.take(v);
        for &edge in &neighbours {
            let node = self.nest.outermost(edge.to);
            if self.label[node as usize] == Label::Outer {
                let both = own + self.y[edge.to as usize] - self.graph.worth(edge.points);
                if both < best.0 {
                    best = (both, edge);
                }
            }
        }
        self.graph.put_back(v, neighbours);
        let (step, edge) = best;
        self.earliest[v as usize] = step;
        if edge.to != NONE {
            self.touched.push(v);
            let back = Edge {
                to: v,
                points: edge.points,
            };
            let free = self.nest.outermost(v) == v && self.mate[v as usize] == NONE;
            self.events.tight(step, edge.to, back, free);
        }
    }

    // ----- changes of the matching and of the nest -----

    /// Gives the outer vertex `v` a new partner and passes the old ones on along its tree, up to the root.
    fn flip(&mut self, v: u32, partner: u32) {
        let (mut outer, mut new_partner) = (v, partner);
        loop {
            let node = self.nest.outermost(outer);
            let old = self.mate[self.nest.base(node) as usize];
            self.nest.rebase(node, outer, &mut self.mate);
            self.mate[outer as usize] = new_partner;
            if old == NONE {
                return;
            }
            let inner_node = self.nest.outermost(old);
            let (above, inner) = self.reached_by[inner_node as usize];
            self.nest.rebase(inner_node, inner, &mut self.mate);
            self.mate[inner as usize] = above;
            (outer, new_partner) = (above, inner);
        }
    }

    /// The inner node above an outer one, and the pair that leads to it, or nothing at the root.
    fn above(&mut self, outer_node: u32) -> Option<(u32, (u32, u32))> {
        let partner = self.mate[self.nest.base(outer_node) as usize];
        if partner == NONE {
            return None;
        }
        let inner_node = self.nest.outermost(partner);
        Some((inner_node, self.reached_by[inner_node as usize]))
    }

    /// Contracts the walk that the tight pair of two outer vertices of one tree has closed.
    fn contract(&mut self, (u, u_node): (u32, u32), (v, v_node): (u32, u32)) {
        let common = self.nearest_common_node(u_node, v_node);
        // Down from the common node to `u`, over to `v`, and up again.
        let (mut children, mut links) = self.branch(u_node, common);
        children.push(common);
        children.reverse();
        links.reverse();
        for link in &mut links {
            *link = (link.1, link.0);
        }
        links.push((u, v));
        let (up, up_links) = self.branch(v_node, common);
        children.extend(up);
        links.extend(up_links);

        let step = self.step;
        let mut newly_outer = Vec::new();
        for &child in &children {
            if self.label[child as usize] == Label::Inner {
                let vertices = self.nest.vertices(child);
                for &v in &vertices {
                    self.y[v as usize] += 2 * step;
                }
                newly_outer.extend(vertices);
                self.nest.add_to_z(child, -2 * step);
            } else {
                self.nest.add_to_z(child, 2 * step);
            }
            self.label[child as usize] = Label::None;
        }
        let tree = self.tree_of[common as usize];
        let blossom = self.nest.contract(children, links, -2 * step);
        self.label[blossom as usize] = Label::Outer;
        self.tree_of[blossom as usize] = tree;
        self.trees[tree as usize].push(blossom);
        self.made.push(blossom);
        for v in newly_outer {
            self.look_outwards(v, blossom);
        }
    }

    fn nearest_common_node(&mut self, u_node: u32, v_node: u32) -> u32 {
        self.marks += 1;
        let (mut one, mut other) = (Some(u_node), Some(v_node));
        loop {
            if let Some(node) = one {
                if self.mark[node as usize] == self.marks {
                    return node;
                }
                self.mark[node as usize] = self.marks;
                one = match self.above(node) {
                    None => None,
                    Some((_, (outer, _))) => Some(self.nest.outermost(outer)),
                };
            }
            std::mem::swap(&mut one, &mut other);
        }
    }

    /// The nodes from the outer node `from` up to, but not including, `common`, and for each the pair that links it
    /// to the next, its own end first.
    fn branch(&mut self, from: u32, common: u32) -> (Vec<u32>, Vec<(u32, u32)>) {
        let (mut nodes, mut links) = (Vec::new(), Vec::new());
        let mut node = from;
        while node != common {
            let Some((inner_node, (outer, inner))) = self.above(node) else {
                break;
            };
            let base = self.nest.base(node);
            nodes.extend([node, inner_node]);
            links.extend([(base, self.mate[base as usize]), (inner, outer)]);
            node = self.nest.outermost(outer);
        }
        (nodes, links)
    }

    /// Takes an inner blossom whose dual has fallen to zero apart. The children between where the tree enters it and
    /// its base take its place on the tree, by turns inner and outer; the others leave the tree.
    fn expand(&mut self, blossom: u32) {
        let tree = self.tree_of[blossom as usize];
        let (mut inner, mut outer, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let first = (blossom, self.reached_by[blossom as usize]);
        self.unlabel(blossom);
        // An inner child without a dual of its own would come apart at once: it is opened here, so that each vertex
        // is labelled only once.
        let mut to_open = vec![first];
        while let Some((node, reached_by)) = to_open.pop() {
            let entry_child = self.nest.child_with(node, reached_by.1);
            let opened = self.nest.open(node);
            let count = opened.children.len();
            let entry = opened
                .children
                .iter()
                .position(|&child| child == entry_child)
                .unwrap_or(0);
            let mut sort_inner = |nest: &Nest, child: u32, reached_by: (u32, u32)| {
                if nest.is_blossom(child) && nest.z(child) == 0 {
                    to_open.push((child, reached_by));
                } else {
                    inner.push((child, reached_by));
                }
            };
            // The way round the ring from the entry to the base (child 0) that has an even number of steps.
            let forward = entry % 2 == 1;
            let mut on_tree = vec![false; count];
            let (mut at, mut reached_by) = (entry, reached_by);
            while at != 0 {
                let after = if forward { (at + 1) % count } else { at - 1 };
                let link = if forward {
                    opened.links[after]
                } else {
                    opened.links[after - 1]
                };
                on_tree[at] = true;
                on_tree[after] = true;
                sort_inner(&self.nest, opened.children[at], reached_by);
                outer.push(opened.children[after]);
                reached_by = if forward { link } else { (link.1, link.0) };
                at = if forward {
                    (after + 1) % count
                } else {
                    after - 1
                };
            }
            on_tree[0] = true;
            sort_inner(&self.nest, opened.children[0], reached_by);
            others.extend(
                (0..count)
                    .filter(|&at| !on_tree[at])
                    .map(|at| opened.children[at]),
            );
        }
        for &node in inner
            .iter()
            .map(|(node, _)| node)
            .chain(&outer)
            .chain(&others)
        {
            self.nest.make_outermost(node);
        }
        for (node, reached_by) in inner {
            self.label_inner(node, reached_by, tree);
        }
        for node in outer {
            self.label_outer(node, tree);
        }
        for node in others {
            for v in self.nest.vertices(node) {
                self.look_for_trees(v);
            }
        }
    }

    // ----- new pairs -----

    /// Raises a dual where the new pair is worth more than the duals of its ends and the odd sets around both. That
    /// end loses its partner, and the blossoms around it come apart.
    fn make_room_for(&mut self, pair: Pair, roots: &mut Vec<u32>) {
        let Pair { u, v, points } = pair;
        let missing = |solver: &Self| {
            solver.graph.worth(points)
                - solver.y[u as usize]
                - solver.y[v as usize]
                - solver.nest.z_around_both(u, v)
        };
        if missing(self) <= 0 {
            return;
        }
        // Whoever has no partner to lose; else whoever stands in the smaller blossom.
        let mut rank = |v: u32| {
            let node = self.nest.outermost(v);
            (self.mate[v as usize] != NONE, self.nest.size(node), v)
        };
        let raised = if rank(u) <= rank(v) { u } else { v };
        loop {
            let node = self.nest.outermost(raised);
            if !self.nest.is_blossom(node) {
                break;
            }
            self.dissolve(node, roots);
        }
        let missing = missing(self);
        if missing <= 0 {
            return;
        }
        self.y[raised as usize] += missing;
        self.part(raised, roots);
    }

    /// Forgets a pair. Where it could hold a blossom together, that comes apart.
    fn forget_pair(&mut self, u: u32, v: u32, roots: &mut Vec<u32>) {
        loop {
            let node = self.nest.outermost(u);
            if node != self.nest.outermost(v) {
                break;
            }
            self.dissolve(node, roots);
        }
        if self.mate[u as usize] == v {
            self.part(u, roots);
        }
        self.graph.remove(u, v);
    }

    /// Takes an outermost blossom apart whatever its dual: its vertices take the dual over, half each, which leaves
    /// pairs within it as tight as they were and loosens those that lead out of it.
    fn dissolve(&mut self, blossom: u32, roots: &mut Vec<u32>) {
        let z = self.nest.z(blossom);
        if z > 0 {
            for v in self.nest.vertices(blossom) {
                self.y[v as usize] += z / 2;
            }
            let base = self.nest.base(blossom);
            self.part(base, roots);
        }
        for child in self.nest.open(blossom).children {
            self.nest.make_outermost(child);
        }
    }

    /// Parts `v` from its partner, if it has one; both have to look again.
    fn part(&mut self, v: u32, roots: &mut Vec<u32>) {
        let partner = std::mem::replace(&mut self.mate[v as usize], NONE);
        if partner != NONE {
            self.mate[partner as usize] = NONE;
            roots.push(partner);
        }
        roots.push(v);
    }
}

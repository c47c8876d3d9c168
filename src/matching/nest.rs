//! Blossoms within blossoms: which vertex is in which, and how the ring of each is paired.
//!
//! Nodes `0..n` are the vertices, nodes `n..2n` the blossoms that exist or could. A blossom's children stand in a
//! ring; child 0 holds its base, and the others are paired 1-2, 3-4, ... along the ring's links.
//!
//! This file must not know labels, trees or searches.

use super::graph::NONE;

#[derive(Clone)]
pub struct Nest {
    vertices: usize,
    /// The blossom directly around a node.
    parent: Vec<u32>,
    blossoms: Vec<Blossom>,
    unused: Vec<u32>,
    /// For a vertex: a node around it (or itself) that was outermost once. From there, `now_in` leads outwards. It is
    /// a disjoint-set forest with path compression, since asking for the outermost node of a vertex is what the
    /// solver does most.
    was_in: Vec<u32>,
    /// For a node: itself while it is outermost, else a node around it.
    now_in: Vec<u32>,
}

#[derive(Debug, Clone, Default)]
struct Blossom {
    children: Vec<u32>,
    /// `links[i]` joins a vertex of child `i` to one of the next child.
    links: Vec<(u32, u32)>,
    base: u32,
    z: i64,
    size: u32,
}

/// What a blossom consisted of.
pub struct Opened {
    pub children: Vec<u32>,
    pub links: Vec<(u32, u32)>,
}

impl Nest {
    pub fn new(vertices: usize) -> Nest {
        let n = vertices as u32;
        Nest {
            vertices,
            parent: vec![NONE; 2 * vertices],
            blossoms: vec![Blossom::default(); vertices],
            unused: (n..2 * n).rev().collect(),
            was_in: (0..n).collect(),
            now_in: (0..2 * n).collect(),
        }
    }

    #[inline]
    pub fn is_blossom(&self, node: u32) -> bool {
        node as usize >= self.vertices
    }

    pub fn is_outermost(&self, node: u32) -> bool {
        self.parent[node as usize] == NONE
            && !(self.is_blossom(node) && self.blossom(node).children.is_empty())
    }

    pub fn is_outermost_blossom(&self, node: u32) -> bool {
        self.is_blossom(node) && self.is_outermost(node)
    }

    /// The outermost node around a vertex.
    #[inline]
    pub fn outermost(&mut self, v: u32) -> u32 {
        let mut node = self.was_in[v as usize];
        loop {
            let next = self.now_in[node as usize];
            if next == node {
                return node;
            }
            let beyond = self.now_in[next as usize];
            self.now_in[node as usize] = beyond;
            node = beyond;
        }
    }

    #[inline]
    fn blossom(&self, node: u32) -> &Blossom {
        &self.blossoms[node as usize - self.vertices]
    }

    #[inline]
    fn blossom_mut(&mut self, node: u32) -> &mut Blossom {
        &mut self.blossoms[node as usize - self.vertices]
    }

    /// The vertex of a node that is not paired within it.
    #[inline]
    pub fn base(&self, node: u32) -> u32 {
        if self.is_blossom(node) {
            self.blossom(node).base
        } else {
            node
        }
    }

    /// How many vertices a node holds.
    pub fn size(&self, node: u32) -> u32 {
        if self.is_blossom(node) {
            self.blossom(node).size
        } else {
            1
        }
    }

    /// The stored dual of a blossom; vertices have none here.
    pub fn z(&self, node: u32) -> i64 {
        if self.is_blossom(node) {
            self.blossom(node).z
        } else {
            0
        }
    }

    pub fn add_to_z(&mut self, node: u32, change: i64) {
        if self.is_blossom(node) {
            self.blossom_mut(node).z += change;
        }
    }

    /// All vertices of a node.
    pub fn vertices(&self, node: u32) -> Vec<u32> {
        if !self.is_blossom(node) {
            return vec![node];
        }
        let mut vertices = Vec::with_capacity(self.size(node) as usize);
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for &child in &self.blossom(node).children {
                if self.is_blossom(child) {
                    open.push(child);
                } else {
                    vertices.push(child);
                }
            }
        }
        vertices
    }

    /// Makes one blossom of outermost nodes that stand in a ring. Child 0 holds the base.
    pub fn contract(&mut self, children: Vec<u32>, links: Vec<(u32, u32)>, z: i64) -> u32 {
        // There are at most half as many blossoms as vertices at any time, so there is always an unused one.
        let Some(node) = self.unused.pop() else {
            return children[0];
        };
        for &child in &children {
            self.parent[child as usize] = node;
            self.now_in[child as usize] = node;
        }
        *self.blossom_mut(node) = Blossom {
            base: self.base(children[0]),
            size: children.iter().map(|&child| self.size(child)).sum(),
            children,
            links,
            z,
        };
        self.parent[node as usize] = NONE;
        self.now_in[node as usize] = node;
        node
    }

    /// Takes an outermost blossom apart. [`Nest::make_outermost`] has to follow for those children that stay whole,
    /// `open` for the others.
    pub fn open(&mut self, node: u32) -> Opened {
        let blossom = std::mem::take(self.blossom_mut(node));
        for &child in &blossom.children {
            self.parent[child as usize] = NONE;
        }
        self.unused.push(node);
        Opened {
            children: blossom.children,
            links: blossom.links,
        }
    }

    /// Notes for all vertices of a node, whose parent is gone, that it is the outermost one around them.
    pub fn make_outermost(&mut self, node: u32) {
        self.now_in[node as usize] = node;
        for v in self.vertices(node) {
            self.was_in[v as usize] = node;
        }
    }

    /// Takes an outermost blossom apart if it has no dual, and its children likewise.
    pub fn drop_if_worthless(&mut self, node: u32) {
        let mut to_drop = Vec::new();
        if self.is_outermost_blossom(node) && self.z(node) == 0 {
            to_drop.push(node);
        }
        while let Some(node) = to_drop.pop() {
            for child in self.open(node).children {
                if self.is_blossom(child) && self.z(child) == 0 {
                    to_drop.push(child);
                } else {
                    self.make_outermost(child);
                }
            }
        }
    }

    /// Shortens the way from the vertices of a blossom, if it is outermost, to it.
    pub fn settle(&mut self, node: u32) {
        if self.is_outermost_blossom(node) {
            self.make_outermost(node);
        }
    }

    /// The child of `node` in which the vertex `v` is.
    pub fn child_with(&self, node: u32, v: u32) -> u32 {
        let mut child = v;
        while self.parent[child as usize] != node {
            child = self.parent[child as usize];
        }
        child
    }

    /// Makes `v` the base of `node`, by pairing the rings on the way differently.
    pub fn rebase(&mut self, node: u32, v: u32, mate: &mut [u32]) {
        let mut open = vec![(node, v)];
        while let Some((node, v)) = open.pop() {
            if self.base(node) == v {
                continue;
            }
            let mut child = v;
            while child != node {
                let ring = self.parent[child as usize];
                if self.base(ring) != v {
                    self.turn_ring(ring, child, mate, &mut open);
                    self.blossom_mut(ring).base = v;
                }
                child = ring;
            }
        }
    }

    /// Turns a ring so that `child` comes first, and pairs those between it and the child that was first. Notes the
    /// nodes whose base that changes.
    fn turn_ring(
        &mut self,
        ring: u32,
        child: u32,
        mate: &mut [u32],
        to_rebase: &mut Vec<(u32, u32)>,
    ) {
        let blossom = self.blossom_mut(ring);
        let count = blossom.children.len();
        let at = blossom
            .children
            .iter()
            .position(|&other| other == child)
            .unwrap_or(0);
        // Along the way round that has an even number of steps, the pairs shift by one.
        let shifted = if at % 2 == 1 { at + 1..count } else { 0..at };
        for i in shifted.step_by(2) {
            let (u, v) = blossom.links[i];
            mate[u as usize] = v;
            mate[v as usize] = u;
            to_rebase.push((blossom.children[i], u));
            to_rebase.push((blossom.children[(i + 1) % count], v));
        }
        blossom.children.rotate_left(at);
        blossom.links.rotate_left(at);
    }

    /// Sum of the duals of the blossoms that hold both.
    pub fn z_around_both(&self, u: u32, v: u32) -> i64 {
        let (around_u, around_v) = (self.around(u), self.around(v));
        around_u
            .iter()
            .zip(&around_v)
            .take_while(|(a, b)| a == b)
            .map(|(&node, _)| self.z(node))
            .sum()
    }

    /// The blossoms around a vertex, outermost first.
    fn around(&self, v: u32) -> Vec<u32> {
        let mut nodes: Vec<u32> = std::iter::successors(Some(self.parent[v as usize]), |&node| {
            (node != NONE).then(|| self.parent[node as usize])
        })
        .take_while(|&node| node != NONE)
        .collect();
        nodes.reverse();
        nodes
    }

    /// Sum over all blossoms of their dual times the number of pairs that fit into them.
    pub fn dual(&self) -> i64 {
        self.blossoms
            .iter()
            .map(|blossom| blossom.z * i64::from(blossom.size / 2))
            .sum()
    }

    /// The blossoms with a positive dual, to look up sums of duals quickly. To be asked for between searches.
    pub fn odd_sets(&self) -> OddSets {
        let n = self.vertices;
        let mut sets = OddSets {
            innermost: vec![NONE; n],
            sets: Vec::new(),
        };
        let mut number = vec![NONE; n];
        let mut open: Vec<(u32, u32)> = (0..2 * n as u32)
            .filter(|&node| self.is_outermost(node))
            .map(|node| (node, NONE))
            .collect();
        while let Some((node, around)) = open.pop() {
            if !self.is_blossom(node) {
                sets.innermost[node as usize] = around;
                continue;
            }
            let z = self.z(node);
            let mut inside = around;
            if z > 0 {
                inside = sets.sets.len() as u32;
                let (depth, sum) = match around {
                    NONE => (0, 0),
                    outer => {
                        let outer = &sets.sets[outer as usize];
                        (outer.depth + 1, outer.sum)
                    }
                };
                sets.sets.push(NestedSet {
                    around,
                    depth,
                    z,
                    sum: sum + z,
                    size: self.size(node),
                });
            }
            number[node as usize - n] = inside;
            open.extend(
                self.blossom(node)
                    .children
                    .iter()
                    .map(|&child| (child, inside)),
            );
        }
        sets
    }
}

/// Nested odd sets with positive duals.
#[derive(Debug, Clone, Default)]
pub struct OddSets {
    /// For each vertex, the smallest set that holds it.
    pub innermost: Vec<u32>,
    /// Each after the one around it.
    pub sets: Vec<NestedSet>,
}

#[derive(Debug, Clone, Copy)]
pub struct NestedSet {
    /// The next larger set.
    pub around: u32,
    depth: u32,
    pub z: i64,
    /// Sum of the duals from the outermost one to this.
    sum: i64,
    pub size: u32,
}

impl OddSets {
    /// Sum of the duals of the sets that hold both.
    #[inline]
    pub fn around_both(&self, u: u32, v: u32) -> i64 {
        let (mut a, mut b) = (self.innermost[u as usize], self.innermost[v as usize]);
        while a != b {
            if a == NONE || b == NONE {
                return 0;
            }
            let (set_a, set_b) = (&self.sets[a as usize], &self.sets[b as usize]);
            if set_a.depth >= set_b.depth {
                a = set_a.around;
            } else {
                b = set_b.around;
            }
        }
        if a == NONE {
            0
        } else {
            self.sets[a as usize].sum
        }
    }

    /// The members of each set, rising.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members: Vec<Vec<u32>> = self
            .sets
            .iter()
            .map(|set| Vec::with_capacity(set.size as usize))
            .collect();
        for (v, &innermost) in self.innermost.iter().enumerate() {
            let mut set = innermost;
            while set != NONE {
                members[set as usize].push(v as u32);
                set = self.sets[set as usize].around;
            }
        }
        members
    }
}

//! Candidates in, pairs out. Knows no mail, no rounds and no names: people are their index in the slice.

//! A round in virtual time with invented people.

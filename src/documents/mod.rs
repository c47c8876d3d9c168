//! Documents that travel with letters: values in, bytes out. They hold no rules and no words: the words come from the
//! templates.

pub mod certificate;

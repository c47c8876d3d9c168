//! Documents that travel with letters or stand by themselves: values in, bytes out. They hold no rules and no words: the
//! words come from the templates, or from the report of the rules.

pub mod certificate;
pub mod report;
mod type_setting;

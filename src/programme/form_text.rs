//! The form as people see it in a letter, empty or filled in, and answers as a reader sees them.

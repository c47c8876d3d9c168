//! The shell: the one path for events, the loop, the sender.

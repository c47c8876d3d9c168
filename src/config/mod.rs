//! What is written in the config folder, and what it means; or every problem at once.

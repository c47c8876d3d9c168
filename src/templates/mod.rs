//! One Markdown file per letter and language becomes subject, text and HTML. Decides nothing.

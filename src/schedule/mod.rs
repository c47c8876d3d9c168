//! Cron expressions and the calendar. Never asks what time it is.

//! Countries, languages and time zones by any usual name. Pure data and look-ups.

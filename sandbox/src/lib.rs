//! A faithful stand-in.

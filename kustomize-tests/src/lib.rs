//! The functions in the real hosts.

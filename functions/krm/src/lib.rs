//! What every replatform function shares.
pub mod yaml;

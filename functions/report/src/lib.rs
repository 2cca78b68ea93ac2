//! What a report says of the applications of a repository, and the formats it comes in.

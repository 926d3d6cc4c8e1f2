//! mediakeep

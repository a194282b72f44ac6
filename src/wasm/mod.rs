//! The bindings to the page, thin.

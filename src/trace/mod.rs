//! The record of what happened, columnar; the same for simulated, observed and captured events.

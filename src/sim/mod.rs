//! Scenario, programs, run, history.

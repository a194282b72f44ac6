//! UDP endpoints (RFC 768), sans-IO.

//! TCP endpoints: RFC 9293 and its companions, sans-IO.

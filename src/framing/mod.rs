//! Bytes to frames and back: the framing codec. Knows nothing of networks.

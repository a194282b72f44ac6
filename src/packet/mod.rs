//! IPv4, IPv6, TCP, UDP and ICMP: bytes to header structs and back, checksums, capture files.

//! The network emulator: hosts, links, impairments, IP fragmentation, in virtual time.

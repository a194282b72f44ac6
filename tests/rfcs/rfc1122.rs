//! RFC 1122: what it demands of hosts.

mod icmp;
mod ip;
mod transport;

use crate::demand::{Rfc, apart, as_9293, tested};
use framewire::packet::{IpHeader, Protocol, checksum};

pub const RFC: Rfc = Rfc {
    number: 1122,
    title: "Requirements for Internet Hosts -- Communication Layers",
    read: "sections 3 and 4",
    note: "Section 2 is the link layer, which the emulator has no more of than MTU, rate and delay. An emulated host has one way to each destination, and the scenario is its administrator. Section 4.2 (TCP) went into RFC 9293.",
    demands: &[
        apart(
            "2",
            "[Trailers, ARP, encapsulations, link-layer broadcasts:] An implementation of the Address Resolution Protocol (ARP) … MUST provide a mechanism to flush out-of-date cache entries",
            "links have no addresses of their own; so for all of section 2",
        ),
        tested(
            "3.1",
            "The Internet layer of host software MUST implement both IP and ICMP",
            &["section_3_2_2_6_echo_is_answered", "udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        tested(
            "3.1",
            "remote multihoming MUST be handled at the application layer",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "3.1",
            "An Internet host that includes embedded gateway code MUST have a configuration switch to disable the gateway function, and this switch MUST default to the non-gateway mode",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        tested(
            "3.1",
            "a host SHOULD provide the capability of logging the error …, including the contents of the silently-discarded datagram",
            &["section_3_2_1_3_invalid_sources_are_discarded_in_silence"],
        ),
        tested(
            "3.2.1.1",
            "A datagram whose version number is not 4 MUST be silently discarded",
            &["section_3_2_1_1_another_version_is_discarded"],
        ),
        tested(
            "3.2.1.2",
            "A host MUST verify the IP header checksum on every received datagram and silently discard every datagram that has a bad checksum",
            &["rfc791::a_wrong_header_checksum_is_noticed_at_every_point"],
        ),
        tested(
            "3.2.1.3",
            "[{ 0, 0 }] MUST NOT be sent, except as a source address as part of an initialization procedure",
            &[
                "section_3_2_1_3_a_host_sends_from_its_own_addresses_alone",
                "section_3_2_1_3_nothing_goes_to_an_address_that_no_host_has",
            ],
        ),
        tested(
            "3.2.1.3",
            "[{ -1, -1 }, { <Network-number>, -1 }, …] MUST NOT be used as a source address",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "3.2.1.3",
            "[{ 127, <any> }] Addresses of this form MUST NOT appear outside a host",
            &["section_3_2_1_3_loopback_stays_within_the_host"],
        ),
        apart(
            "3.2.1.3",
            "A host MUST support the subnet extensions to IP",
            "an emulated host has no subnets: every address has its own way",
        ),
        tested(
            "3.2.1.3",
            "When a host sends any datagram, the IP source address MUST be one of its own IP addresses (but not a broadcast or multicast address)",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "3.2.1.3",
            "A host MUST silently discard an incoming datagram that is not destined for the host",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        tested(
            "3.2.1.3",
            "A host MUST silently discard an incoming datagram containing an IP source address that is invalid by the rules of this section",
            &["section_3_2_1_3_invalid_sources_are_discarded_in_silence"],
        ),
        tested(
            "3.2.1.6",
            "The IP layer MUST provide a means for the transport layer to set the TOS field of every datagram that is sent; the default is all zero bits",
            &[
                "section_4_1_4_ttl_and_tos_are_the_applications",
                "rfc9293/s3_9_1::the_diffserv_field_is_the_applications",
            ],
        ),
        apart(
            "3.2.1.6",
            "The IP layer SHOULD pass received TOS values up to the transport layer",
            "a SHOULD: of the octet's bits TCP takes those of ECN alone",
        ),
        tested(
            "3.2.1.7",
            "A host MUST NOT send a datagram with a Time-to-Live (TTL) value of zero",
            &["section_3_2_1_7_no_datagram_lives_for_no_time"],
        ),
        tested(
            "3.2.1.7",
            "A host MUST NOT discard a datagram just because it was received with TTL less than 2",
            &["section_3_2_1_7_what_arrives_has_lived_long_enough"],
        ),
        tested(
            "3.2.1.7",
            "The IP layer MUST provide a means for the transport layer to set the TTL field of every datagram that is sent. When a fixed TTL value is used, it MUST be configurable",
            &["section_4_1_4_ttl_and_tos_are_the_applications", "rfc9293/s3_9_2::the_ttl_can_be_set"],
        ),
        tested(
            "3.2.1.8",
            "The IP and transport layer MUST each interpret those IP options that they understand and silently ignore the others",
            &["rfc9293/s3_9_2::ip_options_are_passed_over"],
        ),
        apart(
            "3.2.1.8",
            "There MUST be a means for the transport layer to specify IP options to be included in transmitted IP datagrams … All IP options … received in datagrams MUST be passed to the transport layer",
            "IPv4 options are not offered: RFC 7126 has networks drop most of them",
        ),
        tested(
            "3.2.1.8",
            "[a Stream Identifier] SHOULD NOT be sent, and it MUST be silently ignored if received",
            &["section_3_2_1_8_options_are_passed_over"],
        ),
        apart(
            "3.2.1.8",
            "A host MUST support originating a source route and MUST be able to act as the final destination of a source route. … When a return source route is built, it MUST be correctly formed … An IP header containing more than one Source Route option MUST NOT be sent",
            "source routes are not offered: RFC 7126 has networks drop them",
        ),
        apart(
            "3.2.1.8",
            "The originating host MUST record a timestamp in a Timestamp option … The destination host MUST (if possible) add the current timestamp to a Timestamp option",
            "both are optional there, and not offered",
        ),
        tested(
            "3.2.2",
            "If an ICMP message of unknown type is received, it MUST be silently discarded",
            &["section_3_2_2_unknown_icmp_is_discarded"],
        ),
        tested(
            "3.2.2",
            "Every ICMP error message includes the Internet header and at least the first 8 data octets of the datagram that triggered the error; … this header and data MUST be unchanged from the received datagram",
            &["section_3_2_2_an_error_quotes_what_caused_it"],
        ),
        tested(
            "3.2.2",
            "the IP protocol number MUST be extracted from the original header and used to select the appropriate transport protocol entity to handle the error",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone", "net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "3.2.2",
            "An ICMP error message SHOULD be sent with normal (i.e., zero) TOS bits",
            &["section_3_2_2_an_error_quotes_what_caused_it"],
        ),
        tested(
            "3.2.2",
            "An ICMP error message MUST NOT be sent as the result of receiving: … an ICMP error message, or … a datagram destined to an IP broadcast or IP multicast address, or … a non-initial fragment, or … a datagram whose source address does not define a single host -- e.g., a zero address, a loopback address, a broadcast address, a multicast address, or a Class E address",
            &["section_3_2_2_some_things_are_never_answered_by_an_error"],
        ),
        tested(
            "3.2.2.1",
            "A host SHOULD generate Destination Unreachable messages with code: 2 (Protocol Unreachable), when the designated transport protocol is not supported; or 3 (Port Unreachable), when the designated transport protocol … is unable to demultiplex the datagram",
            &[
                "section_3_2_2_1_an_unknown_protocol_is_told",
                "udp::a_closed_port_is_told_to_a_connected_socket_alone",
            ],
        ),
        tested(
            "3.2.2.1",
            "A Destination Unreachable message that is received MUST be reported to the transport layer",
            &["rfc9293/s3_9_2::icmp_is_acted_on", "udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        tested(
            "3.2.2.1",
            "A transport protocol that has its own mechanism for notifying the sender that a port is unreachable (e.g., TCP, which sends RST segments) MUST nevertheless accept an ICMP Port Unreachable for the same purpose",
            &["rfc9293/s3_9_2::hard_errors_abort"],
        ),
        tested(
            "3.2.2.1",
            "A Destination Unreachable message that is received with code 0 (Net), 1 (Host), or 5 (Bad Source Route) … MUST therefore be interpreted as only a hint, not proof, that the specified destination is unreachable",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        tested(
            "3.2.2.2",
            "A host SHOULD NOT send an ICMP Redirect message",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        apart(
            "3.2.2.2",
            "A host receiving a Redirect message MUST update its routing information accordingly. Every host MUST be prepared to accept both Host and Network Redirects",
            "there is one way to each destination",
        ),
        apart(
            "3.2.2.3",
            "If a Source Quench message is received, the IP layer MUST report it to the transport layer",
            "RFC 6633 replaces it: it is ignored (`rfc9293/s3_9_2::source_quench_is_ignored`)",
        ),
        tested(
            "3.2.2.4",
            "An incoming Time Exceeded message MUST be passed to the transport layer",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        tested(
            "3.2.2.5",
            "An incoming Parameter Problem message MUST be passed to the transport layer",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        tested(
            "3.2.2.6",
            "Every host MUST implement an ICMP Echo server function that receives Echo Requests and sends corresponding Echo Replies",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "3.2.2.6",
            "The IP source address in an ICMP Echo Reply MUST be the same as the specific-destination address … of the corresponding ICMP Echo Request message",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "3.2.2.6",
            "Data received in an ICMP Echo Request MUST be entirely included in the resulting Echo Reply",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        apart(
            "3.2.2.6",
            "if sending the Echo Reply requires intentional fragmentation that is not implemented, the datagram MUST be truncated to maximum transmission size",
            "it is implemented",
        ),
        apart(
            "3.2.2.6",
            "Echo Reply messages MUST be passed to the ICMP user interface",
            "no program of the emulator pings",
        ),
        apart(
            "3.2.2.6",
            "If a Source Route option is received in an ICMP Echo Request, the return route MUST be reversed and used as a Source Route option for the Echo Reply message",
            "source routes are not offered",
        ),
        tested(
            "3.2.2.7",
            "A host SHOULD NOT implement these messages",
            &["section_3_2_2_unknown_icmp_is_discarded"],
        ),
        apart(
            "3.2.2.8",
            "If they are implemented, the following rules MUST be followed",
            "timestamps of ICMP are not implemented (a MAY); they are discarded as unknown",
        ),
        apart(
            "3.2.2.9",
            "any ICMP Address Mask Replies received for that local IP address MUST be (silently) ignored. … A system MUST NOT send an Address Mask Reply unless it is an authoritative agent for address masks. An authoritative agent may be a host or a gateway, but it MUST be explicitly configured as a address mask agent",
            "an emulated host has no subnets",
        ),
        tested(
            "3.3.1.1",
            "The host IP layer MUST operate correctly in a minimal network environment, and in particular, when there are no gateways",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        apart(
            "3.3.1.2",
            "the source host MUST keep a \"route cache\" of mappings to next-hop gateways … The IP layer MUST support multiple default gateways",
            "there is one way to each destination, which the scenario lays",
        ),
        apart(
            "3.3.1.4",
            "The IP layer MUST be able to detect the failure of a \"next-hop\" gateway … and to choose an alternate gateway … hosts MUST NOT actively check the status of a first-hop gateway by simply pinging the gateway continuously",
            "there is no other way to choose",
        ),
        apart(
            "3.3.1.6",
            "The following information MUST be configurable: (1) IP address(es). (2) Address mask(s). (3) A list of default gateways",
            "the addresses are what the scenario says; the other two do not exist",
        ),
        tested(
            "3.1",
            "The host software MUST NOT automatically move into gateway mode if the host has more than one interface",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        tested(
            "3.3.2",
            "The IP layer MUST implement reassembly of IP datagrams. … EMTU_R MUST be greater than or equal to 576, SHOULD be either configurable or indefinite, and SHOULD be greater than or equal to the MTU of the connected network(s)",
            &[
                "rfc791::five_hundred_and_seventy_six_octets_are_put_together",
                "ip_fragments::datagrams_survive_fragments_in_any_order_and_twice",
            ],
        ),
        tested(
            "3.3.2",
            "There MUST be a mechanism by which the transport layer can learn MMS_R",
            &["rfc9293/s3_7::the_mss_option_says_what_the_interface_takes"],
        ),
        tested(
            "3.3.2",
            "There MUST be a reassembly timeout. The reassembly timeout value SHOULD be a fixed value, not set from the remaining TTL. … If this timeout expires, the partially-reassembled datagram MUST be discarded and an ICMP Time Exceeded message sent to the source host (if fragment zero has been received)",
            &["ip_fragments::one_lost_fragment_loses_the_datagram_and_icmp_tells_if_the_first_came"],
        ),
        apart(
            "3.3.2",
            "It is recommended that the value lie between 60 seconds and 120 seconds",
            "30 s over IPv4, as Linux; `ReassemblyLimits` sets it",
        ),
        tested(
            "3.3.3",
            "A host MUST implement a mechanism to allow the transport layer to learn MMS_S, the maximum transport-layer message size that may be sent for a given {source, destination, TOS} triplet … The MTU of each physical interface MUST be configurable",
            &[
                "rfc9293/s3_7::segments_follow_the_mtu_of_the_path",
                "rfc9293/s3_7::the_mss_option_says_what_the_interface_takes",
            ],
        ),
        tested(
            "3.3.3",
            "A host that does not implement local fragmentation MUST ensure that the transport layer (for TCP) or the application layer (for UDP) obtains MMS_S from the IP layer and does not send a datagram exceeding MMS_S in size",
            &[
                "ip_fragments::datagrams_survive_fragments_in_any_order_and_twice",
                "udp::the_largest_datagram_goes_and_a_larger_one_does_not",
            ],
        ),
        apart(
            "3.3.3",
            "In the absence of actual knowledge of the minimum MTU along the path, the IP layer SHOULD use EMTU_S <= 576 whenever the destination address is not on a connected network",
            "RFC 1191 replaces it: a path is probed with the link's own MTU",
        ),
        tested(
            "3.3.4.2",
            "If the datagram is sent in response to a received datagram, the source address for the response SHOULD be the specific-destination address of the request",
            &["section_3_2_2_6_echo_is_answered", "section_3_2_2_an_error_quotes_what_caused_it"],
        ),
        tested(
            "3.3.4.2",
            "An application MUST be able to explicitly specify the source address for initiating a connection or a request. … In the absence of such a specification, the networking software MUST choose a source address",
            &[
                "rfc9293/s3_9_1::the_application_may_name_the_local_address",
                "section_3_2_1_3_a_host_sends_from_its_own_addresses_alone",
            ],
        ),
        apart(
            "3.3.5",
            "[forwarding a source-routed datagram] the host MUST obey all the relevant rules for a gateway",
            "hosts forward nothing",
        ),
        apart(
            "3.3.6",
            "A host MUST recognize any of these forms [of broadcast addresses] in the destination address of an incoming datagram. … When a host sends a datagram to a link-layer broadcast address, the IP destination address MUST be a legal IP broadcast or IP multicast address",
            "the emulator's links join two nodes; nothing is sent to all",
        ),
        apart(
            "3.3.7",
            "A host SHOULD support local IP multicasting",
            "the emulator's links join two nodes; nothing is sent to many",
        ),
        tested(
            "3.3.8",
            "Wherever practical, hosts MUST return ICMP error datagrams on detection of an error",
            &[
                "udp::a_closed_port_is_told_to_a_connected_socket_alone",
                "section_3_2_2_an_error_quotes_what_caused_it",
            ],
        ),
        apart(
            "3.4",
            "The interface between the IP layer and the transport layer MUST provide full access to all the mechanisms of the IP layer, including options, Type-of-Service, and Time-to-Live. The transport layer MUST either have mechanisms to set these interface parameters, or provide a path to pass them through from an application, or both",
            "type of service and time to live are the application's; options are not offered",
        ),
        tested(
            "3.4",
            "The transport layer MUST be able to send certain ICMP messages: Port Unreachable or any of the query-type messages. … The IP layer MUST pass certain ICMP messages up to the appropriate transport-layer routine",
            &[
                "udp::a_closed_port_is_told_to_a_connected_socket_alone",
                "section_4_1_3_3_every_error_reaches_who_asks_for_it",
            ],
        ),
        tested(
            "3.4",
            "For an ICMP error message, the data that is passed up MUST include the original Internet header plus all the octets of the original message that are included in the ICMP message",
            &["rfc9293/s3_9_2::icmp_is_acted_on", "section_4_1_3_3_every_error_reaches_who_asks_for_it"],
        ),
        tested(
            "4.1.3.1",
            "If a datagram arrives addressed to a UDP port for which there is no pending LISTEN call, UDP SHOULD send an ICMP Port Unreachable message",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        apart(
            "4.1.3.2",
            "UDP MUST pass any IP option that it receives from the IP layer transparently to the application layer",
            "IPv4 options are not offered",
        ),
        apart(
            "4.1.3.2",
            "An application MUST be able to specify IP options to be sent in its UDP datagrams, and UDP MUST pass these options to the IP layer",
            "IPv4 options are not offered",
        ),
        tested(
            "4.1.3.3",
            "UDP MUST pass to the application layer all ICMP error messages that it receives from the IP layer",
            &[
                "section_4_1_3_3_every_error_reaches_who_asks_for_it",
                "udp::a_closed_port_is_told_to_a_connected_socket_alone",
            ],
        ),
        tested(
            "4.1.3.4",
            "A host MUST implement the facility to generate and validate UDP checksums. An application MAY optionally be able to control whether a UDP checksum will be generated, but it MUST default to checksumming on",
            &["udp::checksums_are_true_and_may_be_left_out_over_ipv4_only"],
        ),
        tested(
            "4.1.3.4",
            "If a UDP datagram is received with a checksum that is non-zero and invalid, UDP MUST silently discard the datagram",
            &["section_4_1_3_4_a_wrong_checksum_is_discarded_in_silence"],
        ),
        tested(
            "4.1.3.5",
            "When a UDP datagram is received, its specific-destination address MUST be passed up to the application layer",
            &["rfc768::the_application_learns_data_source_and_destination"],
        ),
        tested(
            "4.1.3.5",
            "An application program MUST be able to specify the IP source address to be used for sending a UDP datagram or to leave it unspecified",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "4.1.3.6",
            "A UDP datagram received with an invalid IP source address (e.g., a broadcast or multicast address) must be discarded by UDP or by the IP layer",
            &["section_3_2_1_3_invalid_sources_are_discarded_in_silence"],
        ),
        tested(
            "4.1.3.6",
            "When a host sends a UDP datagram, the source address MUST be (one of) the IP address(es) of the host",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        apart(
            "4.1.4",
            "The application interface to UDP MUST provide the full services of the IP/transport interface described in Section 3.4",
            "but for IP options, which are not offered",
        ),
        tested(
            "4.1.4",
            "An application-layer program MUST be able to set the TTL and TOS values as well as IP options for sending a UDP datagram, and these values must be passed transparently to the IP layer",
            &["section_4_1_4_ttl_and_tos_are_the_applications"],
        ),
        as_9293(
            "4.2.2.2",
            "If PUSH flags are not implemented, then the sending TCP: (1) must not buffer data indefinitely, and (2) MUST set the PSH bit in the last buffered segment",
            &["MUST-60", "MUST-61"],
        ),
        as_9293("4.2.2.3", "The window size MUST be treated as an unsigned number", &["MUST-1"]),
        as_9293(
            "4.2.2.4",
            "A TCP MUST support a sequence of urgent data of any length. … A TCP MUST inform the application layer asynchronously whenever it receives an Urgent pointer and there was previously no pending urgent data … There MUST be a way for the application to learn how much urgent data remains to be read",
            &["MUST-30", "MUST-31", "MUST-32", "MUST-33", "MUST-62"],
        ),
        as_9293(
            "4.2.2.5",
            "A TCP MUST be able to receive a TCP option in any segment. A TCP MUST ignore without error any TCP option it does not implement … TCP MUST be prepared to handle an illegal option length (e.g., zero) without crashing",
            &["MUST-5", "MUST-6", "MUST-7"],
        ),
        as_9293(
            "4.2.2.6",
            "TCP MUST implement both sending and receiving the Maximum Segment Size option … If an MSS option is not received at connection setup, TCP MUST assume a default send MSS of 536 (576-40) … The maximum size of a segment that TCP really sends, the \"effective send MSS,\" MUST be the smaller of the send MSS … and the largest size permitted by the IP layer",
            &["MUST-14", "MUST-15", "MUST-16", "MUST-67"],
        ),
        as_9293(
            "4.2.2.7",
            "The sender MUST generate it and the receiver MUST check it",
            &["MUST-2", "MUST-3"],
        ),
        as_9293(
            "4.2.2.9",
            "A TCP MUST use the specified clock-driven selection of initial sequence numbers",
            &["MUST-8"],
        ),
        as_9293("4.2.2.10", "A TCP MUST support simultaneous open attempts", &["MUST-10"]),
        as_9293(
            "4.2.2.11",
            "a TCP implementation MUST keep track of whether a connection has reached SYN_RCVD state as the result of a passive OPEN or an active OPEN",
            &["MUST-11"],
        ),
        as_9293(
            "4.2.2.13",
            "If a TCP connection is closed by the remote site, the local application MUST be informed whether it closed normally or was aborted. … When a connection is closed actively, it MUST linger in TIME-WAIT state for a time 2xMSL",
            &["MUST-12", "MUST-13"],
        ),
        tested(
            "4.2.2.13",
            "a host is permitted to continue sending data in the open direction on a half-closed connection",
            &["section_4_2_2_13_half_duplex_close_keeps_the_other_direction"],
        ),
        as_9293(
            "4.2.2.15",
            "a transmission algorithm combining \"slow start\" with \"congestion avoidance\". A TCP MUST implement this algorithm",
            &["MUST-19"],
        ),
        as_9293(
            "4.2.2.16",
            "a sending TCP MUST be robust against window shrinking … If the window shrinks to zero, the TCP MUST probe it in the standard way",
            &["MUST-34", "MUST-35"],
        ),
        as_9293(
            "4.2.2.17",
            "Probing of zero (offered) windows MUST be supported. … the sending TCP MUST allow the connection to stay open",
            &["MUST-36", "MUST-37"],
        ),
        as_9293(
            "4.2.2.18",
            "Every passive OPEN call either creates a new connection record in LISTEN state, or it returns an error; it MUST NOT affect any previously created connection record. A TCP that supports multiple concurrent users MUST provide an OPEN call that will functionally allow an application to LISTEN on a port while a connection block with the same local port is in SYN-SENT or SYN-RECEIVED state",
            &["MUST-41", "MUST-42"],
        ),
        as_9293("4.2.2.19", "the TTL value used to send TCP segments MUST be configurable", &["MUST-49"]),
        as_9293(
            "4.2.2.20",
            "the processing of received segments MUST be implemented to aggregate ACK segments whenever possible. For example, if the TCP is processing a series of queued segments, it MUST process them all before sending any ACK segments",
            &["MUST-58", "MUST-59"],
        ),
        as_9293(
            "4.2.3.1",
            "A host TCP MUST implement Karn's algorithm and Jacobson's algorithm for computing the retransmission timeout (\"RTO\"). … This implementation also MUST include \"exponential backoff\" for successive RTO values for the same segment",
            &["MUST-18", "MUST-19"],
        ),
        tested(
            "4.2.3.2",
            "A TCP SHOULD implement a delayed ACK, but an ACK should not be excessively delayed; in particular, the delay MUST be less than 0.5 seconds, and in a stream of full-sized segments there SHOULD be an ACK for at least every second segment",
            &[
                "section_4_2_3_2_an_ack_is_delayed_by_less_than_half_a_second",
                "section_4_2_3_2_every_second_full_segment_is_acknowledged",
            ],
        ),
        as_9293("4.2.3.3", "A TCP MUST include a SWS avoidance algorithm in the receiver", &["MUST-39"]),
        as_9293(
            "4.2.3.4",
            "A TCP MUST include a SWS avoidance algorithm in the sender. … there MUST be a way for an application to disable the Nagle algorithm on an individual connection",
            &["MUST-38", "MUST-17"],
        ),
        as_9293(
            "4.2.3.5",
            "The following procedure MUST be used to handle excessive retransmissions of data segments … An application MUST be able to set the value for R2 for a particular connection. … SYN retransmissions MUST be handled in the general way just described for data retransmissions … R2 for a SYN segment MUST be set large enough to provide retransmission of the segment for at least 3 minutes",
            &["MUST-20", "MUST-21", "MUST-22", "MUST-23"],
        ),
        tested(
            "4.2.3.6",
            "If keep-alives are included, the application MUST be able to turn them on or off for each TCP connection, and they MUST default to off. Keep-alive packets MUST only be sent when no data or acknowledgement packets have been received for the connection within an interval. This interval MUST be configurable and MUST default to no less than two hours. … it MUST NOT interpret failure to respond to any specific probe as a dead connection",
            &[
                "section_4_2_3_6_keep_alive_is_off_and_waits_two_hours",
                "section_4_2_3_6_one_unanswered_probe_is_not_the_end",
            ],
        ),
        as_9293(
            "4.2.3.7",
            "TCP MUST ask the IP layer to select a local IP address before sending the (first) SYN. … TCP MUST use the same local address is used that was used in those previous segments",
            &["MUST-44", "MUST-45"],
        ),
        as_9293(
            "4.2.3.8",
            "When received options are passed up to TCP from the IP layer, TCP MUST ignore options that it does not understand. … An application MUST be able to specify a source route when it actively opens a TCP connection, and this MUST take precedence over a source route received in a datagram. … TCP MUST save the return route and use it for all segments sent on this connection",
            &["MUST-50", "MUST-51", "MUST-52", "MUST-53"],
        ),
        as_9293(
            "4.2.3.9",
            "TCP MUST act on an ICMP error message passed up from the IP layer, directing it to the connection that created the error. … TCP MUST react to a Source Quench by slowing transmission [RFC 9293: MUST silently discard] … Since these Unreachable messages indicate soft error conditions, TCP MUST NOT abort the connection",
            &["MUST-54", "MUST-55", "MUST-56"],
        ),
        as_9293(
            "4.2.3.10",
            "A TCP implementation MUST reject as an error a local OPEN call for an invalid remote IP address … An incoming SYN with an invalid source address must be ignored … A TCP implementation MUST silently discard an incoming SYN segment that is addressed to a broadcast or multicast address",
            &["MUST-46", "MUST-57", "MUST-63"],
        ),
        as_9293(
            "4.2.4.1",
            "There MUST be a mechanism for reporting soft TCP error conditions to the application",
            &["MUST-47"],
        ),
        as_9293(
            "4.2.4.2",
            "The application layer MUST be able to specify the Type-of-Service (TOS) for segments that are sent on a connection",
            &["MUST-48"],
        ),
        as_9293(
            "4.2.4.4",
            "The OPEN call MUST have an optional parameter: … to allow the specification of the local IP address",
            &["MUST-43"],
        ),
    ],
};

/// An ICMP message with a right checksum.
fn message(ip: &IpHeader, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend_from_slice(rest);
    let sum = if ip.is_v6() {
        checksum::transport(ip.src, ip.dst, ip.protocol, &message)
    } else {
        checksum::internet(&message)
    };
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn icmp_protocol(v6: bool) -> Protocol {
    if v6 { Protocol::ICMPV6 } else { Protocol::ICMP }
}

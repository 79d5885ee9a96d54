// Addresses of machines. Formats: RFC 791 and RFC 4632 (IPv4, prefix length), RFC 4291 and RFC 4007 (IPv6, zone), RFC
// 5952 (brackets), IEEE 802 (MAC-48, EUI-64). Safe from any thread.
//
// What is the same on every machine says nothing about anybody and is needed in code, so it stays: the loopback,
// unspecified and broadcast addresses, netmasks, the well-known public resolvers, MACs of all 0 or all f. Private
// ranges are found: they tell one network from another. A version number ("v1.2.3.4", "Chrome/114.0.0.0") is no
// address.
#pragma once

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Woken at the first digit of a run. "/24" belongs to the finding, a port does not.
std::optional<Finding> find_ipv4(const Passage& passage, size_t at);

// Woken at a ':'. "/64" and a zone ("%eth0") belong to the finding, brackets and a port do not.
std::optional<Finding> find_ipv6(const Passage& passage, size_t at);

// Woken at any byte of the address: 6 or 8 pairs joined by ':' or '-', or three groups of four joined by '.'.
std::optional<Finding> find_mac(const Passage& passage, size_t at);

}  // namespace gleaner::privacy

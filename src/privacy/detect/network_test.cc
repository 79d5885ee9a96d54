#include "privacy/detect/network.h"

#include <gtest/gtest.h>

#include "privacy/detect/testing.h"

namespace gleaner::privacy {
namespace {

using Strings = std::vector<std::string>;
using testing::at_number;
using testing::at_sign;

Strings ipv4(std::string_view text) {
  return testing::found(&find_ipv4, &at_number, text);
}
Strings ipv6(std::string_view text) {
  return testing::found(&find_ipv6, &at_sign<':'>, text);
}
bool at_mac(std::string_view text, size_t at) {
  return text[at] == ':' || at_number(text, at);
}
Strings macs(std::string_view text) {
  return testing::found(&find_mac, &at_mac, text);
}

TEST(NetworkTest, FindsIpv4) {
  for (const char* const address : {"192.168.1.10", "10.0.0.1", "172.16.254.3", "203.0.113.77", "84.17.33.250",
                                    "10.0.0.0/8", "192.168.1.0/24", "223.255.255.254"}) {
    for (const std::string& text : testing::surroundings(address)) EXPECT_EQ(ipv4(text), Strings{address}) << text;
  }
  EXPECT_EQ(ipv4("http://203.0.113.77:8080/x"), Strings{"203.0.113.77"});
  EXPECT_EQ(ipv4("10.1.2.3/123"), Strings{"10.1.2.3"});
  EXPECT_EQ(ipv4("root@203.0.113.77"), Strings{"203.0.113.77"});
  EXPECT_EQ(ipv4("from 203.0.113.7-203.0.113.20, ok"), (Strings{"203.0.113.7", "203.0.113.20"}));
  EXPECT_EQ(ipv4("ping 1.2.3.4"), Strings{"1.2.3.4"});
  EXPECT_EQ(ipv4("node 10.0.0.5 is down"), Strings{"10.0.0.5"});
  EXPECT_EQ(ipv4("nginx 52.2.3.4:80"), Strings{"52.2.3.4"});
  EXPECT_EQ(ipv4("android device at 203.0.113.9"), Strings{"203.0.113.9"});
  EXPECT_EQ(ipv4("host/10.2.3.4:9092"), Strings{"10.2.3.4"});
  EXPECT_EQ(ipv4("client-ip=62.173.139.164;"), Strings{"62.173.139.164"});
}

TEST(NetworkTest, LeavesIpv4ThatIsNone) {
  for (const char* const text : {"127.0.0.1",
                                 "0.0.0.0",
                                 "0.0.0.0/0",
                                 "255.255.255.255",
                                 "255.255.255.0",
                                 "8.8.8.8",
                                 "1.1.1.1",
                                 "192.168.1",
                                 "192.168.1.256",
                                 "192.168.1.1.1",
                                 "1.192.168.1.1",
                                 "text192.168.1.1",
                                 "v12.34.56.78",
                                 "version 12.34.56.78",
                                 "Chrome/114.0.0.0 Safari",
                                 "glibc-2.31.12.1",
                                 "==12.13.14.15",
                                 "1.2.3.4",
                                 "4.0.0.0",
                                 "09.05.15.06",
                                 "12.34.56.78-beta1",
                                 "1.3.6.1.4.1.311",
                                 "[IP_12]",
                                 "pkg@1.2.3.4",
                                 "build 22.11.33.44",
                                 "OpenSSL 3.0.2.15",
                                 "kernel 5.15.0.91",
                                 "iOS 17.1.2.1",
                                 "Section 10.2.1.4",
                                 "package 10.24.16.61",
                                 "score 10.9.8.7",
                                 "php 8.1.2.17",
                                 "12.5",
                                 "3.14.15"}) {
    EXPECT_EQ(ipv4(text), Strings{}) << text;
  }
}

TEST(NetworkTest, FindsIpv6) {
  for (const char* const address :
       {"2001:db8::1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1", "fe80::1%eth0", "fc00::/7", "ff02::1",
        "2a02:8109:9ac0:1d6c::2", "684D:1111:222:3333:4444:5555:6:77", "::ffff:203.0.113.9", "2001:db8::192.0.2.1",
        "2001:db8:0:0:0:0:192.168.1.1", "2400:c401::5054:ff:fe1b:b031", "2001:db8::/32"}) {
    for (const std::string& text : testing::surroundings(address)) {
      EXPECT_EQ(ipv6(text), Strings{address}) << text;
    }
  }
  EXPECT_EQ(ipv6("[2001:db8::1]:443"), Strings{"2001:db8::1"});
  EXPECT_EQ(ipv6("2001:db8::1: unreachable"), Strings{"2001:db8::1"});
  EXPECT_EQ(ipv6("see 2001:db8::1."), Strings{"2001:db8::1"});
  EXPECT_EQ(ipv6("ip:2001:db8::1"), Strings{"2001:db8::1"});
}

TEST(NetworkTest, LeavesIpv6ThatIsNone) {
  for (const char* const text : {"::",
                                 "::1",
                                 ":::",
                                 "std::cout",
                                 "a::b",
                                 "dead::beef",
                                 "x[1::2]",
                                 "arr[::6]",
                                 "10:30:00",
                                 "12:34:56.789",
                                 "Time 12:34",
                                 "00:1A:2B:3C:4D:5E",
                                 "Port 80:443",
                                 "12345:db8::1",
                                 "2001::25de::cade",
                                 "::ffff:192.168.1",
                                 "fe80::1text",
                                 "aa:bb:cc:dd:ee:ff:00:11",
                                 "key: value",
                                 "http://x",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "[IP_ab]:80",
                                 "c::d::e"}) {
    EXPECT_EQ(ipv6(text), Strings{}) << text;
  }
}

TEST(NetworkTest, FindsMac) {
  for (const char* const address :
       {"00:1A:2B:3C:4D:5E", "01-23-45-67-89-ab", "0012.3456.789a", "a0:b1:c2:d3:e4:f5", "02:00:5e:ff:fe:10:00:01"}) {
    for (const std::string& text : testing::surroundings(address)) EXPECT_EQ(macs(text), Strings{address}) << text;
  }
  EXPECT_EQ(macs("MAC 01-02-03-04-05-06"), Strings{"01-02-03-04-05-06"});
  EXPECT_EQ(macs("00:11:22:33:44:55, 40:41:18:31:30:79").size(), 2U);
  EXPECT_EQ(macs("link/ether 00:11:22:33:44:55"), Strings{"00:11:22:33:44:55"});
  const Passage passage{"AA-BB-CC-DD-EE-FF", "", 0};
  for (size_t at = 0; at < passage.text.size(); ++at) {
    EXPECT_EQ(find_mac(passage, at), (Finding{0, 17, Kind::kMacAddress, "MAC48"})) << at;
  }
}

TEST(NetworkTest, LeavesMacThatIsNone) {
  for (const char* const text :
       {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "FF-FF-FF-FF-FF-FF", "10:30:00", "2024-01-02-03-04-05",
        "01-02-03-04-05-06", "12:30:45:67:89:10", "ZZ:ZZ:ZZ:ZZ:ZZ:ZZ", "00:1A-2B:3C:4D:5E",
        "550e8400-e29b-41d4-a716-446655440000", "00:1A:2B:3C:4D", "16:27:ac:a5:76:28:2d:36:63:1b:56:4d",
        "x00:1A:2B:3C:4D:5E", "2024.1121.1430", "[MAC_00]"}) {
    EXPECT_EQ(macs(text), Strings{}) << text;
  }
}

TEST(NetworkTest, BearsHostileTexts) {
  for (const std::string unit : {":", "1", "1.", "1:", "a:", "::", "aa:", "aa-", "1.1.1.1.", "f"}) {
    std::string text;
    while (text.size() < 1 << 20) text += unit;
    EXPECT_EQ(ipv4(text), Strings{}) << unit;
    EXPECT_EQ(ipv6(text), Strings{}) << unit;
    EXPECT_EQ(macs(text), Strings{}) << unit;
  }
}

}  // namespace
}  // namespace gleaner::privacy

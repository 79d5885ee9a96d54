// Most bytes of a text are letters and spaces, and nothing personal or secret is made of those alone: an e-mail address
// has its "@", a number its digits, a secret a long run without a space or a word and a colon before it. So the text is
// read once, 64 bytes at a time, into bit masks of such bytes; their rare bits are the places where detectors look.
// docs/adr/0007 compares this with the alternatives.
#include "privacy/scanner.h"

#include <algorithm>
#include <array>
#include <span>

#include "privacy/anchors.h"
#include "privacy/detect/credential.h"
#include "privacy/detect/crypto_address.h"
#include "privacy/detect/email.h"
#include "privacy/detect/identifier.h"
#include "privacy/detect/network.h"
#include "privacy/detect/payment.h"
#include "privacy/detect/person.h"
#include "privacy/detect/phone.h"
#include "privacy/detect/street.h"
#include "privacy/detect/token.h"

namespace gleaner::privacy {
namespace {

// The detectors of each anchor, in the order in which they are asked; the first that finds something has it.
constexpr std::array<Detector, 3> kAtLongRun = {&find_token, &find_crypto_address, &find_mac};
constexpr std::array<Detector, 1> kAtDashes = {&find_private_key};
struct NumberDetector {
  Detector detect;
  int digits;  // no less within the window is worth a look
};
constexpr std::array kAtNumber = {
    NumberDetector{&find_iban, 6}, NumberDetector{&find_card, 12},      NumberDetector{&find_ipv4, 4},
    NumberDetector{&find_mac, 4},  NumberDetector{&find_identifier, 4}, NumberDetector{&find_phone, 7},
};
constexpr std::array<Detector, 1> kAtSign = {&find_email};
constexpr std::array<Detector, 4> kAtAssign = {&find_url_credentials, &find_mac, &find_ipv6, &find_secret};
constexpr std::array<Detector, 1> kAtWideColon = {&find_secret};
constexpr std::array<Detector, 1> kAtSlash = {&find_paired_password};
constexpr std::array<Detector, 1> kAtW = {&find_spoken_password};
constexpr std::array<Detector, 1> kAtCapital = {&find_person};
constexpr std::array<Detector, 1> kAtStreetNumber = {&find_street};

// The bytes in which the digits of a number are counted.
constexpr uint64_t kNumberWindow = (uint64_t{1} << 24) - 1;

constexpr size_t kRandomId = 32;
// Shorter texts hold nothing; a password may be short, but then its member's name says so.
constexpr size_t kShortest = 5;

// The names of nearly all strings of a chat, none of which says that its value is a secret.
bool is_common(std::string_view key) {
  switch (key.size()) {
    case 0:
      return true;
    case 2:
      return key == "id";
    case 4:
      return key == "role" || key == "text" || key == "type" || key == "name";
    case 5:
      return key == "model" || key == "value";
    case 7:
      return key == "content";
    default:
      return false;
  }
}

class Scan {
 public:
  Scan(std::string_view text, std::string_view key, KindSet wanted, std::vector<Finding>& findings)
      : passage_{text, key, 0}, wanted_(wanted), findings_(findings) {
    names_ = wanted.has(Kind::kName);
    streets_ = wanted.has(Kind::kAddress);
  }

  void run() {
    if (!is_common(passage_.key)) {
      if (const auto finding = find_keyed_secret(passage_)) take(*finding);
    }
    for (AnchorWalk walk(passage_.text, names_); !walk.done(); walk.advance()) visit(walk.position(), walk.look());
  }

 private:
  void visit(size_t base, const Anchors& anchors) {
    uint64_t all = anchors.long_run | anchors.dashes | anchors.number | anchors.mark | anchors.capital;
    for (; all != 0; all &= all - 1) {
      const int bit = std::countr_zero(all);
      const size_t at = base + static_cast<size_t>(bit);
      if (at >= passage_.from) wake(at, uint64_t{1} << bit, bit, anchors);
    }
  }

  void wake(size_t at, uint64_t bit, int index, const Anchors& anchors) {
    if ((anchors.number & bit) != 0 && wake_number(at, bit, index, anchors)) return;
    if ((anchors.mark & bit) != 0 && wake_mark(at)) return;
    if ((anchors.dashes & bit) != 0 && ask(kAtDashes, at)) return;
    if ((anchors.long_run & bit) != 0 && wake_long_run(at)) return;
    if ((anchors.capital & bit) != 0) ask(kAtCapital, at);
  }

  bool wake_mark(size_t at) {
    const std::string_view text = passage_.text;
    switch (text[at]) {
      case ':':
      case '=':
        return ask(kAtAssign, at);
      case '@':
        return ask(kAtSign, at);
      case '%':  // an "@" as it stands in a URL
        return text.substr(at, 3) == "%40" && ask(kAtSign, at);
      case '/':  // "login: ann@example.com / hunter2"
        return at > 0 && text[at - 1] == ' ' && ask(kAtSlash, at);
      case 'w':
      case 'W':
        return ask(kAtW, at);
      default:
        return text.substr(at, 3) == "\uff1a" && ask(kAtWideColon, at);
    }
  }

  // A token may begin with a digit, so that anchor is asked as well, and first.
  bool wake_number(size_t at, uint64_t bit, int index, const Anchors& anchors) {
    if ((anchors.long_run & bit) != 0 && wake_long_run(at)) return true;
    uint64_t window = anchors.digit >> index;
    if (index > 0) window |= anchors.next_digit << (64 - index);
    // "AB51 ABC": what begins with capitals may have few digits.
    const bool behind_capital = at > 0 && is_upper(passage_.text[at - 1]);
    const int digits = std::max(std::popcount(window & kNumberWindow), behind_capital ? 4 : 0);
    for (const NumberDetector& one : kAtNumber) {
      if (digits >= one.digits && ask({&one.detect, 1}, at)) return true;
    }
    return streets_ && ask(kAtStreetNumber, at);
  }

  bool wake_long_run(size_t at) {
    if (ask(kAtLongRun, behind_escape(at))) return true;
    // UUIDs and digests are made of numbers, none of which is anybody's.
    const size_t end = end_of_random_id(at);
    if (end == at) return false;
    passage_.from = end;
    return true;
  }

  // Where the hexadecimal digits and dashes that begin at `at` end, if nothing else is joined to them and they are as
  // many as in a UUID or a digest; else `at`.
  size_t end_of_random_id(size_t at) const {
    const std::string_view text = passage_.text;
    size_t end = at;
    while (end < text.size() && (is_hex(text[end]) || text[end] == '-')) ++end;
    return end - at >= kRandomId && stands_alone(text, at, end) ? end : at;
  }

  // In JSON or code inside a text the "n" of "\n" is no letter of the word behind it.
  size_t behind_escape(size_t at) const {
    const std::string_view text = passage_.text;
    const bool escape = at > 0 && text[at - 1] == '\\' && (text[at] == 'n' || text[at] == 't' || text[at] == 'r');
    return escape ? at + 1 : at;
  }

  bool ask(std::span<const Detector> detectors, size_t at) {
    for (const Detector detector : detectors) {
      if (const auto finding = detector(passage_, at)) {
        take(*finding);
        return true;
      }
    }
    return false;
  }

  // What is not wanted is passed over as a whole, so that no other detector makes something of a part of it.
  void take(Finding finding) {
    finding.begin = behind_escape(finding.begin);
    passage_.from = finding.end;
    if (wanted_.has(finding.kind)) findings_.push_back(finding);
  }

  Passage passage_;
  KindSet wanted_;
  std::vector<Finding>& findings_;
  bool names_ = false;
  bool streets_ = false;
};

}  // namespace

void scan(std::string_view text, std::string_view key, KindSet wanted, std::vector<Finding>& findings) {
  if (text.size() < kShortest && is_common(key)) return;
  Scan(text, key, wanted, findings).run();
}

}  // namespace gleaner::privacy

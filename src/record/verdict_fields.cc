#include "record/verdict_fields.h"

#include <array>

namespace gleaner::record {
namespace {

constexpr std::array kVerdictFields = {
    VerdictField{"signals", &Verdict::signals},
    VerdictField{"thumbs_up", &Verdict::thumbs_up},
    VerdictField{"thumbs_down", &Verdict::thumbs_down},
    VerdictField{"edits", &Verdict::edits},
    VerdictField{"reports", &Verdict::reports},
    VerdictField{"ratings", &Verdict::ratings},
    VerdictField{"rating_mean", &rating_mean},
    VerdictField{"comments", &Verdict::comments},
    VerdictField{"likes", &Verdict::likes},
    VerdictField{"dismissals", &Verdict::dismissals},
    VerdictField{"net_likes", &Verdict::net_likes},
    VerdictField{"bookmarks", &Verdict::bookmarks},
    VerdictField{"shares", &Verdict::shares},
    VerdictField{"viewers", &Verdict::viewers},
    VerdictField{"corrections", &Verdict::corrections},
    VerdictField{"validations_passed", &Verdict::validations_passed},
    VerdictField{"validations_failed", &Verdict::validations_failed},
    VerdictField{"approvals", &Verdict::approvals},
    VerdictField{"rejections", &Verdict::rejections},
    VerdictField{"scores", &Verdict::scores},
    VerdictField{"feedback", &Verdict::feedback},
    VerdictField{"engagement", &Verdict::engagement},
    VerdictField{"edited", &Verdict::edited},
    VerdictField{"positive", &Verdict::positive},
    VerdictField{"negative", &Verdict::negative},
    VerdictField{"quality", &Verdict::quality},
};

}  // namespace

std::optional<double> rating_mean(const Verdict& verdict) {
  if (verdict.ratings == 0) return std::nullopt;
  return verdict.rating_sum / static_cast<double>(verdict.ratings);
}

std::span<const VerdictField> verdict_fields() {
  return kVerdictFields;
}

}  // namespace gleaner::record

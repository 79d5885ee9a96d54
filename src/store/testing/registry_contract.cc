// The part of the contract that is about projects and API keys.
#include "store/testing/store_contract.h"

namespace gleaner::store {
namespace {

constexpr const char* kDay = "2026-11-20";

}  // namespace

TEST_P(StoreContract, KeepsProjectsAndKeys) {
  Registry& registry = harness_->registry();
  const std::string secret = registry.project("default")->secret.reveal();
  EXPECT_EQ(secret.size(), 32U);
  EXPECT_NE(registry.project("other")->secret.reveal(), secret);
  const Time at = parse_time(kDay).value();
  ASSERT_TRUE(registry.add_key({"k1", "default", "web", {"ingest", "read"}, "hash", at, {}}));
  EXPECT_FALSE(registry.revoke_key("other", "k1", at).value());
  EXPECT_TRUE(registry.revoke_key("default", "k1", at).value());
  harness_->reopen();
  EXPECT_EQ(harness_->registry().project("default")->secret.reveal(), secret);
  const auto keys = harness_->registry().keys();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().scopes, (std::vector<std::string>{"ingest", "read"}));
  EXPECT_EQ(keys->front().revoked_at, at);
}

TEST_P(StoreContract, SecretsRotateAndStayKnown) {
  Registry& registry = harness_->registry();
  const auto before = registry.project("shop").value();
  const Time first = parse_time("2026-11-21T08:00:00Z").value();
  const Time second = parse_time("2026-11-22T08:00:00Z").value();
  ASSERT_TRUE(registry.rotate_secret("shop", first));
  ASSERT_TRUE(registry.rotate_secret("shop", second));
  EXPECT_EQ(registry.rotate_secret("shop", first).error().code, Code::kConflict);
  harness_->reopen();
  const auto project = harness_->registry().project("shop").value();
  EXPECT_EQ(project.secret.reveal(), before.secret.reveal());
  ASSERT_EQ(project.rotations.size(), 2U);
  using std::chrono::milliseconds;
  EXPECT_EQ(project.pseudonym_secret(first - milliseconds(1)).reveal(), before.secret.reveal());
  EXPECT_EQ(project.pseudonym_secret(first).reveal(), project.rotations[0].secret.reveal());
  EXPECT_EQ(project.pseudonym_secret(second).reveal(), project.rotations[1].secret.reveal());
  EXPECT_NE(project.rotations[0].secret.reveal(), project.rotations[1].secret.reveal());
  EXPECT_TRUE(harness_->registry().project("other").value().rotations.empty());
  EXPECT_EQ(harness_->registry().projects().value(), (std::vector<std::string>{"other", "shop"}));
}

TEST_P(StoreContract, AProjectComesFromAnotherStore) {
  Registry& registry = harness_->registry();
  const Time from = parse_time("2026-11-21T08:00:00Z").value();
  const Project project{"moved", Secret(std::string(32, 'a')), {{from, Secret(std::string(32, 'b'))}}};
  ASSERT_TRUE(registry.restore_project(project));
  ASSERT_TRUE(registry.restore_project(project));
  harness_->reopen();
  EXPECT_TRUE(harness_->registry().project("moved")->same_secrets(project));
  const Project other{"moved", Secret(std::string(32, 'c')), {}};
  EXPECT_EQ(harness_->registry().restore_project(other).error().code, Code::kConflict);
}

TEST_P(StoreContract, AProjectThatCameMayBeRotatedSince) {
  Registry& registry = harness_->registry();
  const auto rotation = [](const std::string& day, char fill) {
    return Rotation{parse_time(day).value(), Secret(std::string(32, fill))};
  };
  const Secret secret(std::string(32, 'a'));
  const Project never{"moved", secret, {}};
  const Project once{"moved", secret, {rotation("2026-11-21", 'b')}};
  const Project twice{"moved", secret, {rotation("2026-11-21", 'b'), rotation("2026-11-22", 'c')}};
  for (const Project* const project : {&never, &once, &twice, &once, &never})
    EXPECT_TRUE(registry.restore_project(*project));
  EXPECT_TRUE(registry.project("moved")->same_secrets(twice));
  const Project parted{"moved", secret, {rotation("2026-11-21", 'b'), rotation("2026-11-22", 'd')}};
  EXPECT_EQ(registry.restore_project(parted).error().code, Code::kConflict);
  EXPECT_TRUE(registry.project("moved")->same_secrets(twice));
}

TEST_P(StoreContract, AKeyComesFromAnotherStore) {
  Registry& registry = harness_->registry();
  const Time at = parse_time(kDay).value();
  const Time later = at + std::chrono::hours(1);
  const ApiKey live{"k1", "default", "web", {"ingest", "read"}, "hash 1", at, {}};
  const ApiKey revoked{"k2", "default", "old", {"admin"}, "hash 2", at, later};
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(registry.add_key(live));
    EXPECT_TRUE(registry.add_key(revoked));
  }
  ApiKey taken = live;
  taken.hash = "hash 3";
  EXPECT_EQ(registry.add_key(taken).error().code, Code::kConflict);
  ApiKey known = live;
  known.revoked_at = later;
  EXPECT_TRUE(registry.add_key(known));
  EXPECT_TRUE(registry.add_key(live));
  known = revoked;
  known.revoked_at = at;
  EXPECT_TRUE(registry.add_key(known));
  harness_->reopen();
  const auto keys = harness_->registry().keys();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_TRUE((*keys)[0].same_key(live));
  EXPECT_TRUE((*keys)[1].same_key(revoked));
  EXPECT_EQ((*keys)[0].revoked_at, later);
  EXPECT_EQ((*keys)[1].revoked_at, later);
}

}  // namespace gleaner::store

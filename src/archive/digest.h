// What the bytes and the records of a part are known by.
//
// Thread contract: a Sha256Stream belongs to one thread; mix64 is safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/hash.h"

namespace gleaner::archive {

// SHA-256 of bytes that come in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void add(std::string_view bytes);
  // Of everything added; nothing may be added after it.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A bijection that spreads every bit over all 64: splitmix64 (Steele, Lea, Flood 2014). Sums of it tell apart sets
// whose plain sums are the same.
constexpr uint64_t mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace gleaner::archive

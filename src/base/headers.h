// The header fields of an HTTP message, in their order. All of their text stands in one block: a message's headers are
// two pieces of memory to make, to copy and to drop, however many they are.
//
// Views of names and values are good until the headers change or go. Safe from any thread while nobody changes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gleaner {

class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // name, value
  class Iterator;
  using value_type = Field;
  using const_iterator = Iterator;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) {
    for (const auto& [name, value] : fields) emplace_back(name, value);
  }

  // `bytes`: of all names and values.
  void reserve(size_t fields, size_t bytes) {
    entries_.reserve(fields);
    text_.reserve(bytes);
  }
  // Neither may be a part of these headers. All of their text together is below 4 GiB.
  void emplace_back(std::string_view name, std::string_view value);
  // What is erased stays in memory until the headers go.
  template <typename Predicate>
  void erase_if(Predicate predicate) {
    std::erase_if(entries_, [&](const Entry& entry) { return predicate(field(entry)); });
  }
  void erase(std::string_view name) {
    erase_if([name](const Field& field) { return field.first == name; });
  }

  size_t size() const { return entries_.size(); }
  // What reserve() takes.
  size_t bytes() const { return text_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](size_t i) const { return field(entries_[i]); }
  Field front() const { return field(entries_.front()); }
  Iterator begin() const;
  Iterator end() const;
  // Of the first field of that name, in the case it was given in; empty if there is none.
  std::string_view value(std::string_view name) const;

 private:
  // The value stands behind the name.
  struct Entry {
    uint32_t start;
    uint32_t name_size;
    uint32_t value_size;
  };
  Field field(const Entry& entry) const {
    const std::string_view text = text_;
    return {text.substr(entry.start, entry.name_size), text.substr(entry.start + entry.name_size, entry.value_size)};
  }

  std::string text_;
  std::vector<Entry> entries_;
};

class Headers::Iterator {
 public:
  using value_type = Field;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;
  Field operator*() const { return (*headers_)[at_]; }
  Iterator& operator++() {
    ++at_;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++at_;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  friend class Headers;
  Iterator(const Headers& headers, size_t at) : headers_(&headers), at_(at) {}

  const Headers* headers_ = nullptr;
  size_t at_ = 0;
};

inline Headers::Iterator Headers::begin() const {
  return {*this, 0};
}
inline Headers::Iterator Headers::end() const {
  return {*this, size()};
}

}  // namespace gleaner

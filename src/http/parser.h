// Beast's parsers of messages, which write what they find to where it is used: a head's fields into few pieces of
// memory, a body to where the caller wants it. Beast's own containers take a piece for each field.
//
// Each belongs to one coroutine.
#pragma once

#include <cstdint>
#include <string>

#include <boost/beast/http/basic_parser.hpp>

#include "http/message.h"

namespace gleaner::http {

using ErrorCode = boost::system::error_code;

// Fills method, target, headers and body of a request.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  // `request` must outlive it.
  explicit RequestParser(Request& request) : request_(request) {}

  bool is_http11() const { return is_http11_; }

 private:
  using Text = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version, ErrorCode& error) override;
  void on_response_impl(int, Text, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field known, Text name, Text value, ErrorCode& error) override;
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(Text piece, ErrorCode& error) override;
  void on_chunk_header_impl(uint64_t, Text, ErrorCode&) override {}
  size_t on_chunk_body_impl(uint64_t, Text piece, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  Request& request_;
  bool is_http11_ = false;
};

class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }
  const Headers& headers() const { return headers_; }  // names in lower case
  std::string_view name_as_sent(size_t i) const { return names_[i].first; }
  // Where the body goes from here on: to the end of `piece`, which must outlive the next put().
  void body_to(std::string& piece) { body_ = &piece; }

 private:
  using Text = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, Text, Text, int, ErrorCode&) override {}
  void on_response_impl(int status, Text reason, int version, ErrorCode& error) override;
  void on_field_impl(boost::beast::http::field known, Text name, Text value, ErrorCode& error) override;
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(Text piece, ErrorCode& error) override;
  void on_chunk_header_impl(uint64_t, Text, ErrorCode&) override {}
  size_t on_chunk_body_impl(uint64_t, Text piece, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  int status_ = 0;
  std::string reason_;
  Headers headers_;
  Headers names_;  // as they were sent, without values
  std::string* body_ = nullptr;
};

}  // namespace gleaner::http

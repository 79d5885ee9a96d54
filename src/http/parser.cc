#include "http/parser.h"

#include "base/text.h"

namespace gleaner::http {
namespace {

// Of most messages.
constexpr size_t kFields = 24;
constexpr size_t kFieldBytes = 1024;
constexpr size_t kNameBytes = 384;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

void RequestParser::on_request_impl(boost::beast::http::verb, Text method, Text target, int version, ErrorCode&) {
  constexpr int kHttp11 = 11;
  is_http11_ = version >= kHttp11;
  request_.method = view(method);
  request_.target = view(target);
  request_.headers.reserve(kFields, kFieldBytes);
}

void RequestParser::on_field_impl(boost::beast::http::field, Text name, Text value, ErrorCode&) {
  if (is_header_done()) return;  // behind a body; nothing of ours reads those
  request_.headers.emplace_back(ascii_lower(view(name)), view(value));
}

size_t RequestParser::on_body_impl(Text piece, ErrorCode&) {
  request_.body += view(piece);
  return piece.size();
}

size_t RequestParser::on_chunk_body_impl(uint64_t, Text piece, ErrorCode& error) {
  return on_body_impl(piece, error);
}

void ResponseParser::on_response_impl(int status, Text reason, int, ErrorCode&) {
  status_ = status;
  reason_ = view(reason);
  headers_.reserve(kFields, kFieldBytes);
  names_.reserve(kFields, kNameBytes);
}

void ResponseParser::on_field_impl(boost::beast::http::field, Text name, Text value, ErrorCode&) {
  if (is_header_done()) return;  // behind a body
  headers_.emplace_back(ascii_lower(view(name)), view(value));
  names_.emplace_back(view(name), {});
}

size_t ResponseParser::on_body_impl(Text piece, ErrorCode&) {
  *body_ += view(piece);
  return piece.size();
}

size_t ResponseParser::on_chunk_body_impl(uint64_t, Text piece, ErrorCode& error) {
  return on_body_impl(piece, error);
}

}  // namespace gleaner::http

// Sending without waiting: what the kernel takes at once, which is nearly always all, needs no way through the
// scheduler.
#pragma once

#include <string_view>

#include "http/net.h"

namespace gleaner::http {

// `first` and then `second`, whole, or an error. Both must live until it is done.
Task<boost::system::error_code> send_all(Socket& socket, std::string_view first, std::string_view second = {});

}  // namespace gleaner::http

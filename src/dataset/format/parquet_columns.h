// The columns of the Parquet formats, in the words of DuckDB's from_json(): what parquet.cc writes, with its types.
#pragma once

#include <string_view>

#define GLEANER_ORIGIN                                                                                             \
  R"({"id":"VARCHAR","interaction_ids":["VARCHAR"],"platform":"VARCHAR","kind":"VARCHAR","session_id":"VARCHAR",)" \
  R"("user_id":"VARCHAR","created_at":"TIMESTAMPTZ","model":"VARCHAR","language":"VARCHAR","answer":"VARCHAR",)"
#define GLEANER_MESSAGES                                                                                           \
  R"([{"role":"VARCHAR","content":"VARCHAR","content_parts":"VARCHAR","name":"VARCHAR","tool_call_id":"VARCHAR",)" \
  R"("tool_calls":[{"id":"VARCHAR","type":"VARCHAR","function":{"name":"VARCHAR","arguments":"VARCHAR"}}],)"       \
  R"("weight":"INTEGER"}],)"
#define GLEANER_END R"("tools":"VARCHAR","metadata":"VARCHAR"})"

namespace gleaner::dataset {

inline constexpr std::string_view kParquetColumns = GLEANER_ORIGIN R"("messages":)" GLEANER_MESSAGES GLEANER_END;
inline constexpr std::string_view kParquetPreferenceColumns = GLEANER_ORIGIN
    R"("prompt":)" GLEANER_MESSAGES R"("chosen":)" GLEANER_MESSAGES R"("rejected":)" GLEANER_MESSAGES GLEANER_END;
inline constexpr std::string_view kParquetKtoColumns = GLEANER_ORIGIN
    R"("prompt":)" GLEANER_MESSAGES R"("completion":)" GLEANER_MESSAGES R"("label":"BOOLEAN",)" GLEANER_END;

}  // namespace gleaner::dataset

#undef GLEANER_ORIGIN
#undef GLEANER_MESSAGES
#undef GLEANER_END

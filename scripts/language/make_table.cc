// Makes the table of one writing (extract.py says from what, make_table.py for what).
//
// Usage: make_table COUNTS_FOLDER WRITING: prints the group in the format of src/enrich/language_table.h.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include "trainer.h"

namespace {

using gleaner::maker::GroupPlan;

struct Row {
  const char* name;
  const char* languages;
  size_t longest_gram;
  size_t kept_bytes;
  double million_examples;
};

// What stands after a plus is called by the first name: Bosnian cannot be told from Croatian by its letters, Nynorsk
// from Bokmål and Malay from Indonesian only at the cost of the larger one.
constexpr std::array kRows = std::to_array<Row>({
    {"latin",
     "af az ca cs cy da de en eo es et eu fi fr ga hr+bs hu id+ms is it la lg lt lv mi nb+nn nl pl pt ro sk sl sn so "
     "sq "
     "st sv sw tl tn tr ts vi xh yo zu",
     5, 2000000, 8},
    {"cyrillic", "be bg kk mk mn ru sr uk", 5, 320000, 3},
    {"arabic", "ar fa ur", 5, 90000, 1},
    {"devanagari", "hi mr", 5, 50000, 1},
    {"han", "ja zh", 1, 50000, 2},
});

GroupPlan plan_of(const Row& row) {
  GroupPlan plan{row.name, {}, row.longest_gram, row.kept_bytes, row.million_examples};
  std::istringstream codes(row.languages);
  for (std::string code; codes >> code;) plan.languages.push_back(code);
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const auto* const row = argc == 3 ? std::ranges::find(kRows, std::string_view(argv[2]), &Row::name) : kRows.end();
  if (row == kRows.end()) {
    std::fprintf(stderr, "usage: make_table COUNTS_FOLDER latin|cyrillic|arabic|devanagari|han\n");
    return 2;
  }
  try {
    const GroupPlan plan = plan_of(*row);
    gleaner::maker::Trainer trainer(plan, argv[1]);
    trainer.train();
    std::printf("@ %s %s\n", row->name, trainer.legend().c_str());
    for (const std::string& line : trainer.lines()) std::printf("%s\n", line.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_table: %s\n", error.what());
    return 1;
  }
  return 0;
}

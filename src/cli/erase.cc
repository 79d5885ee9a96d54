// Removes interactions, a person or a project for good, and prints the receipt.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "archive/eraser.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "privacy/pseudonym.h"

namespace gleaner::cli {
namespace {

using archive::ErasureRequest;
using archive::Receipt;
using Kind = ErasureRequest::Kind;

struct Options {
  std::vector<std::string> ids;
  std::string user;
  std::string name;
  bool yes = false;
  bool resume = false;
  bool receipts = false;
};

constexpr const char* kHelp =
    "  gleaner erase interaction chat-1 chat-2\n  gleaner erase user ann@example.com --project shop\n"
    "  gleaner erase project shop --yes --json\n  gleaner erase --resume\n  gleaner erase --receipts\n\n"
    "Removes it from the store and the space it took there, from signals that wait, from rejected records, and from\n"
    "archived objects, which are written anew without it and exchanged; every version that the bucket keeps goes too.\n"
    "The receipt says what was removed from where. It is kept in data_dir/erasures, and holds no content.\n\n"
    "Asks first on a terminal; elsewhere --yes is needed. Killed, it is gone on with by --resume, or by the server "
    "when\n"
    "it starts. If nothing was found the exit code is 1.";

constexpr size_t kPseudonymDigits = 32;

bool is_pseudonym(std::string_view id) {
  return id.size() == 2 + kPseudonymDigits && id.starts_with("u_") &&
         id.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

// As the person may be called in what is stored: by each secret that was ever in force.
std::vector<std::string> pseudonyms_of(const store::Project& project, const std::string& user) {
  if (is_pseudonym(user)) return {user};
  std::vector<std::string> out = {privacy::pseudonym(project.secret, user)};
  for (const store::Rotation& rotation : project.rotations) out.push_back(privacy::pseudonym(rotation.secret, user));
  return out;
}

// Not made, if it is not there.
Result<store::Project> existing_project(store::Registry& registry, const std::string& name) {
  TRY_ASSIGN(const std::vector<std::string> names, registry.projects());
  if (std::ranges::find(names, name) == names.end())
    return fail(Code::kNotFound, fmt::format("there is no project \"{}\"; gleaner project list shows them", name));
  return registry.project(name);
}

// -------------------------------------------------------------------------------------------------------------- output

// Whether a server of this data_dir keeps records for a database that is away (docs/spool-format.md).
bool has_spooled(const Context& context) {
  constexpr uintmax_t kHeader = 40;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(context.config.data_dir + "/spool", error)) {
    const std::string kind = entry.path().extension();
    if (kind == ".damaged" || (kind == ".spool" && entry.file_size(error) > kHeader && !error)) return true;
  }
  return false;
}

std::vector<std::string> out_of_reach(const Context& context) {
  std::vector<std::string> out = {"backups, snapshots and other copies of the store and of the archive",
                                  "files that were exported before, and models trained on them"};
  if (!context.config.database_url.empty()) {
    out.emplace_back("PostgreSQL's write-ahead log, replicas and what was archived of them, until they are recycled");
    out.push_back(
        fmt::format("what a server spooled while PostgreSQL was away{}: it comes when that is back; erase again",
                    has_spooled(context) ? " (here there is some now)" : ""));
  }
  if (!context.config.s3_bucket.empty()) out.emplace_back("copies that the bucket's replication or object lock keeps");
  return out;
}

std::string what_of(const ErasureRequest& request) {
  switch (request.kind) {
    case Kind::kInteraction:
      return fmt::format("interaction {}", fmt::join(request.subjects, ", "));
    case Kind::kUser:
      return fmt::format("person {}", fmt::join(request.subjects, ", "));
    case Kind::kProject:
      return "everything";
  }
  return "";
}

void print_receipt(const Context& context, const Receipt& receipt) {
  fmt::print("Receipt {}\n  {} of project {}\n  {} to {}\n  {} interactions and {} signals were removed\n\n",
             receipt.id, one_line(printable(what_of(receipt.request))), receipt.request.project,
             format_time(receipt.started), receipt.finished ? format_time(*receipt.finished) : "(not done yet)",
             receipt.interactions(), receipt.signals());
  Table table;
  table.column("where");
  for (const char* const title : {"interactions", "signals", "rejects", "versions"})
    table.column(title, Table::Align::kRight);
  table.column("object");
  table.column("now");
  for (const archive::Removal& removal : receipt.removals) {
    const std::string now =
        removal.replaced_by.empty() ? removal.object.empty() ? removal.note : "(nothing)" : removal.replaced_by;
    table.row({removal.where, std::to_string(removal.interactions), std::to_string(removal.signals),
               std::to_string(removal.rejects), std::to_string(removal.versions), removal.object, now});
  }
  table.print();
  fmt::print("\nNot reached, and yours to see to:\n");
  for (const std::string& one : out_of_reach(context)) fmt::print("  - {}\n", one);
}

void print_receipts_json(const std::vector<Receipt>& receipts) {
  std::string out = "[";
  for (const Receipt& receipt : receipts) {
    if (out.size() > 1) out += ',';
    write_json(receipt, out);
  }
  fmt::print("{}]\n", out);
}

bool found_any(const Receipt& receipt) {
  return std::ranges::any_of(receipt.removals, [](const archive::Removal& removal) {
    return removal.interactions > 0 || removal.signals > 0 || removal.rejects > 0;
  });
}

// ------------------------------------------------------------------------------------------------------------ the work

Result<bool> confirmed(const ErasureRequest& request, bool yes) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    return fail(Code::kInvalidArgument,
                "erase: standard input is no terminal that could be asked; --yes erases without asking");
  }
  fmt::print(stderr, "Erase {} of project {} for good? [y/N] ", one_line(printable(what_of(request))), request.project);
  std::fflush(stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return ascii_lower(trim(answer)) == "y" || ascii_lower(trim(answer)) == "yes";
}

Result<int> erase(const Context& context, OpenStore& open, const ErasureRequest& request, bool yes) {
  TRY_ASSIGN(const bool sure, confirmed(request, yes));
  if (!sure) {
    fmt::print(stderr, "nothing was erased\n");
    return kFailed;
  }
  auto receipt = open.store->eraser().erase(request);
  if (!receipt) {
    fmt::print(stderr, "stopped; gleaner erase --resume goes on with it, once the cause is gone\n");
    return std::unexpected(std::move(receipt).error());
  }
  if (context.json) {
    std::string out;
    write_json(*receipt, out);
    fmt::print("{}\n", out);
  } else {
    print_receipt(context, *receipt);
  }
  std::fflush(stdout);
  if (found_any(*receipt)) return kDone;
  return fail(Code::kNotFound, "nothing of it was found");
}

Result<int> erase_interactions(const Context& context, const Options& options) {
  TRY_ASSIGN(OpenStore open, context.open_store());
  TRY_ASSIGN(const store::Project project, existing_project(*open.registry, context.project));
  ErasureRequest request{Kind::kInteraction, project.name, {}};
  // As look-ups do: an id that is a person's is stored as another.
  for (const std::string& id : options.ids) request.subjects.push_back(privacy::safe_id(project.secret, id));
  return erase(context, open, request, options.yes);
}

Result<int> erase_user(const Context& context, const Options& options) {
  if (trim(options.user).empty()) return fail(Code::kInvalidArgument, "erase user: expected an id, got nothing");
  TRY_ASSIGN(OpenStore open, context.open_store());
  TRY_ASSIGN(const store::Project project, existing_project(*open.registry, context.project));
  return erase(context, open, {Kind::kUser, project.name, pseudonyms_of(project, options.user)}, options.yes);
}

Result<int> erase_project(const Context& context, const Options& options) {
  TRY_ASSIGN(OpenStore open, context.open_store());
  TRY_ASSIGN(const store::Project project, existing_project(*open.registry, options.name));
  return erase(context, open, {Kind::kProject, project.name, {}}, options.yes);
}

Result<int> resume(const Context& context) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<Receipt> receipts, open.store->eraser().resume());
  if (context.json) {
    print_receipts_json(receipts);
    return kDone;
  }
  if (receipts.empty()) fmt::print("no erasure was interrupted\n");
  for (const Receipt& receipt : receipts) print_receipt(context, receipt);
  return kDone;
}

Result<int> list_receipts(const Context& context) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<Receipt> receipts, open.store->eraser().receipts());
  if (context.json) {
    print_receipts_json(receipts);
    return kDone;
  }
  Table table;
  for (const char* const title : {"receipt", "project", "what", "done"}) table.column(title);
  table.column("interactions", Table::Align::kRight);
  table.column("signals", Table::Align::kRight);
  for (const Receipt& receipt : receipts) {
    table.row({receipt.id, receipt.request.project, std::string(kind_name(receipt.request.kind)),
               receipt.finished ? format_time(*receipt.finished) : "no; gleaner erase --resume",
               std::to_string(receipt.interactions()), std::to_string(receipt.signals())});
  }
  if (table.empty()) {
    fmt::print("nothing was erased yet\n");
  } else {
    table.print();
  }
  return kDone;
}

}  // namespace

void add_erase(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(
      app, context, "erase", "Remove interactions, a person or a project for good, with a receipt", kHelp,
      [&context, options]() -> Result<int> {
        if (options->resume) return resume(context);
        if (options->receipts) return list_receipts(context);
        return fail(Code::kInvalidArgument, "erase: expected interaction, user, project, --resume or --receipts");
      });
  command->add_flag("--resume", options->resume, "go on with erasures that were interrupted");
  command->add_flag("--receipts", options->receipts, "list all erasures");
  command->require_subcommand(0, 1);
  const auto add = [&](const char* name, const char* help, const char* example, auto work) {
    CLI::App* const one = add_command(*command, context, name, help, example,
                                      [&context, options, work] { return work(context, *options); });
    one->add_flag("--yes,-y", options->yes, "do not ask");
    return one;
  };
  add("interaction", "Remove interactions with their signals", "  gleaner erase interaction chat-1 chat-2 --yes",
      erase_interactions)
      ->add_option("id", options->ids, "their ids")
      ->required();
  add("user", "Remove a person: what they asked, and their signals", "  gleaner erase user ann@example.com --yes",
      erase_user)
      ->add_option("id", options->user, "as the application sent it, or the pseudonym (u_...)")
      ->required();
  add("project", "Remove everything of a project; its name, keys and secrets stay",
      "  gleaner erase project shop --yes", erase_project)
      ->add_option("name", options->name, "the project")
      ->required();
}

}  // namespace gleaner::cli

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "store/api_keys.h"

namespace gleaner::cli {
namespace {

void write_key(json::Writer& w, const store::ApiKey& key) {
  w.field("id", key.id).field("name", key.name).field("project", key.project).key("scopes").begin_array();
  for (const std::string& scope : key.scopes) w.string(scope);
  w.end_array().field("created", format_time(key.created_at)).key("revoked");
  key.revoked_at ? w.string(format_time(*key.revoked_at)) : w.null();
}

Result<int> create(const Context& context, const std::string& name, const std::vector<std::string>& scopes) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const store::IssuedKey issued,
             store::issue_key(*open.registry, context.services.ids, context.services.clock.now(), context.project, name,
                              scopes));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object();
    write_key(w, issued.record);
    w.field("key", issued.key).end_object();
    fmt::print("{}\n", out);
  } else {
    fmt::print("{}\n\nThis is the only time it is shown. Its id, for revoking it: {}\n", strong(issued.key),
               issued.record.id);
  }
  return kDone;
}

Result<int> list(const Context& context) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<store::ApiKey> keys, open.registry->keys());
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_array();
    for (const store::ApiKey& key : keys) {
      w.begin_object();
      write_key(w, key);
      w.end_object();
    }
    w.end_array();
    fmt::print("{}\n", out);
    return kDone;
  }
  Table table;
  for (const char* const title : {"id", "project", "name", "scopes", "created", "revoked"}) table.column(title);
  for (const store::ApiKey& key : keys) {
    table.row({key.id, key.project, key.name, fmt::format("{}", fmt::join(key.scopes, " ")),
               format_time(key.created_at), key.revoked_at ? format_time(*key.revoked_at) : "-"});
  }
  table.print();
  return kDone;
}

Result<int> revoke(const Context& context, const std::string& id) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const bool revoked, open.registry->revoke_key(context.project, id, context.services.clock.now()));
  if (!revoked) return fail(Code::kNotFound, fmt::format("no key \"{}\" in project \"{}\"", id, context.project));
  fmt::print("{}\n", context.json ? fmt::format(R"({{"revoked":true,"id":"{}"}})", id) : "revoked " + id);
  return kDone;
}

}  // namespace

void add_keys(CLI::App& app, Context& context) {
  CLI::App* const keys = app.add_subcommand("keys", "Make, list and revoke API keys");
  keys->require_subcommand(1);
  keys->footer(
      "Examples:\n  gleaner keys create --name web --scope ingest\n  gleaner keys list\n  gleaner keys revoke ID");
  auto name = std::make_shared<std::string>();
  auto scopes = std::make_shared<std::vector<std::string>>();
  CLI::App* const make = add_command(*keys, context, "create", "Make a key and print it, this once",
                                     "  gleaner keys create --name web --scope ingest\n"
                                     "  gleaner keys create --name ops --scope admin --project shop --json",
                                     [&context, name, scopes] { return create(context, *name, *scopes); });
  make->add_option("--name", *name, "what the key is for")->required();
  make->add_option("--scope", *scopes, "ingest, read or admin; may be given several times")->required();
  add_command(*keys, context, "list", "List the keys of all projects", "  gleaner keys list --json",
              [&context] { return list(context); });
  auto id = std::make_shared<std::string>();
  CLI::App* const drop = add_command(*keys, context, "revoke", "Revoke a key",
                                     "  gleaner keys revoke 0192f0c1-7e64-7000-8000-2f6a52c1a111",
                                     [&context, id] { return revoke(context, *id); });
  drop->add_option("id", *id, "the key's id")->required();
}

}  // namespace gleaner::cli

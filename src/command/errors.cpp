#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>

namespace limpet::command {

namespace {

constexpr std::size_t kNameShown = 128;
constexpr std::size_t kArgumentsShown = 128;  // all of them together, about

}  // namespace

std::string unknown_command(Args args) {
  std::string shown;
  for (std::size_t i = 1; i < args.size() && shown.size() < kArgumentsShown; ++i) {
    shown += '\'' + printable(args[i], kArgumentsShown - shown.size()) + "' ";
  }
  return "ERR unknown command '" + printable(args[0], kNameShown) + "', with args beginning with: " + shown;
}

std::string wrong_arity(std::string_view name) {
  return "ERR wrong number of arguments for '" + std::string(name) + "' command";
}

std::string unknown_subcommand(const Spec& spec, std::string_view subcommand) {
  return "ERR unknown subcommand '" + printable(subcommand, kNameShown) + "'. Try " + to_upper(spec.name) +
         " HELP.";
}

std::string invalid_expire(std::string_view name) {
  return "ERR invalid expire time in '" + std::string(name) + "' command";
}

std::string unsupported_option(std::string_view option) {
  return "ERR Unsupported option " + printable(option, kNameShown);
}

const Subcommand* find_subcommand(const Spec& spec, std::string_view name) {
  for (const Subcommand& subcommand : spec.subcommands) {
    if (equals_ignore_case(name, subcommand.name)) return &subcommand;
  }
  return nullptr;
}

std::string explain_refusal(const Spec* spec, Args args) {
  if (spec == nullptr) return unknown_command(args);
  if (!spec->arity_fits(args.size())) return wrong_arity(spec->name);
  if (spec->subcommands.empty() || args.size() < 2) return {};
  const Subcommand* subcommand = find_subcommand(*spec, args[1]);
  if (subcommand == nullptr) return unknown_subcommand(*spec, args[1]);
  if (subcommand->arity_fits(args.size())) return {};
  return wrong_arity(std::string(spec->name) + '|' + std::string(subcommand->name));
}

}  // namespace limpet::command

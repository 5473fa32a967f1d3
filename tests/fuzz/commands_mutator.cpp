// How libFuzzer changes the inputs of the target `commands`: by lines and words more often than by bytes. New
// commands are made up from the command table: whatever is added there is tried without a change here.
#include <limpet/command/command.hpp>

#include "fuzz.hpp"

// libFuzzer's and AddressSanitizer's.
extern "C" const char* __asan_default_options();
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max,
                                               unsigned seed);

namespace limpet::fuzz {
namespace {

using command::Spec;

// The nodes keep what they hold from input to input, so short ones get as far as long ones, and faster.
constexpr std::size_t kInputBytesMax = 1024;

constexpr std::string_view kKeys[] = {"k0",  "k1",    "k2",   "k3",    "{a}0",    "{a}1",           "{a}2",
                                      "{b}", "{b}x",  "h0",   "h1",    "{a}h",    "\"\"",           "{}",
                                      "{",   "{}{a}", "@300", "@5000", "\"a b\"", "\"\\x00\\r\\n\""};
constexpr std::string_view kValues[] = {"\"\"",
                                        "v",
                                        "hello",
                                        "0",
                                        "1",
                                        "-1",
                                        "10",
                                        "007",
                                        "+1",
                                        "\" 1\"",
                                        "1e3",
                                        "-0",
                                        "nan",
                                        "9223372036854775807",
                                        "f0",
                                        "f1",
                                        "f2",
                                        "*",
                                        "[a-",
                                        "k?",
                                        "-9223372036854775808",
                                        "@1",
                                        "@40",
                                        "@64",
                                        "@255",
                                        "@256",
                                        "@4096",
                                        "9223372036854775808",
                                        "@9000",
                                        "@65535",
                                        "@70000",
                                        "16384",
                                        "100",
                                        "1000",
                                        "9223372036854775",
                                        "2",
                                        "\"\\x00\"",
                                        "\"\\xff\\xfe\"",
                                        "1700000001",
                                        "1700000005000",
                                        "18446744073709551616"};
constexpr std::string_view kOrders[] = {"!client 0",    "!client 1",     "!client 2",
                                        "!pipeline",    "!pass 1",       "!pass 999",
                                        "!pass 100000", "!mset {f} 300", "!mset k 50",
                                        "!hset h0 400", "!hset {a}h 9",  "CONFIG SET maxmemory 50000",
                                        "!mset {f} 500"};

template <std::size_t count>
std::string any_of(const std::string_view (&words)[count], Random& random) {
  return std::string(words[random.below(count)]);
}

// The fixed words of a row's syntax: NX, EX, MATCH ...
std::vector<std::string_view> fixed_words(std::string_view syntax) {
  std::vector<std::string_view> words;
  while (!syntax.empty()) {
    const std::size_t length = std::min(syntax.find_first_of(" []|"), syntax.size());
    const std::string_view word = syntax.substr(0, length);
    if (!word.empty() && word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos) {
      words.push_back(word);
    }
    syntax.remove_prefix(std::min(length + 1, syntax.size()));
  }
  return words;
}

std::string word_at(const Spec& spec, std::string_view syntax, std::size_t at, Random& random) {
  const auto first = static_cast<std::size_t>(spec.first_key);
  const auto step = static_cast<std::size_t>(std::max<std::int16_t>(spec.key_step, 1));
  const bool is_key = first > 0 && at >= first &&
                      (spec.last_key < 0 || at <= static_cast<std::size_t>(spec.last_key)) &&
                      (at - first) % step == 0;
  if (is_key && random.below(16) != 0) return any_of(kKeys, random);
  const std::vector<std::string_view> fixed = fixed_words(syntax);
  if (!fixed.empty() && random.below(3) == 0) return std::string(fixed[random.below(fixed.size())]);
  return random.below(6) == 0 ? any_of(kKeys, random) : any_of(kValues, random);
}

// How many words a command has, its name included; now and then one too many or too few.
std::size_t words_for(int arity, Random& random) {
  std::size_t words = static_cast<std::size_t>(arity < 0 ? -arity : arity);
  if (arity < 0) words += random.below(2) * random.below(6);
  if (random.below(24) == 0) words += random.below(3);
  return random.below(24) == 0 ? words - 1 : words;
}

const Spec& any_command(Random& random) {
  const auto rows = command::all();
  const Spec* spec = &rows[random.below(rows.size())];
  // Commands without keys say much, and take long: not too many of them.
  for (int tries = 0; tries < 2 && spec->first_key == 0; ++tries) spec = &rows[random.below(rows.size())];
  return *spec;
}

std::string new_line(Random& random) {
  if (random.below(12) == 0) return any_of(kOrders, random);
  const Spec& spec = any_command(random);
  std::string line(spec.name);
  std::size_t words = words_for(spec.arity, random);
  std::string_view syntax = spec.syntax;
  std::size_t at = 1;
  if (!spec.subcommands.empty() && words > 1) {
    const command::Subcommand& subcommand = spec.subcommands[random.below(spec.subcommands.size())];
    words = words_for(subcommand.arity, random);
    syntax = subcommand.syntax;
    line += ' ' + std::string(subcommand.name);
    at = 2;
  }
  for (; at < words; ++at) line += ' ' + word_at(spec, syntax, at, random);
  return line;
}

std::string with_other_word(std::string_view line, Random& random) {
  std::size_t blank = line.find(' ');
  for (std::size_t skip = random.below(4); skip > 0 && blank != std::string_view::npos; --skip) {
    const std::size_t next = line.find(' ', blank + 1);
    if (next == std::string_view::npos) break;
    blank = next;
  }
  if (blank == std::string_view::npos) return new_line(random);
  const std::size_t end = std::min(line.find(' ', blank + 1), line.size());
  std::string word = random.below(3) == 0 ? any_of(kKeys, random) : any_of(kValues, random);
  return std::string(line.substr(0, blank + 1)) + word + std::string(line.substr(end));
}

// The lines of an input, but for those that take far longer than a command: they happen every so many inputs
// anyway.
std::vector<std::string> quick_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : lines_of(text)) {
    const bool slow =
        line.starts_with("!check") || line.starts_with("!reset") || line.starts_with("!bounded");
    if (!slow) lines.emplace_back(line);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

void change(std::vector<std::string>& lines, Random& random) {
  const auto place = [&] { return random.below(lines.size()); };
  for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
    const std::size_t kind = lines.empty() ? 0 : random.below(8);
    if (kind < 3) {
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random.below(lines.size() + 1)),
                   new_line(random));
    } else if (kind < 6) {
      std::string& line = lines[place()];
      line = with_other_word(line, random);
    } else if (kind == 6) {
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(place()));
    } else {
      lines.push_back(lines[place()]);
    }
  }
}

}  // namespace
}  // namespace limpet::fuzz

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max,
                                    unsigned seed) {
  using namespace limpet::fuzz;
  size_max = std::min(size_max, kInputBytesMax);
  std::vector<std::string> lines = quick_lines(text_of(data, std::min(size, size_max)));
  Random random(joined(lines) + std::to_string(seed));
  const bool by_bytes = random.below(8) == 0;
  if (!by_bytes) change(lines, random);
  const std::string result = joined(lines);
  const std::size_t length = std::min(result.size(), size_max);
  std::memcpy(data, result.data(), length);
  return by_bytes ? LLVMFuzzerMutate(data, length, size_max) : length;
}

// What lives on from input to input is no leak, though the store packs pointers with other bits, so that they
// are not found. The replay looks for leaks when all is torn down.
const char* __asan_default_options() { return "detect_leaks=0"; }

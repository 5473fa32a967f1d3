#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/resp/value.hpp>

namespace limpet::resp {

namespace {

using Type = Value::Type;

// The first line of a value. What follows it: `bytes` and CRLF for a string, `count` values for an aggregate.
struct Head {
  enum class Follows : std::uint8_t { nothing, bytes, values, attribute };
  Type type = Type::null;
  Follows follows = Follows::nothing;
  std::uint64_t count = 0;     // bytes or values
  std::int64_t integer = 0;    // integer, boolean
  std::string_view line = {};  // behind the type byte
};

enum class Outcome : std::uint8_t { done, need_more, bad };

// Walks over values from front to back. Measures, and fills in a Value where it is given one.
class Reader {
 public:
  Reader(std::string_view input, const ValueLimits& limits) : input_(input), limits_(limits) {}

  Outcome read(Value* out, std::size_t depth);
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] const char* complaint() const { return complaint_; }

 private:
  Outcome bad(const char* complaint) {
    complaint_ = complaint;
    return Outcome::bad;
  }
  Outcome read_head(Head& head);
  Outcome classify(char type, Head& head);
  Outcome scalar(Type type, Head& head);
  Outcome announce(Type type, Head::Follows follows, std::uint64_t times, Head& head);
  Outcome skip_attribute(const Head& head, std::size_t depth);
  Outcome read_bytes(const Head& head, Value* out);
  Outcome read_values(const Head& head, Value* out, std::size_t depth);

  std::string_view input_;
  const ValueLimits& limits_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
  const char* complaint_ = "";
};

Outcome Reader::read_head(Head& head) {
  const std::size_t newline = input_.find('\n', at_);
  if (newline == std::string_view::npos) {
    return input_.size() > limits_.bytes_max ? bad("too many bytes") : Outcome::need_more;
  }
  if (newline < at_ + 2 || input_[newline - 1] != '\r') return bad("a line without its type or CRLF");
  if (newline >= limits_.bytes_max) return bad("too many bytes");
  head.line = input_.substr(at_ + 1, newline - at_ - 2);
  const char type = input_[at_];
  at_ = newline + 1;
  return classify(type, head);
}

Outcome Reader::classify(char type, Head& head) {
  switch (type) {
    case '+':
      return scalar(Type::simple, head);
    case '-':
      return scalar(Type::error, head);
    case ':':
      return scalar(Type::integer, head);
    case '_':
      return scalar(Type::null, head);
    case '#':
      return scalar(Type::boolean, head);
    case ',':
      return scalar(Type::number, head);
    case '(':
      return scalar(Type::big_number, head);
    case '$':
      return announce(Type::bulk, Head::Follows::bytes, 1, head);
    case '!':
      return announce(Type::error, Head::Follows::bytes, 1, head);
    case '=':
      return announce(Type::verbatim, Head::Follows::bytes, 1, head);
    case '*':
      return announce(Type::array, Head::Follows::values, 1, head);
    case '~':
      return announce(Type::set, Head::Follows::values, 1, head);
    case '>':
      return announce(Type::push, Head::Follows::values, 1, head);
    case '%':
      return announce(Type::map, Head::Follows::values, 2, head);
    case '|':
      return announce(Type::map, Head::Follows::attribute, 2, head);
    default:
      return bad("an unknown type byte");
  }
}

Outcome Reader::scalar(Type type, Head& head) {
  head.type = type;
  if (type == Type::boolean) {
    if (head.line != "t" && head.line != "f") return bad("a boolean that is neither t nor f");
    head.integer = head.line == "t" ? 1 : 0;
  } else if (type == Type::integer) {
    const auto value = parse_int64(head.line.starts_with('+') ? head.line.substr(1) : head.line);
    if (!value) return bad("an integer that is none");
    head.integer = *value;
  } else if ((type == Type::number || type == Type::big_number) && head.line.empty()) {
    return bad("a number without digits");
  }
  return Outcome::done;
}

Outcome Reader::announce(Type type, Head::Follows follows, std::uint64_t times, Head& head) {
  const auto count = parse_int64(head.line);
  if (!count || *count < -1) return bad("a length that is none");
  if (*count == -1) {
    // RESP2's null; only strings and arrays have one.
    if (type != Type::bulk && type != Type::array) return bad("a length that is none");
    head.type = Type::null;
    return Outcome::done;
  }
  const auto announced = static_cast<std::uint64_t>(*count);
  const bool fits = follows == Head::Follows::bytes ? announced <= limits_.bytes_max
                                                    : announced <= limits_.elements_max / times;
  if (!fits) return bad("a length above the bound");
  head.type = type;
  head.follows = follows;
  head.count = announced * times;
  return Outcome::done;
}

Outcome Reader::skip_attribute(const Head& head, std::size_t depth) {
  for (std::uint64_t i = 0; i < head.count; ++i) {
    if (const Outcome outcome = read(nullptr, depth + 1); outcome != Outcome::done) return outcome;
  }
  return Outcome::done;
}

Outcome Reader::read_bytes(const Head& head, Value* out) {
  const std::size_t length = head.count;
  if (length + 2 > limits_.bytes_max - std::min(at_, limits_.bytes_max)) return bad("too many bytes");
  if (input_.size() - at_ < length + 2) return Outcome::need_more;
  std::string_view text = input_.substr(at_, length);
  if (input_.substr(at_ + length, 2) != "\r\n") return bad("a string without CRLF behind it");
  at_ += length + 2;
  if (head.type == Type::verbatim) {
    if (length < 4 || text[3] != ':') return bad("a verbatim string without its format");
    text.remove_prefix(4);
  }
  if (out != nullptr) out->text = text;
  return Outcome::done;
}

Outcome Reader::read_values(const Head& head, Value* out, std::size_t depth) {
  // An announced count is only a claim.
  if (out != nullptr) out->elements.reserve(std::min<std::size_t>(head.count, 1024));
  for (std::uint64_t i = 0; i < head.count; ++i) {
    Value* element = out != nullptr ? &out->elements.emplace_back() : nullptr;
    if (const Outcome outcome = read(element, depth + 1); outcome != Outcome::done) return outcome;
  }
  return Outcome::done;
}

Outcome Reader::read(Value* out, std::size_t depth) {
  if (depth > limits_.depth_max) return bad("values nested too deeply");
  if (++elements_ > limits_.elements_max) return bad("too many values");
  Head head;
  do {
    head = {};
    if (const Outcome outcome = read_head(head); outcome != Outcome::done) return outcome;
    if (head.follows != Head::Follows::attribute) break;
    if (const Outcome outcome = skip_attribute(head, depth); outcome != Outcome::done) return outcome;
  } while (true);
  if (out != nullptr) {
    out->type = head.type;
    out->integer = head.integer;
  }
  if (head.follows == Head::Follows::bytes) return read_bytes(head, out);
  if (head.follows == Head::Follows::values) return read_values(head, out, depth);
  const bool has_text = head.type != Type::integer && head.type != Type::boolean && head.type != Type::null;
  if (out != nullptr && has_text) out->text = head.line;
  return Outcome::done;
}

tl::unexpected<Error> no_resp(const Reader& reader) {
  return fail(Code::bad_input, std::string("the reply is no RESP: ") + reader.complaint() + ", near byte " +
                                   std::to_string(reader.at()));
}

}  // namespace

namespace {

// As most replies are; read at a glance. False: it has to be looked at.
bool is_plain_bulk(std::string_view input) {
  constexpr std::size_t kHeadMax = 10;
  if (input.size() < 6 || input[0] != '$' || input[1] == '0') return false;
  std::size_t bytes = 0;
  std::size_t at = 1;
  for (; at < std::min(input.size(), kHeadMax) && input[at] >= '0' && input[at] <= '9'; ++at)
    bytes = bytes * 10 + static_cast<std::size_t>(input[at] - '0');
  return at > 1 && input.size() == at + bytes + 4 && input[at] == '\r' && input[at + 1] == '\n' &&
         input[at + 2 + bytes] == '\r' && input[at + 3 + bytes] == '\n';
}

}  // namespace

bool is_one_value(std::string_view input, const ValueLimits& limits) {
  if (is_plain_bulk(input) && input.size() <= limits.bytes_max) return true;
  const auto length = value_length(input, limits);
  return length && *length && **length == input.size();
}

Result<std::optional<std::size_t>> value_length(std::string_view input, const ValueLimits& limits) {
  Reader reader(input, limits);
  switch (reader.read(nullptr, 1)) {
    case Outcome::done:
      return reader.at();
    case Outcome::need_more:
      return std::nullopt;
    case Outcome::bad:
      break;
  }
  return no_resp(reader);
}

Result<Value> read_value(std::string_view bytes, const ValueLimits& limits) {
  Reader reader(bytes, limits);
  Value value;
  switch (reader.read(&value, 1)) {
    case Outcome::done:
      return value;
    case Outcome::need_more:
      return fail(Code::bad_input, "the reply is not complete");
    case Outcome::bad:
      break;
  }
  return no_resp(reader);
}

}  // namespace limpet::resp

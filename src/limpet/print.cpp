#include "print.hpp"

#include <limpet/base/text.hpp>

namespace limpet::client {

namespace {

using resp::Value;
using Type = Value::Type;

bool is_aggregate(const Value& value) {
  return value.type == Type::array || value.type == Type::set || value.type == Type::push ||
         value.type == Type::map;
}

void end_line(std::string& out) {
  if (!out.ends_with('\n')) out += '\n';
}

void print_raw(const Value& value, std::string& out) {
  if (is_aggregate(value)) {
    for (const Value& element : value.elements) print_raw(element, out);
    if (value.elements.empty()) out += '\n';
    return;
  }
  switch (value.type) {
    case Type::null:
      break;
    case Type::integer:
      out += std::to_string(value.integer);
      break;
    case Type::boolean:
      out += value.integer != 0 ? "true" : "false";
      break;
    default:
      out += value.text;
  }
  out += '\n';
}

void print_pretty(const Value& value, const std::string& indent, std::string& out);

std::string padded(std::size_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

// The sign behind an element's number tells the kind of the aggregate.
char sign_of(Type type) { return type == Type::map ? '#' : type == Type::set ? '~' : ')'; }

std::string_view empty_text(Type type) {
  switch (type) {
    case Type::map:
      return "(empty hash)\n";
    case Type::set:
      return "(empty set)\n";
    case Type::push:
      return "(empty push)\n";
    default:
      return "(empty array)\n";
  }
}

// The first element goes on in the line that is begun; the others begin with the indentation of all of them.
void print_elements(const Value& value, const std::string& indent, std::string& out) {
  const std::size_t step = value.type == Type::map ? 2 : 1;
  const std::size_t count = value.elements.size() / step;
  if (count == 0) {
    out += empty_text(value.type);
    return;
  }
  const std::size_t width = std::to_string(count).size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += indent;
    out += padded(i + 1, width) + sign_of(value.type) + ' ';
    const std::string deeper = indent + std::string(width + 2, ' ');
    print_pretty(value.elements[i * step], deeper, out);
    if (step == 1) continue;
    out.pop_back();
    out += " => ";
    print_pretty(value.elements[i * step + 1], deeper, out);
  }
}

void print_pretty(const Value& value, const std::string& indent, std::string& out) {
  if (is_aggregate(value)) return print_elements(value, indent, out);
  switch (value.type) {
    case Type::null:
      out += "(nil)";
      break;
    case Type::integer:
      out += "(integer) " + std::to_string(value.integer);
      break;
    case Type::boolean:
      out += value.integer != 0 ? "(true)" : "(false)";
      break;
    case Type::number:
      out += "(double) " + value.text;
      break;
    case Type::big_number:
      out += "(big number) " + value.text;
      break;
    // A terminal must not obey what a server sends.
    case Type::error:
      out += "(error) " + printable(value.text, value.text.size());
      break;
    case Type::simple:
      out += printable(value.text, value.text.size());
      break;
    case Type::verbatim:
      out += value.text;
      break;
    default:
      out += in_quotes(value.text);
  }
  end_line(out);
}

char short_escape(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '"':
    case '\\':
      return c;
    default:
      return 0;
  }
}

}  // namespace

std::string in_quotes(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (const char escape = short_escape(c); escape != 0) {
      text += '\\';
      text += escape;
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text + '"';
}

std::string print(const Value& value, Look look) {
  std::string out;
  if (look == Look::raw) {
    print_raw(value, out);
  } else {
    print_pretty(value, "", out);
  }
  return out;
}

}  // namespace limpet::client

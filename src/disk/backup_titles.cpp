#include <fmt/format.h>

#include <filesystem>
#include <limpet/base/number.hpp>
#include <limpet/disk/backup_titles.hpp>
#include <limpet/disk/mapping.hpp>
#include <limpet/disk/title_file.hpp>
#include <random>

namespace limpet::disk {

namespace {

namespace fs = std::filesystem;
using handoff::SlotTitle;
using handoff::TitleBook;

// A start writes a new file beside the old one, which then goes.
constexpr int kLooksMax = 10;

Result<std::optional<std::uint64_t>> newest_in(const std::string& directory) {
  std::optional<std::uint64_t> newest;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(kTitleExtension)) continue;
    const auto boot = parse_uint64(std::string_view(name).substr(0, name.size() - kTitleExtension.size()));
    if (boot && (!newest || *boot > *newest)) newest = *boot;
  }
  // Whose directory it is not is said by who looks at the journal.
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return fail(Code::io, directory + ": cannot be listed: " + error.message());
  }
  return newest;
}

}  // namespace

Result<std::optional<TitleBook>> titles_in(const std::string& directory) {
  for (int look = 0; look < kLooksMax; ++look) {
    const auto newest = newest_in(directory);
    if (!newest) return tl::unexpected(newest.error());
    if (!*newest) return std::nullopt;
    const std::string path = fmt::format("{}/{}{}", directory, **newest, kTitleExtension);
    const auto file = Mapping::of(path);
    if (!file) return tl::unexpected(file.error());
    if (!*file) continue;
    std::size_t dropped = 0;  // what is just being written
    // A copy: the file may be longer with the next record by the time that it is read to here.
    auto book = TitleBook::read(std::string((*file)->bytes()), &dropped);
    if (!book) return fail(book.error().code, path + ": " + book.error().text);
    return std::move(*book);
  }
  return fail(Code::unavailable, directory + ": files of titles come and go too fast: try again");
}

std::optional<TitleBook> titles_between(const TitleBook& before, const TitleBook& after) {
  TitleBook book = after;
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const SlotTitle& was = before.title(slot);
    const SlotTitle& is = after.title(slot);
    // What was promised is on the disk before the promise is.
    const bool granted = was.promise && owns(is) && is.title.term == after_cession(was.promise->term);
    if (was == is || granted) continue;
    if (!owns(was)) {
      book.set(slot, was);
    } else if (owns(is)) {
      return std::nullopt;  // given away and back: what was copied of it may be anything
    } else {
      book.set(slot, {.title = is.title, .promise = std::nullopt});
    }
  }
  book.boot(book.boot());  // it goes on as after a crash
  return book;
}

TitleCopy copy_of(const TitleBook& book) {
  std::random_device device;
  return {fmt::format("{}{}", handoff::counter_of(book.boot()), kTitleExtension),
          book.write(std::uint64_t{device()} << 32U | device())};
}

}  // namespace limpet::disk

// Titles of a backup: whose slots they are that its journal has.
//
// Titles change while the journal is copied. So they are looked at before and after, and the copy says of
// each slot what is true of the sessions that it has: a slot that was owned both times is owned, one that was
// given away in between was given away, as what is there of it may be dropped by then, and one that was
// received in between is not there yet. Whoever is started on the copy starts as after a crash.
#pragma once

#include <limpet/base/result.hpp>
#include <limpet/handoff/title_book.hpp>
#include <optional>
#include <string>

namespace limpet::disk {

// Of the newest boot on a data directory that a node may be writing to. Nothing: it has none, as the node is
// in no cluster.
[[nodiscard]] Result<std::optional<handoff::TitleBook>> titles_in(const std::string& directory);

// What a backup says whose journal was copied between these two looks. Nothing: slots have come and gone
// meanwhile, and nobody can tell.
[[nodiscard]] std::optional<handoff::TitleBook> titles_between(const handoff::TitleBook& before,
                                                               const handoff::TitleBook& after);

// The name and the bytes of its file.
struct TitleCopy {
  std::string name;
  Bytes bytes;
};
[[nodiscard]] TitleCopy copy_of(const handoff::TitleBook& book);

}  // namespace limpet::disk

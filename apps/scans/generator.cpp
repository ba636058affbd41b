#include "scans/generator.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "scans/client_classifier.hpp"
#include "scans/shop_time.hpp"

namespace scans {
namespace {

constexpr std::int64_t minute = 60, hour = 3600, day = 86'400;
constexpr std::int64_t first_day = 1'767'571'200;  // 2026-01-05, a Monday
constexpr std::uint64_t scans_at_once = 4;

constexpr std::array<std::string_view, 16> staff_names{
    "ajohnston", "bwatts",  "cgarcia", "dkim",     "eolsen", "fmartin", "gnguyen",  "hschmidt",
    "iparker",   "jrivera", "klopez",  "lthomsen", "mbaker", "nsato",   "opetrova", "r.d'angelo"};

std::int64_t day_begin(std::int64_t time) { return time - time % day; }

/// 2026-01-05 was a Monday.
bool is_weekend(std::int64_t time) { return (day_begin(time) - first_day) / day % 7 >= 5; }

}  // namespace

std::uint64_t dice::next() {
  state_ += 0x9e3779b97f4a7c15u;
  auto mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::int64_t dice::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
}

millrace::new_event to_event(const shop_input& input) {
  return std::visit([](const auto& one) { return millrace::new_event::of(one); }, input);
}

generator::generator(std::uint64_t seed) : dice_(seed) {
  for (const auto name : staff_names) {
    auto& who = staff_.emplace_back();
    who.name = name;
    begin_shift(who, first_day);
  }
}

shop_input generator::next() {
  auto& who = earliest();
  if (who.jobs.empty()) return ask_for_work(who);
  return write_image(who);
}

/// Of several, the one first on the list.
generator::worker& generator::earliest() {
  return *std::ranges::min_element(staff_, {}, &worker::now);
}

/// A handful of scans, with a mistake in one of eight.
UpdateScanRegistry generator::ask_for_work(worker& who) {
  UpdateScanRegistry registry;
  *registry.mutable_requested_at() = at_second(who.now);
  const auto count = 1 + dice_.below(scans_at_once);
  while (who.jobs.size() < count) {
    auto& entry = *registry.add_scans();
    entry = invent_scan(who);
    if (dice_.one_in(8)) {
      spoil(entry);
    } else {
      who.jobs.push_back({entry.scan_id(), entry.images(), 0});
    }
  }
  who.now += dice_.between(5, 40);
  return registry;
}

ScanEntry generator::invent_scan(const worker& who) {
  ScanEntry entry;
  const auto number = ++scans_;
  entry.set_scan_id(fmt::format("S{:07}", number));
  entry.set_user(who.name);
  const bool unknown = dice_.one_in(40);
  const auto folder =
      unknown ? std::string_view{"misc"} : known_clients[dice_.below(known_clients.size())].folder;
  entry.set_path(fmt::format("/scans/{}_2026/box-{:04}/{}", folder, number / 25, entry.scan_id()));
  entry.set_images(static_cast<std::uint32_t>(dice_.between(3, 60)));
  return entry;
}

void generator::spoil(ScanEntry& entry) {
  switch (dice_.below(4)) {
    case 0: entry.clear_scan_id(); break;
    case 1: entry.clear_user(); break;
    case 2: entry.clear_path(); break;
    default: entry.set_images(0);
  }
}

/// One of 400 files belongs to no scan, and one of 1,500 images is the last of a scan left
/// half-way.
ImageWritten generator::write_image(worker& who) {
  ImageWritten image;
  *image.mutable_written_at() = at_second(who.now);
  auto& present = who.jobs.back();
  if (dice_.one_in(400)) {
    image.set_scan_id(present.scan_id + "-copy");
    image.set_file("thumbs.db");
  } else {
    image.set_scan_id(present.scan_id);
    image.set_file(fmt::format("{:04}.tif", ++present.written));
  }
  if (present.written == present.images || dice_.one_in(1500)) who.jobs.pop_back();
  pass_time(who);
  return image;
}

void generator::pass_time(worker& who) {
  who.now += dice_.between(4, 45);
  if (who.now >= who.shift_end) {
    begin_shift(who, day_begin(who.now) + day);
    return;
  }
  const auto midday = day_begin(who.now) + 11 * hour + 30 * minute;
  if (!who.had_lunch && who.now > midday && dice_.one_in(20)) {
    who.had_lunch = true;
    who.now += dice_.between(26 * minute, 60 * minute);
  } else if (dice_.one_in(180)) {
    who.now += dice_.between(6 * minute, 19 * minute);
  }
}

void generator::begin_shift(worker& who, std::int64_t from) {
  while (is_weekend(from)) from += day;
  who.now = from + 7 * hour + dice_.between(0, 90 * minute);
  who.shift_end = who.now + 8 * hour + dice_.between(0, 60 * minute);
  who.had_lunch = false;
}

}  // namespace scans

/// Whose image it is.
#pragma once

#include <array>
#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

struct known_client {
  std::string_view folder;  ///< `/scans/FOLDER/...`
  std::string_view name;
};

/// A folder's name up to its first `_` says the client, whatever the year or the box after it.
inline constexpr std::array<known_client, 8> known_clients{{
    {"nwmed", "Northwest Medical"},
    {"pugins", "Puget Insurance"},
    {"harbor", "Harbor & Pine LLP"},
    {"kingco", "King County Records"},
    {"evergr", "Evergreen Title"},
    {"cascade", "Cascade Orthopedics"},
    {"blueox", "Blue Ox Timber"},
    {"rainier", "Rainier Credit Union"},
}};

/// Empty: nobody's.
[[nodiscard]] std::string_view client_of(std::string_view path);

/// ClientClassifierTopic: recognises the client from the path of an image.
struct client_classifier {
  static constexpr std::string_view name = "ClientClassifierTopic";
  static constexpr auto starts_from = millrace::first_event::of_history;
  using observes = millrace::events<NewImageDetected>;

  void given(const NewImageDetected& e) {
    if (client_of(e.path()).empty()) {
      state.set_unknown(state.unknown() + 1);
    } else {
      state.set_identified(state.identified() + 1);
    }
  }
  void when(const NewImageDetected& e, millrace::reactions& then) const {
    const auto client = client_of(e.path());
    if (client.empty()) return;
    auto& found = then.emit<ClientIdentified>();
    found.set_client(std::string{client});
    found.set_scan_id(e.scan_id());
    found.set_user(e.user());
    found.set_path(e.path());
    *found.mutable_detected_at() = e.detected_at();
  }

  ClientClassifierState state;
};

}  // namespace scans

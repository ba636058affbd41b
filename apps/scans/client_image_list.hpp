/// The images of one client.
#pragma once

#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

/// ClientImageList|client.
struct client_image_list {
  static constexpr std::string_view name = "ClientImageList";
  static constexpr int latest_max = 50;
  using observes = millrace::events<ClientIdentified>;

  static millrace::route route(const ClientIdentified& e) { return millrace::starts(e.client()); }

  void given(const ClientIdentified& e) {
    state.set_client(e.client());
    state.set_images(state.images() + 1);
    ++(*state.mutable_by_user())[e.user()];
    if (state.latest_size() == latest_max) state.mutable_latest()->DeleteSubrange(0, 1);
    auto& image = *state.add_latest();
    image.set_path(e.path());
    image.set_user(e.user());
    *image.mutable_detected_at() = e.detected_at();
  }

  ClientImageListState state;
};

}  // namespace scans

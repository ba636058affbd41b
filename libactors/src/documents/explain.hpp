/// Which flows an event reaches, as a document.
#pragma once

#include <string>

#include "documents/event.hpp"
#include "documents/source.hpp"
#include "host/explain.hpp"

namespace millrace::documents {

/// What became of the event for the flow, in words.
[[nodiscard]] std::string fate_in_words(const explained_flow& flow);

/// One line of JSON.
[[nodiscard]] std::string line_of(const explanation& of, const shown_event& event);

struct explained_event {
  shown_event event;
  explanation of;
};
/// Errors: not_found; those of the store.
[[nodiscard]] result<explained_event> explain_event(const source& of, position at);

}  // namespace millrace::documents

/// The files of the monitor page as answers.
#pragma once

#include "page/page.hpp"
#include "service/message.hpp"

namespace millrace::service {

/// Null: the request is for something else.
[[nodiscard]] const built_page::file* page_file(const request& asked);
/// 200 or 304; compressed when the client takes that.
[[nodiscard]] response answer_of(const built_page::file& file, const request& asked);

}  // namespace millrace::service

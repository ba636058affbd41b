// expect: millrace: when must be const
#include <millrace/envelope.pb.h>

#include "millrace/flow.hpp"

struct topic {
  static constexpr std::string_view name = "Topic";
  using observes = millrace::events<millrace::v1::Envelope>;
  void when(const millrace::v1::Envelope&, millrace::reactions& then) { then.done(); }
};

static_assert(millrace::flow<topic>);

// A topic and a query with all that the other files of this folder get wrong, right.
#include <millrace/checkpoint.pb.h>
#include <millrace/envelope.pb.h>

#include "millrace/flow.hpp"

using observed = millrace::v1::Envelope;
using kept = millrace::v1::Checkpoint;

struct topic {
  static constexpr std::string_view name = "Topic";
  using observes = millrace::events<observed>;
  static millrace::route route(const observed&) { return millrace::starts("a"); }
  void given(const observed&) { state.Clear(); }
  void when(const observed&, millrace::reactions& then) const { then.done(); }
  kept state;
};

struct query {
  static constexpr std::string_view name = "Query";
  using observes = millrace::events<observed>;
  void given(const observed&, const millrace::event&) { state.Clear(); }
  bool ends(const observed&) const { return false; }
  kept state;
};

static_assert(millrace::flow<topic>);
static_assert(millrace::flow<query>);

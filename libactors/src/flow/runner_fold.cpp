// What a query does with many events when nothing but folding them is to be done.
#include <fmt/format.h>

#include <utility>

#include "flow/runner.hpp"

namespace millrace {
namespace {

/// Which of the observed types an event is of. Those of one type that are at hand together mostly
/// share its name's text.
class observed_index {
 public:
  explicit observed_index(const flow_type& type) : type_(type) {}
  [[nodiscard]] std::size_t of(std::string_view name) {
    if (name.data() == name_.data() && name.size() == name_.size()) return found_;
    name_ = name;
    return found_ = type_.find(name);
  }

 private:
  const flow_type& type_;
  std::string_view name_;
  std::size_t found_ = type_.observes.size();
};

}  // namespace

/// A living query of which nothing is skipped or decided again: none of what observe() asks about
/// each event can be.
bool runner::only_folds() const {
  return !type_.topic && alive() && !careful_ && !checkpoint_.has_replay_until() &&
         checkpoint_.skipped().empty();
}

/// The same as attempt(), for one event after the other, until a life ends. What they come to is
/// written down at the end, for all those before one that fails.
complaint runner::fold(std::span<const observation>& rest, turn& made) {
  const event* folded = nullptr;  // the last, not counting those that were known before
  const event* given = nullptr;
  std::size_t weight = 0;
  bool over = false;
  auto wrong = guarded([&]() -> complaint {
    observed_index observed{type_};
    auto unknown = checkpoint_.has_position() ? checkpoint_.position() + 1 : 0;
    for (; !rest.empty() && !over; rest = rest.subspan(1), ++made.handled) {
      const event& what = *rest.front().what;
      if (what.at.value < unknown) continue;
      weight += state_saver::weight_of(what.type, what.payload);
      if (const auto index = observed.of(what.type); index < type_.observes.size()) {
        if (what.body == nullptr) return fmt::format("payload does not decode as {}", what.type);
        if (type_.observes[index].has_given) {
          instance_->given(index, *what.body, what);
          given = &what;
        }
        over = instance_->ends(index, *what.body, what);
      }
      if (!over && saver_.may_be_full(weight)) {
        saver_.weigh(std::exchange(weight, 0));
        if (auto full = inspect_state(false)) return full;
      }
      folded = &what;
      unknown = what.at.value + 1;
    }
    return std::nullopt;
  });
  saver_.weigh(weight);
  if (given != nullptr) touched_ = given->at;
  if (folded == nullptr) return wrong;
  if (over) {
    must_save_ = true;
    end_life(folded->at, nullptr);
  }
  advance(folded->at);
  return wrong;
}

}  // namespace millrace

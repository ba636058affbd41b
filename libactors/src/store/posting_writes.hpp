/// New postings of many flows, as a commit takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "base/block_pool.hpp"
#include "store/posting.hpp"

namespace millrace {

/// Postings as they lie in memory, eight bytes each.
class posting_span {
 public:
  class iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = posting;
    explicit iterator(const std::uint64_t* at) : at_(at) {}
    posting operator*() const { return {position{*at_ / 2}, *at_ % 2 == 1}; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const std::uint64_t* at_;
  };
  explicit posting_span(std::span<const std::uint64_t> coded) : coded_(coded) {}
  [[nodiscard]] static std::uint64_t code(posting one) {
    return 2 * one.at.value + (one.starts ? 1 : 0);
  }

  [[nodiscard]] bool empty() const { return coded_.empty(); }
  [[nodiscard]] std::size_t size() const { return coded_.size(); }
  [[nodiscard]] iterator begin() const { return iterator{coded_.data()}; }
  [[nodiscard]] iterator end() const { return iterator{coded_.data() + coded_.size()}; }
  /// Not of an empty one.
  [[nodiscard]] posting back() const { return *iterator{&coded_.back()}; }

 private:
  std::span<const std::uint64_t> coded_;
};

/// Those of one flow follow each other, and so do the flows, in one run of memory: there are
/// millions of postings, of tens of thousands of flows, and who writes them reads each once.
class posting_writes {
 public:
  struct write {
    flow_number flow{};
    posting_span postings;  ///< in order, each after the flow's latest
  };
  /// The same as a value.
  struct of_flow {
    flow_number flow{};
    std::vector<posting> postings;
  };

  posting_writes() = default;
  posting_writes(std::initializer_list<of_flow> all) {
    for (const auto& each : all) push_back(each);
  }

  void reserve(std::size_t flows, std::size_t postings) {
    flows_.reserve(flows);
    all_.reserve(postings);
  }
  /// What add() brings next is of this flow.
  void begin_flow(flow_number flow) { flows_.push_back({flow, all_.size()}); }
  void add(posting one) { all_.push_back(posting_span::code(one)); }
  void push_back(const of_flow& one) {
    begin_flow(one.flow);
    for (const posting& each : one.postings) add(each);
  }
  void append(const posting_writes& others) {
    for (const auto& each : others.flows_) flows_.push_back({each.flow, all_.size() + each.first});
    all_.insert(all_.end(), others.all_.begin(), others.all_.end());
  }
  /// The first so many flows stay.
  void shorten(std::size_t flows) {
    if (flows >= flows_.size()) return;
    all_.resize(flows_[flows].first);
    flows_.resize(flows);
  }
  void clear() { shorten(0); }

  [[nodiscard]] bool empty() const { return flows_.empty(); }
  /// Of flows.
  [[nodiscard]] std::size_t size() const { return flows_.size(); }
  [[nodiscard]] write operator[](std::size_t i) const {
    const auto end = i + 1 < flows_.size() ? flows_[i + 1].first : all_.size();
    const auto first = flows_[i].first;
    return {flows_[i].flow, posting_span{std::span{all_}.subspan(first, end - first)}};
  }
  class iterator {
   public:
    iterator(const posting_writes& all, std::size_t at) : all_(&all), at_(at) {}
    write operator*() const { return (*all_)[at_]; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) { return a.at_ == b.at_; }

   private:
    const posting_writes* all_;
    std::size_t at_;
  };
  [[nodiscard]] iterator begin() const { return {*this, 0}; }
  [[nodiscard]] iterator end() const { return {*this, size()}; }

 private:
  struct run {
    flow_number flow;
    std::size_t first;  // of all_
  };
  std::vector<run> flows_;
  std::vector<std::uint64_t, pooled_allocator<std::uint64_t>> all_;
};

}  // namespace millrace

// What the machine is, and DoNotOptimize in the baselines, is google-benchmark's. Its loops are not
// used: what is compared takes seconds, and two sides have to alternate. Percentiles are exact:
// Debian has no HdrHistogram for C++, and a run has few enough samples to keep them all.
#include "harness/report.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/basics.hpp"

namespace millrace::bench {
namespace {

using nlohmann::json;

std::vector<double> ratios(const row& of) {
  if (of.bare.empty()) return of.ours;
  std::vector<double> made;
  for (std::size_t i = 0; i < std::min(of.ours.size(), of.bare.size()); ++i) {
    made.push_back(of.ours[i] / of.bare[i]);
  }
  return made;
}

std::string spread(const std::vector<double>& values) {
  if (values.empty()) return "-";
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto text = [](double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  };
  return fmt::format("{} ({} to {})", text(median_of(values)), text(*least), text(*most));
}

std::optional<bool> passes(const row& of) {
  if (!of.goal || of.ours.empty()) return std::nullopt;
  const double found = median_of(ratios(of));
  return of.goal->first == wanted::at_least ? found >= of.goal->second : found <= of.goal->second;
}

json machine() {
  const auto& cpu = benchmark::CPUInfo::Get();
  std::string model = "unknown";
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  json caches = json::array();
  for (const auto& each : cpu.caches) {
    caches.push_back(fmt::format("L{} {} {} KiB", each.level, each.type, each.size >> 10));
  }
  return {{"host", benchmark::SystemInfo::Get().name}, {"cpu", model},     {"cores", cpu.num_cpus},
          {"mhz", cpu.cycles_per_second / 1e6},        {"caches", caches}, {"load", cpu.load_avg}};
}

json to_json(const row& of) {
  json made{{"question", of.question}, {"unit", of.unit},
            {"ours", of.ours},         {"bare", of.bare},
            {"note", of.note},         {"ratio", of.bare.empty() ? json{} : json(ratios(of))}};
  if (of.goal) {
    made["goal"] = of.goal->second;
    made["wanted"] = of.goal->first == wanted::at_least ? "at least" : "at most";
  }
  if (const auto pass = passes(of)) made["pass"] = *pass;
  return made;
}

settings read_arguments(const std::string& program, int argc, char** argv) {
  settings made;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      need(i + 1 < argc, program + ": " + word + " needs a value");
      return std::string{argv[++i]};
    };
    if (word == "--full") {
      made.full = true;
    } else if (word == "--rounds") {
      made.rounds = std::stoi(value());
    } else if (word == "--events") {
      made.events = std::stoull(value());
    } else if (word == "--json") {
      made.json = value();
    } else {
      need(!word.starts_with("--"), program + ": unknown option " + word);
      made.rest.push_back(word);
    }
  }
  return made;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

percentiles percentiles_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    const auto place = static_cast<std::size_t>(share * static_cast<double>(samples.size()));
    return samples[std::min(place, samples.size() - 1)];
  };
  return {at(0.5), at(0.9), at(0.99), at(0.999), samples.back()};
}

report::report(std::string program, int argc, char** argv)
    : program_(std::move(program)), settings_(read_arguments(program_, argc, argv)) {}

void report::add(row one) {
  std::string goal;
  if (one.goal) {
    goal = fmt::format("  goal {} {}: {}",
                       one.goal->first == wanted::at_least ? ">=" : "<=", one.goal->second,
                       passes(one).value_or(false) ? "reached" : "MISSED");
  }
  const auto bare = one.bare.empty()
                        ? std::string{}
                        : fmt::format("  bare {}  ratio {}", spread(one.bare), spread(ratios(one)));
  fmt::print("{}: {} {}{}{}{}\n", one.question, spread(one.ours), one.unit, bare, goal,
             one.note.empty() ? "" : "  [" + one.note + "]");
  std::fflush(stdout);
  rows_.push_back(std::move(one));
}

void report::plot(const std::string& name, const std::string& curve, double x, double y) {
  points_.push_back({name, curve, x, y});
}

void report::say(const std::string& line) {
  fmt::print("  {}\n", line);
  std::fflush(stdout);
  lines_.push_back(line);
}

report::~report() {
  if (settings_.json.empty()) return;
  json made{{"program", program_}, {"full", settings_.full}, {"machine", machine()},
            {"lines", lines_},     {"rows", json::array()},  {"points", json::array()}};
  for (const auto& each : rows_) made["rows"].push_back(to_json(each));
  for (const auto& each : points_) {
    made["points"].push_back(
        {{"plot", each.plot}, {"curve", each.curve}, {"x", each.x}, {"y", each.y}});
  }
  std::ofstream out{settings_.json};
  out << made.dump(2) << '\n';
  need(out.good(), "cannot write " + settings_.json);
}

void alternate(int rounds, const std::function<void()>& ours, const std::function<void()>& bare) {
  for (int round = 0; round < rounds; ++round) {
    settle_disk();
    (round % 2 == 0 ? ours : bare)();
    settle_disk();
    (round % 2 == 0 ? bare : ours)();
  }
}

}  // namespace millrace::bench

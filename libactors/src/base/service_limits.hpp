/// Every bound of the service, in one place; limits.hpp has those of the engine. Sizes are bytes.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/limits.hpp"

namespace millrace::limits {

// One connection.
inline constexpr std::size_t connections_max = 512;
inline constexpr std::size_t connections_kept_free = 16;     // for those through the store's socket
inline constexpr std::size_t head_size_max = 16u << 10;      // request line and header
inline constexpr auto head_time_max = 5s;                    // from its first byte to its last
inline constexpr auto idle_time_max = 60s;                   // between requests
inline constexpr auto transfer_time_min = 10s;               // of a body or an answer; and besides
inline constexpr std::size_t transfer_rate_min = 64u << 10;  // a second for each so many bytes
inline constexpr auto arriving_pause_max = 60s;  // between two pieces of a body without an end
inline constexpr std::size_t linger_size_max = 1u << 20;  // read and dropped after a refusal
inline constexpr auto linger_time_max = 2s;

// One WebSocket.
inline constexpr std::size_t monitor_sockets_max = 64;  // neither takes places of the other
inline constexpr std::size_t subscribe_sockets_max = 128;
inline constexpr std::size_t socket_message_size_max = 16u << 10;  // from a client
inline constexpr auto socket_message_interval = 10ms;              // is read at the most
inline constexpr auto socket_pulse = 1s;       // between two looks at how it gets on
inline constexpr auto socket_idle_max = 30s;   // nothing heard; after half of it: a ping
inline constexpr auto socket_write_max = 20s;  // nothing taken of a message
inline constexpr auto socket_close_max = 5s;

// The monitor.
inline constexpr auto monitor_interval = 250ms;      // between two messages to a client at least
inline constexpr auto monitor_interval_max = 1s;     // and at most
inline constexpr std::size_t view_flows_max = 2000;  // rows of a view
inline constexpr std::size_t view_flows_usual = 1000;
inline constexpr std::size_t touched_flows_max = 16u << 10;  // noted between two looks
inline constexpr std::size_t monitor_reads_max = 2048;       // rows of flows read for one look
inline constexpr std::size_t monitor_loads_max = 1024;       // flows the router looks up for it
inline constexpr std::size_t sampled_events_max = 2000;      // of the timeline for one look
inline constexpr std::size_t topology_edges_max = 1000;
inline constexpr std::size_t timers_counted_max = 1000;
inline constexpr std::size_t mailboxes_counted_max = 10'000;  // flows, for /metrics
inline constexpr std::size_t other_types_max = 200;  // that are no program's: rows, and labels
inline constexpr unsigned count_pause_factor = 9;    // a count of all flows, and so long nothing
inline constexpr unsigned count_pause_factor_unwatched = 99;
inline constexpr auto history_span = 15min;  // of the overview, for those who begin to watch
inline constexpr auto history_interval = 5s;

// Subscriptions.
inline constexpr std::size_t subscription_threads = 4;
inline constexpr std::uint64_t credit_max = 1'000'000;
inline constexpr std::size_t subscription_slice_events = 256;  // sent at once
inline constexpr std::size_t subscription_slice_size = 256u << 10;
inline constexpr std::size_t subscription_scan_max = 16u << 10;  // rows looked at for one slice
inline constexpr std::uint64_t subscription_near = 1024;  // positions; more ahead is far behind
inline constexpr auto position_interval = 1s;
inline constexpr auto state_interval = 50ms;  // between two looks at a query

// Bodies.
inline constexpr std::size_t call_body_size_max = 64u << 10;  // of calls that append nothing
inline constexpr std::size_t append_body_size_max = 2 * append_size_max;  // JSON is longer
inline constexpr std::size_t request_bodies_size_max =
    4 * append_body_size_max;  // of all connections
inline constexpr std::size_t messages_size_max =
    request_bodies_size_max / 2;                           // of these: of WebSockets
inline constexpr std::size_t answer_size_max = 1u << 20;   // then a page ends
inline constexpr std::size_t large_state_size = 8u << 20;  // made one by one
inline constexpr std::size_t page_max = 1000;              // rows of a page
inline constexpr std::size_t page_usual = 100;
inline constexpr std::size_t page_scan_max = 65'536;  // events looked at for one page

// Calls.
inline constexpr std::size_t calls_at_once_max = 8;        // that are worked on
inline constexpr std::size_t calls_queued_max = 256;       // behind them
inline constexpr std::size_t calls_waiting_max = 128;      // of each kind; they hold no thread
inline constexpr std::size_t calls_waiting_each_max = 64;  // of each kind and token
inline constexpr std::size_t looks_at_once_max = 4;        // of those that wait
inline constexpr auto look_interval = 2ms;                 // between two looks of one, at least;
inline constexpr auto look_interval_each = 500us;          // so much longer for each that waits;
inline constexpr auto look_interval_max = 50ms;            // and longer than that by this at most
inline constexpr std::size_t streams_at_once_max = 2;  // bodies that are worked on as they arrive
inline constexpr auto call_wait_max = 60s;
inline constexpr auto command_wait_usual = 5s;
inline constexpr std::size_t command_effects_max = 65'536;  // events that one command led to
inline constexpr std::size_t command_stops_max = 1024;      // of flows, while commands wait
inline constexpr auto service_stop_max = 10s;
inline constexpr std::size_t disk_free_min = 64u << 20;  // with less the service is not ready

// Flows elsewhere.
inline constexpr auto lease_usual = 30s;
inline constexpr auto lease_time_max = 600s;
inline constexpr std::size_t leases_max = 10'000;  // held at the same time
inline constexpr std::size_t lease_holder_size_max = 200;
inline constexpr std::uint64_t epochs_reserved = 1000;  // for each write of the file

// Long work: rebuild and verify.
inline constexpr std::size_t jobs_kept = 16;               // that ended
inline constexpr std::size_t job_findings_max = 10'000;    // of one, that are kept to be shown
inline constexpr std::size_t import_bad_lines_max = 1000;  // likewise
inline constexpr std::size_t export_piece_size = 256u << 10;

// Commands of the application's own.
inline constexpr std::size_t runs_at_once_max = 4;
inline constexpr std::size_t run_output_max = 256u << 10;  // that the client has not taken
inline constexpr std::size_t run_input_max = 8u << 20;     // its JSON fits a body
inline constexpr auto run_beat = 1s;                       // something is sent at least

// Time series.
inline constexpr std::size_t series_block_events = 1024;         // for each entry of the index
inline constexpr std::chrono::milliseconds series_slice = 50ms;  // of reading, and as long nothing
inline constexpr std::chrono::milliseconds series_save_interval = 1s;
inline constexpr auto series_read_max = 2s;  // of the timeline, for one call

// Names and secrets.
inline constexpr std::size_t idempotency_key_size_max = 200;
inline constexpr std::size_t token_size_min = 16;
inline constexpr std::size_t token_size_max = 256;
inline constexpr std::size_t tokens_max = 1000;

static_assert(3 * calls_waiting_max + connections_kept_free < connections_max,
              "those who wait leave connections to others");
static_assert(calls_waiting_each_max < calls_waiting_max, "one client leaves places to others");
static_assert(6 * run_input_max < append_body_size_max, "the input of a command is part of a body");
static_assert(append_body_size_max <= request_bodies_size_max,
              "the largest body is admitted alone");
static_assert(idempotency_key_size_max + 16 <= event_id_size_max,
              "a key and two numbers are an id");

}  // namespace millrace::limits

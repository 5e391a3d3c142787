# frozen_string_literal: true

# How fast the codec is, beside the bare JSON parser: `ruby codec.rb FOLDER SECONDS` with a folder of message vectors.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "fastagency_sdk"

ROUNDS = 5

# Returns how many texts a second `work` takes, measured for about `seconds`.
def rate(items, seconds, work)
  count = 0
  start = FastAgency::Deadline.now
  while (took = FastAgency::Deadline.now - start) < seconds
    items.each { |item| work.call(item) }
    count += items.size
  end
  count / took
end

folder, seconds = ARGV
cases = Dir["#{folder}/*.json"].flat_map { |path| JSON.parse(File.read(path))["cases"] }
frames = cases.filter_map { |it| it["frame"] if it["valid"] && it["expect_type"] != "Unknown" }
messages = frames.map { |frame| FastAgency.decode(frame) }
values = frames.map { |frame| JSON.parse(frame) }
work = {
  "decode_per_second" => [frames, FastAgency.method(:decode)],
  "bare_decode_per_second" => [frames, JSON.method(:parse)],
  "encode_per_second" => [messages, FastAgency.method(:encode)],
  "bare_encode_per_second" => [values, JSON.method(:generate)]
}
slice = Float(seconds) / ROUNDS / work.size
rounds = Array.new(ROUNDS) { work.transform_values { |items, call| rate(items, slice, call) } }
medians = work.keys.to_h { |name| [name, rounds.map { |round| round[name] }.sort[ROUNDS / 2].round] }
puts JSON.generate({ "language" => "ruby", **medians, "bare" => "the json gem (#{JSON::VERSION}) into hashes" })

# frozen_string_literal: true

# Feeds frames to classes that were generated from any spec: `ruby vectors.rb SDK GENERATED`, with a JSON list of
# [type, frame] on stdin; type is a name in the spec. Prints a JSON list of {kind, value, shown} or {refused}.

sdk, generated = ARGV
%w[errors values operation].each { |name| require "#{sdk}/lib/fastagency_sdk/#{name}" }
Dir["#{generated}/*.rb"].each { |path| require File.expand_path(path) }
require "#{sdk}/lib/fastagency_sdk/codec"

outcomes = JSON.parse($stdin.read, max_nesting: false).map do |type, frame|
  value = FastAgency.decode_as(FastAgency::TYPES.fetch(type), frame)
  kind = value.is_a?(FastAgency::Unknown) ? "Unknown" : FastAgency::TYPES.key(value.class)
  # A constructor takes what a reader made of it.
  same = value.with == value && value.eql?(value.class.new(**value.to_h))
  written = same ? JSON.parse(FastAgency.encode(value), max_nesting: false) : "another"
  { kind: kind, value: written, shown: value.inspect }
rescue FastAgency::MalformedMessage => e
  { refused: e.message }
end
puts JSON.generate(outcomes)

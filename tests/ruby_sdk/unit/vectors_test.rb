# frozen_string_literal: true

require_relative "helper"

# Every vector of the spec, and canaries that prove that vectors can fail.
class VectorsTest < Minitest::Test
  VECTORS = Dir[File.expand_path("../../../spec/vectors/{messages,types}/*.json", __dir__)].flat_map do |path|
    document = JSON.parse(File.read(path))
    document["cases"].map do |found|
      type = path.include?("/types/") ? FastAgency::TYPES.fetch(document["type"]) : FastAgency::ServerMessage
      [File.basename(path, ".json"), type, found]
    end
  end

  VECTORS.each do |file, type, found|
    define_method("test_#{file}: #{found["name"]}") { assert_nil fault(type, found) { |*it| CODEC.call(*it) } }
  end

  CODEC = lambda do |type, frame|
    value = FastAgency.decode_as(type, frame)
    name = value.is_a?(FastAgency::Unknown) ? "Unknown" : FastAgency::TYPES.key(value.class)
    [name, JSON.parse(FastAgency.encode(value), max_nesting: false)]
  end

  def test_there_are_many_vectors
    valid, invalid = VECTORS.partition { |_, _, found| found["valid"] }

    assert_operator valid.size, :>, 300
    assert_operator invalid.size, :>, 500
  end

  def test_a_canary_that_takes_everything_fails_at_every_invalid_vector
    invalid = VECTORS.count { |_, _, found| !found["valid"] }

    assert_equal(invalid, faults { |type, frame| taken(type, frame) })
  end

  def test_a_canary_that_refuses_everything_fails_at_every_valid_vector
    valid = VECTORS.count { |_, _, found| found["valid"] }

    assert_equal(valid, faults { |_, frame| raise FastAgency::MalformedMessage.new("no", frame) })
  end

  def test_a_canary_that_forgets_defaults_fails
    assert_operator(faults { |type, frame| [CODEC.call(type, frame).first, JSON.parse(frame)] }, :>, 50)
  end

  def test_a_canary_that_rounds_large_integers_fails
    rounding = lambda do |value|
      case value
      when Hash then value.transform_values(&rounding)
      when Array then value.map(&rounding)
      when Integer then value.abs > 2**53 ? value.to_f.to_i : value
      else value
      end
    end
    assert_operator(faults { |*given| CODEC.call(*given).then { |name, value| [name, rounding.call(value)] } }, :>, 5)
  end

  def test_every_frame_of_a_message_keeps_its_text
    VECTORS.each do |_, type, found|
      next unless found["valid"]

      assert_equal found["frame"], FastAgency.decode_as(type, found["frame"]).raw_text
    end
  end

  private

  def taken(type, frame)
    CODEC.call(type, frame)
  rescue FastAgency::MalformedMessage
    [type, {}]
  end

  def faults(&)
    VECTORS.count { |_, type, found| fault(type, found, &) }
  end

  def fault(type, found)
    name, value = yield type, found["frame"]
    return "taken, but #{found["why"]}" unless found["valid"]
    return "decoded as #{name}" unless name == found["expect_type"]

    "decoded to #{value}" unless value == found["expect"]
  rescue FastAgency::MalformedMessage => e
    "refused: #{e.message}" if found["valid"]
  end
end

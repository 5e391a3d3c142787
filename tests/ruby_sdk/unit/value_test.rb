# frozen_string_literal: true

require_relative "helper"

class ValueTest < Minitest::Test
  Part = FastAgency::ContentPart

  def saying(body)
    FastAgency.decode(Wire.text_message(body))
  end

  def test_a_message_matches_patterns
    case saying("Hello")
    in FastAgency::TextMessage[sender: nil, content: { body: String => body }] then assert_equal "Hello", body
    end
    case saying([{ type: "image_url", url: "u" }])
    in { type: "text_message", content: { body: [{ type: "image_url", extra: }] } } then assert_equal "u", extra["url"]
    end
  end

  def test_an_absent_attribute_is_not_nil
    absent, null = saying([{ type: "text" }, { type: "text", text: nil }]).content.body

    assert absent.absent?(:text)
    refute null.absent?(:text)
    assert_nil absent.text
    assert_nil null.text
    refute_equal absent, null
    refute((absent in { text: nil }))
    assert((null in { text: nil }))
    assert_equal %w[{"type":"text"} {"type":"text","text":null}], [absent, null].map(&:to_json)
    assert_equal absent, null.with(text: FastAgency::ABSENT)
    assert_raises(ArgumentError) { absent.absent?(:nothing) }
  end

  def test_values_are_equal_by_their_attributes
    one = saying("a")
    other = FastAgency.decode(" #{Wire.text_message("a")}")

    assert_equal one, other
    assert one.eql?(other)
    assert_equal one.hash, other.hash
    assert_equal 1, [one, other].uniq.size
    refute_equal one, saying("b")
    refute_equal FastAgency::KeepAliveContent.new, FastAgency::ErrorContent.new
    refute Part.new(type: "t", text: 1).eql?(Part.new(type: "t", text: 1.0))
  end

  def test_values_are_frozen_in_depth_when_they_come_from_a_server
    assert Ractor.shareable?(saying([{ type: "x", extra: [{ "a" => "b" }] }]))
    assert_raises(FrozenError) { saying([]).content.body << 1 }
    assert_raises(FrozenError) { saying("a").instance_variable_set(:@sender, "me") }
  end

  def test_a_constructor_says_what_is_missing_or_unknown
    error = assert_raises(ArgumentError) { FastAgency::TextMessage.new(uuid: "u") }

    assert_equal "missing keywords: :workflow_uuid, :content", error.message
    error = assert_raises(ArgumentError) { Part.new(type: "text", txt: "a") }

    assert_equal "unknown keyword: :txt", error.message
    assert_raises(ArgumentError) { FastAgency::WorkflowInfo.new(name: "n", description: "d", extra: {}) }
  end

  def test_a_constructor_fills_in_what_may_be_left_out
    built = FastAgency::TextInput[workflow_uuid: Wire::UUID, uuid: "m",
                                  content: FastAgency::TextInputContent.new(prompt: "?")]

    assert_equal FastAgency.decode(Wire.text_input), built
    assert_equal "text_input", built.type
    assert_nil built.raw_text
  end

  def test_with_changes_a_copy
    one = saying("a")
    other = one.with(sender: "me")

    assert_nil one.sender
    assert_equal "me", other.sender
    assert_nil other.raw_text
    assert_equal({ "k" => 1 }, Part.new(type: "t", extra: { "k" => 1 }).with(type: "u").extra)
    assert_raises(ArgumentError) { one.with(nothing: 1) }
  end

  def test_an_unknown_type_is_kept_with_all_it_holds
    text = Wire.message("audio_message", { n: 9_007_199_254_740_993 }, x: [nil])
    unknown = FastAgency.decode(text)

    assert_instance_of FastAgency::Unknown, unknown
    assert_equal "audio_message", unknown.type
    assert_equal 9_007_199_254_740_993, unknown.raw["content"]["n"]
    assert_equal text, unknown.raw_text
    assert_equal JSON.parse(text), JSON.parse(JSON.generate(unknown))
  end

  def test_an_unknown_field_is_in_the_text
    known = FastAgency.decode(Wire.message("keep_alive", {}, later: 9_007_199_254_740_993))

    assert_equal 9_007_199_254_740_993, JSON.parse(known.raw_text)["later"]
  end

  def test_the_json_gem_writes_messages
    assert_equal JSON.parse(FastAgency.encode(saying("a"))), JSON.parse(JSON.generate(saying("a")))
  end

  def test_inspect_shows_what_is_there
    assert_equal '#<FastAgency::ContentPart type: "t", extra: {}>', Part.new(type: "t").inspect
    assert_equal "#<FastAgency::KeepAliveContent>", FastAgency::KeepAliveContent.new.to_s
    assert_equal "FastAgency::ABSENT", FastAgency::ABSENT.inspect
  end

  def test_a_union_matches_its_messages
    assert_operator FastAgency::ServerMessage, :===, saying("a")
    assert_operator FastAgency::ServerMessage, :===, FastAgency.decode('{"type":"new"}')
    refute_operator FastAgency::ServerMessage, :===, Part.new(type: "t")
  end

  def test_a_refusal_names_the_place
    {
      [{ type: "t" }, { text: "a" }] => "content.body.1.type: must be there",
      [{ type: "" }] => "content.body.0.type: must be a string of at least 1",
      5 => "content.body: must be a string or an array"
    }.each do |body, why|
      assert_equal why, assert_raises(FastAgency::MalformedMessage) { saying(body) }.message
    end
    error = assert_raises(FastAgency::MalformedMessage) { FastAgency.decode("[") }

    assert_equal "[", error.text
  end
end

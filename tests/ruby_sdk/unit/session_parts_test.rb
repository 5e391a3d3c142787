# frozen_string_literal: true

require_relative "session_wire"

class ReconnectTest < Minitest::Test
  Fixed = Struct.new(:rand)

  def delays(code, attempts, drawn, **options)
    policy = FastAgency::Reconnect.new(**options)
    attempts.map { |it| policy.delay(FastAgency::Closure.new(code: code), it, random: Fixed.new(drawn)) }
  end

  def test_delays_grow_up_to_a_bound
    assert_equal [1, 2, 4, 8, 10, 10], delays(1006, [1, 2, 3, 4, 5, 9999], 1.0, first_delay: 1.0, longest_delay: 10.0)
    assert_equal [0, 2], delays(4200, [1, 2], 1.0, first_delay: 1.0)
    assert_equal [0.0], delays(1006, [1], 0.0)
  end

  def test_bad_numbers_are_refused
    %i[first_delay longest_delay patience].each do |name|
      assert_raises(ArgumentError) { FastAgency::Reconnect.new(name => -1) }
    end
  end
end

class TextAssemblerTest < Minitest::Test
  def test_texts_are_assembled
    texts = FastAgency::TextAssembler.new
    add = ->(frame) { texts.add(FastAgency.decode(frame)) }
    chunk = lambda do |delta, replace = false|
      add.call(SessionWire.frame("text_chunk", message_uuid: "t1", delta: delta, replace: replace))
    end

    assert_equal ["Prime ", "Prime numbers"], [chunk.call("Prime "), chunk.call("numbers")]
    assert_equal "Again", chunk.call("Again", true)
    assert_nil add.call(SessionWire.logged(1, "text_message", "t1"))
    assert_equal "new", chunk.call("new")
    assert_nil add.call(SessionWire.ready("reset"))
    assert_equal "newer", chunk.call("newer")
    assert_nil add.call(SessionWire.frame("later"))
  end
end

class CursorTest < Minitest::Test
  def test_there_and_back
    cursor = SessionWire.cursor(7)
    fields = { "workflow_uuid" => Wire::UUID, "resume_token" => SessionWire::TOKEN, "epoch" => "e1", "after_seq" => 7 }

    assert_equal fields, JSON.parse(cursor.to_json)
    assert_equal cursor, FastAgency::Cursor.from_json(JSON.generate(fields.merge("later" => 1)))
    assert_equal [0, "e1"], cursor.from_start.then { |it| [it.after_seq, it.epoch] }
  end

  def test_what_is_none
    text = SessionWire.cursor(7).to_json
    ["[]", "{}", "", text.sub(":7", ":true"), text.sub(":7", ":7.5"), text.sub('"e1"', "1"), text[..-3]].each do |wrong|
      error = assert_raises(ArgumentError) { FastAgency::Cursor.from_json(wrong) }

      refute_includes error.message, "ttt"
      assert_nil error.cause&.message&.[](/ttt/)
    end
  end
end

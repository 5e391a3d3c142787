# frozen_string_literal: true

require_relative "client_case"

# Conversations over real sockets.
class ConversationTest < ClientTest
  def test_a_conversation
    heard = []
    there = server do |peer|
      peer.text(Wire.message("workflow_started"), Wire.text_input, Wire.choice(single: false))
      heard << peer.read_text << peer.read_text
      peer.text(Wire.completed("fine"))
      peer.close(1000)
    end
    states = []
    said = client(there).start("w") do |conversation|
      conversation.each_message do |message|
        states << conversation.state
        case message
        in FastAgency::TextInput then conversation.answer("Zoë")
        in FastAgency::MultipleChoice then conversation.answer(%w[d b,c])
        in FastAgency::WorkflowStarted | FastAgency::WorkflowCompleted then nil
        end
      end
      conversation.result
    end

    assert_equal "fine", said
    assert_equal %w[Zoë d,b,c], heard
    assert_equal %i[running awaiting_answer awaiting_answer completed], states
  end

  def test_the_first_frame_is_what_initiate_answered
    body = '{"user_id":"7","workflow_uuid":"6F1ED002AB5F4D3E9B6A7C1D2E3F4A5B","name":"n","params":{"a":1},"later":1}'
    first = nil
    there = FakeServer.open("/fastagency/initiate_workflow": ->(_) { [200, {}, body] }) do |peer|
      first = peer.read_text
      peer.close(1000)
    end
    @servers << there
    client(there).start("w") { |conversation| assert_raises(FastAgency::ConversationLost) { bodies(conversation) } }

    assert_equal JSON.parse(body).except("later"), JSON.parse(first)
  end

  def test_an_enumerator_can_be_stopped_and_goes_on
    there = server do |peer|
      peer.text(*%w[a b c].map { |it| Wire.text_message(it) }, Wire.completed)
      peer.close(1000)
    end
    conversation = client(there).start("w")
    first = conversation.each_message.next

    assert_equal "a", first.content.body
    assert_equal(["b"], conversation.each_message.lazy.map { |it| it.content.body }.first(1))
    assert_equal %w[c workflow_completed], bodies(conversation)
    assert_nil conversation.next_message
    conversation.close
  end

  def test_fragments_pings_and_other_frames_between
    pong = nil
    there = server do |peer|
      text = Wire.text_message("Grüße 👩🏽‍💻").b
      peer.send_frame(Peer::TEXT, text[0, 80], final: false)
      peer.send_frame(Peer::PING, "alive?")
      text[80..].each_char { |byte| peer.send_frame(0, byte, final: false) }
      peer.send_frame(Peer::PONG, "unasked")
      peer.send_frame(0, "")
      pong = peer.read
      peer.text(Wire.completed)
      peer.close(1000)
    end
    client(there).start("w") { |it| assert_equal ["Grüße 👩🏽‍💻", "workflow_completed"], bodies(it) }

    assert_equal [Peer::PONG, "alive?"], pong
  end

  def test_a_megabyte_both_ways_at_once
    large = "é" * 600_000
    there = server do |peer|
      peer.text(Wire.text_input, Wire.text_message(large), Wire.text_message(large), Wire.text_message(large))
      peer.text(Wire.text_message(peer.read_text), Wire.completed)
      peer.close(1000)
    end
    client(there).start("w") do |conversation|
      conversation.next_message
      # The server reads nothing before it has sent all of this, and the client has room for less.
      conversation.answer(large)

      assert_equal ([large] * 4) + ["workflow_completed"], bodies(conversation)
    end
  end

  def test_a_malformed_frame_is_an_error_there_and_reading_goes_on
    there = server do |peer|
      peer.text("{", '{"type":"text_message"}')
      peer.send_frame(Peer::BINARY, "\x00\xff")
      peer.text(Wire.message("later"), Wire.completed)
      peer.close(1000)
    end
    client(there).start("w") do |conversation|
      errors = Array.new(3) { assert_raises(FastAgency::MalformedMessage) { conversation.next_message } }

      assert_equal ["{", '{"type":"text_message"}', "\u0000\uFFFD"], errors.map(&:text)
      assert_equal %w[later workflow_completed], bodies(conversation)
    end
  end
end

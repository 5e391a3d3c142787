# frozen_string_literal: true

require_relative "client_case"

# Time: what waits, how long, and what is not lost by it.
class WaitingTest < ClientTest
  def test_a_timeout_loses_nothing
    steps = Queue.new
    there = server do |peer|
      frame = peer.frame(Peer::TEXT, Wire.text_message("whole"))
      peer.socket.write(frame[0, 60])
      steps.pop
      peer.socket.write(frame[60..])
      peer.text(Wire.completed)
      peer.close(1000)
    end
    client(there, message_timeout: 0.05).start("w") do |conversation|
      3.times { assert_raises(FastAgency::TimedOut) { conversation.next_message } }
      assert_raises(FastAgency::TimedOut) { conversation.next_message(timeout: 0) }
      assert_equal :running, conversation.state
      steps << :go

      assert_equal "whole", conversation.next_message(timeout: nil).content.body
      assert_equal ["workflow_completed"], bodies(conversation)
    end
  end

  def test_a_silent_server_is_pinged_and_then_lost
    frames = Queue.new
    there = server do |peer|
      while (frame = peer.read)
        frames << frame
      end
    end
    conversation = client(there, ping_interval: 0.05).start("w")
    error = assert_raises(FastAgency::ConversationLost) { conversation.next_message }

    assert_equal 1011, error.code
    assert_includes error.message, "ping"
    assert_equal Peer::PING, frames.pop[0]
    assert_equal [Peer::CLOSE, 1011], frames.pop.then { |opcode, payload| [opcode, payload.unpack1("n")] }
  end

  def test_a_server_that_answers_pings_is_not_lost
    there = server do |peer|
      4.times { peer.read.then { |opcode, payload| opcode == Peer::PING && peer.send_frame(Peer::PONG, payload) } }
      peer.text(Wire.completed)
      peer.close(1000)
    end
    client(there, ping_interval: 0.05).start("w") { |it| assert_equal ["workflow_completed"], bodies(it) }
  end

  def test_an_answer_that_the_server_does_not_read
    there = server do |peer|
      peer.text(Wire.text_input)
      sleep 0.01 until peer.socket.closed? || @done
    end
    conversation = client(there, timeout: 0.1, close_timeout: 0.1).start("w")
    conversation.next_message

    assert_raises(FastAgency::ConversationLost) { conversation.answer("x" * 6_000_000) }
    @done = true
    assert_equal 1006, assert_raises(FastAgency::ConversationLost) { conversation.next_message }.code
  end

  def test_an_answer_after_the_server_has_gone
    gone = Queue.new
    there = server do |peer|
      peer.text(Wire.text_input, Wire.text_message("unread"))
      peer.close(4000, "no")
      gone << true
    end
    conversation = client(there).start("w")
    conversation.next_message
    gone.pop
    assert_raises(FastAgency::ConversationRefused) { conversation.answer("x") }
    assert_equal "unread", conversation.next_message.content.body
    assert_equal 4000, assert_raises(FastAgency::ConversationRefused) { conversation.next_message }.code
  end

  def test_one_thread_reads_while_another_answers
    there = server do |peer|
      peer.text(Wire.text_input)
      peer.text(Wire.text_message(peer.read_text), Wire.completed)
      peer.close(1000)
    end
    conversation = client(there).start("w")
    reader = Thread.new { bodies(conversation) }
    waits_for { conversation.question }
    conversation.answer("from here")

    assert_equal ["text_input", "from here", "workflow_completed"], reader.value
    conversation.close
  end

  def test_one_thread_reads_while_another_closes
    there = server(&:read)
    conversation = client(there, close_timeout: 0.1).start("w")
    reader = Thread.new { bodies(conversation) }
    waits_for { reader.status == "sleep" }
    conversation.close

    assert_empty reader.join(5).value
  end

  def test_reading_holds_a_fast_server_back
    written = 0
    there = server do |peer|
      200.times do
        peer.text(Wire.text_message("x" * 1_000_000))
        written += 1
      end
    rescue SystemCallError
      nil
    end
    client(there, close_timeout: 0.1).start("w") do |conversation|
      5.times { conversation.next_message }

      assert_operator written, :<, 100
    end
  end
end

# frozen_string_literal: true

require_relative "client_case"

# How conversations end.
class EndingTest < ClientTest
  def ends(code: nil, reason: "", before: [])
    there = server do |peer|
      peer.text(*before)
      code == :none ? peer.socket.close : peer.close(code, reason)
    end
    conversation = client(there).start("w")
    yield conversation
  ensure
    conversation&.close
  end

  def test_close_codes_before_the_end
    {
      1000 => FastAgency::ConversationLost, 1001 => FastAgency::ConversationLost,
      1012 => FastAgency::ConversationLost, 1013 => FastAgency::ConversationLost,
      4004 => FastAgency::ConversationRefused, 4100 => FastAgency::ConversationRefused,
      1009 => FastAgency::ConversationRefused, 4200 => FastAgency::ConversationLost
    }.each do |code, kind|
      ends(code: code, reason: "why", before: [Wire.message("error", { short: "S" })]) do |conversation|
        conversation.next_message
        error = assert_raises(kind) { conversation.next_message }

        assert_equal [code, "why"], [error.code, error.reason]
        assert_same(error, assert_raises(kind) { conversation.next_message })
      end
    end
  end

  def test_a_close_without_a_code_and_none_at_all
    ends { |it| assert_equal 1005, assert_raises(FastAgency::ConversationLost) { it.next_message }.code }
    ends(code: :none) { |it| assert_equal 1006, assert_raises(FastAgency::ConversationLost) { it.next_message }.code }
  end

  def test_any_close_after_the_end_is_normal
    [1000, 1012, 4000, nil, :none].each do |code|
      ends(code: code, before: [Wire.completed]) { |it| assert_equal ["workflow_completed"], bodies(it) }
    end
  end

  def test_a_server_that_does_not_close_after_the_end
    there = server { |peer| peer.text(Wire.completed("r"), Wire.text_message("late")) && peer.read && peer.read }
    conversation = client(there, close_timeout: 0.1, ping_interval: nil).start("w")

    assert_equal %w[workflow_completed late], bodies(conversation)
    assert_equal :completed, conversation.state
  end

  def test_what_breaks_the_protocol_is_closed_by_this_side
    {
      ->(peer) { peer.send_frame(Peer::TEXT, "\"\xff\"") } => 1007,
      ->(peer) { peer.text("\"#{"x" * 2000}\"") } => 1009,
      ->(peer) { 3.times { |n| peer.send_frame(n.zero? ? Peer::TEXT : 0, "x" * 500, final: false) } } => 1009,
      ->(peer) { peer.send_frame(3, "") } => 1002,
      ->(peer) { peer.send_frame(0, "") } => 1002,
      ->(peer) { peer.socket.write("\xc1\x00") } => 1002
    }.each do |fault, code|
      told = nil
      there = server do |peer|
        peer.text(Wire.text_message("before"))
        fault.call(peer)
        told = peer.read
      end
      client(there, max_message_size: 1000).start("w") do |conversation|
        assert_equal "before", conversation.next_message.content.body
        error = assert_raises(FastAgency::ConversationLost) { conversation.next_message }

        assert_equal code, error.code
      end
      waits_for { told }

      assert_equal [Peer::CLOSE, code], [told[0], told[1].unpack1("n")]
    end
  end

  def test_leaving_tells_the_server_and_is_no_loss
    told = Queue.new
    there = server do |peer|
      peer.text(Wire.text_input)
      told << peer.read
      peer.close(1000)
    end
    conversation = client(there).start("w")
    conversation.next_message
    conversation.leave
    conversation.leave

    assert_equal [Peer::CLOSE, 1000], told.pop.then { |opcode, payload| [opcode, payload.unpack1("n")] }
    assert_equal :cancelled, conversation.state
    assert_nil conversation.next_message
    assert_raises(FastAgency::NotAsked) { conversation.answer("x") }
  end

  def test_leaving_a_server_that_never_stops_or_never_answers
    busy = server do |peer|
      loop { peer.text(Wire.text_message("x" * 10_000)) }
    rescue SystemCallError
      nil
    end
    silent = server(&:read)
    [busy, silent].each do |there|
      conversation = client(there, close_timeout: 0.1).start("w")
      conversation.close

      assert_equal :cancelled, conversation.state
    end
  end

  def test_the_block_closes_whatever_happens_in_it
    gone = Queue.new
    there = server { |peer| gone << peer.read }
    assert_raises(ZeroDivisionError) { client(there, close_timeout: 0.1).start("w") { 1 / 0 } }

    assert_equal Peer::CLOSE, gone.pop[0]
  end
end

# frozen_string_literal: true

require_relative "session_case"

# Conversations of `fastagency.v1` over real sockets.
class SessionTest < LiveSessionCase
  def test_a_conversation_survives_its_connection
    answers = Queue.new
    there = session_server(
      lambda do |peer, _|
        peer.text(ready("fresh"), logged(1), question(2))
        answers << JSON.parse(peer.read_text)
      end,
      lambda do |peer, _|
        peer.text(ready("replay", head: 3), logged(3), through(3))
        answers << (again = JSON.parse(peer.read_text))
        peer.text(accepted(4, again["answer_id"]))
        finish(peer, 5)
      end
    )
    session_client(there).start("w") do |conversation|
      seen = conversation.each_message.map do |message|
        conversation.answer("Ada") if message.is_a?(FastAgency::TextInput)
        refute conversation.answered_elsewhere?(message) if message.is_a?(FastAgency::AnswerAccepted)
        message.seq
      end

      assert_equal [1, 2, 3, 4, 5], seen
      assert_equal [:completed, "completed", "done"], [conversation.state, conversation.outcome, conversation.result]
    end
    assert_equal answers.pop, answers.pop
    assert_equal(%w[start_workflow resume_workflow], Array.new(2) { first["type"] })
  end

  def test_the_connections_state_is_told
    there = session_server(breaks(ready("fresh"), logged(1)), ends(2, ready("replay", head: 1), through(1)))
    states = []
    session_client(there).start("w") do |conversation|
      conversation.on_connection { |state| states << state }
      shown(conversation)

      assert_equal :ended, conversation.connection
    end

    assert_equal %i[reconnecting live ended], states.last(3)
    assert_empty states - %i[connecting live reconnecting ended]
  end

  def test_each_socket_has_fresh_headers_and_the_offer
    count = 0
    there = session_server(breaks(ready("fresh")), ends(1, ready("replay"), through(0)))
    session_client(there, headers: -> { { "X-Count" => count += 1 } }).start("w") { |it| shown(it) }
    requests = Array.new(3) { there.requests.pop }

    assert_equal(%w[1 2 3], requests.map { |it| it.headers["x-count"] })
    assert_equal([nil, "fastagency.v1", "fastagency.v1"], requests.map { |it| it.headers["sec-websocket-protocol"] })
  end

  def test_a_workflow_is_never_announced_or_started_twice
    there = session_server(breaks, breaks, ends(1, ready("fresh")))
    session_client(there).start("w") { |it| assert_equal [1], shown(it) }

    assert_equal 1, Array.new(3) { first }.uniq.size
    assert_equal(1, Array.new(4) { there.requests.pop.path }.grep(/initiate/).size)
  end

  def test_a_gap_is_resumed_from
    there = session_server(says(ready("fresh", heartbeat: 3600), logged(1), logged(3)),
                           ends(3, ready("replay", head: 2), logged(2), through(2)))
    session_client(there).start("w") { |it| assert_equal [1, 2, 3], shown(it) }
    first

    assert_equal 1, first["after_seq"]
  end

  def test_silence_is_resumed_from
    there = session_server(says(ready("fresh", heartbeat: 0.05)), ends(1, ready("replay"), through(0)))
    session_client(there).start("w") { |it| assert_equal [1], shown(it) }
  end

  def test_malformed_frames_come_at_their_place
    there = session_server(
      breaks(ready("fresh"), logged(1)),
      lambda do |peer, _|
        peer.text(ready("replay", head: 3), logged(2), broken_message(3), through(3))
        peer.send_frame(Peer::BINARY, "\xff")
        finish(peer, 4)
      end
    )
    session_client(there).start("w") do |conversation|
      assert_equal([1, 2], Array.new(2) { conversation.next_message.seq })
      assert_raises(FastAgency::MalformedMessage) { conversation.next_message }
      assert_equal ["e1", 3], stands(conversation)
      assert_raises(FastAgency::MalformedMessage) { conversation.next_message }
      assert_equal [4], shown(conversation)
    end
  end

  def test_a_timeout_loses_nothing
    go = Queue.new
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh"))
      go.pop
      finish(peer, 1)
    end)
    session_client(there, message_timeout: 0.01).start("w") do |conversation|
      2.times { assert_raises(FastAgency::TimedOut) { conversation.next_message } }
      go << true

      assert_equal "workflow_completed", conversation.next_message(timeout: nil).type
      2.times { assert_nil conversation.next_message(timeout: 5) }
    end
  end

  def test_a_server_that_does_not_close_after_the_end
    there = session_server(says(ready("fresh", heartbeat: 3600), completed(1)))
    session_client(there, close_timeout: 0.05).start("w") { |it| assert_equal [1], shown(it) }
  end

  def test_cancelling
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh"))
      peer.text(logged(1, reason: JSON.parse(peer.read_text)["reason"]))
      finish(peer, 2, "cancelled")
    end)
    session_client(there).start("w") do |conversation|
      conversation.cancel("enough")

      assert_equal [1, 2], shown(conversation)
      assert_equal [:cancelled, "cancelled"], [conversation.state, conversation.outcome]
    end
  end

  def test_a_user_who_does_not_read_grows_no_memory_and_can_answer_all_the_same
    said = 0
    answered = Queue.new
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh", heartbeat: 0.5), question(1))
      reader = Thread.new { answered << JSON.parse(peer.read_text)["value"] }
      (2..1500).each { |seq| peer.text(logged(seq, body: "x" * 20_000)) && said = seq }
      reader.join
      finish(peer, 1501)
    end)
    session_client(there).start("w") do |conversation|
      question = conversation.next_message

      assert_operator settled { said }, :<, 1300, "the server waits"
      conversation.answer("Ada", question)

      assert_equal "Ada", answered.pop
      assert_equal (2..1501).to_a, shown(conversation)
    end
  end

  private

  # What a number is once it does not change any more.
  def settled
    before = nil
    sleep 0.2 until before == (before = yield)
    before
  end
end

# frozen_string_literal: true

require_relative "session_case"

# Leaving a conversation of `fastagency.v1`, which goes on (spec FA-CAN-3).
class SessionLeavingTest < LiveSessionCase
  def test_leaving_early_leaves_the_workflow_running
    gone = Queue.new
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh"), logged(1), logged(2))
      gone << peer.read
      peer.close(1000)
    end)
    conversation = session_client(there).start("w")
    conversation.next_message
    2.times { assert_nil conversation.close }

    assert_equal [Peer::CLOSE, [1000].pack("n")], gone.pop
    assert_equal [:cancelled, :ended, ["e1", 1]], [conversation.state, conversation.connection, stands(conversation)]
    assert_nil conversation.next_message
    assert_raises(FastAgency::NotAsked) { conversation.answer("x") }
  end

  def test_what_was_said_before_leaving_is_sent
    heard = Queue.new
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh"), question(1))
      3.times { heard << peer.read }
      peer.close(1000)
    end)
    session_client(there).start("w") do |conversation|
      conversation.next_message
      conversation.answer("Ada")
      conversation.cancel
    end
    frames = Array.new(2) { JSON.parse(heard.pop.last) }

    assert_equal(%w[answer cancel_workflow], frames.map { |it| it["type"] })
    assert_equal Peer::CLOSE, heard.pop.first
  end

  def test_leaving_while_it_waits_to_come_back
    files = open_files
    there = session_server(breaks(ready("fresh")))
    conversation = client(there, reconnect: FastAgency::Reconnect.new(first_delay: 30)).start("w")
    waits_for { conversation.connection == :reconnecting }
    reader = Thread.new { conversation.next_message }
    conversation.close

    assert_nil reader.value
    there.stop && @servers.clear

    assert_equal files, open_files
  end

  def test_leaving_while_a_socket_opens
    opening = Queue.new
    sockets = 0
    stuck = lambda do |request|
      next if (sockets += 1) == 1

      opening << request
      sleep 0.01 until @over
      [503, {}, ""]
    end
    there = session_server(breaks(ready("fresh")), upgrade: stuck)
    conversation = session_client(there).start("w")
    opening.pop
    conversation.close
    @over = true

    assert_equal :ended, conversation.connection
  end
end

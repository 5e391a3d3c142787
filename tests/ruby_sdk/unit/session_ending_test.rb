# frozen_string_literal: true

require_relative "session_case"

# How conversations of `fastagency.v1` end, and that nothing is left of them.
class SessionEndingTest < LiveSessionCase
  def lost(conversation, kind = FastAgency::ConversationLost)
    error = assert_raises(kind) { shown(conversation) }
    assert_same(error, assert_raises(kind) { conversation.next_message }, "the failure stays")
    assert_same(error, assert_raises(kind) { conversation.answer("x") })
    error
  end

  def test_a_refusal_of_the_next_socket_is_final
    [401, 403, 404].each do |status|
      sockets = 0
      refuse = ->(_) { (sockets += 1) > 1 ? [status, {}, '{"detail":"Not you."}'] : nil }
      there = session_server(breaks(ready("fresh"), logged(1)), upgrade: refuse)
      session_client(there).start("w") do |conversation|
        error = lost(conversation, FastAgency::ConversationRefused)

        assert_equal [1006, "Not you.", :failed, :lost],
                     [error.code, error.detail, conversation.state, conversation.connection]
      end
      assert_equal 2, sockets
    end
  end

  def test_any_other_failure_to_open_is_tried_again
    sockets = 0
    refuse = ->(_) { (sockets += 1).between?(2, 3) ? [503, {}, ""] : nil }
    there = session_server(breaks(ready("fresh")), ends(1, ready("replay"), through(0)), upgrade: refuse)
    session_client(there).start("w") { |it| assert_equal [1], shown(it) }

    assert_equal 4, sockets
  end

  def test_a_final_code
    there = session_server(lambda do |peer, _|
      peer.text(ready("fresh"), frame("error", workflow_uuid: Wire::UUID, uuid: "e", content: { short: "Gone" }))
      peer.close(4010, "why")
    end)
    session_client(there).start("w") do |conversation|
      error = lost(conversation, FastAgency::ConversationRefused)

      assert_equal [4010, "why", "Gone"], [error.code, error.reason, error.detail]
      assert_equal "Gone", conversation.last_error.content.short
    end
  end

  def test_giving_up_delivers_what_a_broken_replay_had_brought
    there = session_server(breaks(ready("fresh"), logged(1)), breaks(ready("replay", head: 3), logged(2)))
    tries = 0
    once = FastAgency::Reconnect.new(first_delay: 0, should_retry: ->(*) { (tries += 1) == 1 })
    client(there, reconnect: once).start("w") do |conversation|
      assert_equal([1, 2], Array.new(2) { conversation.next_message.seq })
      lost(conversation)
    end
  end

  def test_an_error_of_the_users_own_headers_is_theirs_to_see
    calls = 0
    there = session_server(breaks(ready("fresh"), logged(1)))
    headers = -> { (calls += 1) < 3 ? {} : raise("no token") }
    session_client(there, headers: headers).start("w") do |conversation|
      assert_equal 1, conversation.next_message.seq
      2.times { assert_equal "no token", assert_raises(RuntimeError) { conversation.next_message }.message }
      assert_raises(RuntimeError) { conversation.answer("x") }
      assert_equal :lost, conversation.connection
    end
  end

  def test_an_observer_may_close
    there = session_server(says(ready("fresh")))
    conversation = session_client(there).start("w")
    conversation.on_connection { |state| conversation.close if state == :live }

    assert_nil conversation.next_message(timeout: 5)
    conversation.close
  end

  def test_an_observer_that_raises
    go = Queue.new
    there = session_server(->(peer, _) { peer.text(ready("fresh")) && go.pop })
    conversation = session_client(there).start("w")
    conversation.on_connection { |state| raise "what now" if state == :reconnecting }
    go << true

    assert_equal "what now", assert_raises(RuntimeError) { conversation.next_message }.message
    conversation.close
  end

  def test_at_its_end_nothing_is_left_though_nobody_closes
    files = open_files
    there = session_server(ends(1, ready("fresh")))
    conversation = session_client(there).start("w")

    assert_equal [1], shown(conversation)
    there.stop && @servers.clear
    waits_for { (Thread.list - @threads).empty? && open_files == files }
  end

  def test_no_inspection_shows_a_secret
    there = session_server(says(ready("fresh"), question(1, password: true)))
    options = { headers: { "Authorization" => "Bearer secret" } }
    session_client(there, **options).start("w") do |conversation|
      conversation.next_message
      conversation.answer("hunter2")
      shell = conversation.instance_variable_get(:@shell)
      [conversation, shell, conversation.cursor].each do |it|
        ["hunter2", TOKEN, "Bearer"].each { |secret| refute_includes it.inspect + it.to_s, secret }
      end
    end
  end
end

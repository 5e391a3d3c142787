# frozen_string_literal: true

require_relative "session_case"

# Which dialect a conversation is in (spec FA-NEG), and how one is resumed.
class SessionOpeningTest < LiveSessionCase
  def test_an_offer_that_is_not_taken_makes_it_classic
    firsts = []
    body = JSON.generate(initiated)
    there = FakeServer.open("/fastagency/initiate_workflow": ->(_) { [200, {}, body] }) do |peer|
      firsts << JSON.parse(peer.read_text)
      peer.text(Wire.completed)
      peer.close(1000)
    end
    @servers << there
    client(there).start("w") do |conversation|
      assert_equal ["workflow_completed"], bodies(conversation)
      assert_nil conversation.cursor
      assert_nil conversation.outcome
    end

    assert_equal [{ "user_id" => nil, "workflow_uuid" => Wire::UUID, "name" => "quiz", "params" => { "level" => 1 } }],
                 firsts
    assert_equal "fastagency.v1", Array.new(2) { there.requests.pop }.last.headers["sec-websocket-protocol"]
  end

  def test_the_classic_dialect_can_be_asked_for
    there = session_server(->(peer, _) { peer.text(Wire.completed) && peer.close(1000) })
    client(there, dialect: :classic).start("w") { |it| assert_equal ["workflow_completed"], bodies(it) }

    refute_includes first, "type"
    assert_raises(ArgumentError) { FastAgency::Options.new(there.url, dialect: :v2) }
  end

  def test_resuming
    there = session_server(
      ends(5, ready("replay", head: 4), logged(4), through(4)), ends(2, ready("reset", head: 1), logged(1), through(1))
    )
    session_client(there).resume(cursor(3)) do |conversation|
      assert_equal Wire::UUID, conversation.workflow_uuid
      assert_equal 4, conversation.next_message.seq
      assert_equal cursor(4), conversation.cursor
      assert_equal [5], shown(conversation)
    end
    session_client(there).resume(cursor(3), from_start: true) { |it| assert_equal ["session_ready", 1, 2], shown(it) }

    assert_equal([3, 0], Array.new(2) { first["after_seq"] })
  end

  def test_nothing_can_be_resumed_in_classic
    there = FakeServer.open { |peer| nil while peer.read }
    @servers << there
    files = open_files

    assert_raises(FastAgency::DialectNotTaken) { client(there, close_timeout: 0.1).resume(cursor(3)) }
    waits_for { open_files == files }
  end
end

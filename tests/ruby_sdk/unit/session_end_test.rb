# frozen_string_literal: true

require_relative "session_wire"

# How conversations end, and connections come back (spec FA-CAN, FA-CLS, FA-LIV).
class SessionEndTest < SessionCase
  def test_cancel
    talk = live(logged(1))
    talk.drop
    talk.protocol.cancel("enough")
    talk.open(ready("replay", head: 1), through(1))
    cancel = { "type" => "cancel_workflow", "reason" => "enough" }

    assert_equal [cancel], talk.sent
    assert_empty talk.sent
    talk.drop
    talk.open(ready("replay", head: 1), through(1))

    assert_equal [cancel], talk.sent, "nobody knows whether the first one arrived"
    talk.hear(completed(2, "cancelled"))

    assert_equal ["cancelled", :cancelled, :ended],
                 [talk.protocol.outcome, talk.protocol.state, talk.protocol.connection]
    assert_equal [nil, []], talk.drop(1000).to_a
    assert_nil talk.protocol.ending
  end

  # spec FA-CAN-1
  def test_a_cancel_is_not_sent_after_the_end_also_where_a_replay_brings_it
    [false, true].each do |inside|
      talk = live(logged(1))
      talk.protocol.cancel unless inside
      talk.drop
      talk.open(ready("replay", head: 2), completed(2))
      talk.protocol.cancel if inside
      talk.hear(through(2))

      assert_empty talk.sent
    end
  end

  def test_what_has_arrived_counts_when_it_was_read
    talk = live(question(1))
    unread = talk.protocol.receive_text(completed(2, "failed", "it broke"), talk.now)
    talk.drop(1000)

    assert_equal [:running, :live, nil, nil],
                 [talk.protocol.state, talk.protocol.connection, talk.protocol.result, talk.protocol.outcome]
    talk.read(unread)

    assert_equal [:failed, :ended, "it broke", "failed"],
                 [talk.protocol.state, talk.protocol.connection, talk.protocol.result, talk.protocol.outcome]
  end

  def test_leaving
    talk = live(question(1))
    talk.protocol.answer("Ada")
    talk.protocol.leave

    assert_equal ["Ada"], talk.sent.map { |sent| sent["value"] }, "what can be sent is sent before"
    assert_equal %i[ended cancelled], [talk.protocol.connection, talk.protocol.state]
    assert_raises(FastAgency::NotAsked) { talk.protocol.answer("Ada") }
    assert_nil talk.drop.delay
    assert_nil talk.protocol.ending
  end

  {
    FastAgency::ConversationRefused => [4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009],
    FastAgency::ConversationLost => [1000, 1002, 1005, 1008, 3000]
  }.each do |kind, codes|
    codes.each do |code|
      define_method("test_#{code}_is_final") do
        talk = live(logged(1))

        assert_nil talk.drop(code).delay
        assert_instance_of kind, talk.protocol.ending
        assert_equal %i[lost running], [talk.protocol.connection, talk.protocol.state]
        talk.protocol.delivered(talk.protocol.ending)

        assert_equal kind == FastAgency::ConversationLost ? :cancelled : :failed, talk.protocol.state
      end
    end
  end

  [1001, 1006, 1011, 1012, 4100, 4101, 4199].each do |code|
    define_method("test_#{code}_backs_off") { assert_includes 0.0..1.0, live(logged(1)).drop(code).delay }
  end

  [4200, 4201, 4299].each do |code|
    define_method("test_#{code}_resumes_at_once") do
      talk = live(logged(1))

      assert_in_delta 0.0, talk.drop(code).delay
    end
  end

  def test_codes_that_this_side_closed_with
    refute_nil live.drop(1011, "no pong", by_client: true).delay
    assert_nil live.drop(1009, by_client: true).delay
    assert_nil live.drop(4100, by_client: true).delay
  end

  def test_should_retry_wins
    [[4004, true], [1006, false], [1006, nil]].each do |code, wanted|
      asked = []
      talk = live(should_retry: ->(*arguments) { (asked << arguments) && wanted })

      assert_equal((wanted != false), !talk.drop(code, "why").delay.nil?)
      assert_equal [[code, "why", 1]], asked
    end
  end

  def test_it_gives_up_when_the_conversation_must_be_gone
    talk = live(logged(1), first_delay: 0)
    refute_nil talk.drop.delay
    talk.now = 160.0

    refute_nil talk.drop.delay
    talk.now = 161.0

    assert_nil talk.drop.delay
    assert_equal :lost, talk.protocol.connection
    assert_raises(FastAgency::ConversationLost) { talk.protocol.answer("too late") }
  end

  def test_before_there_was_a_session_it_gives_up_after_patience
    talk = Talk.new(patience: 30, first_delay: 0)
    talk.now = 130.0

    refute_nil talk.drop.delay
    talk.now = 131.0

    assert_nil talk.drop.delay
    assert_instance_of FastAgency::ConversationLost, talk.protocol.ending
  end

  def test_attempts_are_counted_from_the_last_progress
    attempts = []
    talk = live(should_retry: ->(_, _, attempt) { attempts << attempt })
    2.times { talk.drop }
    talk.open(ready("replay", head: 2), logged(1))
    talk.drop
    talk.open(ready("replay", head: 2))
    talk.drop

    assert_equal [1, 2, 1, 2], attempts
  end

  def test_silence
    talk = Talk.new(patience: 7)
    talk.open

    assert_in_delta 107.0, talk.protocol.deadline
    talk.hear(ready("fresh"))

    assert_in_delta 115.0, talk.protocol.deadline
    talk.now = 110.0
    talk.hear(frame("keep_alive", workflow_uuid: Wire::UUID, uuid: "k", content: {}))

    assert_in_delta 125.0, talk.protocol.deadline
    assert_empty talk.shown
  end
end

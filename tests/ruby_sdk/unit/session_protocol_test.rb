# frozen_string_literal: true

require_relative "session_wire"

# Resuming (spec FA-RES).
class SessionResumeTest < SessionCase
  def test_a_start_brings_its_token_and_may_be_repeated
    talk = Talk.new

    assert_equal %i[connecting created], [talk.protocol.connection, talk.protocol.state]
    assert_nil talk.protocol.cursor
    first = talk.open

    assert_equal ["start_workflow", TOKEN, { "level" => 1 }], first.values_at("type", "resume_token", "params")
    refute_nil talk.drop.delay
    assert_equal first, talk.open(ready("reset", head: 1), logged(1), through(1))
    assert_equal [1], talk.shown, "nothing was shown before, so nothing is to be dropped"
    assert_equal cursor(1), talk.protocol.cursor
  end

  def test_a_resume_says_where_it_stands
    talk = live(logged(1), logged(2))

    assert_equal cursor(2), talk.protocol.cursor
    talk.drop

    assert_equal :reconnecting, talk.protocol.connection
    first = talk.open(ready("replay", head: 3))

    assert_equal ["resume_workflow", TOKEN, "e1", 2], first.values_at("type", "resume_token", "epoch", "after_seq")
    talk.hear(logged(3))

    assert_equal [1, 2], talk.shown, "held back until the replay is complete"
    talk.hear(through(3))

    assert_equal [1, 2, 3], talk.shown
    assert_equal :live, talk.protocol.connection
  end

  def test_what_is_known_is_dropped_and_a_gap_resumes
    talk = live(logged(1), logged(2), logged(2), logged(1))

    assert_equal [1, 2], talk.shown
    talk.hear(logged(4), logged(3), logged(5))

    assert_predicate talk.protocol, :broken?
    assert_equal [1, 2], talk.shown
    refute_nil talk.drop(1000, by_client: true).delay
    assert_equal 2, talk.open["after_seq"]
    refute_predicate talk.protocol, :broken?
  end

  def test_an_unknown_type_moves_the_cursor_and_a_malformed_message_too
    talk = live(frame("later_type", seq: 1), broken_message(2))

    assert_instance_of FastAgency::Unknown, talk.seen[0]
    assert_instance_of FastAgency::MalformedMessage, talk.seen[1]
    assert_equal cursor(2), talk.protocol.cursor
    talk.hear(logged(3))

    refute_predicate talk.protocol, :broken?
    assert_equal cursor(3), talk.protocol.cursor
  end

  def test_a_frame_without_a_number_moves_nothing
    talk = live(logged(1), "{", frame("later_type", x: 1), frame("later_type", seq: "2"))
    talk.read(talk.protocol.receive_binary("\xff".b, talk.now))

    assert_equal 5, talk.seen.size
    assert_equal cursor(1), talk.protocol.cursor
  end

  def test_an_error_before_the_first_session_is_nothing_to_be_dropped
    talk = Talk.new
    talk.open(frame("error", workflow_uuid: Wire::UUID, uuid: "e", content: { short: "Full" }))

    refute_nil talk.drop(4100).delay
    talk.open(ready("fresh"), logged(1))

    assert_equal ["error", 1], talk.shown
    assert_equal cursor(1), talk.protocol.cursor
  end

  def test_a_reset_tells_the_user_to_drop_what_was_shown
    talk = live(logged(1), question(2))
    talk.drop
    talk.open(ready("reset", oldest: 5, head: 5, epoch: "e2"), logged(5), through(5))

    assert_equal [1, 2, "session_ready", 5], talk.shown
    assert_nil talk.protocol.question
    assert_equal cursor(5, "e2"), talk.protocol.cursor
  end

  # Whoever stores the cursor while the new log is not read yet must not skip the beginning of it.
  def test_until_a_reset_is_delivered_the_cursor_is_of_the_old_log
    talk = live(logged(1), logged(2))
    talk.drop
    talk.open(ready("reset", head: 3, epoch: "e2"), logged(1), logged(2), logged(3))

    assert_equal cursor(2), talk.protocol.cursor
    items = talk.protocol.receive_text(through(3), talk.now)

    assert_equal cursor(2), talk.protocol.cursor
    talk.read(items.first(1))

    assert_equal cursor(0, "e2"), talk.protocol.cursor
    talk.read(items.drop(1))

    assert_equal cursor(3, "e2"), talk.protocol.cursor
  end

  def test_a_reset_is_told_of_though_what_came_before_is_not_read_yet
    talk = Talk.new
    talk.open(ready("fresh"))
    unread = talk.protocol.receive_text(logged(1), talk.now)
    talk.drop
    talk.open(ready("reset", head: 1, epoch: "e2"), logged(1))
    talk.read(unread + talk.protocol.receive_text(through(1), talk.now))

    assert_equal [1, "session_ready", 1], talk.shown
  end
end

# Replays that break off.
class SessionReplayTest < SessionCase
  def test_what_a_broken_replay_brought_is_kept
    talk = live(logged(1))
    talk.drop
    talk.open(ready("replay", head: 4), logged(2), broken_message(3))

    assert_equal [1], talk.shown
    talk.drop

    assert_equal 3, talk.open(ready("replay", head: 4), logged(4), through(4))["after_seq"]
    assert_equal [1, 2, 3, 4], talk.shown
  end

  def test_a_reset_after_a_broken_replay_drops_what_that_brought
    talk = live(logged(1))
    talk.drop
    talk.open(ready("reset", head: 2, epoch: "e2"), logged(1), logged(2))
    talk.drop
    talk.open(ready("reset", head: 1, epoch: "e3"), logged(1), through(1))

    assert_equal [1, "session_ready", 1], talk.shown
    assert_equal cursor(1, "e3"), talk.protocol.cursor
  end

  def test_a_reset_goes_on_over_two_connections
    talk = live(logged(1))
    talk.drop
    talk.open(ready("reset", head: 2, epoch: "e2"), logged(1))
    talk.drop
    talk.open(ready("replay", head: 2, epoch: "e2"), logged(2), through(2))

    assert_equal [1, "session_ready", 1, 2], talk.shown
  end

  def test_before_it_gives_up_it_delivers_what_it_holds
    talk = live(logged(1))
    talk.drop
    talk.open(ready("replay", head: 3), logged(2))
    following = talk.drop(4010)

    assert_nil following.delay
    assert_equal(["m2"], following.items.map { |it| it.content.body })
    assert_instance_of FastAgency::ConversationRefused, talk.protocol.ending
  end

  def test_an_end_in_a_broken_replay_is_the_end
    talk = live(logged(1))
    talk.drop
    talk.open(ready("replay", head: 3), logged(2), completed(3))
    following = talk.drop
    talk.read(following.items)

    assert_nil following.delay
    assert_nil talk.protocol.ending
    assert_equal [1, 2, 3], talk.shown
    assert_equal %i[completed ended], [talk.protocol.state, talk.protocol.connection]
  end
end

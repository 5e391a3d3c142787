# frozen_string_literal: true

require_relative "session_wire"

# Conversations that were over, and read, before they were resumed.
class SessionOverTest < SessionCase
  # spec FA-RES-9
  def test_a_conversation_that_was_over_and_read_ends_as_it_did
    %w[completed failed cancelled].each do |state|
      talk = Talk.new(cursor(3))
      talk.open(ready("replay", head: 3, state: state), through(3))
      protocol = talk.protocol

      assert_equal [:running, nil], [protocol.state, protocol.outcome]
      assert_equal [nil, []], talk.drop(1000).to_a
      assert_equal [state.to_sym, state, nil], [protocol.state, protocol.outcome, protocol.result]
      assert_equal [:ended, nil], [protocol.connection, protocol.ending]
      assert_raises(FastAgency::NotAsked) { protocol.answer("late") }
    end
  end

  # spec FA-RES-9
  def test_a_reset_is_told_before_the_end_that_was_read
    talk = Talk.new(cursor(3))
    talk.open(ready("reset", oldest: 4, head: 3, epoch: "e2", state: "failed"))
    items = talk.protocol.receive_text(through(3), talk.now)

    assert_nil talk.drop(1000).delay
    assert_equal %i[running live], [talk.protocol.state, talk.protocol.connection]
    talk.read(items)

    assert_equal ["session_ready"], talk.shown
    assert_equal %i[failed ended], [talk.protocol.state, talk.protocol.connection]
  end

  # spec FA-CLS-3
  {
    "while_it_runs" => ["running", true, 1000, false],
    "while_something_is_asked" => ["awaiting_answer", true, 1000, false],
    "in_a_state_of_later" => ["later_state", true, 1000, false],
    "before_the_replay_is_complete" => ["completed", false, 1000, false],
    "with_another_code" => ["completed", true, 1008, false],
    "by_this_side" => ["completed", true, 1000, true]
  }.each do |title, (state, whole, code, by_client)|
    define_method("test_a_close_#{title}_is_a_loss") do
      talk = Talk.new(cursor(3))
      talk.open(ready("replay", head: 3, state: state), *(through(3) if whole))

      assert_nil talk.drop(code, by_client: by_client).delay
      assert_instance_of FastAgency::ConversationLost, talk.protocol.ending
      assert_equal :lost, talk.protocol.connection
    end
  end
end

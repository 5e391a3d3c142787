# frozen_string_literal: true

require_relative "helper"

class ProtocolTest < Minitest::Test
  def setup
    initiated = FastAgency::InitiatedWorkflow.new(
      user_id: "u", workflow_uuid: Wire::UUID, name: "w", params: { "n" => 9_007_199_254_740_993 }
    )
    @protocol = FastAgency::ConversationProtocol.new(initiated)
  end

  def started(*frames)
    @protocol.start
    frames.each { |frame| @protocol.receive_text(frame) }
    @protocol
  end

  def ended(code = 1006, reason = "", by_client: false)
    @protocol.disconnected(FastAgency::Closure.new(code: code, reason: reason, by_client: by_client))
  end

  def test_the_first_frame_is_what_initiate_answered
    assert_equal :created, @protocol.state
    assert_equal({ "user_id" => "u", "workflow_uuid" => Wire::UUID, "name" => "w",
                   "params" => { "n" => 9_007_199_254_740_993 } }, JSON.parse(@protocol.start))
    assert_equal :running, @protocol.state
    assert_equal Wire::UUID, @protocol.workflow_uuid
    assert_raises(RuntimeError) { @protocol.start }
  end

  def test_questions_wait_in_a_queue
    started(Wire.text_input, Wire.choice)

    assert_equal :awaiting_answer, @protocol.state
    assert_raises(FastAgency::NotAsked) { @protocol.answer(["a"]) }
    assert_equal "x", @protocol.answer("x")
    assert_instance_of FastAgency::MultipleChoice, @protocol.question
    assert_equal "a", @protocol.answer("a")
    assert_equal :running, @protocol.state
    assert_nil @protocol.question
    assert_raises(FastAgency::NotAsked) { @protocol.answer("a") }
  end

  def test_a_malformed_frame_changes_nothing
    started(Wire.text_input)
    assert_raises(FastAgency::MalformedMessage) { @protocol.receive_text('{"type":"workflow_completed"}') }
    assert_equal :awaiting_answer, @protocol.state
    assert_includes @protocol.receive_binary("\xff".b).text, "\uFFFD"
  end

  def test_after_the_end_every_close_is_normal
    [1000, 1006, 4004, 1012].each do |code|
      setup
      started(Wire.text_input, Wire.completed("done"))

      assert_nil ended(code)
      assert_equal [:completed, "done", nil], [@protocol.state, @protocol.result, @protocol.question]
      assert_raises(FastAgency::NotAsked) { @protocol.answer("x") }
    end
  end

  def test_what_comes_after_the_end_changes_nothing
    started(Wire.completed("done"), Wire.completed("again"), Wire.text_input, Wire.message("error", { short: "E" }))

    assert_equal ["done", nil, nil], [@protocol.result, @protocol.question, @protocol.last_error]
  end

  def test_a_code_that_says_what_was_wrong_is_a_refusal
    [1007, 1009, 4000, 4004, 4100, 4300, 4999].each do |code|
      setup
      started(Wire.message("error", { short: "No.", long: "Not here" }))
      error = ended(code, "why")

      assert_instance_of FastAgency::ConversationRefused, error
      assert_equal [code, "why", "No: Not here"], [error.code, error.reason, error.detail]
      assert_equal code == 4100, error.retry?
      assert_equal :failed, @protocol.state
      assert_same(error, assert_raises(FastAgency::ConversationRefused) { @protocol.answer("x") })
    end
  end

  def test_every_other_end_is_a_loss
    [1000, 1001, 1005, 1006, 1011, 1012, 3000, 4200, 4201].each do |code|
      setup
      started(Wire.text_input)
      error = ended(code)

      assert_instance_of FastAgency::ConversationLost, error
      assert_equal code, error.code
      assert_equal [:cancelled, nil], [@protocol.state, @protocol.question]
      assert_same error, ended(1000)
    end
  end

  def test_a_close_by_this_side_is_a_loss_with_its_reason
    started
    error = ended(1009, by_client: true)

    assert_instance_of FastAgency::ConversationLost, error
    assert_includes error.message, "max_message_size"
    setup

    assert_includes ended(1002, "a bad opcode", by_client: true).message, "a bad opcode"
  end

  def test_an_unknown_code_of_the_range_for_later_says_so
    assert_predicate FastAgency::ConversationRefused.new("m", 4150), :retry?
    refute_predicate FastAgency::ConversationRefused.new("m", 4050), :retry?
  end

  def test_leaving_is_no_loss
    started(Wire.text_input)
    @protocol.leave

    assert_equal :cancelled, @protocol.state
    assert_raises(FastAgency::NotAsked) { @protocol.answer("x") }
    assert_nil ended(1006)
  end

  def test_an_answer_that_came_too_late
    started(Wire.text_input)
    unsent = ->(**closure) { @protocol.unsent(FastAgency::Closure.new(**closure)) }

    assert_instance_of FastAgency::NotAsked, unsent.call(code: 1000)
    assert_instance_of FastAgency::ConversationLost, unsent.call
    assert_instance_of FastAgency::ConversationRefused, unsent.call(code: 4000)
    assert_instance_of FastAgency::ConversationLost, unsent.call(code: 1000, by_client: true)
    assert_equal :awaiting_answer, @protocol.state
  end
end

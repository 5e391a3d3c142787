# frozen_string_literal: true

require_relative "session_wire"

# Questions and answers (spec FA-ANS).
class SessionAnswersTest < SessionCase
  def test_an_answer_is_sent_again_until_it_is_settled
    talk = live(question(1))

    assert_equal :awaiting_answer, talk.protocol.state
    id = talk.protocol.answer("Ada")
    first, = talk.sent

    assert_equal ["answer", "q1", id, "Ada"], first.values_at("type", "question_uuid", "answer_id", "value")
    assert_empty talk.sent
    assert_raises(FastAgency::NotAsked) { talk.protocol.answer("twice") }
    talk.drop

    assert_empty talk.sent
    talk.open(ready("replay", head: 1))

    assert_empty talk.sent, "not before the replay has told what became of it"
    talk.hear(through(1))

    assert_equal [first], talk.sent
    talk.hear(accepted(2, id))

    refute talk.protocol.answered_elsewhere?(talk.seen.last)
    talk.drop
    talk.open(ready("replay", head: 2), through(2))

    assert_empty talk.sent
  end

  def test_an_answer_that_the_replay_settles_is_not_sent_again
    talk = live(question(1))
    id = talk.protocol.answer("Ada")
    talk.sent
    talk.drop
    talk.open(ready("replay", head: 2), accepted(2, id), through(2))

    assert_empty talk.sent
  end

  def test_an_acceptance_that_is_said_again_settles_and_is_not_delivered_again
    talk = live(question(1), accepted(2, "another"), question(3, "q2"))
    id = talk.protocol.answer("Ada")
    talk.sent
    talk.hear(accepted(2, id, "q2"))

    assert_equal [1, 2, 3], talk.shown
    talk.drop
    talk.open(ready("replay", head: 3), through(3))

    assert_empty talk.sent
  end

  def test_answers_can_be_given_while_there_is_no_connection
    talk = live(question(1))
    talk.drop
    talk.protocol.answer("Ada")
    talk.open(ready("replay", head: 1), through(1))

    assert_equal(["Ada"], talk.sent.map { |sent| sent["value"] })
  end

  def test_several_choices_are_a_list
    talk = live(logged(1, "multiple_choice", "q1", choices: %w[a b,c], single: false))
    talk.protocol.answer(["b,c"])

    assert_equal(["b,c"], talk.sent.first["value"])
  end

  { "invalid_value" => true, "question_closed" => false, "unknown_question" => false }.each do |reason, still_open|
    define_method("test_an_answer_rejected_for_#{reason}_comes_back") do
      talk = live(question(1))
      asked = talk.seen.first
      talk.hear(rejected(talk.protocol.answer("Ada"), reason))

      assert_instance_of FastAgency::AnswerRejected, talk.seen.last
      assert_equal still_open, talk.protocol.open?(asked)
      talk.drop
      talk.open(ready("replay", head: 1), through(1))

      assert_empty talk.sent
    end
  end

  def test_answered_elsewhere
    talk = live(question(1))
    mine = talk.protocol.answer("mine")
    talk.hear(accepted(2, "of another tab"))

    assert talk.protocol.answered_elsewhere?(talk.seen.last)
    assert_nil talk.protocol.question
    talk.hear(rejected(mine, "question_closed"), question(3, "q2"), accepted(4, nil, "q2"))

    refute talk.protocol.answered_elsewhere?(talk.seen.last), "its time ran out: nobody answered"
  end

  def test_a_replayed_question_is_known_to_be_answered_when_it_is_delivered
    talk = Talk.new(cursor(0))
    talk.open(ready("reset", head: 3), question(1), accepted(2, "x"), question(3, "q2"))
    items = talk.protocol.receive_text(through(3), talk.now)
    asked = items.grep(FastAgency::TextInput)

    assert_equal([false, true], asked.map { |it| talk.protocol.open?(it) })
    assert_nil talk.protocol.question, "none was delivered yet"
    talk.read(items)

    assert_equal asked.last, talk.protocol.question
  end

  def test_a_given_question_is_answered
    talk = live(question(1), question(2, "q2"))
    talk.protocol.answer("b", talk.seen.last)

    assert_equal(["q2"], talk.sent.map { |sent| sent["question_uuid"] })
    assert_raises(FastAgency::NotAsked) { talk.protocol.answer("b", talk.seen.last) }
    assert_equal "q1", talk.protocol.question.uuid
  end

  def test_nothing_that_is_printed_holds_a_secret
    talk = live(question(1, password: true))
    talk.protocol.answer("hunter2")
    initiated = FastAgency::InitiatedWorkflow.new(**SessionWire.initiated, ticket: "a ticket")
    answers = talk.protocol.instance_variable_get(:@answers)
    [talk.protocol, answers, talk.protocol.cursor, initiated, FastAgency.decode(ready("fresh"))].each do |it|
      ["hunter2", TOKEN, "a ticket"].each { |secret| refute_includes it.inspect + it.to_s, secret }
    end
  end

  def test_no_answer_is_kept_once_it_is_settled
    [->(id) { accepted(2, id) }, ->(_) { accepted(2, "x") }, ->(id) { rejected(id, "question_closed") },
     ->(_) { completed(2) }].each do |settled|
      talk = live(question(1, password: true))
      talk.hear(settled.call(talk.protocol.answer("hunter2")))

      refute_includes Marshal.dump(talk.protocol.instance_variable_get(:@answers).instance_variable_get(:@pending)),
                      "hunter2"
    end
  end
end

# frozen_string_literal: true

require "securerandom"
require_relative "answers"

module FastAgency
  # The questions of a conversation of `fastagency.v1`, and this client's answers to them: a pure state machine (spec
  # FA-ANS).
  #
  # An answer is kept until the server accepts or rejects it, and sent on each new connection until then.
  class SessionAnswers
    Asked = Struct.new(:question, :delivered)
    Pending = Struct.new(:question_uuid, :frame, :sent)
    private_constant :Asked, :Pending

    def initialize
      @asked = {}
      @pending = {}
      @mine = {}
    end

    # Shows no answer: it may be a password.
    # @return [String]
    def inspect
      "#<#{self.class} #{@asked.size} open, #{@pending.size} under way>"
    end

    # @return [TextInput, MultipleChoice, nil] the oldest question that was delivered, is open, and has no answer under
    #   way
    def question
      @asked.each_value.find { |asked| asked.delivered && !under_way?(asked.question.uuid) }&.question
    end

    # @param question [TextInput, MultipleChoice]
    # @return [Boolean] whether it still takes an answer
    def open?(question)
      @asked.key?(question.uuid) && !under_way?(question.uuid)
    end

    # @param accepted [AnswerAccepted]
    # @return [Boolean] whether the answer of another socket was taken
    def answered_elsewhere?(accepted)
      !accepted.answer_id.nil? && !@mine.key?(accepted.answer_id)
    end

    # @param value [String, Array<String>]
    # @param question [TextInput, MultipleChoice, nil] nil: {#question}
    # @return [String] the answer's id
    # @raise [NotAsked]
    def answer(value, question)
      question ||= self.question
      raise NotAsked, "nothing is asked" if question.nil?
      raise NotAsked, "the question is closed" unless open?(question)

      id = SecureRandom.uuid
      @pending[id] = Pending.new(question.uuid, frame(question, id, value), false)
      @mine[id] = true
      id
    end

    # @return [Array<String>] the frames of the answers that were not sent on this connection yet; they are now
    def unsent
      @pending.each_value.reject(&:sent).map do |pending|
        pending.sent = true
        pending.frame
      end
    end

    # Note that the connection ended: the server may not have seen what was sent.
    def disconnected
      @pending.each_value { |pending| pending.sent = false }
    end

    # @param question [TextInput, MultipleChoice] one that arrived
    def asked(question)
      @asked[question.uuid] = Asked.new(question, false)
    end

    # @param question [TextInput, MultipleChoice] one that the user was given
    def delivered(question)
      @asked[question.uuid]&.delivered = true
    end

    # Note that an answer of this client was taken, or is known to be from before (spec FA-ANS-4).
    #
    # @param accepted [AnswerAccepted]
    def settled(accepted)
      @pending.delete(accepted.answer_id)
    end

    # Note that a question was answered, by whomever.
    #
    # @param accepted [AnswerAccepted]
    def accepted(accepted)
      settled(accepted)
      @asked.delete(accepted.question_uuid)
      @pending.delete_if { |_, pending| pending.question_uuid == accepted.question_uuid }
    end

    # @param rejected [AnswerRejected]
    def rejected(rejected)
      @pending.delete(rejected.answer_id)
      @asked.delete(rejected.question_uuid) unless rejected.reason == RejectionReason::INVALID_VALUE
    end

    # Note that the log begins anew: what is asked is told again. Answers may still be taken.
    def reset
      @asked.clear
    end

    # Note that nothing can be answered any more.
    def close
      @asked.clear
      @pending.clear
    end

    private

    def under_way?(question_uuid)
      @pending.each_value.any? { |pending| pending.question_uuid == question_uuid }
    end

    def frame(question, id, value)
      text = Answers.frame_for(question, value)
      several = question.is_a?(MultipleChoice) && !question.content.single && !value.is_a?(String)
      FastAgency.encode(
        AnswerFrame.new(question_uuid: question.uuid, answer_id: id, value: several ? Array(value) : text)
      )
    end
  end
end
